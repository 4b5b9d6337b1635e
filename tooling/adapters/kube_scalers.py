"""What autoscalers say about the Deployments that they scale: from the API's JSON to core's words, no I/O."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

Json = Mapping[str, Any]

ON, FROZEN, RESTING = "on", "frozen", "resting"

HELD = "genai-stack/frozen"
"""Annotation with the fields that the scalers port holds, as JSON."""

_DISABLED = "Disabled"
_PAUSED = ("autoscaling.keda.sh/paused", "autoscaling.keda.sh/paused-scale-in")
_PAUSED_AT = "autoscaling.keda.sh/paused-replicas"
_LEAST = '"minReplicas"'
"""Among the fields that are held, this one tells rest from frost: it goes down to what a pod at rest needs."""


@dataclass(frozen=True, slots=True)
class Scaler:
    """State of the autoscaler of a Deployment ("": none), and the replicas that it asks for (0: none told)."""

    state: str
    asked: int = 0


NONE = Scaler("")


def find_scalers(autoscalers: Iterable[Json], scaled_objects: Iterable[Json]) -> Mapping[str, Scaler]:
    """Return scalers by the name of the Deployment that they scale.

    What a ScaledObject says of its state counts for the HorizontalPodAutoscaler that KEDA makes of it.
    """
    found: dict[str, Scaler] = {}
    for one in autoscalers:
        target = _find_target(one)
        if target:
            asked = int((one.get("status") or {}).get("desiredReplicas") or 0)
            found[target] = Scaler(read_state(one), asked)
    for one in scaled_objects:
        target = _find_target(one)
        if target:
            found[target] = Scaler(read_state(one), found.get(target, NONE).asked)
    return found


def read_state(scaler: Json) -> str:
    """Return on, frozen (it never scales down) or resting (it leaves a slot without traffic alone)."""
    annotations = scaler["metadata"].get("annotations") or {}
    spec = scaler.get("spec") or {}
    behavior = spec.get("behavior") or _find_keda_behavior(spec)
    is_paused, is_held = (str(annotations.get(key, "")).lower() == "true" for key in _PAUSED)
    never_down, never_up = (_is_disabled(behavior, way) for way in ("scaleDown", "scaleUp"))
    is_at_rest = never_down and (never_up or _LEAST in str(annotations.get(HELD, "")))
    if is_paused or _PAUSED_AT in annotations or is_at_rest:
        return RESTING
    return FROZEN if is_held or never_down else ON


def _find_target(scaler: Json) -> str:
    """Return the Deployment that is scaled, as KEDA takes it where no kind is named; "" for another kind."""
    target = (scaler.get("spec") or {}).get("scaleTargetRef") or {}
    return str(target.get("name", "")) if target.get("kind", "Deployment") == "Deployment" else ""


def _find_keda_behavior(spec: Json) -> Json:
    settings = (spec.get("advanced") or {}).get("horizontalPodAutoscalerConfig") or {}
    return settings.get("behavior") or {}


def _is_disabled(behavior: Json, way: str) -> bool:
    return (behavior.get(way) or {}).get("selectPolicy") == _DISABLED
