"""The schema of the values as data: what it says of a key, and how the docs name that key."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tooling.core.values import KeyPath

Schema = Mapping[str, Any]
ENTRY = "<name>"
"""Stands for a name that the user chooses: `gateway.models.<name>.url`."""

_BRANCHES = ("allOf", "anyOf", "oneOf")
_UNDESCRIBED = frozenset({"common"})
_PART = re.compile(r'"(?P<quoted>[^"]*)"|(?P<plain>(?:\\.|[^.\[\]"\\])+)|\[(?P<index>[0-9]+)\]')


@dataclass(frozen=True, slots=True)
class Key:
    """A key that the schema knows: chosen names are `<name>` in the path, every index of a list is 0."""

    path: KeyPath
    node: Schema

    def __str__(self) -> str:
        text = ""
        for part in self.path:
            text += "[]" if isinstance(part, int) else f".{part}" if text else part
        return text


def read_path(text: str) -> KeyPath:
    r"""Read a key as people write it: `a.b[0]."c.d"` or `a.b[0].c\.d`.

    Raises ValueError saying what is wrong with it.
    """
    path: list[str | int] = []
    position = 0
    while position < len(text):
        if path and text[position] == ".":
            position += 1
        elif path and text[position] != "[":
            raise ValueError(f"a dot is missing before {text[position:]!r}")
        match = _PART.match(text, position)
        if match is None:
            raise ValueError(
                f'{text[position:] or text!r} does not begin with a key; write a.b, a[0].b or a."b.c"'
            )
        position = match.end()
        if match["index"] is not None:
            path.append(int(match["index"]))
        elif match["quoted"] is not None:
            path.append(match["quoted"])
        else:
            path.append(re.sub(r"\\(.)", r"\1", match["plain"]))
    if not path:
        raise ValueError("it is empty; write a key such as gateway.replicas")
    return tuple(path)


def find_key(schema: Schema, path: KeyPath) -> Key | None:
    """Return what the schema says of a path; None for a path that it does not know."""
    found = Key((), schema)
    for part in path:
        child = _step(found.node, part)
        if child is None:
            return None
        name, node = child
        found = Key((*found.path, name), node)
    return found


def find_known(schema: Schema, path: KeyPath) -> Key:
    """Return the longest beginning of a path that the schema knows, at worst the whole schema."""
    for length in range(len(path), 0, -1):
        found = find_key(schema, path[:length])
        if found is not None:
            return found
    return Key((), schema)


def list_keys(schema: Schema, above: KeyPath = ()) -> Iterator[Key]:
    """Yield every key that the schema knows, each map before its keys."""
    children: dict[str | int, Any] = dict(schema.get("properties") or {})
    children[ENTRY] = schema.get("additionalProperties")
    children[0] = schema.get("items")
    for part, node in children.items():
        if isinstance(node, Mapping) and not _is_passed_on(part, node):
            yield Key((*above, part), node)
            yield from list_keys(node, (*above, part))


def list_allowed(node: Schema) -> tuple[str, ...]:
    """Return the keys that a map may have by name, sorted, whichever branch allows them."""
    found = {
        key
        for some in (node, *_list_branches(node))
        for key, child in (some.get("properties") or {}).items()
        if isinstance(child, Mapping) and not _is_passed_on(key, child)
    }
    return tuple(sorted(found))


def list_types(node: Schema) -> tuple[str, ...]:
    """Return the JSON types that a node allows; none when it does not say."""
    types = node.get("type") or ()
    return (types,) if isinstance(types, str) else tuple(types)


def _is_passed_on(name: str | int, node: Any) -> bool:
    """Whether a key is there for Helm's sake alone: `global` in a subchart, and the library chart."""
    is_empty = isinstance(node, Mapping) and not node.get("properties")
    return name in _UNDESCRIBED or (name == "global" and is_empty)


def _step(node: Schema, part: str | int) -> tuple[str | int, Schema] | None:
    child: Any = None
    name = part
    if isinstance(part, int):
        name, child = 0, node.get("items")
    else:
        child = (node.get("properties") or {}).get(part)
        if child is None:
            patterns = (node.get("patternProperties") or {}).items()
            child = next((some for pattern, some in patterns if re.search(pattern, part)), None)
            name = part if child is None else ENTRY
        if child is None and isinstance(node.get("additionalProperties"), Mapping):
            name, child = ENTRY, node["additionalProperties"]
    if isinstance(child, Mapping):
        return name, child
    return next((found for branch in _list_branches(node) if (found := _step(branch, part))), None)


def _list_branches(node: Schema) -> list[Schema]:
    return [branch for kind in _BRANCHES for branch in node.get(kind) or () if isinstance(branch, Mapping)]
