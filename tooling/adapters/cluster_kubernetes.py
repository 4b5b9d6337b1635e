"""The cluster port through the Kubernetes API."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from tooling.adapters.cluster_access import AccessReviews
from tooling.adapters.cluster_base import BaseObjects, find_resource
from tooling.adapters.cluster_capacity import CapacityReads
from tooling.adapters.cluster_dry_run import DryRuns
from tooling.adapters.cluster_slots import ScalerReads, SlotReads
from tooling.adapters.kube_client import METADATA_ONLY, Answer, KubeClient, clip, make_path, to_error
from tooling.adapters.kube_workloads import LABEL_INSTANCE
from tooling.core.diff.objects import ObjectName
from tooling.core.hardware import Node
from tooling.errors import ClusterError, ConflictError, UnavailableError
from tooling.ports.cluster import ClusterInfo, LiveObject

_ASK_TIMEOUT = 60.0
_ASK_TOKENS = 4
_GATEWAY_PORT = 80


class KubernetesCluster(AccessReviews, CapacityReads, DryRuns, SlotReads, BaseObjects):
    """Implements the cluster port."""

    def __init__(self, client: KubeClient) -> None:
        super().__init__(client)
        self._scalers = ScalerReads(client)
        self._seen = {}

    def describe(self) -> ClusterInfo:
        """Ask the server who it is."""
        version = self._client.get("/version", what="the server's version")
        return ClusterInfo(self._client.context, str(version.get("gitVersion", "")))

    def ensure_namespace(self, namespace: str) -> None:
        """Have the namespace; an existing one is left as it is."""
        path = make_path("v1", "namespaces")
        what = f"Namespace {namespace}"
        found = self._client.find(f"{path}/{namespace}", what=what)
        if found is None:
            try:
                body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}}
                self._client.create(path, body, what=what)
            except ConflictError:
                return  # somebody made it at the same moment
        elif found.get("status", {}).get("phase") == "Terminating":
            raise ClusterError(
                f"the namespace {namespace} is being deleted.",
                status=409,
                hint="Wait until it is gone, then try again.",
            )

    def has_namespace(self, namespace: str) -> bool:
        """Whether the namespace exists."""
        path = make_path("v1", "namespaces", name=namespace)
        return self._client.find(path, what=f"Namespace {namespace}") is not None

    def has_kind(self, api_version: str, kind: str) -> bool:
        """Whether the server knows a kind."""
        return self._find_resource(api_version, kind) is not None

    def list_nodes(self) -> tuple[Node, ...]:
        """Return every node, sorted by name."""
        answer = self._client.get(make_path("v1", "nodes"), what="the nodes")
        found = [item["metadata"] for item in answer.get("items") or ()]
        return tuple(
            sorted((Node(one["name"], one.get("labels") or {}) for one in found), key=lambda one: one.name)
        )

    def find_missing_secrets(self, namespace: str, names: tuple[str, ...]) -> tuple[str, ...]:
        """Return those of the named Secrets that do not exist; only their metadata crosses the wire."""
        return tuple(
            name
            for name in names
            if self._client.find(
                make_path("v1", "secrets", namespace, name), what=f"Secret {name}", accept=METADATA_ONLY
            )
            is None
        )

    def read_objects(self, names: Iterable[ObjectName]) -> tuple[LiveObject, ...]:
        """Read objects of any kind, in their order; one that the account may not read is told as such."""
        resources: dict[tuple[str, str], Mapping[str, Any] | None] = {}
        found = []
        for name in names:
            sort = (name.api_version, name.kind)
            if sort not in resources:
                resources[sort] = self._find_resource(*sort)
            found.append(self._read_object(name, resources[sort]))
        return tuple(found)

    def ask(self, namespace: str, service: str, model: str, prompt: str) -> str:
        """Put one question to a gateway Service past the route; "" asks the default model."""
        path = make_path("v1", "services", namespace, f"http:{service}:{_GATEWAY_PORT}")
        body: dict[str, Any] = {"message": prompt, "max_tokens": _ASK_TOKENS}
        if model:
            body["model"] = model
        answer = self._client.send(
            "POST",
            f"{path}/proxy/chat",
            what=f"Service {service}",
            body=body,
            timeout=_ASK_TIMEOUT,
        )
        if answer.status != 200:
            raise _to_refusal(answer, service)
        content = answer.read_json()
        if not isinstance(content, dict) or not isinstance(content.get("response"), str):
            raise UnavailableError(f"{service} answered 200, but not with a response as the gateway gives it.")
        return str(content["response"])

    def delete_claims(self, namespace: str, instance: str) -> tuple[str, ...]:
        """Delete the PersistentVolumeClaims of an instance and return their names."""
        plural = "persistentvolumeclaims"
        claims = self._list("v1", plural, namespace, {"labelSelector": f"{LABEL_INSTANCE}={instance}"})
        names = tuple(sorted(claim["metadata"]["name"] for claim in claims))
        for name in names:
            self._client.delete(
                make_path("v1", plural, namespace, name), what=f"PersistentVolumeClaim {namespace}/{name}"
            )
        return names

    def _list(
        self, api_version: str, plural: str, namespace: str, selector: Mapping[str, str]
    ) -> list[Mapping[str, Any]]:
        path = make_path(api_version, plural, namespace)
        return list(self._client.get(path, what=f"the {plural} of {namespace}", query=selector).get("items") or ())

    def _read_object(self, name: ObjectName, resource: Mapping[str, Any] | None) -> LiveObject:
        if resource is None:
            return LiveObject(name, problem=f"the server does not know {name.kind} ({name.api_version})")
        namespace = name.namespace if resource.get("namespaced") else ""
        path = make_path(name.api_version, str(resource["name"]), namespace, name.name)
        try:
            return LiveObject(name, self._client.find(path, what=str(name)))
        except ClusterError as error:
            if error.status != 403:
                raise
            return LiveObject(name, problem=error.message)

    def _find_resource(self, api_version: str, kind: str) -> Mapping[str, Any] | None:
        return find_resource(self._client, api_version, kind)


def _to_refusal(answer: Answer, service: str) -> ClusterError | UnavailableError:
    content = answer.read_json()
    if isinstance(content, dict) and content.get("kind") == "Status" and answer.status in {401, 403}:
        return to_error(answer, f"ask Service {service}")  # the API server's own refusal: waiting does not help
    detail = answer.body.decode(errors="replace")
    if isinstance(content, dict):
        fault = content.get("error")
        detail = str(
            content.get("message") or (fault.get("message") if isinstance(fault, dict) else fault) or detail
        )
    return UnavailableError(f"{service} answered {answer.status}: {clip(detail)}")
