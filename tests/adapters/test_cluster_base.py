"""What the cluster adapter asks for base, backups and leftovers, and what it makes of the answers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.adapters.api_double import ApiDouble
from tooling.adapters.cluster_base import describe_job, describe_stateful, is_current, make_job
from tooling.adapters.cluster_kubernetes import KubernetesCluster
from tooling.adapters.kube_client import KubeClient
from tooling.core.diff.objects import ObjectName
from tooling.core.leftovers import Leftover
from tooling.core.observation import JobState
from tooling.errors import ClusterError, ConflictError

CORE = {"resources": [{"name": "configmaps", "kind": "ConfigMap", "namespaced": True}]}
CONFIG = "/api/v1/namespaces/genai/configmaps/extra"
OBJECT = Leftover(ObjectName("v1", "ConfigMap", "genai", "extra"), uid="u-1", resource_version="7")
FIELD = replace(
    OBJECT,
    fields=("data.b",),
    operations=({"op": "test", "path": "/data/b", "value": "2"}, {"op": "remove", "path": "/data/b"}),
)
LABELS = {"app.kubernetes.io/instance": "genai", "genai-stack/slot": "all"}
CRON = "/apis/batch/v1/namespaces/genai/cronjobs/backup"
JOB = "/apis/batch/v1/namespaces/genai/jobs/backup-7"
TEMPLATE = {"metadata": {"labels": {"a": "b"}}, "spec": {"backoffLimit": 2, "template": {"spec": {}}}}


@pytest.fixture
def cluster(double: ApiDouble, double_client: KubeClient) -> KubernetesCluster:
    double.on("GET", "/api/v1", 200, CORE)
    return KubernetesCluster(double_client)


def make_stateful(wanted: int = 3, ready: int = 3, **status: Any) -> dict[str, Any]:
    return {
        "metadata": {"name": "db", "uid": "u", "generation": 2, "labels": LABELS},
        "spec": {"replicas": wanted},
        "status": {"observedGeneration": 2, "readyReplicas": ready, "updatedReplicas": wanted, **status},
    }


def test_an_object_goes_only_as_it_was_seen(double: ApiDouble, cluster: KubernetesCluster) -> None:
    double.on("DELETE", CONFIG, 200, {"kind": "Status"})
    cluster.remove_leftover(OBJECT)
    assert double.requests[-1].body == {
        "propagationPolicy": "Background",
        "preconditions": {"uid": "u-1", "resourceVersion": "7"},
    }


def test_fields_go_only_with_the_value_that_was_seen(double: ApiDouble, cluster: KubernetesCluster) -> None:
    double.on("PATCH", CONFIG, 200, {"kind": "ConfigMap"})
    cluster.remove_leftover(FIELD)
    request = double.requests[-1]
    assert request.headers["content-type"] == "application/json-patch+json"
    assert request.body == list(FIELD.operations)


@pytest.mark.parametrize("leftover", [OBJECT, FIELD])
def test_what_is_gone_needs_no_removal(double: ApiDouble, cluster: KubernetesCluster, leftover: Leftover) -> None:
    for method in ("DELETE", "PATCH"):
        double.on(method, CONFIG, 404, {"kind": "Status", "reason": "NotFound"})
    cluster.remove_leftover(leftover)


FAILED_TEST = {"kind": "Status", "reason": "Invalid", "message": "the server rejected our request", "details": {}}
INVALID = {**FAILED_TEST, "details": {"causes": [{"field": "spec.template"}]}}
REFUSALS: list[tuple[Leftover, int, object, type[ClusterError]]] = [
    (OBJECT, 409, {"kind": "Status", "reason": "Conflict"}, ConflictError),
    (FIELD, 422, FAILED_TEST, ConflictError),
    (FIELD, 422, INVALID, ClusterError),
    (FIELD, 403, {"kind": "Status", "reason": "Forbidden"}, ClusterError),
]


@pytest.mark.parametrize("refusal", REFUSALS)
def test_a_removal_that_is_refused(
    double: ApiDouble, cluster: KubernetesCluster, refusal: tuple[Leftover, int, object, type[ClusterError]]
) -> None:
    leftover, status, body, error = refusal
    for method in ("DELETE", "PATCH"):
        double.on(method, CONFIG, status, body)
    with pytest.raises(ClusterError) as refused:
        cluster.remove_leftover(leftover)
    assert type(refused.value) is error


def test_a_kind_that_is_gone(cluster: KubernetesCluster) -> None:
    with pytest.raises(ClusterError, match="does not know Gone"):
        cluster.remove_leftover(replace(OBJECT, name=ObjectName("v1", "Gone", "genai", "x")))


def test_a_backup_is_made_of_the_cronjob_and_once(double: ApiDouble, cluster: KubernetesCluster) -> None:
    double.put(CRON, {"metadata": {"name": "backup"}, "spec": {"jobTemplate": TEMPLATE}})
    assert cluster.read_job("genai", "backup-7") is None
    cluster.start_job_from("genai", "backup", "backup-7")
    made = double.objects[JOB]
    assert made["spec"] == {**TEMPLATE["spec"], "ttlSecondsAfterFinished": 86400}
    assert made["metadata"]["labels"] == {"a": "b"}
    assert [one["name"] for one in made["metadata"]["ownerReferences"]] == ["backup"]
    cluster.start_job_from("genai", "backup", "backup-7")
    assert cluster.read_job("genai", "backup-7") == JobState("backup-7")


def test_the_history_limit_of_the_cronjob_does_not_count_our_job() -> None:
    cron = {"metadata": {"name": "b", "uid": "u"}, "spec": {"jobTemplate": {"spec": {}}}}
    assert "controller" not in make_job(cron, "j")["metadata"]["ownerReferences"][0]


@pytest.mark.parametrize(
    ("conditions", "state"),
    [
        ([], JobState("j")),
        ([{"type": "Complete", "status": "False"}, {"type": "Suspended", "status": "True"}], JobState("j")),
        ([{"type": "Complete", "status": "True"}], JobState("j", is_done=True)),
        (
            [{"type": "Failed", "status": "True", "reason": "DeadlineExceeded", "message": "too long"}],
            JobState("j", is_done=True, problem="DeadlineExceeded: too long"),
        ),
        ([{"type": "Failed", "status": "True"}], JobState("j", is_done=True, problem="Failed")),
    ],
)
def test_how_a_job_ended(conditions: list[dict[str, str]], state: JobState) -> None:
    assert describe_job({"metadata": {"name": "j"}, "status": {"conditions": conditions}}) == state


def test_workloads_of_base(double: ApiDouble, cluster: KubernetesCluster) -> None:
    apps = "/apis/apps/v1/namespaces/genai"
    assert cluster.read_base_workloads("genai", "genai") == ()
    for path, name in ((f"{apps}/statefulsets/db", "db"), (f"{apps}/deployments/cache", "cache")):
        one = make_stateful(status={}) if name == "cache" else make_stateful()
        double.put(path, {**one, "metadata": {"name": name, "labels": LABELS}})
    found = cluster.read_base_workloads("genai", "genai")
    assert [(one.key, one.name) for one in found] == [("Deployment/cache", "cache"), ("StatefulSet/db", "db")]


@pytest.mark.parametrize(
    ("stateful", "expected"),
    [
        (make_stateful(), True),
        (make_stateful(observedGeneration=1), False),
        (make_stateful(updatedReplicas=1), False),
        (make_stateful(updatedReplicas=0, updateRevision="a", currentRevision="a"), True),
        (make_stateful(updatedReplicas=0, updateRevision="b", currentRevision="a"), False),
        ({**make_stateful(updatedReplicas=0), "spec": {"updateStrategy": {"type": "OnDelete"}}}, True),
        (
            {
                **make_stateful(updatedReplicas=1),
                "spec": {"replicas": 3, "updateStrategy": {"rollingUpdate": {"partition": 2}}},
            },
            True,
        ),
    ],
)
def test_whether_all_pods_run_the_newest_template(stateful: dict[str, Any], expected: bool) -> None:
    assert is_current(stateful) is expected


def test_what_a_stateful_set_waits_for() -> None:
    def make_pod(owner: str, **status: Any) -> dict[str, Any]:
        return {"metadata": {"name": "p", "ownerReferences": [{"uid": owner}]}, "status": status}

    waiting = {"name": "db", "state": {"waiting": {"reason": "ImagePullBackOff", "message": "no such image"}}}
    pods = [make_pod("u", containerStatuses=[waiting]), make_pod("another", containerStatuses=[])]
    found = describe_stateful(make_stateful(1, 0), pods)
    assert (found.wanted, found.ready) == (1, 0)
    assert found.problem.startswith("ImagePullBackOff: container db")
    assert describe_stateful(make_stateful(0, 0), pods).problem == ""
    assert describe_stateful(make_stateful(), []).waiting == ""
    assert describe_stateful(make_stateful(2, 1), []).waiting == "0 of 2 pods of the newest template are there"
