"""GPUs before, at the most, and after."""

from decimal import Decimal

import pytest

from tests.core.diff.makers import make, make_workload
from tooling.core.diff.gpus import add_gpus, count_gpus, count_replicas, find_peak
from tooling.core.policies.bundle import Bundle

GPU = "nvidia.com/gpu"
BLUE = {"genai-stack/slot": "blue", "app.kubernetes.io/component": "inference", "genai-stack/model": "m"}
GATEWAY = {"genai-stack/slot": "blue", "app.kubernetes.io/component": "gateway"}


def bundle(*manifests):
    return Bundle.of(manifests, namespace="n")


def key(name="x", kind="Deployment"):
    return (kind, "n", name)


SCALER = make(
    "HorizontalPodAutoscaler",
    api="autoscaling/v2",
    spec={"scaleTargetRef": {"kind": "Deployment", "name": "x"}, "minReplicas": 2, "maxReplicas": 9},
)


@pytest.mark.parametrize(
    ("manifests", "live", "pods"),
    [
        ([make_workload(replicas=3)], {key(): 1}, {key(): 3}),
        ([make_workload()], {}, {key(): 1}),
        ([make_workload(), SCALER], {}, {key(): 2}),
        ([make_workload(), SCALER], {key(): 5}, {key(): 5}),
        ([make_workload(labels=BLUE)], {}, {key(): 4}),
        ([make_workload(labels=BLUE)], {key(): 6}, {key(): 6}),
        ([make_workload(labels=GATEWAY)], {}, {key(): 1}),
        ([make_workload("DaemonSet")], {}, {key(kind="DaemonSet"): 0}),
        ([make_workload("DaemonSet")], {key(kind="DaemonSet"): 7}, {key(kind="DaemonSet"): 7}),
        ([make_workload("Job")], {}, {}),
    ],
)
def test_how_many_pods_a_workload_gets(manifests, live, pods):
    assert count_replicas(bundle(*manifests), live, {"inference/m": 4}) == pods


def test_gpus_are_those_of_all_pods():
    found = count_gpus(
        bundle(make_workload(gpus=2), make_workload(name="y", gpus=1), make_workload(name="z")), {key(): 3}
    )
    assert found == {GPU: Decimal(6)}
    assert add_gpus([found, found, {}]) == {GPU: Decimal(12)}


def test_gpus_of_a_pod_are_those_of_its_containers_together():
    limits = {"resources": {"limits": {GPU: 2}}}
    both = [{"name": "a", **limits}, {"name": "b", **limits}]
    first = {"initContainers": [{"name": "warm", "resources": {"limits": {GPU: 3}}}]}
    largest = {"initContainers": [{"name": "warm", "resources": {"limits": {GPU: 8}}}]}
    for pod, gpus in (({"containers": both}, 4), ({"containers": both, **first}, 4), (largest, 8)):
        manifest = make_workload(pod=pod, gpus=1)
        assert count_gpus(bundle(manifest), {key(): 1}) == {GPU: Decimal(gpus)}


SURGE = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "50%", "maxUnavailable": 0}}
STAY = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 0, "maxUnavailable": 1}}


@pytest.mark.parametrize(
    ("before", "after", "pods", "is_restarted", "peak"),
    [
        ([make_workload(gpus=1)], [make_workload(gpus=1, strategy=SURGE)], (4, 4), True, 6),
        ([make_workload(gpus=1)], [make_workload(gpus=1, strategy=SURGE)], (4, 4), False, 4),
        ([make_workload(gpus=1)], [make_workload(gpus=1, strategy=STAY)], (4, 4), True, 4),
        ([make_workload(gpus=1)], [make_workload(gpus=2, strategy={"type": "Recreate"})], (4, 4), True, 8),
        ([make_workload(gpus=1)], [], (4, 0), False, 4),
        ([], [make_workload(gpus=1)], (0, 4), False, 4),
        ([make_workload(gpus=1)], [make_workload(name="y", gpus=1)], (4, 4), False, 4),
        ([make_workload()], [make_workload()], (4, 4), True, 0),
    ],
)
def test_the_peak_of_an_upgrade_in_place(before, after, pods, is_restarted, peak):
    had, gets = ({key(): count} for count in pods)
    found = find_peak(bundle(*before), had, bundle(*after), gets, lambda _workload: is_restarted)
    assert found == ({GPU: Decimal(peak)} if peak else {})


def test_the_peak_tells_namespaces_apart():
    far = make_workload(gpus=2)
    far["metadata"]["namespace"] = "far"
    both = bundle(make_workload(gpus=1), far)
    counts = {key(): 3, ("Deployment", "far", "x"): 1}
    assert find_peak(both, counts, both, counts, lambda _workload: False) == {GPU: Decimal(5)}
