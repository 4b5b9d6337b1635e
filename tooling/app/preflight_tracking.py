"""Objects that Argo CD or Flux keep: refused, unless they leave alone what a rollout changes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from tooling.app.context import Ports, Target
from tooling.core.diff.objects import ObjectName
from tooling.core.tracking import ACKNOWLEDGED, Tracked, Tracker, find_tracked, is_left_alone, write_remedy
from tooling.errors import ClusterError, PreflightError

_ROUTE_API = "gateway.networking.k8s.io/v1"
_INSTANCE = "app.kubernetes.io/instance"
_WORKLOADS = (("deployments", "Deployment"), ("statefulsets", "StatefulSet"))
_ABSENT = frozenset({403, 404})


def check_tracking(ports: Ports, target: Target) -> None:
    """Refuse an instance that another tool would set back in the middle of a rollout.

    Raises PreflightError naming every such object and tool, with the YAML that has the tool leave them alone.
    """
    found = [one for one in _list_tracked(ports, target) if not one.is_left_alone]
    by_tracker: dict[Tracker, list[Tracked]] = {}
    for one in found:
        by_tracker.setdefault(one.tracker, []).append(one)
    told, remedies = [], []
    for tracker, tracked in by_tracker.items():
        manifest = _read_tracker(ports, tracker)
        lost = [one for one in tracked if manifest is None or not is_left_alone(one, manifest, target.instance)]
        if lost:
            names = ", ".join(str(one.owned.name) for one in lost)
            doubt = "" if manifest is not None else ", which cannot be read with this account or lies elsewhere,"
            told.append(f"{tracker}{doubt} keeps {names} as a repository says")
            remedies.append(write_remedy(tracker, lost))
    if told:
        raise PreflightError(
            f"{'; '.join(told)}: what a rollout writes there would be set back.",
            hint=f"Have it leave alone what genai-stack owns, and release again:\n{''.join(remedies)}"
            f"What is ignored in a place that cannot be seen from here: annotate these objects with "
            f"{ACKNOWLEDGED}=ignored. Nothing was touched.",
        )


def _list_tracked(ports: Ports, target: Target) -> Iterator[Tracked]:
    """Yield what is tracked among the route, its Service, and the workloads of base and slots."""
    namespace, instance = target.namespace, target.instance
    names = (
        ObjectName(_ROUTE_API, "HTTPRoute", namespace, instance),
        ObjectName("v1", "Service", namespace, instance),
    )
    for live in ports.cluster.read_objects(names):
        if live.manifest is not None:
            yield from find_tracked(live.manifest, live.name, instance)
    for plural, kind in _WORKLOADS:
        for manifest in _select(_list(ports, "apps/v1", plural, namespace), instance):
            name = ObjectName("apps/v1", kind, namespace, str(manifest["metadata"]["name"]))
            yield from find_tracked(manifest, name, instance)


def _select(manifests: Iterable[Mapping[str, Any]], instance: str) -> Iterator[Mapping[str, Any]]:
    """Yield what belongs to an instance: by its pods' label, for Argo CD may have taken the object's own."""
    for manifest in manifests:
        template = ((manifest.get("spec") or {}).get("template") or {}).get("metadata") or {}
        if (template.get("labels") or {}).get(_INSTANCE) == instance:
            yield manifest


def _read_tracker(ports: Ports, tracker: Tracker) -> Mapping[str, Any] | None:
    """Return a tracker as it is; None where it cannot be found from here."""
    (live,) = ports.cluster.read_objects((tracker.name,))
    if live.manifest is not None or tracker.name.kind != "Application" or live.problem:
        return live.manifest
    everywhere = _list(ports, tracker.name.api_version, "applications", "")
    return next((one for one in everywhere if one["metadata"]["name"] == tracker.name.name), None)


def _list(ports: Ports, api_version: str, plural: str, namespace: str) -> tuple[Mapping[str, Any], ...]:
    """Return what there is; nothing where it may not be listed, which the check of access tells of."""
    try:
        return ports.cluster.list_objects(api_version, plural, namespace)
    except ClusterError as error:
        if error.status not in _ABSENT:
            raise
        return ()
