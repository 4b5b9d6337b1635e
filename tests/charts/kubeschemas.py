"""JSON Schemas of the Kubernetes versions that kubernetes-validate carries, each read once.

`kubernetes_validate.validate` reads megabytes for every manifest; this asks the same schemas of many manifests.
"""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import kubernetes_validate
import yaml

from tests.charts.schemas import CHART

FOLDER = Path(str(kubernetes_validate.__file__)).parent / "kubernetes-json-schema"
REFERENCE = "/api/_definitions.json"


@cache
def list_versions() -> tuple[str, ...]:
    """Versions such as 1.35 that the chart supports and that there are schemas of, oldest first."""
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text(encoding="utf-8"))
    found = re.fullmatch(r">=1\.(\d+)\.0-0", chart["kubeVersion"])
    assert found, chart["kubeVersion"]
    names = (re.fullmatch(r"v1\.(\d+)\.0-local-strict", path.name) for path in FOLDER.iterdir())
    minors = sorted(int(match[1]) for match in names if match)
    return tuple(f"1.{minor}" for minor in minors if minor >= int(found[1]))


@cache
def read_definitions(version: str) -> dict[str, Any]:
    """All types of one version by name, without their texts."""
    text = (FOLDER / f"v{version}.0-local-strict" / "_definitions.json").read_text(encoding="utf-8")
    return {name: _strip(node) for name, node in json.loads(text)["$defs"].items()}


def _strip(node: Any, *, is_names: bool = False) -> Any:
    """A schema without descriptions, with references that stay in the same document."""
    if isinstance(node, list):
        return [_strip(item) for item in node]
    if not isinstance(node, dict):
        return node
    result = {}
    for key, value in node.items():
        if key in ("description", "$id") and not is_names:
            continue
        is_reference = key == "$ref" and isinstance(value, str)
        result[key] = (
            value.removeprefix(REFERENCE) if is_reference else _strip(value, is_names=key == "properties")
        )
    return result


def _collect(node: Any, definitions: dict[str, Any], found: dict[str, Any]) -> None:
    """Gather the types that a schema refers to, and those that they refer to."""
    if isinstance(node, list):
        for item in node:
            _collect(item, definitions, found)
    elif isinstance(node, dict):
        name = str(node.get("$ref", "")).removeprefix("#/$defs/")
        if name and name not in found:
            found[name] = definitions[name]
            _collect(definitions[name], definitions, found)
        for value in node.values():
            _collect(value, definitions, found)


@cache
def read_schema(version: str, api: str, kind: str) -> str:
    """The schema of one kind with all types that it uses, as text; empty for a kind that the version lacks."""
    group = re.sub(r"^([^./]*)(?:\.[^/]*)?/", r"\1-", api)
    file = FOLDER / f"v{version}.0-local-strict" / f"{kind.lower()}-{group}.json"
    if not file.exists():
        return ""
    schema = _strip(json.loads(file.read_text(encoding="utf-8")))
    found: dict[str, Any] = {}
    _collect(schema, read_definitions(version), found)
    return json.dumps({**schema, "$defs": found}, sort_keys=True)


@cache
def make_validator(schema: str) -> jsonschema.Draft202012Validator:
    """A validator of one schema; two versions with the same schema share it."""
    return jsonschema.Draft202012Validator(json.loads(schema))


@cache
def find_fault(manifest: str, schema: str) -> str:
    """What a schema has against a manifest (JSON); each pair is looked at once."""
    error = jsonschema.exceptions.best_match(make_validator(schema).iter_errors(json.loads(manifest)))
    return f"{error.message} at {list(error.absolute_path)}" if error else ""


def find_faults(manifest: dict[str, Any]) -> dict[str, str]:
    """What each version has against a manifest, by version; an unknown kind is a fault."""
    text = json.dumps(manifest, sort_keys=True)
    faults = {}
    for version in list_versions():
        schema = read_schema(version, manifest["apiVersion"], manifest["kind"])
        fault = find_fault(text, schema) if schema else "there is no such kind"
        if fault:
            faults[version] = fault
    return faults
