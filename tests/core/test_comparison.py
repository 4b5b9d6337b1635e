"""What is told of live objects that are not as recorded."""

from tests.core.diff.makers import make, make_workload
from tooling.core.comparison import Comparison, describe_differences
from tooling.core.diff.objects import find_drift, find_name
from tooling.core.leftovers import Leftover

EDITED = {"managedFields": [{"manager": "kubectl-edit", "operation": "Update", "time": "09:05", "fieldsV1": {}}]}


def describe(recorded, live, leftovers=()):
    there = {find_name(recorded, "genai"): live}
    return describe_differences(find_drift([recorded], there, namespace="genai"), there, leftovers)


def test_summaries():
    assert str(Comparison(41)) == "41 objects equal their manifests"
    assert str(Comparison(1)) == "1 object equals their manifests"
    assert str(Comparison(2, ("a",))) == "2 objects compared with their manifests, 1 difference"
    assert str(Comparison(1, ("a", "b"))) == "1 object compared with their manifests, 2 differences"


def test_each_field_with_who_wrote_it():
    recorded = make_workload(container={"args": ["a"]})
    live = make_workload(image="b:2", container={"env": [{"name": "X_TOKEN", "value": "1"}]})
    live["metadata"] |= EDITED
    live["metadata"]["managedFields"][0]["fieldsV1"] = {"f:spec": {"f:template": {}}}
    by = "kubectl-edit (Update, 09:05)"
    main = "Deployment/x: spec.template.spec.containers[main]"
    assert describe(recorded, live) == (
        f"{main}.image is b:2, recorded is a:1; written by {by}",
        f"{main}.args is gone, recorded is - a; last written besides helm by {by}",
        f"{main}.env is - name: X_TOKEN value: <hidden: 1 bytes>, and not in the manifest; written by {by}",
    )


def test_long_values_are_cut_and_nobody_is_named_where_nobody_is_known():
    recorded, live = make("ConfigMap", data={"a": "1", "b": "2"}), make("ConfigMap", data={"a": "x" * 99})
    assert describe(recorded, live) == (
        f'ConfigMap/x: data.a is {"x" * 57}..., recorded is "1"',
        'ConfigMap/x: data.b is gone, recorded is "2"',
    )


def test_an_object_that_is_gone():
    assert describe(make("Service"), None) == ("Service/x is gone",)
    assert describe(make("Job", spec={}), None) == ("Job/x is gone",)
    assert describe(make("Job", spec={"ttlSecondsAfterFinished": 600}), None) == ()


def test_what_scalers_own_is_no_difference():
    for kind, recorded, live in (
        ("Deployment", {"replicas": 1}, {"replicas": 3}),
        (
            "HorizontalPodAutoscaler",
            {"minReplicas": 1, "behavior": {"a": 1}},
            {"minReplicas": 2, "behavior": {"a": 2}},
        ),
    ):
        assert describe(make(kind, spec=recorded), make(kind, spec=live)) == ()


def test_what_is_told_as_a_leftover_is_not_told_twice():
    recorded, live = make("ConfigMap", data={"a": "1"}), make("ConfigMap", data={"a": "1", "b": "2"})
    leftover = Leftover(find_name(recorded, "genai"), ("data.b",))
    assert describe(recorded, live, [leftover]) == ()
    assert len(describe(recorded, live)) == 1
