"""Trials and rights: one contract for fake and real API server, and what the adapter makes of answers."""

from __future__ import annotations

from typing import Any

import pytest

from tests.adapters.api_double import ApiDouble
from tests.fakes import World
from tooling.adapters.cluster_kubernetes import KubernetesCluster
from tooling.adapters.kube_client import KubeClient
from tooling.core.access import Permission
from tooling.core.diff.objects import ObjectName
from tooling.core.trial import Trial
from tooling.errors import ClusterError
from tooling.ports.cluster import Cluster

NAME = ObjectName("v1", "ConfigMap", "genai", "a")
MANIFEST = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": {"key": "value"}}
CONFIGS = "/api/v1/namespaces/genai/configmaps"


@pytest.fixture(params=["fake", pytest.param("real", marks=pytest.mark.local)])
def subject(request: pytest.FixtureRequest) -> tuple[Cluster, str]:
    if request.param == "fake":
        return World().cluster, "genai"
    return KubernetesCluster(request.getfixturevalue("real_client")), request.getfixturevalue("real_namespace")


def test_a_trial_keeps_nothing(subject: tuple[Cluster, str]) -> None:
    cluster, namespace = subject
    for _ in range(2):
        (trial,) = cluster.try_apply((MANIFEST,), namespace)
        assert (trial.name.namespace, trial.is_new, trial.problem) == (namespace, True, "")


def test_what_an_administrator_may(subject: tuple[Cluster, str]) -> None:
    cluster, namespace = subject
    asked = (Permission("get", "", "pods/proxy", namespace), Permission("list", "", "nodes"))
    review = cluster.review_access(namespace, asked)
    assert (bool(review.account), review.denied) == (True, ())


def test_nothing_is_listed_where_nothing_is(subject: tuple[Cluster, str]) -> None:
    cluster, namespace = subject
    assert cluster.list_objects("policy/v1", "poddisruptionbudgets", namespace) == ()


def make_status(reason: str, message: str) -> dict[str, Any]:
    return {"kind": "Status", "reason": reason, "message": message}


@pytest.fixture
def cluster(double: ApiDouble, double_client: KubeClient) -> KubernetesCluster:
    double.on(
        "GET", "/api/v1", 200, {"resources": [{"kind": "ConfigMap", "name": "configmaps", "namespaced": True}]}
    )
    return KubernetesCluster(double_client)


def test_an_object_that_is_there_is_merged_and_nothing_is_kept(
    double: ApiDouble, cluster: KubernetesCluster
) -> None:
    double.on("PATCH", f"{CONFIGS}/a", 200, MANIFEST)
    assert cluster.try_apply((MANIFEST,), "genai") == (Trial(NAME),)
    (request,) = [one for one in double.requests if one.method != "GET"]
    assert (request.query["dryRun"], request.headers["content-type"]) == ("All", "application/merge-patch+json")


def test_a_new_object_is_created_and_nothing_is_kept(double: ApiDouble, cluster: KubernetesCluster) -> None:
    double.on("PATCH", f"{CONFIGS}/a", 404, make_status("NotFound", "not there"))
    double.on("POST", CONFIGS, 201, MANIFEST)
    assert cluster.try_apply((MANIFEST,), "genai") == (Trial(NAME, is_new=True),)
    assert all(one.query["dryRun"] == "All" for one in double.requests if one.method != "GET")


@pytest.mark.parametrize(
    ("status", "message", "expected"),
    [
        (422, "spec: Forbidden: no", Trial(NAME, problem="spec: Forbidden: no")),
        (403, "exceeded quota: q", Trial(NAME, problem="exceeded quota: q")),
        (500, "failed calling webhook w", Trial(NAME, problem="failed calling webhook w")),
        (409, "changed", Trial(NAME, unchecked="changed")),
        (400, "webhook w does not support dry run", Trial(NAME, unchecked="webhook w does not support dry run")),
    ],
)
def test_a_refusal_is_told_in_the_servers_words(
    double: ApiDouble, cluster: KubernetesCluster, status: int, message: str, expected: Trial
) -> None:
    double.on("PATCH", f"{CONFIGS}/a", status, make_status("Some", message))
    assert cluster.try_apply((MANIFEST,), "genai") == (expected,)


def test_no_answer_is_no_refusal(double: ApiDouble, cluster: KubernetesCluster) -> None:
    double.on("PATCH", f"{CONFIGS}/a", 503, make_status("ServiceUnavailable", "later"))
    with pytest.raises(ClusterError, match="later"):
        cluster.try_apply((MANIFEST,), "genai")


def test_a_kind_that_nobody_knows_is_not_tried(cluster: KubernetesCluster) -> None:
    strange = {"apiVersion": "nobody.io/v1", "kind": "Thing", "metadata": {"name": "a"}}
    (trial,) = cluster.try_apply((strange,), "genai")
    assert (trial.unchecked, trial.problem) == ("the server does not know Thing (nobody.io/v1)", "")


def test_trials_come_in_the_order_of_the_manifests(double: ApiDouble, cluster: KubernetesCluster) -> None:
    manifests = [{**MANIFEST, "metadata": {"name": f"a{number}"}} for number in range(20)]
    for manifest in manifests:
        double.on("PATCH", f"{CONFIGS}/{manifest['metadata']['name']}", 200, manifest)
    names = [trial.name.name for trial in cluster.try_apply(manifests, "genai")]
    assert names == [f"a{number}" for number in range(20)]


def test_objects_of_a_resource_are_listed(double: ApiDouble, cluster: KubernetesCluster) -> None:
    double.put(f"{CONFIGS}/a", MANIFEST)
    (found,) = cluster.list_objects("v1", "configmaps", "genai")
    assert found["data"] == {"key": "value"}
