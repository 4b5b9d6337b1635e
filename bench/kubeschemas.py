"""The schemas of kubernetes-validate as kubeconform reads them: one file a kind, with the types that it uses."""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path
from typing import Any

TYPES = "/api/_definitions.json"
LOCATION = "{{ .NormalizedKubernetesVersion }}/{{ .ResourceKind }}{{ .KindSuffix }}.json"


def write_schemas(folder: Path, versions: tuple[str, ...], kinds: frozenset[tuple[str, str]]) -> str:
    """Write the schemas of some kinds (apiVersion, kind) and versions; returns the location for kubeconform."""
    spec = find_spec("kubernetes_validate")
    if spec is None or spec.origin is None:
        raise SystemExit("kubernetes-validate is not installed")
    data = Path(spec.origin).parent / "kubernetes-json-schema"
    for version in versions:
        source = data / f"v{version}.0-local-strict"
        target = folder / f"v{version}.0"
        target.mkdir(parents=True)
        types = json.loads((source / "_definitions.json").read_bytes())["$defs"]
        for api_version, kind in kinds:
            group, _, number = api_version.rpartition("/")
            suffix = "-".join(part for part in (group.split(".")[0], number) if part)
            file = source / f"{kind.lower()}-{suffix}.json"
            if file.exists():
                (target / file.name).write_text(json.dumps(_join(json.loads(file.read_bytes()), types)))
    return f"{folder}/{LOCATION}"


def _join(schema: dict[str, Any], types: dict[str, Any]) -> dict[str, Any]:
    """A schema with all types that it uses, directly or through others."""
    found: dict[str, Any] = {}
    _collect(schema, types, found)
    whole = {**{key: value for key, value in schema.items() if key != "$id"}, "$defs": found}
    joined: dict[str, Any] = json.loads(json.dumps(whole).replace(f'"{TYPES}#', '"#'))
    return joined


def _collect(node: Any, types: dict[str, Any], found: dict[str, Any]) -> None:
    for value in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        _collect(value, types, found)
    reference = node.get("$ref") if isinstance(node, dict) else None
    name = str(reference or "").rpartition("/")[2]
    if name and name not in found and name in types:
        found[name] = types[name]
        _collect(types[name], types, found)
