"""Make values.schema.json of the chart and its subcharts, and docs/values.md: `python -m tests.charts.schemas`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
CHART = ROOT / "charts" / "genai-stack"
SUBCHARTS = ("gateway", "inference", "vectordb", "evals")
SECTIONS = ("route", "network", "quota", "observability", "rollout", "lint")
"""Top-level keys of the umbrella beside `global` and its subcharts."""
OVERLAY = ROOT / "values" / "schema.json"
"""For editors, which see one values file and not the layers below it."""
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


def relax(node: Any) -> Any:
    """Take out what only all layers together have to hold: keys that must be there. Items of lists are whole."""
    if not isinstance(node, dict):
        return node
    result: Node = {}
    for key, value in node.items():
        if key == "required" or (key == "anyOf" and all(set(each) == {"required"} for each in value)):
            continue
        if key == "properties":
            result[key] = {name: relax(child) for name, child in value.items()}
        else:
            result[key] = relax(value) if key == "additionalProperties" else value
    return result


def to_json(schema: Node) -> str:
    """The text of a schema file."""
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def to_line(schema: Node) -> str:
    """The text of a schema that nobody reads: one line for each section."""
    sections = ",\n".join(
        f"{json.dumps(name)}: {json.dumps(section, ensure_ascii=False)}"
        for name, section in schema["properties"].items()
    )
    rest = json.dumps({key: value for key, value in schema.items() if key != "properties"}, ensure_ascii=False)
    return f'{rest[:-1]}, "properties": {{\n{sections}\n}}}}\n'


def main() -> None:
    """Write every file that is made from the schema folder."""
    from tests.charts import values_doc

    schemas = build()
    for path, schema in schemas.items():
        path.write_text(to_json(schema), encoding="utf-8")
    OVERLAY.write_text(to_line(relax(schemas[CHART / "values.schema.json"])), encoding="utf-8")
    values_doc.PATH.write_text(values_doc.write(schemas[CHART / "values.schema.json"]), encoding="utf-8")


if __name__ == "__main__":
    main()
