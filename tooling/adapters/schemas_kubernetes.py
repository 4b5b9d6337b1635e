"""The Kubernetes API's schemas out of the package kubernetes-validate, through jsonschema-rs.

The package's own `validate` reads megabytes and checks in Python for every object; here each file is read once and
each kind compiled once. The package is not imported, only its data is read.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import jsonschema_rs

from tooling.core.definitions import TYPES, Schema
from tooling.core.mismatch import Mismatch, merge_choice
from tooling.core.values import KeyPath
from tooling.errors import StateError
from tooling.ports.apis import Fits

_FOLDER = re.compile(r"v(\d+)\.(\d+)\.\d+-local-strict")
_API_VERSION = re.compile(r"(?:([a-z0-9-]{1,63})(?:\.[a-z0-9.-]+)?/)?(v[a-z0-9]{1,62})")
_KIND = re.compile(r"[A-Z][A-Za-z0-9]{0,62}")
_GROUPS = "x-kubernetes-group-version-kind"
_WANTED = ("limit", "pattern", "options", "types", "multiple_of")
"""Where the kinds of error keep what the schema wants."""

_HINT = "Install kubernetes-validate again."


class KubernetesApis:
    """Implements `tooling.ports.apis.Apis`; `folder` holds one folder of schemas per version."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folders = _find_folders(folder or _find_data())
        self._types: dict[str, dict[str, Any]] = {}
        self._registries: dict[str, jsonschema_rs.Registry] = {}
        self._found: dict[tuple[str, str, str], Fits | None] = {}

    def versions(self) -> tuple[str, ...]:
        """Return the Kubernetes versions that are known, such as 1.35, oldest first."""
        return tuple(self._folders)

    def find(self, version: str, api_version: str, kind: str) -> Fits | None:
        """Return what checks objects of a kind, unknown fields included; None where a version has no such kind."""
        key = (version, api_version, kind)
        if key not in self._found:
            schema = self._read_kind(*key)
            self._found[key] = self._compile(version, schema) if schema else None
        return self._found[key]

    def list_kinds(self, version: str) -> frozenset[tuple[str, str]]:
        """Return apiVersion and kind of all that a version has."""
        types = self._read_types(version)["$defs"].values()
        return frozenset(_name(group) for node in types for group in node.get(_GROUPS) or ())

    def compile(self, schema: Schema) -> Fits:
        """Return what checks objects of a custom kind. Raises StateError for a schema that cannot be used."""
        return self._compile(self.versions()[-1], schema)

    def _compile(self, version: str, schema: Schema) -> Fits:
        types = self._read_types(version)
        if version not in self._registries:
            self._registries[version] = jsonschema_rs.Registry([(TYPES, types)])
        try:
            validator = jsonschema_rs.Draft202012Validator(
                dict(schema),
                registry=self._registries[version],
                offline=True,
                validate_formats=False,
                # Go's and Rust's take time in proportion to the text, whatever the pattern.
                pattern_options=jsonschema_rs.RegexOptions(),
            )
        except (jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError, ValueError) as error:
            told = str(getattr(error, "message", error)).splitlines()[0]
            raise StateError(f"the schema cannot be used: {told}.", hint="Mend the definition.") from error

        def find(value: Any) -> tuple[Mismatch, ...]:
            try:
                if validator.is_valid(value):
                    return ()
                return tuple(
                    one for error in validator.iter_errors(value) for one in _translate(error, schema, types)
                )
            except ValueError:
                return (Mismatch((), "JSON", None, None),)

        return find

    def _read_kind(self, version: str, api_version: str, kind: str) -> Schema | None:
        parsed = _API_VERSION.fullmatch(api_version)
        if parsed is None or not _KIND.fullmatch(kind):
            return None
        group = "-".join(part for part in parsed.groups() if part)
        file = self._folders[version] / f"{kind.lower()}-{group}.json"
        if not file.is_file():
            return None
        schema: Schema = _read(file)
        names = {_name(one) for one in schema.get(_GROUPS) or ()}
        # The file's name has only the first part of the group: apps.example.com/v1 would find that of apps/v1.
        return schema if (api_version, kind) in names else None

    def _read_types(self, version: str) -> dict[str, Any]:
        if version not in self._types:
            self._types[version] = _read(self._folders[version] / "_definitions.json")
        return self._types[version]


def _translate(error: jsonschema_rs.ValidationError, schema: Schema, types: Schema) -> Iterator[Mismatch]:
    """Make plain data of an error: one for each field that is unknown."""
    kind: Any = error.kind
    path: KeyPath = tuple(error.instance_path)
    facts = kind.as_dict()
    if kind.name == "additionalProperties":
        known = tuple(_find_node(error, schema, types).get("properties") or ())
        yield from (Mismatch((*path, name), kind.name, known) for name in facts["unexpected"])
    elif kind.name == "falseSchema":
        yield Mismatch(path, "additionalProperties", ())
    elif kind.name == "required":
        yield Mismatch((*path, facts["property"]), kind.name)
    elif kind.name in {"oneOf", "anyOf"} or "context" in facts:
        branches = [
            tuple(one for inner in branch for one in _translate(inner, schema, types))
            for branch in facts.get("context") or ()
        ]
        yield merge_choice(path, kind.name, branches, error.instance)
    else:
        wanted = next((facts[name] for name in _WANTED if name in facts), None)
        yield Mismatch(path, kind.name, wanted, error.instance)


def _find_node(error: jsonschema_rs.ValidationError, schema: Schema, types: Schema) -> Schema:
    """Return the schema that holds the keyword at the end of the error's path into it."""
    path = tuple(error.schema_path)
    node: Any = types if path[:1] == ("$defs",) else schema
    for part in path[:-1]:
        node = node[part]
    return node if isinstance(node, Mapping) else {}


def _find_data() -> Path:
    spec = find_spec("kubernetes_validate")
    places = spec.submodule_search_locations if spec else None
    if not places:
        raise StateError("the package kubernetes-validate is not installed.", hint="Run: make setup")
    return Path(places[0]) / "kubernetes-json-schema"


def _find_folders(root: Path) -> dict[str, Path]:
    """Return the folders by version, oldest first; of several patches of one version the last counts."""
    names = sorted(path.name for path in root.iterdir()) if root.is_dir() else []
    found = {(int(match[1]), int(match[2])): root / match[0] for match in map(_FOLDER.fullmatch, names) if match}
    if not found:
        raise StateError(f"{root} holds no schemas of Kubernetes.", hint=_HINT)
    return {f"{major}.{minor}": found[major, minor] for major, minor in sorted(found)}


def _name(group: Mapping[str, Any]) -> tuple[str, str]:
    """Return apiVersion and kind of what a schema calls group, version and kind."""
    api_version = "/".join(part for part in (group["group"], group["version"]) if part)
    return api_version, str(group["kind"])


def _read(file: Path) -> Any:
    try:
        return json.loads(file.read_bytes())
    except (OSError, ValueError) as error:
        raise StateError(f"{file} cannot be read as a schema: {error}.", hint=_HINT) from error
