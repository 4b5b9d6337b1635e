"""What flags have set is not repeated by findings: a command line may hold what no file should."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from tooling.core.finding import Finding
from tooling.core.masking import HIDDEN
from tooling.core.schema.keys import Schema, find_key
from tooling.core.values import KeyPath, Layered, pick

_SHORTEST = 6
"""Characters below which a value says nothing, and would be found in other words."""


def hide_flagged(findings: Iterable[Finding], schema: Schema, layered: Layered) -> tuple[Finding, ...]:
    """Return the findings with `<hidden>` for values that flags have set.

    Left are values that the schema itself says of their key, and names that are keys in the values as well.
    """
    texts = {
        text
        for path, origin in layered.origins.items()
        if origin.is_flag
        for text in _list_texts(pick(layered.values, *path), path, schema)
    }
    texts -= {part for path in layered.origins for part in path if isinstance(part, str)} if texts else set()
    if not texts:
        return tuple(findings)
    longest_first = sorted(texts, key=lambda text: (-len(text), text))
    pattern = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, longest_first))})(?!\w)")
    return tuple(
        replace(one, message=pattern.sub(HIDDEN, one.message), hint=pattern.sub(HIDDEN, one.hint))
        for one in findings
    )


def hide_texts(value: Any, path: KeyPath, schema: Schema, is_flagged: Callable[[KeyPath], bool]) -> Any:
    """Return a value with `<hidden>` for text that a flag has set, at any depth; numbers and switches stay."""
    if isinstance(value, Mapping):
        return {key: hide_texts(one, (*path, key), schema, is_flagged) for key, one in value.items()}
    if isinstance(value, list):
        return [hide_texts(one, (*path, index), schema, is_flagged) for index, one in enumerate(value)]
    if not (isinstance(value, str) and value and is_flagged(path)):
        return value
    return value if _is_known(value, path, schema) else HIDDEN


def _is_known(text: str, path: KeyPath, schema: Schema) -> bool:
    key = find_key(schema, path)
    return key is not None and text in str(key.node)


def _list_texts(value: Any, path: KeyPath, schema: Schema) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _list_texts(inner, (*path, key), schema)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _list_texts(inner, (*path, index), schema)
    elif (
        not isinstance(value, bool) and len(text := str(value)) >= _SHORTEST and not _is_known(text, path, schema)
    ):
        yield text
