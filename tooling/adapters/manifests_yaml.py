"""Manifests in YAML or JSON: from a file, a folder or standard input, split into documents as kubectl does.

A document that cannot be read is a finding and the others go on.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from tooling.adapters.manifests_tree import DocumentError, find_marks, read_document
from tooling.adapters.yaml_bounds import MAX_DEPTH
from tooling.core.finding import Finding, Severity
from tooling.core.located import Located, unpack
from tooling.core.values import Mark, format_path
from tooling.errors import UsageError
from tooling.ports.manifests import Reading

RULE = "manifest-unreadable"
MAX_BYTES = 64 * 1024 * 1024
STANDARD_INPUT = "-"
_SUFFIXES = frozenset({".yaml", ".yml", ".json"})
_SEPARATOR = re.compile(r"^---(?=[ \t\r]|$)", re.MULTILINE)
_TEMPLATE = re.compile(
    r"\{\{-?\s*(?:/\*|\$|[(]*\.?(?:Values|Release|Chart|Capabilities)\b|"
    r"(?:if|range|with|include|template|define|else|end|toYaml|tpl)\b)"
)
_RENDER_FIRST = "This is a template of a chart: render it first, with `genai-stack render` or `helm template`."
_SOURCE = re.compile(r"^# Source: (\S+)", re.MULTILINE)
_LAST_PART = re.compile(r"(\.(\"[^\"]*\"|[^.\[\]]*)|\[\d+\]|^[^.\[]+)$")


class YamlManifests:
    """Implements `tooling.ports.manifests.Manifests`."""

    def read(self, source: str) -> Reading:
        """Return the objects of a file, of all YAML and JSON files below a folder, or of standard input (`-`)."""
        return _gather(_read_texts(source))

    def read_text(self, text: str, file: str) -> Reading:
        """Return the objects of a text that was read already, or made; `file` is what to call it."""
        return _gather([(file, text)])

    def find_definitions(self, chart: Path) -> tuple[str, ...]:
        """Return the files in which a chart and its subcharts define custom kinds (`crds/`)."""
        files = (file for file in chart.rglob("crds/**/*") if file.suffix in _SUFFIXES and file.is_file())
        return tuple(sorted(map(str, files)))

    def locate(self, found: Located, field: str) -> Mark | None:
        """Return where a field stands in the file, or what holds it; None where that cannot be known."""
        if not found.text:
            return None
        try:
            marks = _find_marks(found.text)
        except DocumentError:  # JSON that is no YAML
            return None
        prefix = format_path(found.prefix)
        path = f"{prefix}.{field}".strip(".") if field else prefix
        while path and path not in marks:
            path = _LAST_PART.sub("", path)
        mark = marks.get(path)
        return Mark(found.line + mark.line - 1, mark.column) if mark else Mark(found.line, 0)


def _gather(texts: Iterable[tuple[str, str]]) -> Reading:
    objects: list[Located] = []
    findings: list[Finding] = []
    for name, text in texts:
        for found in _read_stream(name, text):
            if isinstance(found, Finding):
                findings.append(found)
            else:
                objects += unpack(found)
    return Reading(tuple(objects), tuple(findings))


@lru_cache(maxsize=64)
def _find_marks(text: str) -> Mapping[str, Mark]:
    return find_marks(text)


def _read_texts(source: str) -> Iterator[tuple[str, str]]:
    if source == STANDARD_INPUT:
        yield source, _decode(source, sys.stdin.buffer.read(MAX_BYTES + 1))
        return
    path = Path(source)
    if not path.is_dir():
        yield source, _decode(source, _read_bytes(path))
        return
    files = sorted(file for file in path.rglob("*") if file.suffix in _SUFFIXES and file.is_file())
    if not files:
        raise UsageError(f"the folder {source} holds no .yaml, .yml or .json file.", hint="Name another folder.")
    for file in files:
        yield str(file), _decode(str(file), _read_bytes(file))


def _read_bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as stream:
            return stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise UsageError(
            f"{path} cannot be read: {error.strerror}.", hint="Name a file, a folder, or -."
        ) from error


def _decode(name: str, content: bytes) -> str:
    if len(content) > MAX_BYTES:
        raise UsageError(f"{name} is larger than {MAX_BYTES // 1024 // 1024} MiB.", hint="Split it up.")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise UsageError(f"{name}:{line} is not UTF-8 text.", hint="Name a file of manifests.") from error


def _read_stream(name: str, text: str) -> Iterator[Located | Finding]:
    if text.lstrip()[:1] == "{":
        documents = _read_json(text)
        if documents is not None:
            whole = text if len(documents) == 1 else ""
            yield from (Located(one, name, 1, whole) for one in documents if isinstance(one, Mapping))
            return
    for line, document in _split(text):
        try:
            content = read_document(document)
        except DocumentError as error:
            hint = _RENDER_FIRST if _TEMPLATE.search(document) else ""
            yield _refuse(name, line + error.line - 1, f"the document {error.message}", hint)
            continue
        if content is None:
            continue
        if not isinstance(content, Mapping):
            yield _refuse(name, line, "the document is no object: it is a list or a single value.")
            continue
        template = _SOURCE.search(document) if name == STANDARD_INPUT else None
        yield Located(content, template[1]) if template else Located(content, name, line, document)


def _split(text: str) -> Iterator[tuple[int, str]]:
    """Yield each document with the line that it begins in; one of comments alone is left out."""
    begin, line = 0, 1
    for match in (*_SEPARATOR.finditer(text), None):
        end = match.start() if match else len(text)
        document = text[begin:end]
        if document.strip():
            yield line, document
        line += document.count("\n")
        begin = end


def _read_json(text: str) -> list[Any] | None:
    """Return the objects of one or more JSON documents; None for what is no JSON, and may be YAML."""
    decoder = json.JSONDecoder(object_pairs_hook=_pair, parse_constant=_refuse_constant)
    found, position = [], 0
    try:
        while position < len(text):
            while position < len(text) and text[position] in " \t\r\n":
                position += 1
            if position < len(text):
                value, position = decoder.raw_decode(text, position)
                found.append(value)
    except (ValueError, RecursionError):
        return None
    return found if all(_is_shallow(value) and _is_text(value) for value in found) else None


def _pair(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) < len(pairs):
        raise ValueError  # the YAML reader says which key is there twice
    return values


def _refuse_constant(name: str) -> Any:
    raise ValueError(name)


def _is_shallow(value: Any) -> bool:
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [
            inner
            for one in level
            if isinstance(one, dict | list)
            for inner in (one.values() if isinstance(one, dict) else one)
        ]
        if not level:
            return True
    return False


def _is_text(value: Any) -> bool:
    """Whether all text can be printed: JSON may escape half a character."""
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


def _refuse(name: str, line: int, message: str, hint: str = "") -> Finding:
    return Finding(RULE, Severity.ERROR, message, file=name, line=line, hint=hint)
