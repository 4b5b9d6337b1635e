"""Values files in YAML, read as Helm reads them, with the line of every key.

A file that Helm would read differently from how it looks (duplicate keys, several documents, tags) is refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from tooling.adapters.yaml_go import PLAIN, STRING, Loader, format_key, read_scalar, write_yaml
from tooling.core.finding import Finding, Severity
from tooling.core.values import KeyPath, Layer, Mark, format_path
from tooling.errors import ValuesError

MAX_BYTES = 10 * 1024 * 1024
MAX_DEPTH = 100
MAX_REPEATED = 10_000
"""How many nodes aliases may stand for together: far more than people write, far less than a bomb makes."""

_TAG = "tag:yaml.org,2002:"
_TYPES: Mapping[str, tuple[type, ...]] = {
    f"{_TAG}int": (int,),
    f"{_TAG}float": (int, float),
    f"{_TAG}bool": (bool,),
    f"{_TAG}null": (type(None),),
}
_SUFFIXES = frozenset({".yaml", ".yml"})


class YamlDocuments:
    """Implements `tooling.ports.documents.Documents`."""

    def read(self, file: Path) -> Layer:
        """Return the values of a file, at most 10 MiB, as Helm would see them."""
        name = _display(file)
        text = _read_text(file, name)
        try:
            _check_depth(text, name)
            node = yaml.compose(text, Loader=Loader)
        except yaml.YAMLError as error:
            raise _refuse(name, *_explain(error, text)) from error
        if node is None:
            return Layer(name, {})
        if not isinstance(node, yaml.MappingNode):
            raise _refuse(name, "values must be a map, such as `gateway: {replicas: 2}`", 1)
        reader = _Reader(name)
        values = reader.read(node, ())
        if reader.findings:
            raise ValuesError(f"{name} cannot be used as values.", findings=reader.findings)
        return Layer(name, values, reader.marks)

    def write(self, manifests: Iterable[Mapping[str, Any]]) -> str:
        """Write manifests as one stream of documents; whatever a reader might take for a number is quoted."""
        return "".join(f"---\n{write_yaml(manifest)}" for manifest in manifests)

    def find(self, folder: Path) -> Mapping[str, Path]:
        """Return the YAML files right in a folder by their name without suffix."""
        files = sorted(folder.iterdir()) if folder.is_dir() else []
        return {file.stem: file for file in files if file.suffix in _SUFFIXES and file.is_file()}

    def find_folders(self, folder: Path) -> Mapping[str, Path]:
        """Return the folders right in a folder by name."""
        files = sorted(folder.iterdir()) if folder.is_dir() else []
        return {file.name: file for file in files if file.is_dir()}


class _Reader:
    """Walks the nodes of one document and collects lines and findings."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.marks: dict[KeyPath, Mark] = {}
        self.findings: list[Finding] = []
        self.seen: set[int] = set()
        self.repeated = 0

    def read(self, node: yaml.Node, path: KeyPath) -> Any:
        line = node.start_mark.line + 1
        if len(path) > MAX_DEPTH:
            raise _refuse(self.name, f"it is nested deeper than {MAX_DEPTH} levels", line)
        self.repeated += id(node) in self.seen
        self.seen.add(id(node))
        if self.repeated > MAX_REPEATED:
            raise _refuse(self.name, f"its aliases stand for more than {MAX_REPEATED} values", line)
        if isinstance(node, yaml.MappingNode) and node.tag == f"{_TAG}map":
            return self._read_map(node, path)
        if isinstance(node, yaml.SequenceNode) and node.tag == f"{_TAG}seq":
            return [self._read_item(item, (*path, index)) for index, item in enumerate(node.value)]
        if isinstance(node, yaml.ScalarNode):
            return self._read_scalar(node, path, line)
        self._complain(f"the tag {node.tag} is not allowed in values", path, line)
        return None

    def _read_item(self, node: yaml.Node, path: KeyPath) -> Any:
        self.marks[path] = _find_mark(node)
        return self.read(node, path)

    def _read_map(self, node: yaml.MappingNode, path: KeyPath) -> dict[str, Any]:
        values: dict[str, Any] = {}
        own: dict[str, int] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if key_node.tag == PLAIN and key_node.value == "<<":
                merged = self._read_merge(value_node, path, line)
                values = {**merged, **values}
                continue
            key = self._read_key(key_node, path, line)
            if key is None:
                continue
            where = (*path, key)
            if key in own:
                self._complain(f"the key is there twice, first in line {own[key]}", where, line)
            own[key] = line
            values[key] = self.read(value_node, where)
            self.marks[where] = _find_mark(key_node)
        return values

    def _read_merge(self, node: yaml.Node, path: KeyPath, line: int) -> dict[str, Any]:
        """Read what `<<: *anchor` takes over; the map's own keys win."""
        parts = node.value if isinstance(node, yaml.SequenceNode) else [node]
        merged: dict[str, Any] = {}
        before = dict(self.marks)
        for part in parts:
            if not isinstance(part, yaml.MappingNode):
                self._complain("`<<` takes over maps only", path, line)
                return {}
            merged = {**self.read(part, path), **merged}
        self.marks.update(before)
        return merged

    def _read_key(self, node: yaml.Node, path: KeyPath, line: int) -> str | None:
        if isinstance(node, yaml.ScalarNode):
            value = self._read_scalar(node, path, line)
            if value is not None:
                return format_key(value)
        self._complain("a key must be text", path, line)
        return None

    def _read_scalar(self, node: yaml.ScalarNode, path: KeyPath, line: int) -> Any:
        if node.tag == STRING:
            return node.value
        types = _TYPES.get(node.tag)
        if types is None and node.tag != PLAIN:
            self._complain(f"the tag {node.tag} is not allowed in values", path, line)
            return None
        try:
            value = read_scalar(node.value)
        except ValueError as error:
            self._complain(str(error), path, line)
            return None
        if types and type(value) not in types:
            self._complain(f"{node.value!r} does not fit its tag {node.tag.removeprefix(_TAG)}", path, line)
        return value

    def _complain(self, message: str, path: KeyPath, line: int) -> None:
        where = format_path(path)
        self.findings.append(Finding("values-file", Severity.ERROR, message, where, self.name, line))


