"""JSON Schemas of the custom resources that the chart can make, out of the definitions of their projects."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import yaml

from tooling.local.definitions import CUSTOM as SOURCES
from tooling.local.definitions import gateway_sources, provide

YamlLoader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
CUSTOM = frozenset(
    {"HTTPRoute", "Gateway", "ServiceMonitor", "PodMonitor", "PrometheusRule", "ScaledObject", "Certificate"}
)
"""Kinds that Kubernetes itself does not know."""


@cache
def list_definition_files() -> tuple[Path, ...]:
    """Every file with definitions of custom resources; fetched as Go modules when the cache lacks them."""
    return provide((*gateway_sources(), *SOURCES), print)


def _read() -> Iterator[dict[str, Any]]:
    for file in list_definition_files():
        for document in yaml.load_all(file.read_text(encoding="utf-8"), Loader=YamlLoader):
            if document and document["kind"] == "CustomResourceDefinition":
                yield document


@cache
def read_schemas() -> dict[tuple[str, str], dict[str, Any]]:
    """JSON Schemas by API version and kind, closed where the API server would prune."""
    return {
        (f"{spec['group']}/{version['name']}", spec["names"]["kind"]): close(version["schema"]["openAPIV3Schema"])
        for spec in (definition["spec"] for definition in _read())
        for version in spec["versions"]
        if version["served"]
    }


def close(node: dict[str, Any], *, top: bool = True) -> dict[str, Any]:
    """A structural schema as JSON Schema in which a field that is not described is refused."""
    result = {
        key: value for key, value in node.items() if key not in ("description", "type", "format", "nullable")
    }
    if node.get("x-kubernetes-int-or-string"):
        result["type"] = ["integer", "string"]
    elif "type" in node:
        result["type"] = [node["type"], "null"] if node.get("nullable") else node["type"]
    if "properties" in node:
        known = {"metadata": {"type": "object"}} if top else {}
        result["properties"] = {
            name: close(child, top=False) for name, child in node["properties"].items()
        } | known
        if not node.get("x-kubernetes-preserve-unknown-fields"):
            result["additionalProperties"] = False
    for key in ("items", "additionalProperties"):
        if isinstance(node.get(key), dict):
            result[key] = close(node[key], top=False)
    return result


@cache
def _check(manifest: str) -> str:
    document = json.loads(manifest)
    schema = read_schemas().get((document["apiVersion"], document["kind"]))
    if schema is None:
        return f"no definition is known of {document['apiVersion']} {document['kind']}"
    error = jsonschema.exceptions.best_match(jsonschema.Draft7Validator(schema).iter_errors(document))
    return f"{error.message} at {list(error.absolute_path)}" if error else ""


def find_custom_faults(manifest: dict[str, Any]) -> str:
    """What the definition of its kind has against a custom resource; each text is looked at once."""
    return _check(json.dumps(manifest, sort_keys=True))
