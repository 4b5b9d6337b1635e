"""What each layer of values says of one key, and which of them counts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from tooling.core.masking import HIDDEN, is_secret
from tooling.core.shapes import hide_shapes
from tooling.core.values import KeyPath, Layer, Mark


@dataclass(frozen=True, slots=True)
class Statement:
    """What one layer says: `value` stands at `path`, which is the key asked for or something above it.

    `line` and `column` are 1-based, 0 where there are none; `wins` for the topmost layer that says what counts.
    A map is merged with what the layers below say; `takes_away`: the key asked for is gone with this layer.
    """

    layer: str
    path: KeyPath
    value: Any
    line: int = 0
    column: int = 0
    wins: bool = False
    takes_away: bool = False


def find_statements(layers: Iterable[Layer], path: KeyPath) -> tuple[Statement, ...]:
    """Return what every layer says of a path, the lowest first; layers that say nothing are left out."""
    found = [statement for layer in layers if (statement := _find_statement(layer, path))]
    return tuple(
        Statement(one.layer, one.path, one.value, one.line, one.column, index == len(found) - 1, one.takes_away)
        for index, one in enumerate(found)
    )


def hide_secrets(value: Any, path: KeyPath) -> Any:
    """Return a value without what may be secret in it, at whatever depth."""
    if isinstance(value, Mapping):
        return {hide_shapes(key): hide_secrets(one, (*path, key)) for key, one in value.items()}
    if isinstance(value, list):
        return [hide_secrets(one, (*path, index)) for index, one in enumerate(value)]
    if value is None or value == "":
        return value
    if is_secret(path):
        return HIDDEN
    return hide_shapes(value) if isinstance(value, str) else value


def _find_statement(layer: Layer, path: KeyPath) -> Statement | None:
    value: Any = layer.values
    for depth, part in enumerate(path):
        is_there = (
            part < len(value)
            if isinstance(value, list) and isinstance(part, int)
            else _is_map(value) and part in value
        )
        if is_there:
            value = value[part]
        elif _is_map(value):
            return None
        else:
            return _make(layer, path[:depth], value, takes_away=True)
    return _make(layer, path, value, takes_away=value is None)


def _is_map(value: Any) -> bool:
    return isinstance(value, Mapping)


def _make(layer: Layer, path: KeyPath, value: Any, *, takes_away: bool) -> Statement:
    mark = layer.marks.get(path, Mark(0, 0))
    return Statement(layer.name, path, value, mark.line, mark.column, takes_away=takes_away)
