"""What the cluster port does for base and for what a failed version left: workloads, backup Jobs, removals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from tooling.adapters.kube_client import FIELD_MANAGER, Answer, KubeClient, clip, make_path, to_error
from tooling.adapters.kube_workloads import (
    LABEL_INSTANCE,
    LABEL_SLOT,
    describe_workload,
    find_problem,
    find_waiting,
    is_ready,
)
from tooling.core.leftovers import Leftover
from tooling.core.observation import JobState, Workload
from tooling.errors import ClusterError, ConflictError

JSON_PATCH = "application/json-patch+json"

_REASON_LENGTH = 200
_SHARED = "all"
_BY_HAND = {"cronjob.kubernetes.io/instantiate": "manual"}
"""What kubectl writes on a Job that it makes from a CronJob."""

_KEPT_SECONDS = 86400
"""How long a backup that ended can be looked at, where its CronJob says nothing else."""

Json = Mapping[str, Any]


class BaseObjects:
    """The part of the cluster port that looks after base."""

    def __init__(self, client: KubeClient) -> None:
        self._client = client

    def read_base_workloads(self, namespace: str, instance: str) -> tuple[Workload, ...]:
        """Return the Deployments and StatefulSets of base, keyed `StatefulSet/genai-vectordb`, sorted by key."""
        selector = {"labelSelector": f"{LABEL_INSTANCE}={instance},{LABEL_SLOT}={_SHARED}"}
        found: dict[str, list[Json]] = {}
        for plural in ("deployments", "statefulsets"):
            found[plural] = self._list_all("apps/v1", plural, namespace, selector)
        pods: list[Json] = []
        replica_sets: list[Json] = []
        if any(found.values()):
            pods = self._list_all("v1", "pods", namespace, selector)
        if found["deployments"]:
            replica_sets = self._list_all("apps/v1", "replicasets", namespace, selector)
        workloads = [
            *(describe_shared(one, replica_sets, pods) for one in found["deployments"]),
            *(describe_stateful(one, pods) for one in found["statefulsets"]),
        ]
        return tuple(sorted(workloads, key=lambda workload: workload.key))

    def start_job_from(self, namespace: str, cronjob: str, name: str) -> None:
        """Make a Job of that name out of a CronJob's template; one that is there already is left as it is."""
        what = f"Job {name}"
        source = self._client.get(make_path("batch/v1", "cronjobs", namespace, cronjob), what=f"CronJob {cronjob}")
        try:
            self._client.create(make_path("batch/v1", "jobs", namespace), make_job(source, name), what=what)
        except ConflictError:
            return  # an earlier try had reached the server

    def read_job(self, namespace: str, name: str) -> JobState | None:
        """Return how a Job of that name does; None where there is none."""
        found = self._client.find(make_path("batch/v1", "jobs", namespace, name), what=f"Job {name}")
        return None if found is None else describe_job(found)

    def remove_leftover(self, leftover: Leftover) -> None:
        """Remove fields, or an object, of a version that was taken back; nothing happens where they are gone.

        Raises ConflictError when somebody changed them since they were looked at.
        """
        name = leftover.name
        resource = find_resource(self._client, name.api_version, name.kind)
        if resource is None:
            raise ClusterError(f"the server does not know {name.kind} ({name.api_version}).", status=404)
        namespace = name.namespace if resource.get("namespaced") else ""
        path = make_path(name.api_version, str(resource["name"]), namespace, name.name)
        if leftover.operations:
            answer = self._client.send(
                "PATCH",
                path,
                what=str(name),
                body=list(leftover.operations),
                query={"fieldManager": FIELD_MANAGER},
                content_type=JSON_PATCH,
            )
        else:
            conditions = {"uid": leftover.uid, "resourceVersion": leftover.resource_version}
            options = {"propagationPolicy": "Background", "preconditions": conditions}
            answer = self._client.send("DELETE", path, what=str(name), body=options)
        if answer.status < 300 or answer.status == 404:
            return
        if _is_failed_test(answer):
            raise ConflictError(f"{name} changed since it was looked at.")
        raise to_error(answer, f"remove {leftover.what}")

    def _list_all(self, api_version: str, plural: str, namespace: str, query: Mapping[str, str]) -> list[Json]:
        path = make_path(api_version, plural, namespace)
        return list(self._client.get(path, what=f"the {plural} of {namespace}", query=query).get("items") or ())


