"""The Kubernetes API, as far as pods and objects of an instance are concerned."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from tooling.core.diff.objects import ObjectName
from tooling.core.hardware import Node
from tooling.core.manifests import Manifest
from tooling.core.observation import Workload


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

    def find_missing_secrets(self, namespace: str, names: tuple[str, ...]) -> tuple[str, ...]:
        """Return those of the named Secrets that do not exist."""
        ...

    def read_objects(self, names: Iterable[ObjectName]) -> tuple[LiveObject, ...]:
        """Read objects of any kind, in their order; one that the account may not read is told as such."""
        ...

    def read_workloads(self, namespace: str, instance: str, slot: str) -> tuple[Workload, ...]:
        """Return the Deployments of a slot with what their pods report, sorted by key."""
        ...

    def scale(self, namespace: str, workload: str, replicas: int) -> None:
        """Ask for that many replicas of the Deployment of that name, through /scale."""
        ...

    def ask(self, namespace: str, service: str, model: str, prompt: str) -> str:
        """Put one question to a gateway Service past the route; "" asks the default model.

        Raises UnavailableError with the status for an answer other than 200.
        """
        ...

    def delete_claims(self, namespace: str, instance: str) -> tuple[str, ...]:
        """Delete the PersistentVolumeClaims of an instance and return their names."""
        ...
