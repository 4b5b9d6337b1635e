"""What pods and Deployments say, case by case, as the API writes it."""

from __future__ import annotations

from typing import Any

import pytest

from tooling.adapters.kube_scalers import Scaler
from tooling.adapters.kube_workloads import describe_workload, is_ready, is_settled, make_key

Json = dict[str, Any]
NEWEST, OLDER, FOREIGN = "rs-2", "rs-1", "rs-9"


def deployment(wanted: int | None = 1, *, conditions: tuple[Json, ...] = (), seen: int = 3, **status: Any) -> Json:
    labels = {"app.kubernetes.io/component": "inference", "genai-stack/model": "smollm2"}
    return {
        "metadata": {"name": "genai-blue-inference-smollm2", "uid": "d", "generation": 3, "labels": labels},
        "spec": {} if wanted is None else {"replicas": wanted},
        "status": {"observedGeneration": seen, "conditions": list(conditions), **status},
    }


def ready_deployment(count: int = 1) -> Json:
    return deployment(count, replicas=count, updatedReplicas=count, readyReplicas=count)


def replica_set(uid: str, revision: int, owner: str = "d") -> Json:
    annotations = {"deployment.kubernetes.io/revision": str(revision)}
    return {"metadata": {"uid": uid, "annotations": annotations, "ownerReferences": [{"uid": owner}]}}


def pod(*containers: Json, init: tuple[Json, ...] = (), owner: str = NEWEST, **rest: Any) -> Json:
    status = {"containerStatuses": list(containers), "initContainerStatuses": list(init), **rest.pop("status", {})}
    metadata = {"name": "p", "ownerReferences": [{"uid": owner}], **rest.pop("metadata", {})}
    return {"metadata": metadata, "status": status}


def waiting(reason: str, message: str = "", *, restarts: int = 0, name: str = "server", **rest: Any) -> Json:
    state = {"waiting": {"reason": reason, "message": message}}
    return {
        "name": name,
        "image": "repo/image:1",
        "restartCount": restarts,
        "state": state,
        "ready": False,
        **rest,
    }


def running(*, started: bool = True, ready: bool = False, name: str = "server") -> Json:
    return {"name": name, "state": {"running": {}}, "started": started, "ready": ready}


SETS = [replica_set(OLDER, 1), replica_set(NEWEST, 2), replica_set(FOREIGN, 7, owner="other")]
DIED: Json = {"lastState": {"terminated": {"exitCode": 137, "reason": "OOMKilled"}}}
QUOTA = {"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate", "message": "exceeded quota: q"}
UNSCHEDULABLE = {
    "conditions": [
        {
            "type": "PodScheduled",
            "status": "False",
            "reason": "Unschedulable",
            "message": "0/1 nodes: 1 Insufficient cpu",
        }
    ],
    "containerStatuses": [],
}


@pytest.mark.parametrize(
    ("pods", "problem"),
    [
        (
            [pod(waiting("ImagePullBackOff", "Back-off pulling"))],
            "ImagePullBackOff: container server, image repo/image:1",
        ),
        ([pod(waiting("ErrImagePull"))], "ErrImagePull: container server, image repo/image:1"),
        ([pod(waiting("ErrImageNeverPull"))], "ErrImageNeverPull"),
        ([pod(waiting("InvalidImageName"))], "InvalidImageName"),
        ([pod(waiting("CreateContainerConfigError", 'secret "x" not found'))], 'secret "x" not found'),
        ([pod(waiting("CreateContainerError"))], "CreateContainerError"),
        ([pod(waiting("RunContainerError", "exec: not\nfound"))], "exec: not found"),
        ([pod(init=(waiting("ErrImagePull", name="fetch"),))], "ErrImagePull: container fetch"),
        ([pod(running()), pod(waiting("ErrImagePull"))], "ErrImagePull"),
        (
            [pod(waiting("CrashLoopBackOff", restarts=2, **DIED))],
            "CrashLoopBackOff: container server ended with exit code 137 (OOMKilled), 2 restarts",
        ),
        (
            [pod(waiting("CrashLoopBackOff", restarts=2))],
            "CrashLoopBackOff: container server keeps ending, 2 restarts",
        ),
        ([pod(waiting("CrashLoopBackOff", restarts=1, **DIED))], ""),
        ([pod(waiting("ContainerCreating"))], ""),
        ([pod(waiting("ErrImagePull"), owner=OLDER)], ""),
        ([pod(waiting("ErrImagePull"), owner=FOREIGN)], ""),
        ([pod(waiting("ErrImagePull"), metadata={"deletionTimestamp": "now"})], ""),
        ([], ""),
    ],
)
def test_problems(pods: list[Json], problem: str) -> None:
    found = describe_workload(deployment(), SETS, pods)
    assert found.problem.startswith(problem) or (problem and problem in found.problem)
    assert bool(found.problem) == bool(problem)
    assert "\n" not in found.problem


def test_a_refused_pod_is_a_problem() -> None:
    assert (
        describe_workload(deployment(conditions=(QUOTA,)), SETS, []).problem == "FailedCreate: exceeded quota: q"
    )
    healed = {**QUOTA, "status": "False"}
    assert describe_workload(deployment(conditions=(healed,)), SETS, []).problem == ""


def test_a_long_message_is_cut() -> None:
    assert len(describe_workload(deployment(), SETS, [pod(waiting("ErrImagePull", "x" * 999))]).problem) == 200


