"""The route port with the Gateway API: an HTTPRoute and a Service, both named after the instance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tooling.adapters.kube_client import KubeClient
from tooling.adapters.kube_routes import Json, Manifests, RouteObject, is_ours, make_body, name_last_writer
from tooling.adapters.kube_workloads import LABEL_SLOT
from tooling.adapters.route_service import describe_service, is_route, read_content
from tooling.core.observation import RouteState
from tooling.errors import ClusterError, ConflictError, UsageError

GATEWAY_API = "gateway.networking.k8s.io/v1"
PREVIEW_HEADER = "x-genai-preview"

_ABSENT = "0"
"""As resourceVersion of an apply: create only. A custom resource that exists refuses it as invalid."""


class GatewayApiRoute:
    """Implements the route port. Writes are conditional: whoever read before somebody else's write loses."""

    def __init__(self, client: KubeClient) -> None:
        self._route = RouteObject(client, GATEWAY_API, "httproutes", "HTTPRoute", _read_content)
        self._service = RouteObject(client, "v1", "services", "Service", read_content)
        self._beside: dict[tuple[str, str], str] = {}

    def read(self, namespace: str, instance: str) -> RouteState | None:
        """Return the live weights; None where there is no route."""
        route = self._route.find(namespace, instance)
        service = self._service.find(namespace, instance)
        self._note_service(service, namespace, instance)
        if route is None:
            return _describe_before(service, instance)
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
        body = make_body(wanted["HTTPRoute"], namespace, epoch)
        if seen is None or not seen.resource_version:
            route = self._create(namespace, instance, body)
        else:
            route = self._route.apply_over(namespace, instance, body, seen.resource_version)
        service = self._write_service(namespace, instance, make_body(wanted["Service"], namespace, epoch))
        return self._note(route, service, instance)

    def delete(self, namespace: str, instance: str) -> None:
        """Remove route and Service; nothing happens where there are none."""
        self._route.delete(namespace, instance)
        self._service.delete(namespace, instance)

    def _create(self, namespace: str, instance: str, body: dict[str, object]) -> Json:
        metadata = {**body["metadata"], "resourceVersion": _ABSENT}  # type: ignore[dict-item]
        try:
            return self._route.apply(namespace, instance, {**body, "metadata": metadata})
        except ClusterError as error:
            if error.status == 422 and "metadata.resourceVersion" in error.message:
                raise ConflictError(f"HTTPRoute {namespace}/{instance} exists by now.") from error
            raise

    def _write_service(self, namespace: str, instance: str, body: dict[str, object]) -> Json:
        """Write the Service over what the last look saw of it."""
        if (namespace, instance) not in self._beside:
            self._note_service(self._service.find(namespace, instance), namespace, instance)
        version = self._beside[namespace, instance]
        service = (
            self._service.apply_over(namespace, instance, body, version)
            if version
            else self._service.create(namespace, instance, body)
        )
        self._note_service(service, namespace, instance)
        return service

    def _note_service(self, service: Json | None, namespace: str, instance: str) -> None:
        self._beside[namespace, instance] = str(service["metadata"]["resourceVersion"]) if service else ""
        if service:
            self._service.remember(service, instance)

    def _note(self, route: Json, service: Json, instance: str) -> RouteState:
        self._route.remember(route, instance)
        return describe_route(route, service, instance)


def describe_route(route: Json, service: Json, instance: str) -> RouteState:
    """Return what an HTTPRoute and a Service (empty: absent) of the API say."""
    rules = route.get("spec", {}).get("rules") or ()
    backends = (rules[-1].get("backendRefs") or ()) if rules else ()
    return RouteState(
        weights=read_weights(backends, instance),
        serving=str((service.get("spec", {}).get("selector") or {}).get(LABEL_SLOT, "")),
        resource_version=str(route["metadata"].get("resourceVersion", "")),
        is_ours=is_ours(route),
        previews=_find_previews(rules),
        written_by=name_last_writer(route, ("spec", "rules")),
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


def _describe_before(service: Json | None, instance: str) -> RouteState | None:
    """Return what a Service says that was the route until now (kind service); None where it was not.

    Without a resourceVersion: an HTTPRoute over it is yet to be created.
    """
    if service is None or not is_route(service):
        return None
    before = describe_service(service, instance)
    return RouteState(before.weights, before.serving, is_ours=before.is_ours, written_by=before.written_by)


def _find_previews(rules: Sequence[Json]) -> tuple[str, ...]:
    matches = (match for rule in rules for match in rule.get("matches") or ())
    headers = (header for match in matches for header in match.get("headers") or ())
    return tuple(sorted({str(one.get("value")) for one in headers if one.get("name") == PREVIEW_HEADER}))


def _find_slot(backend: str, instance: str) -> str:
    if backend == instance:
        return "all"
    slot = backend.removeprefix(f"{instance}-").removesuffix("-gateway")
    return slot if backend == f"{instance}-{slot}-gateway" else backend


def _read_content(live: Json) -> object:
    metadata = live["metadata"]
    return int(metadata.get("generation", 0)), metadata.get("annotations") or {}
