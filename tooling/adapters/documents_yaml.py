"""Values files in YAML, read as Helm reads them, with the line of every key.

A file that Helm would read differently from how it looks (duplicate keys, several documents, tags) is refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from tooling.adapters.yaml_go import write_yaml
from tooling.adapters.yaml_notes import Notes, Refusal
from tooling.adapters.yaml_problems import explain_problem
from tooling.adapters.yaml_values import Reading
from tooling.core.finding import Finding, Severity
from tooling.core.values import Layer
from tooling.core.yaml_hints import advise_reader
from tooling.errors import ValuesError

MAX_BYTES = 10 * 1024 * 1024
MAX_TEXT = 1024 * 1024
"""Of a file that becomes one value: what Helm stores of a release has to fit into 1 MiB."""

_SUFFIXES = frozenset({".yaml", ".yml"})


class YamlDocuments:
    """Implements `tooling.ports.documents.Documents`."""

    def read(self, file: Path) -> Layer:
        """Return the values of a file, at most 10 MiB, as Helm would see them."""
        name = _display(file)
        text = _read_text(file, name, MAX_BYTES).removeprefix("\ufeff")
        notes = Notes(name)
        try:
            reading = Reading(text, notes)
        except Refusal as refusal:
            raise _refuse(name, refusal.message, refusal.line, refusal.column, notes.findings) from refusal
        except yaml.YAMLError as error:
            raise _refuse(name, *_explain(error, text), notes.findings) from error
        if notes.findings:
            raise ValuesError(f"{name} cannot be used as values.", findings=notes.findings)
        return Layer(name, reading.values, reading.marks, tuple(notes.warnings))

    def read_text(self, file: Path) -> str:
        """Return a text file as it is, at most 1 MiB."""
        return _read_text(file, _display(file), MAX_TEXT)

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


def _read_text(file: Path, name: str, limit: int) -> str:
    try:
        with file.open("rb") as stream:
            content = stream.read(limit + 1)
    except (OSError, ValueError) as error:
        raise _refuse(name, f"it cannot be read: {getattr(error, 'strerror', error)}", 0) from error
    if len(content) > limit:
        raise _refuse(name, f"it is larger than {limit // 1024 // 1024} MiB", 0)
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise _refuse(name, "it is not UTF-8 text", line) from error


def _explain(error: yaml.YAMLError, text: str) -> tuple[str, int, int]:
    """Return what PyYAML found, with line and column."""
    if isinstance(error, yaml.MarkedYAMLError):
        told, line, column = explain_problem(error, text)
        return f"it is not YAML: {told}", line, column
    position = getattr(error, "position", None)
    reason = getattr(error, "reason", None) or error
    if not isinstance(position, int):
        return f"it is not YAML: {reason}", 0, 0
    before = text[:position]
    return f"it is not YAML: {reason}", before.count("\n") + 1, position - before.rfind("\n")


def _refuse(name: str, message: str, line: int, column: int = 0, before: Sequence[Finding] = ()) -> ValuesError:
    hint = advise_reader(message)
    finding = Finding("values-file", Severity.ERROR, message, file=name, line=line, column=column, hint=hint)
    return ValuesError(f"{name} cannot be used as values: {message}.", findings=(*before, finding))


def _display(file: Path) -> str:
    """Name a file as people would from where they stand."""
    absolute = file.absolute()
    here = Path.cwd()
    return str(absolute.relative_to(here)) if absolute.is_relative_to(here) else str(file)