@pytest.mark.parametrize(
    ("pods", "reason"),
    [
        ([pod(status=UNSCHEDULABLE)], "Unschedulable: 0/1 nodes: 1 Insufficient cpu"),
        (
            [pod(running(started=False))],
            "ContainersNotReady: container server runs, its startup probe has not passed",
        ),
        ([pod(running())], "ContainersNotReady: container server runs, its readiness probe has not passed"),
        ([pod(waiting("PodInitializing"), init=(running(name="fetch"),))], "init container fetch is running"),
        ([pod(waiting("ContainerCreating"))], "ContainerCreating: container server"),
        (
            [pod(status={"phase": "Failed", "reason": "Evicted", "message": "low on disk"})],
            "pod p failed: Evicted low",
        ),
        (
            [pod({"name": "server", "state": {"terminated": {"exitCode": 3, "reason": "Error"}}})],
            "container server ended with exit code 3 (Error)",
        ),
        ([pod()], "the pod is not scheduled yet"),
        ([], "0 of 1 pods of the newest template are there"),
    ],
)
def test_waiting(pods: list[Json], reason: str) -> None:
    assert describe_workload(deployment(), SETS, pods).waiting.startswith(reason)


def test_a_template_that_nobody_has_seen_is_waited_for() -> None:
    found = describe_workload(deployment(seen=2, replicas=1, updatedReplicas=1, readyReplicas=1), SETS, [])
    assert (found.ready, found.is_current) == (1, False)
    assert found.waiting == "the controller has not seen the newest template yet"


@pytest.mark.parametrize(
    ("status", "ready", "is_current", "is_all"),
    [
        ({"replicas": 2, "updatedReplicas": 2, "readyReplicas": 2}, 2, True, True),
        ({"replicas": 2, "updatedReplicas": 2, "readyReplicas": 1}, 1, True, False),
        ({"replicas": 3, "updatedReplicas": 1, "readyReplicas": 2}, 2, False, False),
        ({"replicas": 1, "updatedReplicas": 1, "readyReplicas": 1}, 1, True, False),
        ({}, 0, True, False),
    ],
)
def test_counts(status: dict[str, Any], ready: int, is_current: bool, is_all: bool) -> None:
    one = deployment(2, **status)
    found = describe_workload(one, SETS, [])
    assert (found.wanted, found.ready, found.is_current, is_settled(one)) == (2, ready, is_current, is_all)


def test_a_deployment_without_replicas_wants_one() -> None:
    assert describe_workload(deployment(None), SETS, []).wanted == 1


def test_a_deployment_at_rest_has_no_problem() -> None:
    found = describe_workload(deployment(0, conditions=(QUOTA,)), SETS, [pod(waiting("ErrImagePull"))])
    assert (found.wanted, found.problem, found.waiting) == (0, "", "")


def test_a_settled_workload_says_nothing() -> None:
    found = describe_workload(ready_deployment(2), [], [])
    assert found.has(2)
    assert (found.key, found.problem, found.waiting) == ("inference/smollm2", "", "")


@pytest.mark.parametrize(
    ("labels", "key"),
    [
        ({"app.kubernetes.io/component": "gateway"}, "gateway"),
        ({"app.kubernetes.io/component": "inference", "genai-stack/model": "m"}, "inference/m"),
        ({}, ""),
    ],
)
def test_keys(labels: dict[str, str], key: str) -> None:
    assert make_key(labels) == key


@pytest.mark.parametrize(
    ("conditions", "metadata", "expected"),
    [
        ([{"type": "Ready", "status": "True"}], {}, True),
        ([{"type": "Ready", "status": "False"}], {}, False),
        ([], {}, False),
        ([{"type": "Ready", "status": "True"}], {"deletionTimestamp": "now"}, False),
    ],
)
def test_ready_pods(conditions: list[Json], metadata: Json, expected: bool) -> None:
    assert is_ready(pod(metadata=metadata, status={"conditions": conditions})) is expected


def test_a_digest_changes_with_the_template_and_with_nothing_else() -> None:
    one, other = deployment(1), deployment(1)
    one["spec"]["template"] = {"metadata": {"labels": {"a": "1"}}, "spec": {"containers": []}}
    other["spec"]["template"] = {"spec": {"containers": []}, "metadata": {"labels": {"a": "1"}}}
    digests = [describe_workload(each, [], []).template for each in (one, other)]
    assert digests[0] == digests[1]
    assert len(digests[0]) == 12
    other["spec"]["template"]["metadata"]["labels"]["a"] = "2"
    assert describe_workload(other, [], []).template != digests[0]


def test_who_else_edited_and_scaled_is_named() -> None:
    fields = {"f:spec": {"f:template": {"f:spec": {"f:containers": {}}}, "f:replicas": {}}}
    entries = [
        {"manager": "helm", "operation": "Update", "time": "2026-11-21T20:00:00Z", "fieldsV1": fields},
        {
            "manager": "kubectl-edit",
            "operation": "Update",
            "time": "2026-11-21T21:00:00Z",
            "fieldsV1": {"f:spec": {"f:template": {"f:spec": {}}}},
        },
        {
            "manager": "kubectl",
            "operation": "Update",
            "subresource": "scale",
            "fieldsV1": {"f:spec": {"f:replicas": {}}},
        },
    ]
    one = deployment(2)
    one["metadata"]["managedFields"] = entries
    found = describe_workload(one, [], [], Scaler("frozen", 5))
    assert (found.edited_by, found.scaled_by) == (
        "kubectl-edit (Update, 2026-11-21T21:00:00Z)",
        "kubectl (Update)",
    )
    assert (found.autoscaler, found.asked) == ("frozen", 5)
    one["metadata"]["managedFields"] = entries[:1]
    found = describe_workload(one, [], [])
    assert (found.edited_by, found.scaled_by, found.autoscaler, found.asked) == ("", "", "", 0)
