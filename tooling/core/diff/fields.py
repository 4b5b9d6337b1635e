"""What differs between two versions of an object, field by field.

Items of lists that have a name (containers, variables, ports, volumes) are matched by it, others by what they
hold, so that one new item is one change and not a change of all that come after it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from typing import Any, NamedTuple

from tooling.core.masking import Hidden

_NAMES = ("mountPath", "devicePath", "name", "containerPort", "port", "topologyKey", "key", "ip", "type")
"""Fields that tell the items of a list apart, the most telling first."""

_SIMPLE = re.compile(r"[A-Za-z_][\w-]*")


class Op(StrEnum):
    """What became of a field or an object."""

    ADDED = "+"
    REMOVED = "-"
    CHANGED = "~"


class Item(NamedTuple):
    """An item of a list, by the field that names it."""

    key: str
    value: str


Part = str | int | Item
FieldPath = tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field: `old` is None for an added one, `new` for a removed one; `is_order`: items changed places."""

    op: Op
    path: FieldPath
    old: Any = None
    new: Any = None
    is_order: bool = False


def compare(old: Any, new: Any, path: FieldPath = ()) -> Iterator[FieldChange]:
    """Yield each field that differs, in the order of the old version; new ones after those beside them."""
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in (*old, *(key for key in new if key not in old)):
            where = (*path, str(key))
            if key not in new:
                yield FieldChange(Op.REMOVED, where, old[key])
            elif key not in old:
                yield FieldChange(Op.ADDED, where, None, new[key])
            else:
                yield from compare(old[key], new[key], where)
    elif isinstance(old, list) and isinstance(new, list):
        key = find_key(old, new)
        yield from _compare_named(old, new, key, path) if key else _compare_plain(old, new, path)
    elif not is_same(old, new):
        yield FieldChange(Op.CHANGED, path, old, new)


def is_same(one: Any, other: Any) -> bool:
    """Whether two values are the same in YAML too, where `true` is not `1`."""
    return one == other and isinstance(one, bool) == isinstance(other, bool)


def find_key(one: Sequence[Any], other: Sequence[Any]) -> str:
    """Return the field that names every item of both lists and none twice; "" where there is none."""
    items = [*one, *other]
    if not items or not all(isinstance(item, Mapping) for item in items):
        return ""
    for key in _NAMES:
        if all(isinstance(item.get(key), str | int) for item in items) and all(
            len({item[key] for item in items_of}) == len(items_of) for items_of in (one, other)
        ):
            return key
    return ""


def index(items: Sequence[Any], key: str) -> dict[str, Any]:
    """Return the items of a list by name."""
    return {str(item[key]): item for item in items}


def format_field(path: FieldPath) -> str:
    """Write a path as people read it: `spec.template.spec.containers[gateway].image`."""
    text = ""
    for part in path:
        if isinstance(part, Item):
            text += f"[{part.value}]"
        elif isinstance(part, int):
            text += f"[{part}]"
        elif _SIMPLE.fullmatch(part):
            text += f".{part}" if text else part
        else:
            text += f"[{json.dumps(part, ensure_ascii=False)}]"
    return text


def _compare_named(old: Sequence[Any], new: Sequence[Any], key: str, path: FieldPath) -> Iterator[FieldChange]:
    before, after = index(old, key), index(new, key)
    for name in (*before, *(name for name in after if name not in before)):
        where = (*path, Item(key, name))
        if name not in after:
            yield FieldChange(Op.REMOVED, where, before[name])
        elif name not in before:
            yield FieldChange(Op.ADDED, where, None, after[name])
        else:
            yield from compare(before[name], after[name], where)
    stayed = [name for name in before if name in after]
    arrived = [name for name in after if name in before]
    if stayed != arrived:
        yield FieldChange(Op.CHANGED, path, stayed, arrived, is_order=True)


def _compare_plain(old: Sequence[Any], new: Sequence[Any], path: FieldPath) -> Iterator[FieldChange]:
    matcher = SequenceMatcher(None, [_freeze(one) for one in old], [_freeze(one) for one in new], autojunk=False)
    for tag, first, last, start, stop in matcher.get_opcodes():
        if tag == "equal":
            continue
        both = min(last - first, stop - start)
        for offset in range(both):
            yield from compare(old[first + offset], new[start + offset], (*path, _name_place(new, start + offset)))
        for place in range(first + both, last):
            yield FieldChange(Op.REMOVED, (*path, place), old[place])
        for place in range(start + both, stop):
            yield FieldChange(Op.ADDED, (*path, place), None, new[place])


def _name_place(items: Sequence[Any], place: int) -> Part:
    """Name an argument after the flag before it, everything else by its index."""
    flag = items[place - 1] if place else ""
    if (
        isinstance(flag, str)
        and flag.startswith("--")
        and "=" not in flag
        and not str(items[place]).startswith("-")
    ):
        return Item("", flag)
    return place


def _freeze(item: Any) -> str:
    return json.dumps(item, sort_keys=True, default=_write_hidden)


def _write_hidden(value: Hidden) -> str:
    return f"\0{value.value}"
