"""One YAML document as kubectl reads it: into plain data, with what is wrong in it and where each field stands.

Bounded: documents nested too deep, and aliases that stand for too much, are refused before they cost anything.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import yaml

from tooling.adapters.yaml_bounds import MAX_DEPTH, MAX_REPEATED
from tooling.adapters.yaml_go import CORE, PLAIN, STRING, TYPES, Loader
from tooling.adapters.yaml_notes import show_tag
from tooling.adapters.yaml_problems import explain_problem
from tooling.core.scalars import EXACT, Scalar, read_exact, read_key
from tooling.core.shapes import show_name
from tooling.core.values import KeyPath, Mark, format_path

_INDENT = re.compile(r"^[ \-?]*", re.MULTILINE)


class DocumentError(Exception):
    """A document that cannot be read: why, and in which of its lines (1-based)."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.message = message
        self.line = line


def read_document(text: str) -> Any:
    """Return what a document holds. Raises DocumentError."""
    node = _compose(text)
    return None if node is None else _Builder().build(node, 0)


def find_marks(text: str) -> dict[str, Mark]:
    """Return where each field of a document that could be read stands, by its path."""
    node = _compose(text)
    return {format_path(path): mark for path, mark in _walk(node, ())} if node is not None else {}


def _compose(text: str) -> yaml.Node | None:
    try:
        _check_depth(text)
        node: yaml.Node | None = yaml.compose(text, Loader=Loader)
    except yaml.MarkedYAMLError as error:
        told, line, _ = explain_problem(error, text)
        raise DocumentError(f"is not YAML: {told}.", line or 1) from error
    except (yaml.YAMLError, UnicodeEncodeError) as error:
        told = str(getattr(error, "reason", None) or error).splitlines()[0]
        raise DocumentError(f"is not YAML: {told}.", 1) from error
    return node


def _check_depth(text: str) -> None:
    """Refuse deep nesting on the stream of events, which is asked only where the text could be nested deep."""
    deepest = max(map(len, _INDENT.findall(text)), default=0) + text.count("[") + text.count("{")
    if deepest < MAX_DEPTH:
        return
    depth = 0
    for event in yaml.parse(text, Loader=Loader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH:
            line = event.start_mark.line + 1 if event.start_mark else 1
            raise DocumentError(f"is nested deeper than {MAX_DEPTH} levels.", line)


class _Builder:
    """Makes data out of nodes and counts what aliases repeat."""

    def __init__(self) -> None:
        self._seen: set[int] = set()
        self._repeated = 0

    def build(self, node: yaml.Node, depth: int, *, is_again: bool = False) -> Any:
        """Read a node; `is_again`: an alias repeats what it is in."""
        if isinstance(node, yaml.ScalarNode):
            return node.value if node.tag == STRING else _read(node)
        is_again = is_again or id(node) in self._seen
        self._repeated += (1 + len(node.value)) * is_again
        self._seen.add(id(node))
        if self._repeated > MAX_REPEATED:
            raise DocumentError(f"has aliases that stand for more than {MAX_REPEATED} values.", _line(node))
        if depth > MAX_DEPTH:
            raise DocumentError(f"is nested deeper than {MAX_DEPTH} levels.", _line(node))
        if isinstance(node, yaml.SequenceNode):
            return [self.build(item, depth + 1, is_again=is_again) for item in node.value]
        return self._build_map(node, depth, is_again=is_again)

    def _build_map(self, node: yaml.Node, depth: int, *, is_again: bool) -> dict[str, Any]:
        values: dict[str, Any] = {}
        merged: dict[str, Any] = {}
        for key_node, value_node in node.value:
            if key_node.tag == PLAIN and key_node.value == "<<":
                self._merge(merged, value_node, depth, is_again=is_again)
                continue
            key = _read_name(key_node)
            if key in values:
                raise DocumentError(f"has the key `{show_name(key)}` twice in one map.", _line(key_node))
            values[key] = self.build(value_node, depth + 1, is_again=is_again)
        return merged | values if merged else values

    def _merge(self, merged: dict[str, Any], node: yaml.Node, depth: int, *, is_again: bool) -> None:
        """Take over what `<<: *anchor` names; of several the first wins."""
        parts = node.value if isinstance(node, yaml.SequenceNode) else [node]
        for part in parts:
            found = self.build(part, depth + 1, is_again=is_again)
            if not isinstance(found, dict):
                raise DocumentError("has a `<<` that takes over something else than maps.", _line(node))
            for key, value in found.items():
                merged.setdefault(key, value)


def _read(node: yaml.ScalarNode) -> Scalar:
    types = TYPES.get(node.tag)
    if types is None and node.tag != PLAIN:
        if node.tag == f"{CORE}binary":
            return str(node.value)
        raise DocumentError(f"has {show_tag(node.tag)}, which Kubernetes does not read.", _line(node))
    try:
        value = _read_plain(node.value)
    except ValueError as error:
        raise DocumentError(f"has a value that JSON cannot hold: {error}.", _line(node)) from error
    if types and type(value) not in types:
        raise DocumentError(f"has a value that does not fit {show_tag(node.tag)}.", _line(node))
    return value


@lru_cache(maxsize=4096)
def _read_plain(text: str) -> Scalar:
    """Kubectl keeps all digits of whole numbers; a float that is whole becomes one on its way through JSON."""
    value = read_exact(text)
    is_whole = isinstance(value, float) and value.is_integer() and abs(value) <= EXACT
    return int(value) if is_whole and value is not None else value


def _read_name(node: yaml.Node) -> str:
    if isinstance(node, yaml.ScalarNode):
        if node.tag != PLAIN:
            return str(node.value)
        try:
            return _read_plain_key(node.value)
        except ValueError as error:
            raise DocumentError(f"has a key that cannot be one: {error}.", _line(node)) from error
    raise DocumentError("has a key that is no text.", _line(node))


@lru_cache(maxsize=4096)
def _read_plain_key(text: str) -> str:
    return read_key(text)


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1


def _walk(node: yaml.Node, path: KeyPath) -> Iterator[tuple[KeyPath, Mark]]:
    if isinstance(node, yaml.MappingNode):
        for key_node, value_node in node.value:
            if key_node.tag == PLAIN and key_node.value == "<<":
                continue
            where = (*path, _read_name(key_node))
            yield where, Mark(key_node.start_mark.line + 1, key_node.start_mark.column + 1)
            yield from _walk(value_node, where)
    elif isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            yield (*path, index), Mark(item.start_mark.line + 1, item.start_mark.column + 1)
            yield from _walk(item, (*path, index))
