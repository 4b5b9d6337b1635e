"""Autoscalers of slots: one contract for fake, loopback double and real API server; and what the adapter knows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from tests.adapters.api_double import ApiDouble, Reply, Request
from tests.fakes import World
from tests.fakes.manifests import make_labels
from tooling.adapters.kube_client import KubeClient
from tooling.adapters.kube_scalers import read_state
from tooling.adapters.scaler_states import FROZEN
from tooling.adapters.scalers_kubernetes import KubernetesScalers
from tooling.errors import ClusterError, ConflictError
from tooling.ports.scalers import Scalers

NAME = "genai-blue-gateway"
DEPLOYMENTS = "/apis/apps/v1/namespaces/genai/deployments"
HPAS = "/apis/autoscaling/v2/namespaces/genai/horizontalpodautoscalers"
KEDA = "/apis/keda.sh/v1alpha1/namespaces/genai/scaledobjects"
HELM = {"manager": "helm", "operation": "Update", "fieldsType": "FieldsV1", "fieldsV1": {"f:spec": {}}}


def deployment(name: str = NAME, slot: str = "blue") -> dict[str, Any]:
    container = {"name": "gateway", "image": "localhost/none"}
    labels = make_labels("genai", "gateway", slot)
    template = {"metadata": {"labels": labels}, "spec": {"containers": [container]}}
    spec = {"replicas": 0, "selector": {"matchLabels": {"genai-stack/slot": slot}}, "template": template}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "labels": labels},
        "spec": spec,
    }


def hpa(target: str = NAME, kind: str = "Deployment", **metadata: Any) -> dict[str, Any]:
    reference = {"apiVersion": "apps/v1", "kind": kind, "name": target}
    utilization = {"type": "Utilization", "averageUtilization": 70}
    metrics = [{"type": "Resource", "resource": {"name": "cpu", "target": utilization}}]
    return {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": target, **metadata},
        "spec": {"scaleTargetRef": reference, "minReplicas": 2, "maxReplicas": 5, "metrics": metrics},
    }


@dataclass(frozen=True)
class Subject:
    scalers: Scalers
    namespace: str
    read_state: Callable[[], str]


@pytest.fixture(params=["fake", "double", pytest.param("real", marks=pytest.mark.local)])
def subject(request: pytest.FixtureRequest) -> Subject:
    """A slot blue with one autoscaler, and a slot green without."""
    if request.param == "fake":
        world = World()
        world.scalers.states["blue"] = "on"
        return Subject(world.scalers, "genai", lambda: world.scalers.states["blue"])
    if request.param == "double":
        double: ApiDouble = request.getfixturevalue("double")
        double.put(f"{DEPLOYMENTS}/{NAME}", deployment())
        double.put(f"{HPAS}/{NAME}", hpa(managedFields=[HELM]))
        client, namespace = request.getfixturevalue("double_client"), "genai"
    else:
        client, namespace = request.getfixturevalue("real_client"), request.getfixturevalue("real_namespace")
        client.create(DEPLOYMENTS.replace("/genai/", f"/{namespace}/"), deployment(), what="the Deployment")
        client.create(HPAS.replace("/genai/", f"/{namespace}/"), hpa(), what="the autoscaler")
    path = f"{HPAS}/{NAME}".replace("/genai/", f"/{namespace}/", 1)
    return Subject(KubernetesScalers(client), namespace, lambda: read_state(client.get(path, what="it")))


def turn(subject: Subject, *verbs: str, slot: str = "blue") -> str:
    for verb in verbs:
        for _ in range(2):
            getattr(subject.scalers, verb)(subject.namespace, "genai", slot)
    return subject.read_state()


@pytest.mark.parametrize("before", [(), ("freeze",), ("rest",), ("restore",), ("rest", "freeze")])
def test_each_state_is_reached_from_any(subject: Subject, before: tuple[str, ...]) -> None:
    assert turn(subject, *before, "freeze") == "frozen"
    assert turn(subject, *before, "rest") == "resting"
    assert turn(subject, *before, "restore") == "on"


def test_a_slot_without_autoscalers_is_left_alone(subject: Subject) -> None:
    assert turn(subject, "freeze", "rest", "restore", slot="green") == "on"


def stand(double: ApiDouble, *scalers: dict[str, Any]) -> None:
    double.put(f"{DEPLOYMENTS}/{NAME}", deployment())
    for scaler in scalers:
        double.put(f"{HPAS}/{scaler['metadata']['name']}", scaler)


def list_writes(double: ApiDouble) -> list[Request]:
    return [one for one in double.requests if one.method != "GET"]


def test_only_what_scales_a_deployment_of_the_slot_is_held(double: ApiDouble, double_client: KubeClient) -> None:
    owner = {"kind": "ScaledObject", "name": "s", "uid": "u", "apiVersion": "keda.sh/v1alpha1"}
    made = {**hpa(), "metadata": {"name": "keda-hpa", "ownerReferences": [owner]}}
    stateful = {**hpa(kind="StatefulSet"), "metadata": {"name": "set"}}
    stand(double, made, stateful, hpa("genai-green-gateway"), {**hpa(), "metadata": {"name": "somebodys"}})
    KubernetesScalers(double_client).freeze("genai", "genai", "blue")
    assert {one.path for one in list_writes(double)} == {f"{HPAS}/somebodys"}


def test_a_scaled_object_is_held_itself(double: ApiDouble, double_client: KubeClient) -> None:
    stand(double)
    spec = {"scaleTargetRef": {"name": NAME}, "minReplicaCount": 0}
    double.put(f"{KEDA}/s", {"metadata": {"name": "s"}, "spec": spec})
    scalers = KubernetesScalers(double_client)
    scalers.freeze("genai", "genai", "blue")
    assert double.objects[f"{KEDA}/s"]["spec"]["minReplicaCount"] == 1
    scalers.rest("genai", "genai", "blue")
    assert double.objects[f"{KEDA}/s"]["metadata"]["annotations"]["autoscaling.keda.sh/paused"] == "true"
    scalers.restore("genai", "genai", "blue")
    assert double.objects[f"{KEDA}/s"]["spec"]["minReplicaCount"] == 0
    assert not double.objects[f"{KEDA}/s"]["metadata"]["annotations"]


@pytest.mark.parametrize(
    ("status", "is_there", "is_told"), [(404, False, False), (403, False, False), (403, True, True)]
)
def test_without_keda_nothing_is_missing(
    double: ApiDouble, double_client: KubeClient, status: int, is_there: bool, is_told: bool
) -> None:
    stand(double, hpa())
    double.on("GET", KEDA, status, {"kind": "Status", "reason": "Forbidden", "message": "no"})
    group = {"kind": "APIResourceList", "resources": []}
    double.on("GET", "/apis/keda.sh/v1alpha1", 200 if is_there else 404, group)
    scalers = KubernetesScalers(double_client)
    if is_told:
        with pytest.raises(ClusterError, match="scaledobjects"):
            scalers.freeze("genai", "genai", "blue")
    else:
        scalers.freeze("genai", "genai", "blue")
        assert FROZEN in double.objects[f"{HPAS}/{NAME}"]["metadata"]["annotations"]


def disturb(double: ApiDouble, times: int, change: Callable[[], object]) -> None:
    """Let somebody else write right before our next writes."""
    left = [times]

    def script(request: Request) -> Reply | None:
        if request.method == "PATCH" and left[0] > 0:
            left[0] -= 1
            change()
        return None

    double.scripts.append(script)


def test_a_status_that_is_written_meanwhile_is_no_conflict(double: ApiDouble, double_client: KubeClient) -> None:
    stand(double, hpa())
    disturb(double, 3, lambda: double.put(f"{HPAS}/{NAME}", double.objects[f"{HPAS}/{NAME}"]))
    KubernetesScalers(double_client).freeze("genai", "genai", "blue")
    assert read_state(double.objects[f"{HPAS}/{NAME}"]) == "frozen"


def test_who_writes_all_the_time_wins(double: ApiDouble, double_client: KubeClient) -> None:
    stand(double, hpa())
    disturb(double, 99, lambda: double.put(f"{HPAS}/{NAME}", double.objects[f"{HPAS}/{NAME}"]))
    with pytest.raises(ConflictError):
        KubernetesScalers(double_client).freeze("genai", "genai", "blue")
    assert read_state(double.objects[f"{HPAS}/{NAME}"]) == "on"


@pytest.mark.parametrize("status", [404, 409])
def test_an_autoscaler_that_is_deleted_meanwhile_is_no_fault(
    double: ApiDouble, double_client: KubeClient, status: int
) -> None:
    stand(double, hpa())

    def script(request: Request) -> Reply | None:
        if request.method != "PATCH":
            return None
        del double.objects[f"{HPAS}/{NAME}"]
        return Reply(status, {"kind": "Status", "reason": "Gone", "message": "changed"})

    double.scripts.append(script)
    KubernetesScalers(double_client).freeze("genai", "genai", "blue")
    assert f"{HPAS}/{NAME}" not in double.objects
