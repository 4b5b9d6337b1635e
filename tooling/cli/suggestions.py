"""What a shell is offered at a press of Tab: environments, profiles, keys of the chart's values, models.

Nothing is offered where nothing is known, and nothing heavy is imported: this runs while somebody types.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click

from tooling.errors import UsageError


def complete_environments(context: click.Context, parameter: click.Parameter, begun: str) -> list[str]:  # noqa: ARG001
    """Return the names of values/*.yaml."""
    return _find_names(("values",), begun)


def complete_profiles(context: click.Context, parameter: click.Parameter, begun: str) -> list[str]:  # noqa: ARG001
    """Return the names of values/profiles/*.yaml."""
    return _find_names(("values", "profiles"), begun)


def complete_keys(context: click.Context, parameter: click.Parameter, begun: str) -> list[str]:  # noqa: ARG001
    """Return the keys of the chart's values that begin so, one level at a time; maps end in a dot."""
    schema = _read_schema()
    parent, dot, last = begun.rpartition(".")
    node = _walk(schema, parent.split(".") if parent else [])
    return [f"{parent}{dot}{key}{end}" for key, end in _list_keys(node) if key.startswith(last)]


def complete_assignments(context: click.Context, parameter: click.Parameter, begun: str) -> list[str]:
    """Return keys to set: like complete_keys, with = after one that takes a value; nothing after the =."""
    if "=" in begun:
        return []
    return [key if key.endswith(".") else f"{key}=" for key in complete_keys(context, parameter, begun)]


def complete_models(context: click.Context, parameter: click.Parameter, begun: str) -> list[str]:  # noqa: ARG001
    """Return the models that `size` knows."""
    from tooling.core.sizing.known import KNOWN  # noqa: PLC0415

    names = (name.rsplit("/", maxsplit=1)[-1] for name in KNOWN)
    return [name for name in names if name.lower().startswith(begun.lower())]


def _find_names(folders: tuple[str, ...], begun: str) -> list[str]:
    root = _find_root()
    if root is None:
        return []
    return sorted(file.stem for file in root.joinpath(*folders).glob("*.yaml") if file.stem.startswith(begun))


def _read_schema() -> Mapping[str, Any]:
    root = _find_root()
    if root is None:
        return {}
    try:
        found = json.loads((root / "charts" / "genai-stack" / "values.schema.json").read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, Mapping) else {}


def _find_root() -> Path | None:
    from tooling import bootstrap  # noqa: PLC0415

    try:
        return bootstrap.find_project().root
    except UsageError:
        return None


def _walk(node: Mapping[str, Any], keys: list[str]) -> Mapping[str, Any]:
    """Follow keys; below a map by name any name will do."""
    for key in keys:
        below = (node.get("properties") or {}).get(key) or node.get("additionalProperties")
        node = below if isinstance(below, Mapping) else {}
    return node


def _list_keys(node: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the keys of a node, and what follows each: a dot after a map, nothing after a value."""
    for key, below in (node.get("properties") or {}).items():
        is_map = "properties" in below or isinstance(below.get("additionalProperties"), Mapping)
        yield key, "." if is_map else ""
