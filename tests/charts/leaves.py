"""Values as a tree with the schema beside it: every leaf, what it may be, and a copy with other leaves."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import jsonschema

Step = str | int
Path = tuple[Step, ...]
Node = Mapping[str, Any]


@dataclass(frozen=True, slots=True, eq=False)
class Leaf:
    """A scalar of the values: where it is, what it is, and the schema of its place."""

    path: Path
    value: Any
    schema: Node

    def __str__(self) -> str:
        return ".".join(str(step) for step in self.path)

    @property
    def kinds(self) -> tuple[str, ...]:
        """The types that the schema allows."""
        kind = self.schema.get("type", ())
        return (kind,) if isinstance(kind, str) else tuple(kind)

    def admits(self, value: Any) -> bool:
        """Whether the schema of this place takes the value."""
        return jsonschema.Draft7Validator(dict(self.schema)).is_valid(value)


def walk_leaves(values: Any, schema: Node, path: Path = ()) -> Iterator[Leaf]:
    """Every scalar of the values whose place the schema describes."""
    if isinstance(values, dict):
        for key, value in values.items():
            below = (schema.get("properties") or {}).get(key, schema.get("additionalProperties"))
            if isinstance(below, dict):
                yield from walk_leaves(value, below, (*path, key))
    elif isinstance(values, list):
        for index, item in enumerate(values):
            yield from walk_leaves(item, schema.get("items") or {}, (*path, index))
    elif values is not None:
        yield Leaf(path, values, schema)


def walk_places(schema: Node, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Node]]:
    """Every place of the schema that holds no places of its own; `*` stands for a name, `[]` for an index."""
    below = {**(schema.get("properties") or {})}
    if isinstance(schema.get("additionalProperties"), dict):
        below["*"] = schema["additionalProperties"]
    if isinstance(schema.get("items"), dict):
        below["[]"] = schema["items"]
    if not below:
        yield path, schema
    for key, child in below.items():
        yield from walk_places(child, (*path, key))


def find_place(path: Path, schema: Node) -> tuple[str, ...]:
    """The place of the schema that a path of values leads to."""
    place: list[str] = []
    node = schema
    for step in path:
        if isinstance(step, int):
            place.append("[]")
            node = node.get("items") or {}
        elif step in (node.get("properties") or {}):
            place.append(step)
            node = node["properties"][step]
        else:
            place.append("*")
            node = node.get("additionalProperties") or {}
    return tuple(place)


def replace_leaves(values: dict[str, Any], changes: Mapping[Path, Any]) -> dict[str, Any]:
    """A copy of the values with other scalars at some paths."""
    result = copy.deepcopy(values)
    for path, value in changes.items():
        target: Any = result
        for step in path[:-1]:
            target = target[step]
        target[path[-1]] = value
    return result
