"""The schemas are closed at every level, describe every key, and agree with each other and with the defaults."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest
import yaml

from tests.charts import values_doc
from tests.charts.rendering import Case, list_cases, list_examples
from tests.charts.schemas import CHART, SUBCHARTS, build, to_json

PASSED_ON = ".global"
"""The umbrella describes `global`; a subchart only lets it through."""


def read_schema(name: str = "") -> dict[str, Any]:
    folder = CHART / "charts" / name if name else CHART
    schema: dict[str, Any] = json.loads((folder / "values.schema.json").read_text(encoding="utf-8"))
    return schema


def walk(node: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    yield path, node
    for key, child in node.get("properties", {}).items():
        if isinstance(child, dict):
            yield from walk(child, f"{path}.{key}")
    for key in ("items", "additionalProperties"):
        if isinstance(node.get(key), dict):
            yield from walk(node[key], f"{path}[{key}]")


def test_files_are_what_the_schema_folder_makes() -> None:
    for path, schema in build().items():
        assert path.read_text(encoding="utf-8") == to_json(schema), f"{path}: run python -m tests.charts.schemas"


def test_values_page_is_what_the_schema_folder_makes() -> None:
    assert values_doc.PATH.read_text(encoding="utf-8") == values_doc.write(read_schema())


@pytest.mark.parametrize("name", ["", *SUBCHARTS])
def test_every_object_is_closed(name: str) -> None:
    for path, node in walk(read_schema(name)):
        if "object" in node.get("type", ()) and not path.endswith(PASSED_ON):
            rest = node.get("additionalProperties")
            assert rest is False or isinstance(rest, dict), path
            assert rest is False or rest, path


@pytest.mark.parametrize("name", ["", *SUBCHARTS])
def test_every_node_has_a_type_and_a_description(name: str) -> None:
    for path, node in walk(read_schema(name)):
        assert node.get("description"), path
        assert node.get("type"), path


@pytest.mark.parametrize("name", ["", *SUBCHARTS])
def test_schemas_are_valid_and_need_no_other_file(name: str) -> None:
    schema = read_schema(name)
    jsonschema.Draft7Validator.check_schema(schema)
    assert "$ref" not in json.dumps(schema)


@pytest.mark.parametrize("name", SUBCHARTS)
def test_umbrella_describes_a_subchart_as_the_subchart_does(name: str) -> None:
    own = read_schema(name)
    del own["$schema"]
    assert read_schema()["properties"][name] == own
    assert {"global", "enabled"} <= set(own["properties"])


@pytest.mark.parametrize("some", [*list_cases(), *list_examples()], ids=str)
def test_umbrella_alone_accepts_what_helm_accepts(some: Case) -> None:
    validator = jsonschema.Draft7Validator(read_schema())
    defaults = yaml.safe_load((CHART / "values.yaml").read_text(encoding="utf-8"))
    assert not [error.message for error in validator.iter_errors(values_doc.layer(defaults, some.values))]


def test_every_key_that_is_described_has_a_default_or_is_optional_by_nature() -> None:
    defaults = values_doc.read_defaults()
    optional = {"gateway.limits", "rollout.load", "gateway.models", "inference.models", "evals.suites"}
    free = {"behavior", "metrics", "maxSurgeGpus", "required"}
    missing = set()
    for path, node in walk(read_schema()):
        keys = path.removeprefix(".").split(".")
        if "[" in path or len(keys) < 2 or "properties" in node or keys[-1] == "global":
            continue
        value: Any = defaults
        for key in keys:
            value = value.get(key) if isinstance(value, dict) else None
        is_optional = ".".join(keys[:2]) in optional or keys[:2] == ["route", "weights"] or free & set(keys)
        if value is None and not is_optional:
            missing.add(".".join(keys))
    assert not missing


def test_every_default_is_described() -> None:
    errors = jsonschema.Draft7Validator(read_schema()).iter_errors(values_doc.read_defaults())
    assert not [error.message for error in errors]
