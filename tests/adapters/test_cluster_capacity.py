"""What the cluster port tells of room, against a double on loopback."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.adapters.api_double import ApiDouble, Reply, Request
from tooling.adapters.cluster_kubernetes import KubernetesCluster
from tooling.adapters.kube_client import KubeClient
from tooling.errors import ClusterError

NODES = "/api/v1/nodes"
PODS = "/api/v1/pods"
OWN_PODS = "/api/v1/namespaces/genai/pods"
CLASSES = "/apis/scheduling.k8s.io/v1/priorityclasses"
FORBIDDEN = {"kind": "Status", "reason": "Forbidden", "message": "not yours"}


def pod(name: str) -> dict[str, Any]:
    return {"metadata": {"name": name, "namespace": "genai"}, "spec": {"nodeName": "a", "containers": []}}


def make_list(*items: dict[str, Any], following: str = "") -> dict[str, Any]:
    return {"metadata": {"continue": following}, "items": list(items)}


@pytest.fixture
def api(double: ApiDouble) -> ApiDouble:
    allocatable = {"cpu": "4", "nvidia.com/gpu": "2"}
    nodes = [{"metadata": {"name": name}, "status": {"allocatable": allocatable}} for name in ("b", "a")]
    double.on("GET", NODES, 200, make_list(*nodes))
    classes = [
        {"metadata": {"name": "high"}, "value": 10},
        {"metadata": {"name": "usual"}, "value": 3, "globalDefault": True},
        {"metadata": {"name": "odd"}},
    ]
    double.on("GET", CLASSES, 200, make_list(*classes))
    return double


def test_nodes_pods_and_priorities_are_read_page_by_page(api: ApiDouble, double_client: KubeClient) -> None:
    def page(request: Request) -> Reply | None:
        if request.path != PODS:
            return None
        assert request.query["fieldSelector"] == "status.phase!=Succeeded,status.phase!=Failed"
        assert request.query["limit"] == "500"
        is_second = request.query.get("continue") == "next"
        return Reply(200, make_list(pod("q")) if is_second else make_list(pod("p"), following="next"))

    api.scripts.append(page)
    found = KubernetesCluster(double_client).read_capacity("genai")
    assert [node.name for node in found.nodes] == ["a", "b"]
    assert found.nodes[0].allocatable["nvidia.com/gpu"] == Decimal(2)
    assert [one.name for one in found.pods] == ["p", "q"]
    assert found.priorities == {"high": 10, "usual": 3, "": 3}
    assert found.gaps == ()


def test_what_may_not_be_listed_is_told(double: ApiDouble, double_client: KubeClient) -> None:
    for path in (NODES, PODS, CLASSES):
        double.on("GET", path, 403, FORBIDDEN)
    double.on("GET", OWN_PODS, 200, make_list(pod("own")))
    found = KubernetesCluster(double_client).read_capacity("genai")
    assert (found.nodes, found.priorities) == ((), {})
    assert [one.name for one in found.pods] == ["own"]
    assert found.gaps == (
        "this account may not list nodes",
        "this account may list pods in its own namespace only, so what others take is not counted",
    )


@pytest.mark.parametrize("path", [NODES, PODS, CLASSES])
def test_a_server_that_fails_is_no_missing_permission(
    path: str, double: ApiDouble, double_client: KubeClient
) -> None:
    double.on("GET", path, 500, {"kind": "Status", "message": "etcd is slow"})
    for other in (NODES, PODS, CLASSES):
        double.on("GET", other, 200, make_list())
    with pytest.raises(ClusterError, match="etcd is slow"):
        KubernetesCluster(double_client).read_capacity("genai")
