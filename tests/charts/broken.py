"""Manifests broken in one random place, seeded: what a slip of the keyboard, or of a template, makes of them."""

from __future__ import annotations

import copy
import random
from collections.abc import Iterator
from typing import Any

VALUES: tuple[Any, ...] = (None, 7, -1.5, "text", "7", True, [], {}, ["x"], {"x": 1}, "", 1.0)


def walk_places(node: Any) -> Iterator[tuple[Any, Any]]:
    """Every map or list with a key or index in it, below apiVersion and kind."""
    pairs = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in pairs:
        yield node, key
        yield from walk_places(value)


def break_one(manifest: dict[str, Any], dice: random.Random) -> dict[str, Any]:
    """A copy of a manifest with one change: a value, a missing key, a mistyped one, or one too many."""
    broken = copy.deepcopy(manifest)
    places = [place for place in walk_places(broken) if place[1] not in {"apiVersion", "kind"}]
    holder, key = dice.choice(places)
    change = dice.choice(("value", "missing", "typo", "more"))
    if change == "value" or isinstance(holder, list):
        holder[key] = copy.deepcopy(dice.choice(VALUES))
    elif change == "missing":
        del holder[key]
    elif change == "typo":
        holder[f"{key}x"] = holder.pop(key)
    else:
        holder["somethingElse"] = copy.deepcopy(dice.choice(VALUES))
    return broken
