"""Make docs/values.md out of the umbrella's schema and the charts' defaults."""

from __future__ import annotations

import json
from typing import Any

import yaml

from tests.charts.schemas import CHART, ROOT, SUBCHARTS, Node

PATH = ROOT / "docs" / "values.md"
DEEP = frozenset({"extraEnv", "extraVolumes", "extraVolumeMounts", "tolerations", "requests", "limits"})
"""Kubernetes's own structures: one row is enough, the schema checks the rest."""

HEAD = """<!-- Made by `python -m tests.charts.schemas` from charts/genai-stack/schema; edits here are lost. -->
# Values

Every key of `charts/genai-stack`. Layers, later wins: the chart's defaults, `values/profiles/<PROFILE>.yaml`,
`values/<ENV>.yaml`, `-f`, `--set`. Maps are merged key by key; a list is replaced whole. `null` takes an entry of
`gateway.models`, `inference.models` or `evals.suites` out: `smollm2: null`. A key that is not listed is refused.
`docs/chart.md` says how the parts belong together.
"""


def layer(under: Any, over: Any) -> Any:
    """Values laid on defaults as Helm does it."""
    if not isinstance(under, dict) or not isinstance(over, dict):
        return over
    return {**under, **{key: layer(under.get(key), value) for key, value in over.items()}}


def read_defaults() -> Node:
    """The defaults that a user gets: the umbrella's laid on those of the subcharts."""
    below = {
        name: yaml.safe_load((CHART / "charts" / name / "values.yaml").read_text(encoding="utf-8"))
        for name in SUBCHARTS
    }
    merged: Node = layer(below, yaml.safe_load((CHART / "values.yaml").read_text(encoding="utf-8")))
    return merged


def write(schema: Node) -> str:
    """The whole page."""
    defaults = read_defaults()
    parts = [HEAD]
    for name, section in schema["properties"].items():
        if name == "common":
            continue
        parts.append(f"\n## {name}\n\n{section['description']}\n")
        parts.append("| key | type | default | meaning |\n|---|---|---|---|")
        parts.extend(_rows(name, section, defaults.get(name, {})))
    return "\n".join(parts) + "\n"


def _rows(path: str, node: Node, default: Any) -> list[str]:
    rows: list[str] = []
    for key, child in node.get("properties", {}).items():
        if key == "global":
            continue
        value = default.get(key) if isinstance(default, dict) else None
        rows.extend(_row(f"{path}.{key}", key, child, value))
    return rows


def _row(path: str, key: str, node: Node, default: Any) -> list[str]:
    inner = node.get("additionalProperties")
    if isinstance(inner, dict) and inner.get("properties"):
        return [_line(f"{path}.<name>", node, None), *_rows(f"{path}.<name>", inner, None)]
    if node.get("properties"):
        return _rows(path, node, default)
    items = node.get("items", {})
    below = _rows(f"{path}[]", items, None) if items.get("properties") and key not in DEEP else []
    return [_line(path, node, default), *below]


def _line(path: str, node: Node, default: Any) -> str:
    shown = "" if default in (None, "") else f"`{json.dumps(default, ensure_ascii=False)}`"
    if len(shown) > 60:
        shown = "see values.yaml"
    kind = node.get("type", "")
    text = " or ".join(kind) if isinstance(kind, list) else kind
    if "enum" in node:
        text = ", ".join(f"`{value}`" for value in node["enum"] if value)
    cells = (f"`{path}`", text, shown, node["description"])
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
