"""What is asked of the API server about slots, what is made of its answers, and what is not asked again."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.adapters.api_double import ApiDouble, Reply, Request
from tests.fakes.manifests import make_labels
from tooling.adapters.cluster_kubernetes import KubernetesCluster
from tooling.adapters.cluster_slots import METADATA_LIST, REST, ScalerReads
from tooling.adapters.kube_client import KubeClient
from tooling.core.observation import ReleaseMark
from tooling.errors import ClusterError, ConflictError

APPS = "/apis/apps/v1/namespaces/genai"
DEPLOYMENTS, REPLICA_SETS, PODS = f"{APPS}/deployments", f"{APPS}/replicasets", "/api/v1/namespaces/genai/pods"
HPAS = "/apis/autoscaling/v2/namespaces/genai/horizontalpodautoscalers"
SCALED = "/apis/keda.sh/v1alpha1/namespaces/genai/scaledobjects"
SECRETS = "/api/v1/namespaces/genai/secrets"
BOTH = "app.kubernetes.io/instance=genai,genai-stack/slot in (blue,green)"


@pytest.fixture
def cluster(double_client: KubeClient) -> KubernetesCluster:
    return KubernetesCluster(double_client)


def put_deployment(double: ApiDouble, slot: str, *, ready: int = 1, component: str = "gateway") -> str:
    """Have a Deployment of one pod and return its name."""
    name = f"genai-{slot}-{component}"
    labels = make_labels("genai", component, slot)
    status = {"observedGeneration": 9, "replicas": 1, "updatedReplicas": 1, "readyReplicas": ready}
    spec = {"replicas": 1, "template": {"spec": {"containers": []}}}
    double.put(
        f"{DEPLOYMENTS}/{name}", {"metadata": {"name": name, "labels": labels}, "spec": spec, "status": status}
    )
    return name


def put_scaler(double: ApiDouble, path: str, target: str, **rest: Any) -> None:
    spec = {"scaleTargetRef": {"kind": "Deployment", "name": target}, **rest.pop("spec", {})}
    double.put(
        f"{path}/{target}", {"metadata": {"name": target, **rest.pop("metadata", {})}, "spec": spec, **rest}
    )


def ask(double: ApiDouble) -> list[str]:
    """Return what was asked for since the last time."""
    asked = [request.path for request in double.requests]
    double.requests.clear()
    return asked


def test_two_settled_slots_cost_one_list_of_deployments(double: ApiDouble, cluster: KubernetesCluster) -> None:
    put_deployment(double, "blue"), put_deployment(double, "green"), put_deployment(double, "all")
    found = cluster.read_slots("genai", "genai", ("blue", "green"))
    assert {slot: [one.name for one in workloads] for slot, workloads in found.items()} == {
        "blue": ["genai-blue-gateway"],
        "green": ["genai-green-gateway"],
    }
    assert double.requests[0].query["labelSelector"] == BOTH
    assert ask(double) == [DEPLOYMENTS, HPAS, SCALED]


def test_pods_are_asked_for_only_of_the_slot_that_is_not_settled(
    double: ApiDouble, cluster: KubernetesCluster
) -> None:
    put_deployment(double, "blue"), put_deployment(double, "green", ready=0)
    found = cluster.read_slots("genai", "genai", ("blue", "green"))
    assert found["blue"][0].waiting == ""
    assert found["green"][0].waiting != ""
    requests = {request.path: request.query for request in double.requests}
    for path in (REPLICA_SETS, PODS):
        assert requests[path]["labelSelector"] == "app.kubernetes.io/instance=genai,genai-stack/slot=green"


def test_a_slot_with_nothing_in_it_is_there(double: ApiDouble, cluster: KubernetesCluster) -> None:
    assert cluster.read_slots("genai", "genai", ("blue", "green")) == {"blue": (), "green": ()}
    assert cluster.read_workloads("genai", "genai", "blue") == ()
    assert ask(double) == [DEPLOYMENTS, DEPLOYMENTS]
    assert cluster.read_slots("genai", "genai", ()) == {}
    assert ask(double) == []


def test_what_is_no_workload_of_ours_is_passed_over(double: ApiDouble, cluster: KubernetesCluster) -> None:
    put_deployment(double, "blue")
    labels = {"app.kubernetes.io/instance": "genai", "genai-stack/slot": "blue"}
    double.put(f"{DEPLOYMENTS}/own", {"metadata": {"name": "own", "labels": labels}})
    assert [one.name for one in cluster.read_workloads("genai", "genai", "blue")] == ["genai-blue-gateway"]


def test_autoscalers_are_told_of_the_workload_that_they_scale(
    double: ApiDouble, cluster: KubernetesCluster
) -> None:
    blue, green = put_deployment(double, "blue"), put_deployment(double, "green")
    frozen = {"behavior": {"scaleDown": {"selectPolicy": "Disabled"}}}
    put_scaler(double, HPAS, blue, status={"desiredReplicas": 4})
    put_scaler(double, HPAS, green, spec=frozen)
    put_scaler(double, HPAS, "elsewhere")
    found = cluster.read_slots("genai", "genai", ("blue", "green"))
    assert [(one.autoscaler, one.asked) for (one,) in found.values()] == [("on", 4), ("frozen", 0)]


@pytest.mark.parametrize("status", [403, 404])
def test_a_kind_that_cannot_be_read_is_asked_for_once(
    double: ApiDouble, cluster: KubernetesCluster, status: int
) -> None:
    put_scaler(double, HPAS, put_deployment(double, "blue"))
    double.on("GET", SCALED, status, {"kind": "Status"})
    for expected in ([DEPLOYMENTS, HPAS, SCALED], [DEPLOYMENTS, HPAS]):
        (one,) = cluster.read_workloads("genai", "genai", "blue")
        assert (one.autoscaler, ask(double)) == ("on", expected)


def test_a_server_that_fails_is_no_slot_without_autoscalers(double: ApiDouble, cluster: KubernetesCluster) -> None:
    put_deployment(double, "blue")
    double.on("GET", HPAS, 500, {"kind": "Status", "message": "oh no"})
    with pytest.raises(ClusterError, match="oh no"):
        cluster.read_workloads("genai", "genai", "blue")


def test_a_namespace_without_autoscalers_is_left_alone_for_a_while(
    double: ApiDouble, double_client: KubeClient
) -> None:
    now = [0.0]
    scalers = ScalerReads(double_client, lambda: now[0])
    assert scalers.read("genai", ["d"]) == {}
    put_scaler(double, HPAS, "d")
    double.requests.clear()
    now[0] = REST - 1
    assert (scalers.read("genai", ["d"]), ask(double)) == ({}, [])
    now[0] = REST
    assert set(scalers.read("genai", ["d"])) == {"d"}
    assert set(scalers.read("genai", ["d"])) == {"d"}
    assert ask(double) == [HPAS, SCALED, HPAS, SCALED]


def put_record(double: ApiDouble, name: str, version: int, status: str, **at: int) -> None:
    labels = {"owner": "helm", "name": name, "version": str(version), "status": status}
    labels |= {key: str(value) for key, value in at.items()}
    secret = f"sh.helm.release.v1.{name}.v{version}"
    double.put(
        f"{SECRETS}/{secret}", {"metadata": {"name": secret, "labels": labels}, "data": {"release": "eA=="}}
    )


def test_revisions_are_helms_newest_records(double: ApiDouble, cluster: KubernetesCluster) -> None:
    now = int(time.time())
    put_record(double, "genai-blue", 9, "superseded", modifiedAt=now - 500)
    put_record(double, "genai-blue", 10, "deployed", createdAt=now - 400, modifiedAt=now - 100)
    put_record(double, "genai", 3, "pending-upgrade", createdAt=now - 50)
    put_record(double, "other", 1, "deployed")
    found = cluster.read_revisions("genai", ("genai", "genai-blue", "genai-green"))
    assert {name: (one.revision, one.status) for name, one in found.items()} == {
        "genai": (3, "pending-upgrade"),
        "genai-blue": (10, "deployed"),
    }
    assert 100 <= found["genai-blue"].age < 130
    assert 50 <= found["genai"].age < 80


def test_no_content_of_a_record_crosses_the_wire(double: ApiDouble, cluster: KubernetesCluster) -> None:
    cluster.read_revisions("genai", ("genai-blue", "genai"))
    (request,) = double.requests
    assert request.headers["accept"] == METADATA_LIST
    assert request.query == {"labelSelector": "owner=helm,name in (genai,genai-blue)"}


def test_a_record_without_times_or_number_is_told_as_far_as_it_goes(
    double: ApiDouble, cluster: KubernetesCluster
) -> None:
    labels = {"owner": "helm", "name": "genai", "version": "odd", "status": "deployed"}
    other = {"owner": "helm", "name": "genai-blue", "version": "2", "status": "failed"}
    items = [{"metadata": {"labels": labels}}, {"metadata": {"labels": other}}, {"metadata": {}}]

    def answer(request: Request) -> Reply | None:
        return Reply(200, {"items": items}) if request.path == SECRETS else None

    double.scripts.append(answer)
    assert cluster.read_revisions("genai", ("genai", "genai-blue")) == {"genai-blue": ReleaseMark(2, "failed")}


def scale_late(cluster: KubernetesCluster) -> None:
    cluster.scale("genai", "genai-blue-gateway", 3)


def on_scale(double: ApiDouble, meanwhile: Callable[[dict[str, Any]], object], *, times: int = 1) -> list[Any]:
    """Answer /scale as a server does: with a conflict where another version was seen. Returns what was asked."""
    path, asked = f"{DEPLOYMENTS}/genai-blue-gateway", list[Any]()

    def answer(request: Request) -> Reply | None:
        if request.path != f"{path}/scale":
            return None
        asked.append(request.body)
        if len(asked) <= times:
            meanwhile(double.objects[path])
        live = double.objects.get(path, {}).get("metadata", {})
        seen = request.body["metadata"]
        is_same = (seen["resourceVersion"], seen["uid"]) == (live.get("resourceVersion"), live.get("uid"))
        return Reply(200, {}) if is_same else Reply(409, {"kind": "Status", "reason": "Conflict"})

    double.scripts.append(answer)
    return asked


def test_a_scale_is_of_what_was_seen(double: ApiDouble, cluster: KubernetesCluster) -> None:
    live = double.objects[f"{DEPLOYMENTS}/{put_deployment(double, 'blue')}"]["metadata"]
    cluster.read_slots("genai", "genai", ("blue", "green"))
    asked = on_scale(double, lambda _live: None)
    scale_late(cluster)
    seen = {"resourceVersion": live["resourceVersion"], "uid": live["uid"]}
    assert asked == [{"metadata": seen, "spec": {"replicas": 3}}]


def test_a_status_that_was_written_meanwhile_is_no_conflict(double: ApiDouble, cluster: KubernetesCluster) -> None:
    path = f"{DEPLOYMENTS}/{put_deployment(double, 'blue')}"
    cluster.read_workloads("genai", "genai", "blue")
    asked = on_scale(double, lambda live: double.put(path, {**live, "status": {"replicas": 9}}), times=2)
    scale_late(cluster)
    assert len(asked) == 3


@pytest.mark.parametrize("change", ["spec", "epoch", "uid", "gone"])
def test_what_somebody_changed_meanwhile_is_not_scaled(
    double: ApiDouble, cluster: KubernetesCluster, change: str
) -> None:
    path = f"{DEPLOYMENTS}/{put_deployment(double, 'blue')}"
    cluster.read_workloads("genai", "genai", "blue")

    def meddle(live: dict[str, Any]) -> None:
        metadata = {
            **live["metadata"],
            **({"annotations": {"genai-stack/epoch": "2"}} if change == "epoch" else {}),
        }
        spec = {**live["spec"], **({"replicas": 7} if change == "spec" else {})}
        if change in {"uid", "gone"}:
            del double.objects[path]
            metadata.pop("uid")
        if change != "gone":
            double.put(path, {**live, "metadata": metadata, "spec": spec})

    asked = on_scale(double, meddle)
    with pytest.raises(ConflictError):
        scale_late(cluster)
    assert len(asked) == 1


def test_a_status_that_is_written_all_the_time_is_told(double: ApiDouble, cluster: KubernetesCluster) -> None:
    path = f"{DEPLOYMENTS}/{put_deployment(double, 'blue')}"
    cluster.read_workloads("genai", "genai", "blue")
    on_scale(double, lambda live: double.put(path, {**live, "status": {"replicas": 9}}), times=99)
    with pytest.raises(ConflictError, match="all the time"):
        scale_late(cluster)


def test_an_epoch_is_written_once_on_each_deployment_of_the_slots(
    double: ApiDouble, cluster: KubernetesCluster
) -> None:
    put_deployment(double, "blue"), put_deployment(double, "green"), put_deployment(double, "all")
    for _ in range(2):
        cluster.claim("genai", "genai", ("blue", "green"), 7)
    written = [request.path.rpartition("/")[2] for request in double.requests if request.method == "PATCH"]
    assert written == ["genai-blue-gateway", "genai-green-gateway"]
    live = double.objects[f"{DEPLOYMENTS}/genai-blue-gateway"]["metadata"]
    assert live["annotations"] == {"genai-stack/epoch": "7"}
