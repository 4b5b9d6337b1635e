"""What a change does: pods that start anew, what goes, what Kubernetes refuses."""

import pytest

from tests.core.diff.makers import make, make_workload
from tooling.core.diff.effects import find_effects, has_new_pods
from tooling.core.diff.immutable import find_refused
from tooling.core.diff.objects import compare_objects
from tooling.core.policies.bundle import Bundle

KEPT = "stays in the cluster, as its annotation helm.sh/resource-policy says, and is no longer managed"
REFUSED = "cannot be changed in place: Kubernetes refuses it until the object is deleted"


def compare(before, after):
    (diff,) = compare_objects([before] if before else [], [after] if after else [], namespace="n")
    return diff


def effects(before, after, *readers, restarted=(), pods=2):
    bundle = Bundle.of(readers, namespace="n")
    found = find_effects(compare(before, after), bundle.workloads, set(restarted), lambda _name: pods)
    return [(str(one.kind), one.text, one.pods) for one in found]


def claim(size, **spec):
    return make("PersistentVolumeClaim", api="v1", spec={"resources": {"requests": {"storage": size}}, **spec})


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (None, make_workload(), [("start", "starts 2 pods", 2)]),
        (None, make("Job"), [("start", "runs once", 1)]),
        (None, make("Service"), []),
        (make_workload(), make_workload(image="a:2"), [("restart", "restarts 2 pods", 2)]),
        (make_workload(replicas=1), make_workload(replicas=2), []),
        (
            make_workload(strategy={"type": "Recreate"}),
            make_workload(image="a:2", strategy={"type": "Recreate"}),
            [("restart", "stops 2 pods, then starts them anew: nobody answers between", 2)],
        ),
        (
            make_workload("StatefulSet", updateStrategy={"type": "OnDelete"}),
            make_workload("StatefulSet", image="a:2", updateStrategy={"type": "OnDelete"}),
            [("later", "its 2 pods keep the old template until they are deleted", 0)],
        ),
        (
            make("CronJob", spec={"jobTemplate": {"a": 1}}),
            make("CronJob", spec={"jobTemplate": {"a": 2}}),
            [("later", "takes effect at its next run", 0)],
        ),
        (make("CronJob", spec={"schedule": "a"}), make("CronJob", spec={"schedule": "b"}), []),
        (make("Service"), None, [("deleted", "is deleted", 0)]),
        (make_workload(), None, [("deleted", "is deleted with 2 pods", 0)]),
        (make_workload("StatefulSet"), None, [("deleted", "is deleted with 2 pods; its volumes stay", 0)]),
        (
            make_workload("StatefulSet", persistentVolumeClaimRetentionPolicy={"whenDeleted": "Delete"}),
            None,
            [("deleted", "is deleted with 2 pods, and its volumes", 0)],
        ),
        (
            claim("1Gi"),
            None,
            [("deleted", "is deleted, and its data with it unless the volume is to be retained", 0)],
        ),
        (
            make("Role", annotations={"helm.sh/resource-policy": "keep"}),
            None,
            [
                (
                    "kept",
                    KEPT,
                    0,
                )
            ],
        ),
        (
            make_workload(selector={"a": 1}),
            make_workload(selector={"a": 2}),
            [
                (
                    "refused",
                    f"spec.selector.a {REFUSED}",
                    0,
                )
            ],
        ),
    ],
)
def test_what_a_change_does(before, after, expected):
    assert effects(before, after) == expected


def test_one_pod_is_one_pod():
    assert effects(None, make_workload(), pods=1) == [("start", "starts 1 pod", 1)]


READERS = {
    "volume": {"pod": {"volumes": [{"name": "v", "configMap": {"name": "x"}}]}},
    "projected": {
        "pod": {"volumes": [{"projected": {"sources": [{"secret": {"name": "y"}}, {"configMap": {"name": "x"}}]}}]}
    },
    "variables": {"container": {"envFrom": [{"configMapRef": {"name": "x"}}]}},
    "variable": {
        "container": {"env": [{"name": "A", "valueFrom": {"configMapKeyRef": {"name": "x", "key": "k"}}}]}
    },
}


@pytest.mark.parametrize("way", READERS)
def test_who_reads_a_config_that_changes_and_is_not_restarted_is_named(way):
    reader, other = make_workload(name="reader", **READERS[way]), make_workload(name="other")
    old, new = make("ConfigMap", api="v1", data={"k": "1"}), make("ConfigMap", api="v1", data={"k": "2"})
    text = "Deployment/reader reads it and is not restarted: files follow in a minute or two, variables do not"
    assert effects(old, new, reader, other) == [("later", text, 0)]
    assert effects(old, new, reader, restarted=["Deployment/reader"]) == []


def test_a_secret_in_a_projected_volume_is_read():
    old, new = make("Secret", "y", "v1", data={"k": "YQ=="}), make("Secret", "y", "v1", data={"k": "Yg=="})
    ((kind, _, _),) = effects(old, new, make_workload(name="reader", **READERS["projected"]))
    assert kind == "later"


def test_a_label_of_a_config_reaches_nobody():
    old, new = (make("ConfigMap", api="v1", labels={"a": one}) for one in "12")
    assert effects(old, new, make_workload(**READERS["volume"])) == []


@pytest.mark.parametrize(
    ("before", "after", "refused"),
    [
        (make("Job", spec={"template": {"a": 1}}), make("Job", spec={"template": {"a": 2}}), "spec.template.a"),
        (make("Role", spec=1), make("Role", spec=2), ""),
        (make("RoleBinding", roleRef={"name": "a"}), make("RoleBinding", roleRef={"name": "b"}), "roleRef.name"),
        (
            make("ConfigMap", immutable=True, data={"a": "1"}, labels={"l": "1"}),
            make("ConfigMap", immutable=True, data={"a": "2"}, labels={"l": "2"}),
            "data.a",
        ),
        (
            make_workload("StatefulSet", serviceName="a", replicas=1),
            make_workload("StatefulSet", serviceName="b", replicas=2),
            "spec.serviceName",
        ),
        (make_workload("StatefulSet"), make_workload("StatefulSet", labels={"a": "b"}), ""),
        (make("StatefulSet", spec=None), make("StatefulSet", spec={"replicas": 1}), "spec"),
        (claim("1Gi"), claim("2Gi"), ""),
        (claim("2Gi"), claim("1Gi"), "spec.resources.requests.storage"),
        (claim("1Gi", storageClassName="a"), claim("1Gi", storageClassName="b"), "spec.storageClassName"),
    ],
)
def test_what_kubernetes_refuses_to_change(before, after, refused):
    assert find_refused(compare(before, after)) == refused


def test_only_workloads_have_new_pods():
    assert has_new_pods(compare(make_workload(), make_workload(image="a:2")))
    assert not has_new_pods(compare(None, make_workload()))
    assert not has_new_pods(compare(make("Job", spec={"template": 1}), make("Job", spec={"template": 2})))
