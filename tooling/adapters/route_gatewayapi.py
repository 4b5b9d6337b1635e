"""The route port with the Gateway API: an HTTPRoute and a Service, both named after the instance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tooling.adapters.kube_client import APPLY_PATCH, KubeClient, make_path
from tooling.adapters.kube_workloads import LABEL_SLOT
from tooling.core.observation import RouteState
from tooling.errors import ClusterError, ConflictError, UsageError

Json = Mapping[str, Any]
Manifests = tuple[Mapping[str, Any], ...]

_GATEWAY_API = "gateway.networking.k8s.io/v1"
_EPOCH = "genai-stack/epoch"
_HELM_RELEASE = "meta.helm.sh/release-name"
_MANAGED_BY = "app.kubernetes.io/managed-by"
_ABSENT = "0"
"""As resourceVersion of an apply: create only. A custom resource that exists refuses it as invalid."""
_STATUS_WRITES = 5
"""How many writes of the route's status between our look and our write are passed over: they come in bursts."""


@dataclass(frozen=True, slots=True)
class _Identity:
    """What stays the same when only the status of a route changes, which its controller does after every write."""

    uid: str
    generation: int
    annotations: Mapping[str, str]


class GatewayApiRoute:
    """Implements the route port. Writes are conditional: whoever read before somebody else's write loses."""

    def __init__(self, client: KubeClient) -> None:
        self._client = client
        self._identities: dict[tuple[str, str], _Identity] = {}

    def read(self, namespace: str, instance: str) -> RouteState | None:
        """Return the live weights; None where there is no route."""
        route = self._client.find(
            _path(namespace, instance, "HTTPRoute"), what=f"HTTPRoute {namespace}/{instance}"
        )
        if route is None:
            return None
        service = self._client.find(_path(namespace, instance, "Service"), what=f"Service {namespace}/{instance}")
        return self._note(route, service or {}, instance)

    def write(
        self, namespace: str, instance: str, manifests: Manifests, *, seen: RouteState | None, epoch: int
    ) -> RouteState:
        """Apply the rendered route and Service whole, route first; `seen` None means: create, never replace."""
        wanted = {manifest["kind"]: manifest for manifest in manifests}
        if set(wanted) != {"HTTPRoute", "Service"}:
            kinds = ", ".join(sorted(wanted)) or "nothing"
            raise UsageError(
                f"the chart renders {kinds} for the route of {instance}; an HTTPRoute and a Service are needed.",
                hint="Set route.enabled: true and route.kind: gatewayApi.",
            )
        route = self._apply_route(namespace, instance, wanted["HTTPRoute"], seen, epoch)
        service = self._client.patch(
            _path(namespace, instance, "Service"),
            make_body(wanted["Service"], namespace, epoch),
            what=f"Service {namespace}/{instance}",
            content_type=APPLY_PATCH,
            is_forced=True,
        )
        return self._note(route, service, instance)

    def delete(self, namespace: str, instance: str) -> None:
        """Remove route and Service; nothing happens where there are none."""
        for kind in ("HTTPRoute", "Service"):
            self._client.delete(_path(namespace, instance, kind), what=f"{kind} {namespace}/{instance}")

    def _apply_route(
        self, namespace: str, instance: str, manifest: Json, seen: RouteState | None, epoch: int
    ) -> Json:
        body = make_body(manifest, namespace, epoch)
        if seen is None:
            body["metadata"]["resourceVersion"] = _ABSENT
            try:
                return self._apply(namespace, instance, body)
            except ClusterError as error:
                if error.status == 422 and "metadata.resourceVersion" in error.message:
                    raise ConflictError(f"HTTPRoute {namespace}/{instance} exists by now.") from error
                raise
        known = self._identities.get((instance, seen.resource_version))
        body["metadata"]["resourceVersion"] = seen.resource_version
        if known is None:
            return self._apply(namespace, instance, body)
        # without the uid an apply would bring back a route that was deleted meanwhile
        body["metadata"]["uid"] = known.uid
        for _ in range(_STATUS_WRITES):
            try:
                return self._apply(namespace, instance, body)
            except ConflictError:
                body["metadata"]["resourceVersion"] = self._find_same(namespace, instance, known)
                if not body["metadata"]["resourceVersion"]:
                    raise
        return self._apply(namespace, instance, body)

    def _apply(self, namespace: str, instance: str, body: dict[str, Any]) -> Json:
        return self._client.patch(
            _path(namespace, instance, "HTTPRoute"),
            body,
            what=f"HTTPRoute {namespace}/{instance}",
            content_type=APPLY_PATCH,
            is_forced=True,
        )

    def _find_same(self, namespace: str, instance: str, known: _Identity) -> str:
        """Return the newer resourceVersion of a route of which only the status changed; else nothing."""
        live = self._client.find(_path(namespace, instance, "HTTPRoute"), what=f"HTTPRoute {namespace}/{instance}")
        return str(live["metadata"]["resourceVersion"]) if live and _identify(live) == known else ""

    def _note(self, route: Json, service: Json, instance: str) -> RouteState:
        state = describe_route(route, service, instance)
        self._identities = {
            **{key: known for key, known in self._identities.items() if key[0] != instance},
            (instance, state.resource_version): _identify(route),
        }
        return state


def describe_route(route: Json, service: Json, instance: str) -> RouteState:
    """Return what an HTTPRoute and a Service (empty: absent) of the API say."""
    rules = route.get("spec", {}).get("rules") or ()
    backends = (rules[-1].get("backendRefs") or ()) if rules else ()
    metadata = route["metadata"]
    return RouteState(
        weights=read_weights(backends, instance),
        serving=str((service.get("spec", {}).get("selector") or {}).get(LABEL_SLOT, "")),
        resource_version=str(metadata.get("resourceVersion", "")),
        is_ours=_HELM_RELEASE not in (metadata.get("annotations") or {}),
    )


def read_weights(backends: Sequence[Json], instance: str) -> Mapping[str, int]:
    """Return percent by slot. A backend that is no slot's keeps its name, so that nobody takes it for one."""
    weights: dict[str, int] = {}
    for backend in backends:
        slot = _find_slot(str(backend.get("name", "")), instance)
        weights[slot] = weights.get(slot, 0) + int(backend.get("weight", 1))
    total = sum(weights.values())
    if total in {0, 100}:
        return weights
    return {slot: round(100 * weight / total) for slot, weight in weights.items()}


def make_body(manifest: Json, namespace: str, epoch: int) -> dict[str, Any]:
    """Return a rendered manifest as the product applies it: in its namespace, with its manager and epoch."""
    metadata = manifest["metadata"]
    return {
        **manifest,
        "metadata": {
            "name": metadata["name"],
            "namespace": namespace,
            "labels": {**(metadata.get("labels") or {}), _MANAGED_BY: "genai-stack"},
            "annotations": {**(metadata.get("annotations") or {}), _EPOCH: str(epoch)},
        },
    }


def _find_slot(backend: str, instance: str) -> str:
    if backend == instance:
        return "all"
    slot = backend.removeprefix(f"{instance}-").removesuffix("-gateway")
    return slot if backend == f"{instance}-{slot}-gateway" else backend


def _identify(route: Json) -> _Identity:
    metadata = route["metadata"]
    return _Identity(
        str(metadata.get("uid", "")), int(metadata.get("generation", 0)), metadata.get("annotations") or {}
    )


def _path(namespace: str, instance: str, kind: str) -> str:
    if kind == "HTTPRoute":
        return make_path(_GATEWAY_API, "httproutes", namespace, instance)
    return make_path("v1", "services", namespace, instance)
