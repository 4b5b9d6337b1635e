"""The route port without a controller: the Service of the instance, whose selector says who gets its traffic.

One slot: the selector names it. Two: it leaves the slot out, so that all ready gateway pods of the instance share
the traffic, and an annotation says the weights that their numbers were chosen for.
"""

from __future__ import annotations

from collections.abc import Mapping

from tooling.adapters.kube_client import KubeClient
from tooling.adapters.kube_routes import Json, Manifests, RouteObject, is_ours, make_body, name_last_writer
from tooling.adapters.kube_workloads import LABEL_COMPONENT, LABEL_INSTANCE, LABEL_SLOT
from tooling.core.observation import RouteState
from tooling.core.plan import SLOTS
from tooling.errors import UsageError

WEIGHTS = "genai-stack/weights"
SERVING = "genai-stack/serving"

_ALL = "all"
_OURS = "genai-stack/"


class ServiceRoute:
    """Implements the route port. Writes are conditional: whoever read before somebody else's write loses."""

    def __init__(self, client: KubeClient) -> None:
        self._service = RouteObject(client, "v1", "services", "Service", read_content)

    def read(self, namespace: str, instance: str) -> RouteState | None:
        """Return the weights; None where there is no Service."""
        live = self._service.find(namespace, instance)
        return None if live is None else self._note(live, instance)

    def write(
        self, namespace: str, instance: str, manifests: Manifests, *, seen: RouteState | None, epoch: int
    ) -> RouteState:
        """Apply the rendered Service whole; `seen` None means: create, never replace."""
        wanted = {manifest["kind"]: manifest for manifest in manifests}
        if set(wanted) != {"Service"} or not is_route(wanted["Service"]):
            kinds = ", ".join(sorted(wanted)) or "nothing"
            raise UsageError(
                f"the chart renders {kinds} for the route of {instance}; a Service with weights is needed.",
                hint="Set route.kind: service.",
            )
        body = make_body(wanted["Service"], namespace, epoch)
        if seen is None:
            live = self._service.create(namespace, instance, body)
        else:
            live = self._service.apply_over(namespace, instance, body, seen.resource_version)
        return self._note(live, instance)

    def delete(self, namespace: str, instance: str) -> None:
        """Remove the Service; nothing happens where there is none."""
        self._service.delete(namespace, instance)

    def _note(self, live: Json, instance: str) -> RouteState:
        self._service.remember(live, instance)
        return describe_service(live, instance)


def describe_service(service: Json, instance: str) -> RouteState:
    """Return what a Service of the API says."""
    annotations = service["metadata"].get("annotations") or {}
    weights = _read_selector(service, instance)
    told = _read_weights(str(annotations.get(WEIGHTS, "")))
    is_spanning = list(weights) == [_ALL] and LABEL_SLOT not in _find_selector(service)
    serving = next(iter(weights), "")
    if is_spanning and told:
        weights, serving = told, str(annotations.get(SERVING, ""))
    elif {slot: weight for slot, weight in told.items() if weight} == weights:
        weights = told
    return RouteState(
        weights=weights,
        serving=serving,
        resource_version=str(service["metadata"].get("resourceVersion", "")),
        is_ours=is_ours(service),
        previews=SLOTS,
        written_by=name_last_writer(service, ("spec", "selector"), ("metadata", "annotations", WEIGHTS)),
    )


def is_route(service: Json) -> bool:
    """Whether a Service is a route of its own, rather than one beside an HTTPRoute."""
    return WEIGHTS in (service["metadata"].get("annotations") or {})


def _read_selector(service: Json, instance: str) -> Mapping[str, int]:
    """Return who is selected. One that is no slot's is told as it stands, so that nobody takes it for one."""
    selector = dict(_find_selector(service))
    slot = str(selector.pop(LABEL_SLOT, _ALL))
    if selector == {LABEL_INSTANCE: instance, LABEL_COMPONENT: "gateway"}:
        return {slot: 100}
    text = ",".join(f"{key}={value}" for key, value in sorted(_find_selector(service).items()))
    return {text: 100} if text else {}


def _find_selector(service: Json) -> Mapping[str, str]:
    found: Mapping[str, str] = service.get("spec", {}).get("selector") or {}
    return found


def _read_weights(text: str) -> Mapping[str, int]:
    """Read `blue=75,green=25`; nothing where it is not written like that."""
    weights: dict[str, int] = {}
    for part in text.split(","):
        slot, _, weight = part.partition("=")
        if not slot or not (weight.isascii() and weight.isdigit()):
            return {}
        weights[slot] = int(weight)
    return weights


def read_content(live: Json) -> object:
    """Return what tells a Service's status from the rest.

    It has no generation, and clouds write annotations of their own: what is ours is compared.
    """
    annotations = live["metadata"].get("annotations") or {}
    ours = {key: value for key, value in annotations.items() if key.startswith(_OURS)}
    return live.get("spec"), ours, is_ours(live)
