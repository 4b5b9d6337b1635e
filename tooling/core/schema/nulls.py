"""Nulls that take away a default which the chart cannot do without."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tooling.core.finding import Finding
from tooling.core.schema.keys import ENTRY, Schema, find_key, list_types
from tooling.core.values import KeyPath, Layered, Values, pick, place_finding


def find_null_findings(schema: Schema, values: Values, layered: Layered) -> Iterator[Finding]:
    """Yield an error for each null of the user's `values` that takes away the default of a key with a fixed name.

    Entries under names of the user's choice, and keys that may be null, are there to be taken out.
    """
    for path in _find_nulls(values, ()):
        key = find_key(schema, path)
        if key is None or key.path[-1] == ENTRY or "null" in list_types(key.node):
            continue
        if not _is_left(layered.values, path):
            yield place_finding(
                layered.origins,
                path,
                "is null, which would take the chart's default away: this key has to have a value.",
                rule="null-default",
                hint="Take the key out to keep the default, or write a value.",
            )


def _find_nulls(values: Values, above: KeyPath) -> Iterator[KeyPath]:
    for key, value in values.items():
        if value is None:
            yield (*above, key)
        elif isinstance(value, Mapping):
            yield from _find_nulls(value, (*above, key))


def _is_left(values: Values, path: KeyPath) -> bool:
    """Whether the null is still there, where the schema sees it; Helm puts a subchart's defaults in its place."""
    around = pick(values, *path[:-1])
    return isinstance(around, Mapping) and path[-1] in around and around[path[-1]] is None
