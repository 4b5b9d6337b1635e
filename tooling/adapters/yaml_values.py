"""One YAML document as Helm reads it, built from the parser's events in one pass: values, places, findings.

Where Helm would drop or replace something silently (duplicate keys, a second document) or where its versions
differ (directives), the document is refused. Every count is bounded, so that no document costs more than its size.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import yaml
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)

from tooling.adapters.yaml_bounds import MAX_DEPTH, MAX_EMPTY, MAX_ENTRIES, MAX_RATIO, MAX_REPEATED
from tooling.adapters.yaml_dialect import check_source, is_plain
from tooling.adapters.yaml_go import CORE, STRING, TYPES, Loader
from tooling.adapters.yaml_notes import Notes, Refusal, place, show_tag
from tooling.core.literals import Surprise, find_key_surprise, find_surprise
from tooling.core.scalars import read_exact, read_key, read_scalar
from tooling.core.shapes import show_name
from tooling.core.values import KeyPath, Mark

_COLLECTIONS = {MappingStartEvent: f"{CORE}map", SequenceStartEvent: f"{CORE}seq"}

_NUMERIC = tuple("+-.0123456789")
_TWICE = "a key that is no text is there twice, once by `<<`"

Entry = tuple[KeyPath, Mark]


class _Anchored(NamedTuple):
    """What an anchor stands for: its value, where it is and which entries it has."""

    value: Any
    path: KeyPath
    entries: list[Entry]
    start: int
    end: int


class Reading:
    """Reads one document; then `values` and `marks` say what it holds, and `notes` what is odd or wrong in it.

    Raises Refusal or yaml.YAMLError where it cannot be read to its end.
    """

    def __init__(self, text: str, notes: Notes) -> None:
        self._notes = notes
        self._text = text
        self._entries: list[Entry] = []
        self._anchors: dict[str, _Anchored | None] = {}
        self._count = self._repeated = self._flow = 0
        self._has_slashes = "\\/" in text
        loader = Loader(text)
        try:
            self.values = self._read_stream(loader)
        finally:
            loader.dispose()
        self.marks = dict(self._entries)

    def _read_stream(self, loader: Loader) -> dict[str, Any]:
        self._next: Callable[[], Any] = loader.get_event
        self._next()
        start = self._next()
        if isinstance(start, StreamEndEvent):
            return {}
        self._check_directives(start)
        first = self._next()
        root = self._read_node(first, ())
        self._next()
        for event in self._rest():
            if not (isinstance(event, ScalarEvent) and event.value == "" and event.tag is None):
                raise Refusal(
                    "another document begins; helm 3 ignores it and helm 4 merges it, so write one per file",
                    *place(event),
                )
        if root is None:
            return {}
        if not isinstance(root, dict):
            raise Refusal("values must be a map, such as `gateway: {replicas: 2}`", *place(first))
        return root

    def _rest(self) -> Iterator[Any]:
        """Return the events that hold something after the first document."""
        count = 0
        while not isinstance(event := self._next_after(), StreamEndEvent):
            if isinstance(event, DocumentStartEvent):
                count += 1
                if count > MAX_EMPTY:
                    raise Refusal(f"more than {MAX_EMPTY} empty documents follow", *place(event))
                self._check_directives(event)
                yield self._next_after()

    def _next_after(self) -> Any:
        """Return the next event after the first document; what is broken there, helm never looks at."""
        try:
            return self._next()
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            where = (mark.line + 1, mark.column + 1) if mark else (0, 0)
            raise Refusal("text follows the end of the document, where helm does not look", *where) from error

    def _check_directives(self, start: Any) -> None:
        if start.version or start.tags:
            raise Refusal("lines with % before the document are not read by every helm; drop them", *place(start))

    def _read_node(self, event: Any, path: KeyPath) -> Any:
        if isinstance(event, ScalarEvent):
            value = self._read_scalar(event, path)
            if event.anchor:
                self._anchors[event.anchor] = _Anchored(value, path, self._entries, 0, 0)
            return value
        if isinstance(event, AliasEvent):
            return self._read_alias(event, path)
        if len(path) >= MAX_DEPTH:
            raise Refusal(f"it is nested deeper than {MAX_DEPTH} levels", *place(event))
        if event.tag not in {None, "!", _COLLECTIONS[type(event)]}:
            self._notes.complain(f"{show_tag(event.tag)} is not allowed in values", path, event)
        start, entries = len(self._entries), self._entries
        if event.anchor:
            self._anchors[event.anchor] = None
        self._flow += bool(event.flow_style)
        value = self._read_list(path) if isinstance(event, SequenceStartEvent) else self._read_map(path)
        self._flow -= bool(event.flow_style)
        if event.anchor:
            self._anchors[event.anchor] = _Anchored(value, path, entries, start, len(entries))
        return value

    def _read_list(self, path: KeyPath) -> list[Any]:
        items: list[Any] = []
        while not isinstance(event := self._next(), SequenceEndEvent):
            where = (*path, len(items))
            self._enter(where, event)
            items.append(self._read_node(event, where))
        return items

    def _read_map(self, path: KeyPath) -> dict[str, Any]:
        values: dict[str, Any] = {}
        lines: dict[str, int] = {}
        while not isinstance(event := self._next(), MappingEndEvent):
            if _is_merge(event):
                self._read_merge(values, lines, path, event)
                continue
            key = self._read_key(event, path)
            where = (*path, key)
            if key in lines:
                self._notes.complain(f"the key is there twice, first in line {lines[key]}", where, event)
            elif key in values and _may_be_two(key):
                self._notes.complain(_TWICE, where, event)
            lines[key] = event.start_mark.line + 1
            self._enter(where, event)
            values[key] = self._read_node(self._next(), where)
        return values

    def _read_merge(self, values: dict[str, Any], lines: dict[str, int], path: KeyPath, key: Any) -> None:
        """Lay what `<<` takes over onto the map: for Helm it replaces the keys before it."""
        event = self._next()
        parts: list[tuple[Any, list[Entry]]] = []
        if isinstance(event, SequenceStartEvent):
            while not isinstance(part := self._next(), SequenceEndEvent):
                parts.append(self._read_part(part, path))
        else:
            parts.append(self._read_part(event, path))
        for value, entries in reversed(parts):
            if not isinstance(value, dict):
                self._notes.complain("`<<` takes over maps only", path, key)
                break
            if any(name in values and _may_be_two(name) for name in value):
                self._notes.complain(_TWICE, path, key)
            replaced = [name for name in value if name in lines]
            if replaced:
                first = replaced[0]
                message = f"`<<` replaces the key {show_name(first)!r} of line {lines[first]} for Helm."
                self._notes.warn(Surprise("merge-order", message, "Write `<<` first in the map."), path, key)
            values.update(value)
            self._entries.extend(entries)

    def _read_part(self, event: Any, path: KeyPath) -> tuple[Any, list[Entry]]:
        """Read one map that `<<` takes over; its entries are kept apart until they are laid on."""
        kept, self._entries = self._entries, []
        value = self._read_node(event, path)
        read, self._entries = self._entries, kept
        return value, read

    def _read_alias(self, event: Any, path: KeyPath) -> Any:
        if event.anchor not in self._anchors:
            raise Refusal("there is no anchor of its name before this alias", *place(event))
        anchored = self._anchors[event.anchor]
        if anchored is None:
            raise Refusal("what this alias repeats contains itself", *place(event))
        self._repeated += anchored.end - anchored.start + 1
        if self._repeated > min(MAX_REPEATED, MAX_RATIO * max(self._count, 25)):
            raise Refusal(f"its aliases stand for {self._repeated} values, far more than it holds", *place(event))
        cut = len(anchored.path)
        deepest = 0
        for index in range(anchored.start, anchored.end):
            inner, mark = anchored.entries[index]
            deepest = max(deepest, len(inner) - cut)
            self._entries.append(((*path, *inner[cut:]), mark))
        if len(path) + deepest > MAX_DEPTH:
            raise Refusal(f"it is nested deeper than {MAX_DEPTH} levels", *place(event))
        return anchored.value

    def _read_key(self, event: Any, path: KeyPath) -> str:
        if isinstance(event, AliasEvent):
            key = self._read_alias(event, path)
        elif isinstance(event, ScalarEvent) and is_plain(event):
            key = self._read_plain_key(event, path)
        elif isinstance(event, ScalarEvent):
            key = self._read_node(event, path)
        else:
            raise Refusal("a key must be text", *place(event))
        if not isinstance(key, str):
            self._notes.complain("a key must be text; quote it", path, event)
        return str(key)

    def _read_plain_key(self, event: Any, path: KeyPath) -> str:
        check_source(event, self._text if self._has_slashes else "", in_flow=self._flow > 0)
        text = event.value
        try:
            key = read_key(text)
        except ValueError as error:
            self._notes.complain(str(error), path, event)
            return str(text)
        if event.anchor:
            value = read_scalar(text)
            self._anchors[event.anchor] = _Anchored(value, path, self._entries, 0, 0)
        surprise = find_key_surprise(text, key)
        if surprise:
            self._notes.warn(surprise, (*path, key), event)
        return key

    def _read_scalar(self, event: Any, path: KeyPath) -> Any:
        check_source(event, self._text if self._has_slashes else "", in_flow=self._flow > 0)
        if not is_plain(event):
            tag = event.tag or STRING
            return event.value if tag in {STRING, "!"} else self._read_tagged(event, path)
        try:
            value = read_scalar(event.value)
        except ValueError as error:
            self._notes.complain(str(error), path, event)
            return None
        surprise = find_surprise(event.value, value, path)
        if surprise:
            self._notes.warn(surprise, path, event)
        return value

    def _read_tagged(self, event: Any, path: KeyPath) -> Any:
        types = TYPES.get(event.tag)
        if types is None:
            self._notes.complain(f"{show_tag(event.tag)} is not allowed in values", path, event)
            return None
        try:
            is_fitting = type(read_exact(event.value)) in types
            value = read_scalar(event.value)
        except ValueError as error:
            self._notes.complain(str(error), path, event)
            return None
        if not is_fitting:
            self._notes.complain(f"the value does not fit its tag !!{event.tag.removeprefix(CORE)}", path, event)
        return value

    def _enter(self, path: KeyPath, event: Any) -> None:
        self._count += 1
        if self._count > MAX_ENTRIES:
            raise Refusal(f"it holds more than {MAX_ENTRIES} keys and list items", *place(event))
        self._entries.append((path, Mark(*place(event))))


def _is_merge(event: Any) -> bool:
    return isinstance(event, ScalarEvent) and event.value == "<<" and is_plain(event)


def _may_be_two(key: str) -> bool:
    """Whether two keys that are written so may be two for Helm, such as `1` and `'1'`: either may win then."""
    return key in {"true", "false"} or key[:1] in _NUMERIC
