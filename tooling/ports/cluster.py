"""The Kubernetes API, as far as pods and objects of an instance are concerned."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from tooling.core.access import AccessReview, Permission
from tooling.core.diff.objects import ObjectName
from tooling.core.hardware import Node
from tooling.core.leftovers import Leftover
from tooling.core.manifests import Manifest
from tooling.core.observation import JobState, ReleaseMark, Workload
from tooling.core.room_nodes import Capacity
from tooling.core.trial import Trial


@dataclass(frozen=True, slots=True)
class ClusterInfo:
    """Which cluster answers: the kube context in use and the server's version."""

    context: str
    version: str


@dataclass(frozen=True, slots=True)
class LiveObject:
    """An object as the server has it: None where there is none, or where `problem` says why it was not read."""

    name: ObjectName
    manifest: Manifest | None = None
    problem: str = ""


class Cluster(Protocol):
    """Raises ClusterError (ConflictError for 409), UnavailableError without an answer."""

    def describe(self) -> ClusterInfo:
        """Ask the server who it is."""
        ...

    def ensure_namespace(self, namespace: str) -> None:
        """Have the namespace; an existing one is left as it is."""
        ...

    def has_namespace(self, namespace: str) -> bool:
        """Whether the namespace exists."""
        ...

    def has_kind(self, api_version: str, kind: str) -> bool:
        """Whether the server knows a kind, such as `gateway.networking.k8s.io/v1` `HTTPRoute`."""
        ...

    def list_nodes(self) -> tuple[Node, ...]:
        """Return every node, sorted by name. Raises ClusterError (403) for an account that may not list them."""
        ...

    def read_capacity(self, namespace: str) -> Capacity:
        """Return what nodes offer and every pod that holds room or waits for some.

        Pods of `namespace` alone where the account may not list others; `gaps` tells what was not looked at.
        """
        ...

    def find_missing_secrets(self, namespace: str, names: tuple[str, ...]) -> tuple[str, ...]:
        """Return those of the named Secrets that do not exist."""
        ...

    def read_objects(self, names: Iterable[ObjectName]) -> tuple[LiveObject, ...]:
        """Read objects of any kind, in their order; one that the account may not read is told as such."""
        ...

    def review_access(self, namespace: str, permissions: Iterable[Permission]) -> AccessReview:
        """Return which of these permissions the account lacks in the namespace, or in the cluster."""
        ...

    def try_apply(self, manifests: Iterable[Manifest], namespace: str) -> tuple[Trial, ...]:
        """Ask the server whether it would take each manifest, in their order; nothing is kept of them."""
        ...

    def list_objects(self, api_version: str, plural: str, namespace: str) -> tuple[Manifest, ...]:
        """Return the objects of a resource, such as `policy/v1` `poddisruptionbudgets`, in a namespace."""
        ...

    def read_workloads(self, namespace: str, instance: str, slot: str) -> tuple[Workload, ...]:
        """Return the Deployments of a slot with what their pods report, sorted by key."""
        ...

    def read_slots(
        self, namespace: str, instance: str, slots: tuple[str, ...]
    ) -> Mapping[str, tuple[Workload, ...]]:
        """Return what `read_workloads` does for each of the slots, in one look."""
        ...

    def read_revisions(self, namespace: str, names: tuple[str, ...]) -> Mapping[str, ReleaseMark]:
        """Return the newest revision of each named Helm release that there is; no secret content is read."""
        ...

    def scale(self, namespace: str, workload: str, replicas: int) -> None:
        """Ask for that many replicas of the Deployment of that name, through /scale.

        Raises ConflictError when it changed since it was read last, be it made anew; its status may change.
        """
        ...

    def claim(self, namespace: str, instance: str, slots: tuple[str, ...], epoch: int) -> None:
        """Write the epoch of a new driver on the Deployments of the slots: late writes of the one before lose."""
        ...

    def ask(self, namespace: str, service: str, model: str, prompt: str) -> str:
        """Put one question to a gateway Service past the route; "" asks the default model.

        Raises UnavailableError with the status for an answer other than 200.
        """
        ...

    def read_base_workloads(self, namespace: str, instance: str) -> tuple[Workload, ...]:
        """Return the Deployments and StatefulSets of base, keyed `StatefulSet/genai-vectordb`, sorted by key."""
        ...

    def start_job_from(self, namespace: str, cronjob: str, name: str) -> None:
        """Make a Job of that name out of a CronJob's template; one that is there already is left as it is."""
        ...

    def read_job(self, namespace: str, name: str) -> JobState | None:
        """Return how a Job of that name does; None where there is none."""
        ...

    def remove_leftover(self, leftover: Leftover) -> None:
        """Remove fields, or an object, of a version that was taken back; nothing happens where they are gone.

        Raises ConflictError when somebody changed them since they were looked at.
        """
        ...

    def delete_claims(self, namespace: str, instance: str) -> tuple[str, ...]:
        """Delete the PersistentVolumeClaims of an instance and return their names."""
        ...
