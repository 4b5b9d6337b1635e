"""What a shell is offered at a press of Tab: environments, profiles, keys of the chart's values, models.

Nothing is offered where nothing is known, and what is needed is imported late: this runs while somebody types, and
every command imports it for its options.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from tooling.errors import StateError, UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from tooling.app.project import Project
    from tooling.core.schema.keys import Schema


def complete_environments(context: click.Context, parameter: click.Parameter, begun: str) -> list[str]:  # noqa: ARG001
    """Return the names of values/*.yaml."""
    project = _find_project()
    return _list_files(project.environments, begun) if project else []


def complete_profiles(context: click.Context, parameter: click.Parameter, begun: str) -> list[str]:  # noqa: ARG001
    """Return the names of values/profiles/*.yaml."""
    project = _find_project()
    return _list_files(project.profiles, begun) if project else []


def complete_keys(context: click.Context, parameter: click.Parameter, begun: str) -> list[str]:  # noqa: ARG001
    """Return the keys of the chart's values that begin so, one level at a time; maps end in a dot."""
    parent, dot, last = begun.rpartition(".")
    keys = _list_keys(_read_schema(), parent)
    return [f"{parent}{dot}{key}" for key in keys if key.startswith(last)]


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


def _find_project() -> Project | None:
    from tooling import bootstrap  # noqa: PLC0415

    try:
        return bootstrap.find_project()
    except UsageError:
        return None


def _list_files(folder: Path, begun: str) -> list[str]:
    from tooling import bootstrap  # noqa: PLC0415

    return [name for name in bootstrap.documents().find(folder) if name.startswith(begun)]


def _read_schema() -> Schema:
    from tooling import bootstrap  # noqa: PLC0415

    project = _find_project()
    try:
        return bootstrap.schemas(project).read() if project else {}
    except StateError:
        return {}


def _list_keys(schema: Schema, parent: str) -> Iterator[str]:
    """Yield the keys of a map that is written as people do, those of maps with a dot at their end."""
    from tooling.core.schema.keys import find_key, list_allowed, read_path  # noqa: PLC0415

    try:
        path = read_path(parent) if parent else ()
    except ValueError:
        return
    around = find_key(schema, path)
    for key in list_allowed(around.node) if around else ():
        below = find_key(schema, (*path, key))
        is_map = below and (list_allowed(below.node) or below.node.get("additionalProperties"))
        yield f"{key}." if is_map else key
