"""Secrets are referenced and never written: not in values, ConfigMaps, annotations, arguments or variables."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from tests.charts.leaves import walk_places
from tests.charts.rendering import ALL, Renderer, Stack, find_case, find_template, identify, walk_containers
from tests.charts.test_schema import read_schema

SECRET = re.compile(r"passw|secret|token|api_?key|credential|private_?key|allowed_keys|access_?key", re.IGNORECASE)
NOT_SECRET = re.compile(r"tokens?_|max_?tokens|_tokens$|tokenizer|_users$|_enabled$", re.IGNORECASE)
NAMED = re.compile(r".*(Secret|secretName|secretKey|\.name|\.key|Key|\.secret\.items\.\[\]\.path)$")
"""Values that name a Secret, a key in one, or the file that a key becomes."""
NO_SECRET = re.compile(r"(?i)true|false|/.*")
"""Literals of variables that only sound like secrets: switches and paths of files."""


def walk_scalars(node: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(node, dict):
        for key, value in node.items():
            yield from walk_scalars(value, f"{path}.{key}")
    elif isinstance(node, list):
        for index, item in enumerate(node):
            yield from walk_scalars(item, f"{path}[{index}]")
    else:
        yield path, node


def test_no_value_is_a_secret() -> None:
    for place, node in walk_places(read_schema()):
        path = ".".join(place)
        if "string" in str(node.get("type")) and SECRET.search(path) and not NOT_SECRET.search(place[-1]):
            names_one = NAMED.fullmatch(path) or "enum" in node or node["description"].startswith("Secret ")
            assert names_one, f"{path} would be written into values and manifests"


def test_no_manifest_is_a_secret(stack: Stack) -> None:
    assert "Secret" not in {manifest["kind"] for manifest in stack.manifests}


def test_variables_that_hold_secrets_refer_to_them(stack: Stack) -> None:
    for name, container in walk_containers(stack):
        for variable in container.get("env", ()):
            if SECRET.search(variable["name"]) and not NOT_SECRET.search(variable["name"]):
                harmless = "valueFrom" in variable or NO_SECRET.fullmatch(variable["value"])
                assert harmless, f"{name}: {variable['name']}"
        assert not container.get("envFrom"), f"{name} takes all that an object holds"


def test_names_of_secrets_reach_references_and_nothing_else(stack: Stack) -> None:
    names = {
        value
        for manifest in stack.manifests
        for path, value in walk_scalars(find_template(manifest).get("spec", {}))
        if path.endswith(("secretKeyRef.name", "secret.secretName"))
    }
    for manifest in stack.manifests:
        places = {"data": manifest.get("data"), "annotations": manifest["metadata"].get("annotations")}
        text = json.dumps(places)
        assert not [name for name in names if f'"{name}"' in text], identify(manifest)


def test_arguments_hold_no_reference_to_a_secret_variable(stack: Stack) -> None:
    for name, container in walk_containers(stack):
        secret = {v["name"] for v in container.get("env", ()) if "secretKeyRef" in v.get("valueFrom", {})}
        words = " ".join(str(word) for word in (*container.get("command", ()), *container.get("args", ())))
        assert not [variable for variable in secret if f"$({variable})" in words], f"{name}: ps would show it"


def test_the_key_of_the_database_is_a_reference_everywhere(renderer: Renderer) -> None:
    default = find_case("ci/default")
    text = renderer.template(default, ALL, 'vectordb.auth.existingSecret="my-key"')
    assert "my-key" in text
    for manifest in renderer.render(default, ALL, 'vectordb.auth.existingSecret="my-key"'):
        for path, value in walk_scalars(manifest):
            if value == "my-key":
                assert path.endswith(("secretKeyRef.name", "secretName", "secret.name")), path