def find_resource(client: KubeClient, api_version: str, kind: str) -> Mapping[str, Any] | None:
    """Return how the server serves a kind; None where it does not."""
    path = f"/apis/{api_version}" if "/" in api_version else f"/api/{api_version}"
    group = client.find(path, what=f"the API group {api_version}")
    resources = (group or {}).get("resources") or ()
    return next((one for one in resources if one.get("kind") == kind and "/" not in one["name"]), None)


def describe_shared(deployment: Json, replica_sets: Sequence[Json], pods: Sequence[Json]) -> Workload:
    """Return a Deployment of base as a workload."""
    found = describe_workload(deployment, replica_sets, pods)
    return replace(found, key=f"Deployment/{found.name}")


def describe_stateful(stateful: Json, pods: Sequence[Json]) -> Workload:
    """Return a StatefulSet as a workload; `pods` may be those of all of base."""
    name, uid = str(stateful["metadata"]["name"]), stateful["metadata"].get("uid")
    status, spec = stateful.get("status", {}), stateful.get("spec", {})
    wanted, ready = int(spec.get("replicas", 1)), int(status.get("readyReplicas", 0))
    own = [
        pod
        for pod in pods
        if any(owner.get("uid") == uid for owner in pod["metadata"].get("ownerReferences", ()))
        and not pod["metadata"].get("deletionTimestamp")
    ]
    is_settled = is_current(stateful) and ready >= wanted
    unready = [pod for pod in own if not is_ready(pod)]
    waiting = "" if is_settled or not wanted else find_waiting(stateful, own)
    return Workload(
        f"StatefulSet/{name}",
        name,
        wanted=wanted,
        ready=ready,
        is_current=is_current(stateful),
        problem=clip(find_problem(stateful, unready), _REASON_LENGTH) if wanted else "",
        waiting=clip(waiting, _REASON_LENGTH),
    )


def is_current(stateful: Json) -> bool:
    """Whether the controller has seen the newest template and all pods that are to run it do."""
    status, spec = stateful.get("status", {}), stateful.get("spec", {})
    if int(status.get("observedGeneration", 0)) < int(stateful["metadata"].get("generation", 0)):
        return False
    strategy = spec.get("updateStrategy") or {}
    if strategy.get("type") == "OnDelete":
        return True
    held_back = int((strategy.get("rollingUpdate") or {}).get("partition") or 0)
    wanted = max(0, int(spec.get("replicas", 1)) - held_back)
    is_updated = int(status.get("updatedReplicas", 0)) >= wanted
    # Without a change on its way both revisions are the same, and some servers then leave updatedReplicas out.
    return is_updated or (
        bool(status.get("updateRevision")) and status.get("updateRevision") == status.get("currentRevision")
    )


def make_job(cronjob: Json, name: str) -> dict[str, Any]:
    """Return the Job that `kubectl create job --from` would make, less the CronJob's control over it.

    What a CronJob controls goes with its history limits, perhaps before anybody has seen how it ended.
    """
    template = cronjob["spec"]["jobTemplate"]
    metadata = template.get("metadata") or {}
    owner = {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "name": cronjob["metadata"]["name"],
        "uid": cronjob["metadata"]["uid"],
    }
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {
            "name": name,
            "labels": dict(metadata.get("labels") or {}),
            "annotations": {**(metadata.get("annotations") or {}), **_BY_HAND},
            "ownerReferences": [owner],
        },
        "spec": {"ttlSecondsAfterFinished": _KEPT_SECONDS, **template["spec"]},
    }


def describe_job(job: Json) -> JobState:
    """Return whether a Job ended, and why it failed where it did."""
    name = str(job["metadata"]["name"])
    for one in job.get("status", {}).get("conditions") or ():
        if one.get("status") == "True" and one.get("type") == "Complete":
            return JobState(name, is_done=True)
        if one.get("status") == "True" and one.get("type") == "Failed":
            detail = f"{one.get('reason', 'Failed')}: {one.get('message', '')}".rstrip(": ")
            return JobState(name, is_done=True, problem=clip(detail, _REASON_LENGTH))
    return JobState(name)


def _is_failed_test(answer: Answer) -> bool:
    """Whether a test of a JSON patch failed: what is invalid otherwise comes with its causes."""
    if answer.status != 422:
        return False
    status = answer.read_json()
    return isinstance(status, dict) and not (status.get("details") or {}).get("causes")
