"""Whether a live object still is what was applied: only fields that the manifest sets are looked at.

What the API server or a controller fills in is no drift, nor is another way of writing the same quantity.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tooling.core.diff.fields import FieldChange, FieldPath, Item, Op, find_key, index, is_same
from tooling.core.quantity import parse_quantity

_WHOLE = frozenset({"data", "binaryData", "nodeSelector", "matchLabels"})
"""Maps in which nobody fills in defaults: a key that only the live object has was put there by hand."""

_NEVER_FILLED_IN = frozenset(
    {"env", "envFrom", "args", "command", "volumes", "volumeMounts", "initContainers"}
    | {"nodeSelector", "tolerations", "affinity", "hostAliases", "limits", "requests"}
)
"""Fields of pod templates that no API server sets: one that only the live object has was put there by hand."""

_QUANTITIES = frozenset(
    {"limits", "requests", "hard", "storage", "sizeLimit", "averageValue", "divisor"}
    | {"default", "defaultRequest", "min", "max", "maxLimitRequestRatio"}
)


def compare_live(wanted: Any, live: Any, path: FieldPath = ()) -> Iterator[FieldChange]:
    """Yield what the live object has otherwise than wanted: `old` is wanted, `new` is live."""
    if isinstance(wanted, Mapping) and isinstance(live, Mapping):
        yield from _compare_maps(wanted, live, path)
    elif isinstance(wanted, list) and isinstance(live, list):
        key = find_key(wanted, live)
        yield from _compare_named(wanted, live, key, path) if key else _compare_plain(wanted, live, path)
    elif not is_same(wanted, live) and not _is_same_quantity(wanted, live, path):
        yield FieldChange(Op.CHANGED, path, wanted, live)


def _compare_maps(wanted: Mapping[str, Any], live: Mapping[str, Any], path: FieldPath) -> Iterator[FieldChange]:
    for key, value in wanted.items():
        where = (*path, str(key))
        if key in live:
            yield from compare_live(value, live[key], where)
        elif not _is_empty(value):
            yield FieldChange(Op.REMOVED, where, value)
    # An empty map is left to others to fill: what eval jobs write into the ConfigMap of their results.
    is_whole, is_pod = bool(wanted and path) and path[-1] in _WHOLE, "template" in path
    for key in live:
        if key not in wanted and (is_whole or (is_pod and key in _NEVER_FILLED_IN)):
            yield FieldChange(Op.ADDED, (*path, str(key)), None, live[key])


def _compare_named(wanted: Sequence[Any], live: Sequence[Any], key: str, path: FieldPath) -> Iterator[FieldChange]:
    before, after = index(wanted, key), index(live, key)
    for name, value in before.items():
        where = (*path, Item(key, name))
        if name in after:
            yield from compare_live(value, after[name], where)
        else:
            yield FieldChange(Op.REMOVED, where, value)
    for name, value in after.items():
        if name not in before:
            yield FieldChange(Op.ADDED, (*path, Item(key, name)), None, value)


def _compare_plain(wanted: Sequence[Any], live: Sequence[Any], path: FieldPath) -> Iterator[FieldChange]:
    both = min(len(wanted), len(live))
    for place in range(both):
        yield from compare_live(wanted[place], live[place], (*path, place))
    for place in range(both, len(wanted)):
        yield FieldChange(Op.REMOVED, (*path, place), wanted[place])
    for place in range(both, len(live)):
        yield FieldChange(Op.ADDED, (*path, place), None, live[place])


def _is_empty(value: Any) -> bool:
    """Whether the API server leaves a field out that holds nothing else."""
    if isinstance(value, Mapping):
        return all(_is_empty(one) for one in value.values())
    return not value


def _is_same_quantity(wanted: Any, live: Any, path: FieldPath) -> bool:
    if _QUANTITIES.isdisjoint(part for part in path if isinstance(part, str)):
        return False
    quantity = parse_quantity(wanted)
    return quantity is not None and quantity == parse_quantity(live)