def _find_mark(node: yaml.Node) -> Mark:
    return Mark(node.start_mark.line + 1, node.start_mark.column + 1)


def _read_text(file: Path, name: str) -> str:
    try:
        with file.open("rb") as stream:
            content = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise _refuse(name, f"it cannot be read: {error.strerror}", 0) from error
    if len(content) > MAX_BYTES:
        raise _refuse(name, f"it is larger than {MAX_BYTES // 1024 // 1024} MiB", 0)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise _refuse(name, "it is not UTF-8 text", line) from error


def _check_depth(text: str, name: str) -> None:
    """Refuse deep nesting on the stream of events: composing it would exhaust the C stack."""
    depth = 0
    for event in yaml.parse(text, Loader=Loader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH:
            raise _refuse(
                name,
                f"it is nested deeper than {MAX_DEPTH} levels",
                event.start_mark.line + 1 if event.start_mark else 0,
            )


def _explain(error: yaml.YAMLError, text: str) -> tuple[str, int]:
    """Return what PyYAML found, and the line."""
    if isinstance(error, yaml.MarkedYAMLError):
        mark = error.problem_mark or error.context_mark
        told = " ".join(part for part in (error.context, error.problem) if part)
        return f"it is not YAML: {told}", mark.line + 1 if mark else 0
    position = getattr(error, "position", None)
    line = text.count("\n", 0, position) + 1 if isinstance(position, int) else 0
    return f"it is not YAML: {getattr(error, 'reason', None) or error}", line


def _refuse(name: str, message: str, line: int) -> ValuesError:
    finding = Finding("values-file", Severity.ERROR, message, file=name, line=line)
    return ValuesError(f"{name} cannot be used as values: {message}.", findings=(finding,))


def _display(file: Path) -> str:
    """Name a file as people would from where they stand."""
    absolute = file.absolute()
    here = Path.cwd()
    return str(absolute.relative_to(here)) if absolute.is_relative_to(here) else str(file)
