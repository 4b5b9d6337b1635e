"""Objects matched by kind and name, and drift of those that are live."""

from tests.core.diff.makers import make, make_workload
from tooling.core.diff.fields import Op, format_field
from tooling.core.diff.objects import compare_objects, find_drift, find_name, fold


def compare(before, after):
    return [
        (str(one.op), str(one.name), len(one.changes)) for one in compare_objects(before, after, namespace="n")
    ]


def test_objects_are_matched_by_group_kind_namespace_and_name():
    before = [
        make("A", "same"),
        make("A", "other", "x.io/v1"),
        make("B", "gone"),
        make("C", "moved", "apps/v1beta1"),
    ]
    after = [make("C", "moved"), make("A", "same"), make("A", "other", "y.io/v1"), make("Pod", "new", "v1")]
    assert compare(before, after) == [
        ("~", "C/moved", 1),
        ("+", "A/other", 0),
        ("+", "Pod/new", 0),
        ("-", "A/other", 0),
        ("-", "B/gone", 0),
    ]


def test_an_object_without_a_namespace_is_in_that_of_the_release():
    there = {"apiVersion": "v1", "kind": "A", "metadata": {"name": "a", "namespace": "n"}}
    assert find_name(there, "n") == find_name(make("A", "a", "v1"), "n")
    assert find_name({}, "n").key == ("", "", "n", "")


def test_secrets_are_compared_and_hidden():
    old, new = make("Secret", "s", "v1", data={"k": "YQ=="}), make("Secret", "s", "v1", stringData={"k": "b"})
    (diff,) = compare_objects([old], [new], namespace="n")
    (change,) = diff.changes
    assert (str(change.old), str(change.new)) == ("<hidden: 1 bytes>", "<hidden: 1 bytes>")
    assert "YQ" not in repr(diff)
    assert not compare_objects(
        [make("Secret", data={"k": "Yg=="})], [make("Secret", stringData={"k": "b"})], namespace="n"
    )


def test_drift_names_what_is_gone_and_what_is_otherwise_and_skips_what_was_not_read():
    applied = [make_workload(name=name, replicas=1) for name in ("same", "gone", "edited", "unread")]
    names = [find_name(one, "n") for one in applied]
    live = {names[0]: applied[0], names[1]: None, names[2]: make_workload(name="edited", image="a:2", replicas=1)}
    drift = find_drift(applied, live, namespace="n")
    assert [(one.op, str(one.name)) for one in drift] == [
        (Op.REMOVED, "Deployment/gone"),
        (Op.CHANGED, "Deployment/edited"),
    ]


def test_the_replicas_of_what_an_autoscaler_scales_are_no_drift():
    scaler = make("HorizontalPodAutoscaler", spec={"scaleTargetRef": {"kind": "Deployment", "name": "scaled"}})
    keda = make("ScaledObject", spec={"scaleTargetRef": {"name": "events"}})
    applied = [scaler, keda, *(make_workload(name=name, replicas=1) for name in ("scaled", "events", "fixed"))]
    live = {find_name(one, "n"): {**one, "spec": {**one["spec"], "replicas": 5}} for one in applied}
    assert [str(one.name) for one in find_drift(applied, live, namespace="n")] == ["Deployment/fixed"]

    live[find_name(make_workload(name="scaled"), "n")] = make_workload(name="scaled", image="a:2", replicas=5)
    (drift, _) = find_drift(applied, live, namespace="n")
    assert [format_field(one.path) for one in drift.changes] == ["spec.template.spec.containers[main].image"]


def test_what_many_objects_share_is_folded():
    def label(name, chart, **more):
        return make("A", name, labels={"chart": chart}, **more)

    before = [label(name, "1") for name in "abcd"]
    after = [*(label(name, "2") for name in "abc"), label("d", "2", spec=1)]
    diffs = compare_objects(before, after, namespace="n")
    ((change, names),) = fold(diffs)
    assert (change.path, [one.name for one in names]) == (("metadata", "labels", "chart"), list("abcd"))
    assert fold(diffs, least=5) == ()


def test_touching_a_path():
    (diff,) = compare_objects([make_workload()], [make_workload(image="a:2")], namespace="n")
    assert diff.touches("spec", "template")
    assert not diff.touches("spec", "selector")
