"""Values: layers laid over each other as Helm does it, who set each key, and what a role adds.

Maps are merged deeply, everything else is replaced. A null in a layer above takes a default of the chart away;
between the user's own layers it is kept, because Helm has to see it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from tooling.core.digits import read_digits
from tooling.core.finding import Finding, Severity
from tooling.core.shapes import show_name

Values = Mapping[str, Any]
KeyPath = tuple[str | int, ...]
"""Where a value is: keys of maps and indexes of lists, from the top."""


class Mark(NamedTuple):
    """A place in a file: line and column, both 1-based."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Origin:
    """Which layer set a key: a file or `--set ...`, with line and column (1-based, 0 when there is none)."""

    layer: str
    line: int = 0
    column: int = 0

    @property
    def is_flag(self) -> bool:
        """Whether a flag of the command line has set it, which is in no file."""
        return self.layer.startswith("--")


@dataclass(frozen=True, slots=True)
class Layer:
    """One source of values; `marks` holds the place of every key and list item in it.

    `warnings` are literals that Helm reads otherwise than a person means, with their paths.
    """

    name: str
    values: Values
    marks: Mapping[KeyPath, Mark] = field(default_factory=dict)
    warnings: tuple[tuple[KeyPath, Finding], ...] = ()


@dataclass(frozen=True, slots=True)
class Layered:
    """Merged values, and the layer that set each path last."""

    values: Values = field(default_factory=dict)
    origins: Mapping[KeyPath, Origin] = field(default_factory=dict)


def pick(values: Any, *path: str | int) -> Any:
    """Return what is at a path, None where there is nothing or something of another shape is in the way."""
    for part in path:
        if isinstance(values, Mapping) and isinstance(part, str):
            values = values.get(part)
        elif isinstance(values, list) and isinstance(part, int) and 0 <= part < len(values):
            values = values[part]
        else:
            return None
    return values


def table(values: Any, *path: str) -> Values:
    """Return the map at a path, an empty one where there is none."""
    found = pick(values, *path)
    return found if isinstance(found, Mapping) else {}


def read_count(value: Any) -> int | None:
    """Read a whole number, written as one or as text of up to 18 digits; None for anything else."""
    if isinstance(value, str):
        return read_digits(value)
    is_whole = isinstance(value, float) and value.is_integer()
    return int(value) if is_whole or (isinstance(value, int) and not isinstance(value, bool)) else None


def read_model(inference: Values, model: Values) -> Values:
    """Lay an entry of inference.models on its profile, and that on inference.modelDefaults, as the chart does."""
    defaults = table(inference, "modelDefaults")
    profile = model.get("profile") or defaults.get("profile")
    hardware = table(inference, "profiles", profile) if isinstance(profile, str) else {}
    return merge(merge(defaults, hardware), model)


def format_path(path: KeyPath) -> str:
    """Write a path as people do: `rollout.steps[0].weight`; a key with a dot is quoted, and a long one cut.

    What looks like a secret in a key is not shown.
    """
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            shown = show_name(part)
            name = f'"{shown}"' if "." in shown or not shown else shown
            text += f".{name}" if text else name
    return text


def merge(below: Values, above: Values) -> dict[str, Any]:
    """Lay one set of values over another as Helm does with several files: a null is kept."""
    merged = dict(below)
    for key, value in above.items():
        under = merged.get(key)
        if isinstance(value, Mapping) and isinstance(under, Mapping):
            merged[key] = merge(under, value)
        else:
            merged[key] = value
    return merged


def coalesce(defaults: Values, values: Values) -> dict[str, Any]:
    """Lay the user's values over a chart's defaults as Helm does: a null takes the default away.

    A null where the chart has no default stays, so that the schema sees it, as Helm's does.
    """
    merged = dict(defaults)
    for key, value in values.items():
        under = merged.get(key)
        if value is None and under is not None:
            del merged[key]
        elif isinstance(value, Mapping) and isinstance(under, Mapping):
            merged[key] = coalesce(under, value)
        else:
            merged[key] = value
    return merged


def layer(layers: Iterable[Layer]) -> Layered:
    """Lay all layers over each other, the last one on top."""
    values: Values = {}
    origins: dict[KeyPath, Origin] = {}
    for one in layers:
        values = merge(values, one.values)
        origins.update(find_origins(one))
    return Layered(values, origins)


def find_origins(one: Layer) -> dict[KeyPath, Origin]:
    """Say of every path in a layer where it is."""
    return {path: Origin(one.name, *mark) for path, mark in one.marks.items()}


def find_origin(origins: Mapping[KeyPath, Origin], path: KeyPath) -> Origin | None:
    """Return who set a path, or the nearest map around it that somebody set; None for nobody."""
    for length in range(len(path), 0, -1):
        origin = origins.get(path[:length])
        if origin:
            return origin
    return None


def place_finding(
    origins: Mapping[KeyPath, Origin],
    path: KeyPath,
    message: str,
    *,
    rule: str,
    severity: Severity = Severity.ERROR,
    hint: str = "",
) -> Finding:
    """Make a finding that points at the layer and line that set `path`."""
    origin = find_origin(origins, path) or Origin("")
    return Finding(rule, severity, message, format_path(path), origin.layer, origin.line, hint, origin.column)


def role_values(
    instance: str,
    role: str,
    slot: str = "",
    weights: Mapping[str, int] | None = None,
    serving: str = "",
) -> dict[str, Any]:
    """Return what the CLI lays over the user's values to render one role (design section 4).

    `weights` are percent by slot, `serving` is the slot that the Service selects; both only with the role `route`.
    """
    overlay: dict[str, Any] = {"global": {"instance": instance, "role": role, "slot": slot}}
    route: dict[str, Any] = {}
    if weights is not None:
        route["weights"] = dict(weights)
    if serving:
        route["serving"] = serving
    if route:
        overlay["route"] = route
    return overlay


SCALERS_ON: Mapping[str, Any] = {"global": {"autoscaler": "on"}}
"""Laid over the values of a slot that is no longer on trial: its autoscalers are rendered."""


def find_releases(instance: str, slots: Iterable[str]) -> tuple[str, ...]:
    """Name the Helm releases of base and of these slots."""
    return (instance, *(find_release(instance, "slot", slot) for slot in slots))


def find_release(instance: str, role: str, slot: str = "") -> str:
    """Name the Helm release (or the render) of a role: `genai`, or `genai-blue` for a slot."""
    return f"{instance}-{slot}" if role == "slot" else instance
