"""The grammar of `--set`, as Helm's: `a.b=1,c[0].d=x,e={x,y}`; a backslash keeps `.`, `,`, `=` and `[`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tooling.core.values import KeyPath, Values, format_path

MAX_INDEX = 65536
MAX_DEPTH = 30
_INTEGER = re.compile(r"[-+]?[0-9]+")
_INT64 = 2**63


@dataclass(frozen=True, slots=True)
class Assignment:
    """One `path=value` of a `--set`."""

    path: KeyPath
    value: Any


def read_assignments(text: str) -> tuple[Assignment, ...]:
    """Read one `--set` argument. Raises ValueError saying what is wrong with it."""
    found: list[Assignment] = []
    position = 0
    while position < len(text):
        path, position = _read_path(text, position)
        value, position = _read_value(text, position)
        found.append(Assignment(path, value))
    if not found:
        raise ValueError("it is empty; write key=value")
    return tuple(found)


def assign(values: Values, assignment: Assignment) -> dict[str, Any]:
    """Return values with one path set; maps and lists on the way are made. Raises ValueError on a scalar there."""
    changed: dict[str, Any] = _put(dict(values), assignment.path, 0, assignment.value)
    return changed


def _put(under: Any, path: KeyPath, depth: int, value: Any) -> Any:
    if depth == len(path):
        return value
    part = path[depth]
    if isinstance(part, int):
        if under is not None and not isinstance(under, list):
            raise ValueError(f"{format_path(path[:depth])} is not a list")
        items = list(under or ())
        items.extend([None] * (part + 1 - len(items)))
        items[part] = _put(items[part], path, depth + 1, value)
        return items
    if under is not None and not isinstance(under, Mapping):
        raise ValueError(f"{format_path(path[:depth])} is not a map")
    table = dict(under or {})
    table[part] = _put(table.get(part), path, depth + 1, value)
    return table


def _read_path(text: str, position: int) -> tuple[KeyPath, int]:
    """Return the path before `=`, and where its value begins."""
    path: list[str | int] = []
    while True:
        key, stop, position = _read_until(text, position, "=[,.")
        if not key:
            raise ValueError(f"a key is empty at character {position}")
        path.append(key)
        while stop == "[":
            index, stop, position = _read_until(text, position, "]")
            path.append(_read_index(index, stop))
            rest, stop, position = _read_until(text, position, "[.=")
            if rest:
                raise ValueError(f"{rest!r} follows an index; write [0]=, [0].key= or [0][1]=")
        if stop == "=":
            return tuple(path), position
        if stop != ".":
            raise ValueError(f"{format_path(tuple(path))} has no value; write key=value")
        if len(path) > MAX_DEPTH:
            raise ValueError(f"keys are nested deeper than {MAX_DEPTH} levels")


def _read_index(text: str, stop: str) -> int:
    if stop != "]" or not text.isascii() or not text.isdigit():
        raise ValueError(f"[{text} is not an index such as [0]")
    if int(text) > MAX_INDEX:
        raise ValueError(f"the index {text} is greater than {MAX_INDEX}")
    return int(text)


def _read_value(text: str, position: int) -> tuple[Any, int]:
    if not text.startswith("{", position):
        word, _, position = _read_until(text, position, ",")
        return _type(word), position
    items: list[Any] = []
    stop = ","
    position += 1
    while stop == ",":
        word, stop, position = _read_until(text, position, ",}")
        items.append(_type(word))
    if stop != "}":
        raise ValueError("a list has no end; write key={a,b}")
    return items, position + 1 if text.startswith(",", position) else position


def _read_until(text: str, position: int, stops: str) -> tuple[str, str, int]:
    """Return the text before the first stop, the stop (empty at the end) and the position after it."""
    word = ""
    while position < len(text):
        char = text[position]
        position += 1
        if char in stops:
            return word, char, position
        if char == "\\" and position < len(text):
            char = text[position]
            position += 1
        word += char
    return word, "", position


def _type(word: str) -> Any:
    """Return what Helm makes of an unquoted word: a bool, a null, an int without leading zero, else text."""
    known = {"true": True, "false": False, "null": None}
    if word.lower() in known:
        return known[word.lower()]
    if word == "0" or (_INTEGER.fullmatch(word) and not word.startswith("0") and -_INT64 <= int(word) < _INT64):
        return int(word)
    return word
