"""`validate --explain KEY`: what a key is for, and where its value comes from."""

from __future__ import annotations

import json
from typing import Any

import click

from tooling import bootstrap
from tooling.app.explain import Explanation, explain
from tooling.app.project import Project
from tooling.app.values import ValuesRequest, load_values
from tooling.core.provenance import Statement
from tooling.core.values import format_path
from tooling.errors import UsageError

SHOWN_LIMIT = 100


def show_explanation(project: Project, request: ValuesRequest, key: str, output: str) -> None:
    """Print what is known of a key: lines for people, or one document with all fields of Explanation."""
    if output not in {"text", "json"}:
        raise UsageError(f"--explain has no output {output!r}.", hint="Take --output text or --output json.")
    loaded = load_values(bootstrap.documents(), project, request)
    told = explain(bootstrap.schemas(project), loaded, key)
    click.echo(json.dumps(_to_json(told), indent=2) if output == "json" else "\n".join(_write(told)))


def _write(told: Explanation) -> list[str]:
    lines = [click.style(told.key, bold=True)]
    if told.description:
        lines.append(f"  {told.description}")
    facts = {
        "type": told.type,
        "allowed": "; ".join(told.limits),
        "default": "" if told.default is None else _show(told.default),
        "value": "" if told.value is None else _show(told.value),
        "described": told.doc,
    }
    lines.extend(f"  {name:10}{text}" for name, text in facts.items() if text)
    if told.inherited:
        lines.append(f"  Not set: the model takes {told.inherited}.")
    elif not told.statements:
        lines.append("  Nobody sets it.")
    else:
        lines.append("  Set by, the last one wins:")
        places = [_place(one) for one in told.statements]
        width = max(map(len, places))
        lines.extend(f"  {_line(one, place, width)}" for one, place in zip(told.statements, places, strict=True))
    return lines


def _line(one: Statement, place: str, width: int) -> str:
    mark = click.style(">", fg="green", bold=True) if one.wins else " "
    return f"{mark} {place:{width}}  {_show(one.value)}{_note(one)}"


def _note(one: Statement) -> str:
    if not one.takes_away:
        return ""
    what = "takes it away" if one.value is None else "replaces it"
    return f"  ({format_path(one.path)} {what})"


def _place(one: Statement) -> str:
    return ":".join(str(part) for part in (one.layer, one.line, one.column) if part)


def _show(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= SHOWN_LIMIT else f"{text[:SHOWN_LIMIT]}..."


def _to_json(told: Explanation) -> dict[str, Any]:
    statements = [
        {
            "layer": one.layer,
            "line": one.line,
            "column": one.column,
            "path": format_path(one.path),
            "value": one.value,
            "wins": one.wins,
            "takesAway": one.takes_away,
        }
        for one in told.statements
    ]
    return {
        "key": told.key,
        "type": told.type,
        "allowed": list(told.limits),
        "description": told.description,
        "doc": told.doc,
        "default": told.default,
        "value": told.value,
        "inherited": told.inherited,
        "layers": statements,
    }
