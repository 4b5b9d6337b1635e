"""The cluster adapter's requests and what it makes of answers, on loopback."""

from __future__ import annotations

import pytest

from tests.adapters.api_double import ApiDouble
from tooling.adapters.cluster_kubernetes import KubernetesCluster
from tooling.adapters.kube_client import KubeClient
from tooling.core.diff.objects import ObjectName
from tooling.core.hardware import Node
from tooling.errors import ClusterError, ConflictError, UnavailableError

ASK = "/api/v1/namespaces/genai/services/http:genai-blue-gateway:80/proxy/chat"


@pytest.fixture
def cluster(double_client: KubeClient) -> KubernetesCluster:
    return KubernetesCluster(double_client)


@pytest.mark.parametrize(("model", "extra"), [("", {}), ("smollm2", {"model": "smollm2"})])
def test_a_question(double: ApiDouble, cluster: KubernetesCluster, model: str, extra: dict[str, str]) -> None:
    double.on("POST", ASK, 200, {"response": "4", "model": "smollm2", "tokens_used": 3})
    assert cluster.ask("genai", "genai-blue-gateway", model, "What is 2+2?") == "4"
    assert double.requests[0].body == {"message": "What is 2+2?", "max_tokens": 4, **extra}


@pytest.mark.parametrize(
    ("status", "body", "text"),
    [
        (502, {"error": {"message": "upstream failed"}}, "answered 502: upstream failed"),
        (503, {"kind": "Status", "message": "no endpoints available"}, "answered 503: no endpoints available"),
        (404, {"error": "unknown model"}, "answered 404: unknown model"),
        (500, b"boom", "answered 500: boom"),
        (200, b"", "answered 200, but"),
        (200, {"response": 4}, "answered 200, but"),
    ],
)
def test_no_answer_to_a_question(
    double: ApiDouble, cluster: KubernetesCluster, status: int, body: object, text: str
) -> None:
    double.on("POST", ASK, status, body)
    with pytest.raises(UnavailableError, match=text):
        cluster.ask("genai", "genai-blue-gateway", "", "What is 2+2?")


def test_a_refusal_of_the_api_server_is_no_wait(double: ApiDouble, cluster: KubernetesCluster) -> None:
    double.on("POST", ASK, 403, {"kind": "Status", "reason": "Forbidden", "message": "no proxy for you"})
    with pytest.raises(ClusterError, match="no proxy for you") as caught:
        cluster.ask("genai", "genai-blue-gateway", "", "What is 2+2?")
    assert not caught.value.is_retryable


def test_a_secrets_content_is_not_asked_for(double: ApiDouble, cluster: KubernetesCluster) -> None:
    double.on("GET", "/api/v1/namespaces/genai/secrets/a", 200, {"metadata": {"name": "a"}})
    assert cluster.find_missing_secrets("genai", ("a",)) == ()
    assert "as=PartialObjectMetadata" in double.requests[0].headers["accept"]


def test_nodes_are_listed_by_name(double: ApiDouble, cluster: KubernetesCluster) -> None:
    items = [{"metadata": {"name": "b", "labels": {"pool": "a100"}}}, {"metadata": {"name": "a"}}]
    double.on("GET", "/api/v1/nodes", 200, {"items": items})
    assert cluster.list_nodes() == (Node("a", {}), Node("b", {"pool": "a100"}))


def test_an_account_that_may_not_list_nodes_is_told(double: ApiDouble, cluster: KubernetesCluster) -> None:
    double.on(
        "GET", "/api/v1/nodes", 403, {"kind": "Status", "reason": "Forbidden", "message": "no nodes for you"}
    )
    with pytest.raises(ClusterError, match="no nodes for you"):
        cluster.list_nodes()


def test_a_namespace_that_somebody_makes_meanwhile(double: ApiDouble, cluster: KubernetesCluster) -> None:
    double.on("GET", "/api/v1/namespaces/genai", 404, {"kind": "Status"})
    double.on("POST", "/api/v1/namespaces", 409, {"kind": "Status", "reason": "AlreadyExists"})
    cluster.ensure_namespace("genai")


def test_a_namespace_on_its_way_out(double: ApiDouble, cluster: KubernetesCluster) -> None:
    double.on("GET", "/api/v1/namespaces/genai", 200, {"status": {"phase": "Terminating"}})
    with pytest.raises(ClusterError, match="is being deleted"):
        cluster.ensure_namespace("genai")


def test_a_conflict_stays_one(double: ApiDouble, cluster: KubernetesCluster) -> None:
    path = "/apis/apps/v1/namespaces/genai/deployments/d/scale"
    double.on("PATCH", path, 409, {"kind": "Status", "reason": "Conflict"})
    with pytest.raises(ConflictError):
        cluster.scale("genai", "d", 1)
    assert double.requests[0].body == {"spec": {"replicas": 1}}


def test_a_kind_is_known_by_its_resource_and_not_by_a_part_of_one(
    double: ApiDouble, cluster: KubernetesCluster
) -> None:
    double.on("GET", "/apis/x.y/v1", 404, {"kind": "Status"})
    assert not cluster.has_kind("x.y/v1", "Thing")
    double.scripts.clear()
    double.on("GET", "/apis/x.y/v1", 200, {"resources": [{"name": "things/status", "kind": "Thing"}]})
    assert not cluster.has_kind("x.y/v1", "Thing")
    double.scripts.clear()
    double.on("GET", "/apis/x.y/v1", 200, {"resources": [{"name": "things", "kind": "Thing"}]})
    assert cluster.has_kind("x.y/v1", "Thing")


@pytest.mark.parametrize(
    ("status", "problem"), [(404, ""), (403, "cannot read ConfigMap/a: Forbidden: not yours")]
)
def test_an_object_that_may_not_be_read_is_told_as_such(
    double: ApiDouble, cluster: KubernetesCluster, status: int, problem: str
) -> None:
    resources = [
        {"name": "configmaps/status", "kind": "ConfigMap", "namespaced": True},
        {"name": "configmaps", "kind": "ConfigMap", "namespaced": True},
    ]
    refusal = {"kind": "Status", "reason": "Forbidden", "message": "not yours"}
    double.on("GET", "/api/v1", 200, {"resources": resources})
    double.on("GET", "/api/v1/namespaces/n/configmaps/a", status, refusal)
    (found,) = cluster.read_objects([ObjectName("v1", "ConfigMap", "n", "a")])
    assert (found.manifest, found.problem) == (None, problem)


def test_a_server_that_fails_is_no_missing_object(double: ApiDouble, cluster: KubernetesCluster) -> None:
    double.on("GET", "/api/v1", 200, {"resources": [{"name": "things", "kind": "Thing"}]})
    double.on("GET", "/api/v1/things/a", 500, {"kind": "Status", "message": "oh no"})
    with pytest.raises(ClusterError, match="oh no"):
        cluster.read_objects([ObjectName("v1", "Thing", "n", "a")])
