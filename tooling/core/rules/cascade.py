"""Findings of rules that only follow from a part of the values which the schema refuses."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tooling.core.finding import Finding
from tooling.core.values import KeyPath, Layer, Layered, Values, find_origin, merge, pick


def restore(layered: Layered, broken: Iterable[KeyPath], layers: Sequence[Layer]) -> Values:
    """Return the values as if the broken parts had not been written: there stands what the other layers say.

    `layers` are all layers that are files. Where none of them says anything, and below a list, the part is away.
    """
    values: Any = layered.values
    for path in broken:
        origin = find_origin(layered.origins, path)
        others = [one for one in layers if origin is None or one.name != origin.layer]
        values = _put(values, path, _lay(path, others))
    return dict(values)


def keep_independent(found: Iterable[Finding], otherwise: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return what is found in both: what a rule finds whether or not a broken part is there."""
    again = {(one.rule, one.path) for one in otherwise}
    return tuple(one for one in found if (one.rule, one.path) in again)


def _lay(path: KeyPath, layers: Iterable[Layer]) -> Any:
    """Return what layers without the broken one say at a path; None for nothing."""
    below = None
    if not any(isinstance(part, int) for part in path):
        for one in layers:
            above = pick(one.values, *path)
            if isinstance(below, Mapping) and isinstance(above, Mapping):
                below = merge(below, above)
            elif above is not None:
                below = above
    return below


def _put(values: Any, path: KeyPath, value: Any) -> Any:
    """Return a copy with a value at a path, with nothing there for None; the same where the path is not there."""
    part, *rest = path
    if isinstance(values, Mapping) and isinstance(part, str):
        inside = _put(values.get(part), tuple(rest), value) if rest else value
        kept = {key: one for key, one in values.items() if key != part}
        return kept if inside is None else {**values, part: inside}
    if isinstance(values, list) and isinstance(part, int) and rest:
        return [_put(one, tuple(rest), value) if index == part else one for index, one in enumerate(values)]
    return values
