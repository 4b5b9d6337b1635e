"""The chart's values schema through jsonschema-rs: draft-07, as Helm checks it, never anything from the network.

Its regular expressions are Rust's, whose `$` is the end of the text, as Go's is (Python's lets a line break pass).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import jsonschema_rs

from tooling.core.finding import Finding
from tooling.core.schema.keys import Schema, find_known, read_path
from tooling.core.values import KeyPath, Layered, Origin, find_origin, place_finding
from tooling.errors import StateError, ValuesError

RULE = "schema"
MAX_ERRORS = 5_000
"""Errors that are explained; values with more of them are not for this chart, and nobody reads on."""

_WANTED = ("limit", "pattern", "options", "expected_value", "property", "unexpected", "schema", "multiple_of")
"""Where the kinds of error keep what the schema wants."""

_DEFECT = "This is a defect of the chart, not of your values."


class JsonSchemas:
    """Implements `tooling.ports.schemas.Schemas` for one schema file, which is read at the first question.

    `page` is the reference of all keys; without one, findings name no line of it.
    """

    def __init__(self, file: Path, page: Path | None = None) -> None:
        self._file = file
        self._page = page
        self._schema: dict[str, Any] | None = None
        self._validator: jsonschema_rs.Draft7Validator | None = None
        self._lines: Mapping[str, int] | None = None

    def read(self) -> dict[str, Any]:
        """Return the schema itself."""
        if self._schema is None:
            self._schema = _read(self._file)
        return self._schema

    def check(self, layered: Layered) -> tuple[Finding, ...]:
        """Return all that does not fit, by file, line and path."""
        try:
            if self._validator is None:
                self._validator = jsonschema_rs.Draft7Validator(self.read(), offline=True)
            errors = tuple(islice(self._validator.iter_errors(layered.values), MAX_ERRORS))
        except jsonschema_rs.ValidationError as error:
            raise StateError(f"{self._file} is not a JSON schema: {error.message}.", hint=_DEFECT) from error
        except ValueError as error:
            raise ValuesError(f"the values hold what JSON cannot: {error}.", hint="Write plain text.") from error
        findings = set(self._explain(errors, layered.origins)) if errors else set()
        return tuple(sorted(findings, key=lambda one: (one.file, one.line, one.column, one.path, one.message)))

    def point(self, finding: Finding) -> Finding:
        """Return the finding with the line of the reference that describes its key."""
        try:
            path = read_path(finding.path)
        except ValueError:
            return finding
        return finding if finding.doc else replace(finding, doc=self.find_doc(path))

    def find_doc(self, path: KeyPath) -> str:
        """Return `docs/values.md:LINE` for the nearest known key, empty where there is no such page."""
        if self._lines is None:
            self._lines = _read_page(self._page) if self._page else {}
        key = find_known(self.read(), path)
        while key.path:
            line = self._lines.get(str(key))
            if line and self._page:
                return f"{self._page.parent.name}/{self._page.name}:{line}"
            key = find_known(self.read(), key.path[:-1])
        return ""

    def _explain(
        self, errors: tuple[jsonschema_rs.ValidationError, ...], origins: Mapping[KeyPath, Origin]
    ) -> Iterator[Finding]:
        # Here and not at the top: values that fit need no words.
        from tooling.core.schema.explanation import tell  # noqa: PLC0415

        schema = self.read()
        flags = {where: one for where, one in origins.items() if one.is_flag}
        for told in tell(schema, [_translate(schema, error, origins) for error in errors]):
            setters = _blame(flags, told.path) or origins
            finding = place_finding(setters, told.path, told.message, rule=RULE, hint=told.hint)
            yield replace(finding, doc=self.find_doc(told.about or told.path))


def _read(file: Path) -> dict[str, Any]:
    try:
        schema = json.loads(file.read_bytes())
    except OSError as error:
        raise StateError(f"{file} cannot be read: {error.strerror}.", hint=_DEFECT) from error
    except ValueError as error:
        raise StateError(f"{file} is not a JSON schema: {error}.", hint=_DEFECT) from error
    if not isinstance(schema, dict):
        raise StateError(f"{file} is not a JSON schema: it is not a map.", hint=_DEFECT)
    foreign = next((ref for ref in _find_refs(schema) if not ref.startswith("#")), None)
    if foreign:
        raise StateError(f"{file} refers to {foreign}, which is outside of it.", hint=_DEFECT)
    return schema


def _find_refs(schema: Any) -> Iterator[str]:
    if isinstance(schema, Mapping):
        if isinstance(schema.get("$ref"), str):
            yield schema["$ref"]
        for value in schema.values():
            yield from _find_refs(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from _find_refs(value)


def _read_page(page: Path) -> dict[str, int]:
    """Return the line of every key, of the maps above it (their first key's), and of the sections."""
    try:
        text = page.read_text(encoding="utf-8")
    except OSError:
        return {}
    lines: dict[str, int] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if line.startswith("## "):
            lines[line.removeprefix("## ")] = number
        elif line.startswith("| `"):
            key = line.split("`", maxsplit=2)[1]
            lines[key] = number
            while "." in key:
                key = key.rpartition(".")[0]
                lines.setdefault(key, number)
                lines.setdefault(key.removesuffix("[]"), number)
    return lines


def _translate(schema: Schema, error: jsonschema_rs.ValidationError, origins: Mapping[KeyPath, Origin]) -> Any:
    """Make plain data of an error; the schema node is looked up by the error's own path into the schema."""
    from tooling.core.schema.misfit import Misfit  # noqa: PLC0415

    kind: Any = error.kind
    name: str | None = None
    where: KeyPath = tuple(error.instance_path)
    if kind.name == "propertyNames":
        inner = kind.error
        kind, name = inner.kind, str(inner.instance)
    facts = kind.as_dict()
    branches = tuple(
        tuple(_translate(schema, one, origins) for one in branch) for branch in facts.get("context") or ()
    )
    origin = find_origin(origins, where)
    return Misfit(
        path=where,
        keyword=kind.name,
        value=error.instance,
        wanted=next((facts[name] for name in _WANTED if name in facts), None),
        node=_find_node(schema, tuple(error.schema_path)),
        branches=branches,
        name=name,
        is_flag=origin is not None and origin.is_flag,
    )


def _blame(flags: Mapping[KeyPath, Origin], path: KeyPath) -> Mapping[KeyPath, Origin]:
    """Return the path with the last flag that has put something at it or below it; nothing where there is none."""
    found = [one for where, one in flags.items() if where[: len(path)] == path]
    return {path: found[-1]} if found else {}


def _find_node(schema: Schema, path: tuple[str | int, ...]) -> Schema | None:
    """Return the schema that holds the keyword at the end of a path into it."""
    node: Any = schema
    for part in path[:-1]:
        node = node[part]
    return node if isinstance(node, Mapping) else None
