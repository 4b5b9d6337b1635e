"""What the adapter asks about access, on loopback: one request where rules tell, one each where they do not."""

from __future__ import annotations

from typing import Any

import pytest

from tests.adapters.api_double import ApiDouble, Reply, Request
from tooling.adapters.cluster_kubernetes import KubernetesCluster
from tooling.adapters.kube_client import KubeClient
from tooling.core.access import Permission
from tooling.errors import ClusterError

RULES = "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews"
ACCESS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
SELF = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
PROXY = Permission("get", "", "pods/proxy", "genai", "http:a:8080")
NODES = Permission("list", "", "nodes")
SECRETS = Permission("create", "", "secrets", "genai")


@pytest.fixture
def cluster(double: ApiDouble, double_client: KubeClient) -> KubernetesCluster:
    rule = {"verbs": ["create"], "apiGroups": [""], "resources": ["secrets"]}
    double.on("POST", RULES, 201, {"status": {"resourceRules": [rule], "incomplete": False}})
    double.on("POST", SELF, 201, {"status": {"userInfo": {"username": "anna"}}})
    return KubernetesCluster(double_client)


def allow(double: ApiDouble, *resources: str) -> list[dict[str, Any]]:
    """Answer reviews: these resources are allowed; return what was asked, as it comes."""
    asked: list[dict[str, Any]] = []

    def script(request: Request) -> Reply | None:
        if request.path != ACCESS:
            return None
        asked.append(request.body["spec"]["resourceAttributes"])
        return Reply(201, {"status": {"allowed": asked[-1]["resource"] in resources}})

    double.scripts.append(script)
    return asked


def test_what_a_rule_gives_is_not_asked_again(double: ApiDouble, cluster: KubernetesCluster) -> None:
    asked = allow(double)
    review = cluster.review_access("genai", (SECRETS,))
    assert (review.account, review.denied, asked) == ("anna", (), [])


def test_everything_else_is_asked_for_by_itself(double: ApiDouble, cluster: KubernetesCluster) -> None:
    asked = allow(double, "nodes")
    review = cluster.review_access("genai", (SECRETS, PROXY, NODES))
    assert review.denied == (PROXY,)
    pods = {"verb": "get", "resource": "pods", "subresource": "proxy", "namespace": "genai", "name": "http:a:8080"}
    assert sorted(asked, key=len) == [{"verb": "list", "resource": "nodes"}, pods]


def test_a_server_that_tells_no_rules_and_no_names_is_asked_for_each(double: ApiDouble, double_client: KubeClient):
    double.on("POST", RULES, 403, {"kind": "Status", "reason": "Forbidden", "message": "no"})
    double.on("POST", SELF, 404, {"kind": "Status", "reason": "NotFound", "message": "no"})
    asked = allow(double, "secrets")
    review = KubernetesCluster(double_client).review_access("genai", (SECRETS, NODES))
    assert (review.account, review.denied, len(asked)) == ("", (NODES,), 2)


def test_a_server_in_trouble_is_an_error_and_no_denial(double: ApiDouble, double_client: KubeClient) -> None:
    double.on("POST", RULES, 503, {"kind": "Status", "reason": "ServiceUnavailable", "message": "later"})
    with pytest.raises(ClusterError, match="later") as caught:
        KubernetesCluster(double_client).review_access("genai", (SECRETS,))
    assert caught.value.is_retryable
