"""What Deployments, ReplicaSets and pods say about a workload: from the API's JSON to core's words, no I/O."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tooling.adapters.kube_client import FIELD_MANAGER, clip
from tooling.adapters.kube_scalers import NONE, Scaler
from tooling.core.field_owners import name_other
from tooling.core.observation import Workload

Json = Mapping[str, Any]

LABEL_COMPONENT = "app.kubernetes.io/component"
LABEL_INSTANCE = "app.kubernetes.io/instance"
LABEL_SLOT = "genai-stack/slot"
LABEL_MODEL = "genai-stack/model"

_HASH = "pod-template-hash"
_REVISION = "deployment.kubernetes.io/revision"
_REASON_LENGTH = 200
_DIGEST_LENGTH = 12
_OURS = frozenset({"helm", FIELD_MANAGER})

HOPELESS = frozenset(
    {
        "ImagePullBackOff",
        "ErrImagePull",
        "ErrImageNeverPull",
        "InvalidImageName",
        "CreateContainerConfigError",
        "CreateContainerError",
        "RunContainerError",
    }
)
"""Reasons of a waiting container that time alone does not heal."""

_CRASHES = 2
"""Restarts from which a crash loop counts as a problem: the first one may be a slow dependency."""


def is_settled(deployment: Json) -> bool:
    """Whether all wanted pods run the newest template and are ready, so that its pods need no look."""
    status = deployment.get("status", {})
    wanted = _count_wanted(deployment)
    return (
        _is_current(deployment)
        and status.get("replicas", 0) == wanted
        and status.get("readyReplicas", 0) == wanted
        and not _find_condition(deployment, "ReplicaFailure")
    )


def describe_workload(
    deployment: Json, replica_sets: Sequence[Json], pods: Sequence[Json], scaler: Scaler = NONE
) -> Workload:
    """Return the workload; `replica_sets` and `pods` may be those of the whole slot."""
    wanted = _count_wanted(deployment)
    newest = _find_newest_pods(deployment, replica_sets, pods)
    problem = find_problem(deployment, newest) if wanted else ""
    waiting = "" if is_settled(deployment) or not wanted else find_waiting(deployment, newest)
    return Workload(
        make_key(deployment["metadata"].get("labels", {})),
        deployment["metadata"]["name"],
        wanted=wanted,
        ready=int(deployment.get("status", {}).get("readyReplicas", 0)),
        is_current=_is_current(deployment),
        problem=clip(problem, _REASON_LENGTH),
        waiting=clip(waiting, _REASON_LENGTH),
        autoscaler=scaler.state,
        asked=scaler.asked,
        template=digest_template(deployment),
        edited_by=name_other(deployment, ("spec", "template"), ours=_OURS),
        scaled_by=name_other(deployment, ("spec", "replicas"), ours=_OURS),
    )


def digest_template(deployment: Json) -> str:
    """Return a short digest of the pod template: another one means that pods are replaced."""
    text = json.dumps(deployment.get("spec", {}).get("template") or {}, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:_DIGEST_LENGTH]


def make_key(labels: Json) -> str:
    """Return the workload key of labels: `gateway`, `inference/<model>`."""
    component = str(labels.get(LABEL_COMPONENT, ""))
    model = labels.get(LABEL_MODEL)
    return f"{component}/{model}" if model else component


def find_problem(deployment: Json, pods: Sequence[Json]) -> str:
    """Say why pods do not start and will not by themselves; empty while there is hope."""
    for pod in pods:
        for container in _list_containers(pod):
            reason = _find_container_problem(container)
            if reason:
                return reason
    refused = _find_condition(deployment, "ReplicaFailure")
    return f"{refused.get('reason', 'ReplicaFailure')}: {refused.get('message', '')}" if refused else ""


def find_waiting(deployment: Json, pods: Sequence[Json]) -> str:
    """Say what the workload waits for."""
    status = deployment.get("status", {})
    if status.get("observedGeneration", 0) < deployment["metadata"].get("generation", 0):
        return "the controller has not seen the newest template yet"
    for pod in pods:
        reason = _find_pod_delay(pod)
        if reason:
            return reason
    if len(pods) < _count_wanted(deployment):
        return f"{len(pods)} of {_count_wanted(deployment)} pods of the newest template are there"
    if not _is_current(deployment):
        return "pods of the template before are still there"
    return ""


def is_ready(pod: Json) -> bool:
    """Whether the pod is ready and nobody is deleting it."""
    if pod["metadata"].get("deletionTimestamp"):
        return False
    return any(one.get("type") == "Ready" and one.get("status") == "True" for one in _list_conditions(pod))


def _count_wanted(deployment: Json) -> int:
    return int(deployment.get("spec", {}).get("replicas", 1))


def _is_current(deployment: Json) -> bool:
    status = deployment.get("status", {})
    if int(status.get("observedGeneration", 0)) < int(deployment["metadata"].get("generation", 0)):
        return False
    return int(status.get("updatedReplicas", 0)) == int(status.get("replicas", 0))


def _find_newest_pods(deployment: Json, replica_sets: Sequence[Json], pods: Sequence[Json]) -> list[Json]:
    uid = deployment["metadata"].get("uid")
    owned = [one for one in replica_sets if _is_owned(one, uid)]
    if not owned:
        return []
    newest = max(owned, key=lambda one: int(one["metadata"].get("annotations", {}).get(_REVISION, 0)))
    return [
        pod
        for pod in pods
        if _is_owned(pod, newest["metadata"].get("uid")) and not pod["metadata"].get("deletionTimestamp")
    ]


def _is_owned(thing: Json, uid: object) -> bool:
    return any(owner.get("uid") == uid for owner in thing["metadata"].get("ownerReferences", ()))


def _list_conditions(thing: Json) -> Sequence[Json]:
    found: Sequence[Json] = thing.get("status", {}).get("conditions") or ()
    return found


def _find_condition(thing: Json, kind: str) -> Json | None:
    return next(
        (one for one in _list_conditions(thing) if one.get("type") == kind and one["status"] == "True"), None
    )


def _list_containers(pod: Json) -> Iterator[Json]:
    status = pod.get("status", {})
    yield from status.get("initContainerStatuses") or ()
    yield from status.get("containerStatuses") or ()


def _find_container_problem(container: Json) -> str:
    waiting = (container.get("state") or {}).get("waiting") or {}
    reason, message = waiting.get("reason", ""), waiting.get("message", "")
    name = container.get("name", "")
    if reason == "CrashLoopBackOff" and container.get("restartCount", 0) >= _CRASHES:
        return f"{reason}: container {name} {_describe_exit(container)}, {container['restartCount']} restarts"
    if reason not in HOPELESS:
        return ""
    subject = f"container {name}, image {container.get('image', '')}"
    return f"{reason}: {subject}" + (f": {message}" if message else "")


def _describe_exit(container: Json) -> str:
    ended = (container.get("lastState") or {}).get("terminated") or {}
    if not ended:
        return "keeps ending"
    reason = ended.get("reason", "")
    return f"ended with exit code {ended.get('exitCode')}" + (f" ({reason})" if reason else "")


def _find_pod_delay(pod: Json) -> str:
    if is_ready(pod):
        return ""
    status = pod.get("status", {})
    if status.get("phase") == "Failed":
        return f"pod {pod['metadata']['name']} failed: {status.get('reason', '')} {status.get('message', '')}"
    for one in _list_conditions(pod):
        if one.get("type") == "PodScheduled" and one.get("status") == "False":
            return f"{one.get('reason', 'Unschedulable')}: {one.get('message', '')}"
    for container in status.get("initContainerStatuses") or ():
        if "running" in (container.get("state") or {}):
            return f"init container {container['name']} is running"
    for container in _list_containers(pod):
        reason = _find_container_delay(container)
        if reason:
            return reason
    return "the pod is not scheduled yet" if not status.get("containerStatuses") else "ContainersNotReady"


def _find_container_delay(container: Json) -> str:
    if container.get("ready"):
        return ""
    state, name = container.get("state") or {}, container.get("name", "")
    waiting = state.get("waiting") or {}
    if waiting:
        message = waiting.get("message", "")
        return f"{waiting.get('reason', 'waiting')}: container {name}" + (f": {message}" if message else "")
    if "running" in state:
        probe = "startup" if container.get("started") is False else "readiness"
        return f"ContainersNotReady: container {name} runs, its {probe} probe has not passed"
    ended = state.get("terminated") or {}
    if ended and ended.get("exitCode", 0) != 0:
        return f"container {name} ended with exit code {ended['exitCode']} ({ended.get('reason', 'Error')})"
    return ""
