"""The schema's keywords and values in the words that people are told."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any

from tooling.core.schema.keys import Schema, list_allowed, list_types
from tooling.core.shapes import hide_shapes, shorten

SHOWN_LIMIT = 40
LIMITS = {
    "minimum": "at least",
    "maximum": "at most",
    "exclusiveMinimum": "greater than",
    "exclusiveMaximum": "less than",
    "multipleOf": "a multiple of",
}
SIZES = {
    "minLength": ("at least", "character"),
    "maxLength": ("at most", "character"),
    "minItems": ("at least", "item"),
    "maxItems": ("at most", "item"),
    "minProperties": ("at least", "key"),
    "maxProperties": ("at most", "key"),
}
NOUNS = {
    "object": "a map",
    "array": "a list",
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "null": "null",
}


def describe_types(node: Schema) -> str:
    """Say which types a node allows: `a map or null`; empty when it allows any."""
    return " or ".join(NOUNS.get(one, one) for one in list_types(node))


def reads_as(text: str, types: Collection[str]) -> bool:
    """Whether text would be of one of the types if it were not quoted; the case of letters counts."""
    digits = text.removeprefix("-")
    is_word = "boolean" in types and text in {"true", "false"}
    is_whole = "integer" in types and digits.isdecimal()
    return is_word or is_whole or ("number" in types and digits.replace(".", "", 1).isdecimal())


def describe_limits(node: Schema) -> tuple[str, ...]:
    """Say what a value has to keep to beside its type: `at least 1`, `one of "a", "b"`, `with the keys ...`."""
    said = []
    if "enum" in node:
        said.append(f"one of {', '.join(show(one) for one in node['enum'])}")
    said.extend(f"{words} {node[kind]}" for kind, words in LIMITS.items() if kind in node)
    for kind, (words, noun) in SIZES.items():
        if kind in node:
            said.append(f"{words} {node[kind]} {noun}{'' if node[kind] == 1 else 's'}")
    if "pattern" in node:
        said.append(lower(node["title"]) if "title" in node else f"matching {node['pattern']}")
    if node.get("examples"):
        said.append(f"such as {', '.join(str(one) for one in node['examples'])}")
    allowed = list_allowed(node)
    if allowed:
        said.append(f"with the keys {', '.join(allowed)}")
    elif isinstance(node.get("additionalProperties"), Mapping):
        said.append("with names of your choice as keys")
    return tuple(said)


def show(value: Any) -> str:
    """Write a value in short: maps and lists by their kind, long text cut, nothing that looks like a secret."""
    if isinstance(value, Mapping):
        return "a map"
    if isinstance(value, list):
        return "a list"
    # first hidden, so that no cut takes the end off by which a secret is known
    text = shorten(hide_shapes(shorten(json.dumps(value, ensure_ascii=False), 10 * SHOWN_LIMIT)), SHOWN_LIMIT)
    return f'{text}"' if text.startswith('"') and text.endswith("...") else text


def lower(text: Any) -> str:
    """Begin a text with a small letter, unless its first word is an abbreviation."""
    words = str(text)
    return words[:1].lower() + words[1:] if not words[1:2].isupper() else words
