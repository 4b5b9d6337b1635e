"""Make values.schema.json of the chart and its subcharts, and docs/values.md: `python -m tests.charts.schemas`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
CHART = ROOT / "charts" / "genai-stack"
SUBCHARTS = ("gateway", "inference", "vectordb", "evals")
SECTIONS = ("route", "network", "quota", "observability", "rollout")
"""Top-level keys of the umbrella beside `global` and its subcharts."""
DRAFT = "http://json-schema.org/draft-07/schema#"

Node = dict[str, Any]


def read(name: str) -> Node:
    """One file of the schema folder."""
    loaded: Node = yaml.safe_load((CHART / "schema" / f"{name}.yaml").read_text(encoding="utf-8"))
    return loaded


def expand(node: Node, fragments: Node) -> Node:
    """Replace the short forms `use`, `keys`, `map` and `nullable` by JSON Schema."""
    if "use" in node:
        rest = {key: value for key, value in node.items() if key != "use"}
        return expand({**fragments[node["use"]], **rest}, fragments)
    result: Node = {}
    for key, value in node.items():
        if key == "keys":
            result["type"] = ["object", "null"] if node.get("nullable") else "object"
            result["additionalProperties"] = False
            result["properties"] = {name: expand(child, fragments) for name, child in value.items()}
        elif key == "map":
            result["type"] = "object"
            result["additionalProperties"] = expand(value, fragments)
        elif key == "names":
            result["propertyNames"] = expand(fragments[value], fragments)
        elif key == "items":
            result["items"] = expand(value, fragments)
        elif key != "nullable":
            result[key] = value
    return result


def build() -> dict[Path, Node]:
    """Every schema by its path: the umbrella's holds those of the subcharts, since the CLI reads it alone."""
    fragments = read("fragments")
    schemas: dict[Path, Node] = {}
    properties: Node = {"global": expand(read("global"), fragments)}
    for name in SUBCHARTS:
        section = expand(read(name), fragments)
        schemas[CHART / "charts" / name / "values.schema.json"] = {"$schema": DRAFT, **section}
        properties[name] = section
    for name in SECTIONS:
        properties[name] = expand(read(name), fragments)
    library: Node = {
        "description": "The library chart, which has no values of its own.",
        "keys": {"global": {"use": "passedGlobal"}},
    }
    properties["common"] = expand(library, fragments)
    schemas[CHART / "values.schema.json"] = {
        "$schema": DRAFT,
        "title": "genai-stack",
        "description": "Values of the chart genai-stack.",
        "type": "object",
        "additionalProperties": False,
        "properties": properties,
    }
    return schemas


def to_json(schema: Node) -> str:
    """The text of a schema file."""
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def main() -> None:
    """Write every file that is made from the schema folder."""
    from tests.charts import values_doc

    schemas = build()
    for path, schema in schemas.items():
        path.write_text(to_json(schema), encoding="utf-8")
    values_doc.PATH.write_text(values_doc.write(schemas[CHART / "values.schema.json"]), encoding="utf-8")


if __name__ == "__main__":
    main()
