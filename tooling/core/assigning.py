"""Assignments put into values, as Helm does it: maps and lists on the way are made, all else there stays."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from tooling.core.assignment import Assignment
from tooling.core.values import KeyPath, Values, format_path, merge


def assign(values: Values, assignments: Iterable[Assignment]) -> dict[str, Any]:
    """Return values with assignments made one after the other; the values given are not changed.

    Raises ValueError where something of another kind, a null included, is in the way.
    """
    tree = _Tree()
    root: dict[str, Any] = tree.own(values)
    for one in assignments:
        if one.path:
            tree.put(root, one)
        else:
            root = tree.own(merge(root, one.value))
    return root


class _Tree:
    """Copies a container before its first change, and only then."""

    def __init__(self) -> None:
        self._owned: dict[int, Any] = {}

    def own(self, container: Any) -> Any:
        if id(container) in self._owned:
            return container
        copied = dict(container) if isinstance(container, Mapping) else list(container)
        self._owned[id(copied)] = copied
        return copied

    def put(self, root: dict[str, Any], one: Assignment) -> None:
        here: Any = root
        for depth, part in enumerate(one.path[:-1]):
            here = self._step(here, part, one, depth)
        last = one.path[-1]
        if isinstance(last, int):
            _make_room(here, last)
        here[last] = one.value

    def _step(self, here: Any, part: str | int, one: Assignment, depth: int) -> Any:
        """Return the container at `part` of `here`, made or copied; the next part decides of which kind it is."""
        kind: type = list if isinstance(one.path[depth + 1], int) else dict
        where = one.path[: depth + 1]
        if isinstance(part, int):
            inner = self._find_item(here, part, kind, one, where)
        elif part not in here:
            inner = kind()
        else:
            inner = here[part]
            _check_kind(inner, kind, where)
        here[part] = inner = self.own(inner)
        return inner

    def _find_item(self, here: list[Any], index: int, kind: type, one: Assignment, where: KeyPath) -> Any:
        """Return a list's item: Helm puts a map in the place of anything else, and a list in that of a null."""
        is_there = index < len(here)
        if kind is dict and one.ends_empty and not is_there:
            raise ValueError(f"Helm drops an empty value for a new {format_path(where)}; end it with a comma")
        _make_room(here, index)
        inner = here[index]
        if kind is dict:
            return inner if isinstance(inner, dict) else {}
        if inner is not None:
            _check_kind(inner, list, where)
        return [] if inner is None else inner


def _make_room(items: list[Any], index: int) -> None:
    items.extend([None] * (index + 1 - len(items)))


def _check_kind(found: Any, kind: type, where: KeyPath) -> None:
    if not isinstance(found, kind):
        name = "list" if kind is list else "map"
        there = "null" if found is None else f"no {name}"
        raise ValueError(  # noqa: TRY004 - wrong values, not a wrong call
            f"{format_path(where)} is {there} in the layers below; set the whole {name}"
        )
