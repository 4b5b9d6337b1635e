"""`diff`: what a release of these values would change, and what was changed by hand."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from typing import Any

import click

from tooling import bootstrap
from tooling.app.diff import compare_instance, only
from tooling.cli.options import cluster_options, values_options
from tooling.core.diff.comparison import Comparison, ObjectChange
from tooling.core.diff.fields import FieldChange, format_field
from tooling.core.diff.gpus import Gpus
from tooling.core.diff.text import Line, summarize, write_comparison
from tooling.core.masking import Hidden, mask_text

EXIT_CHANGES = 1

_COLOURS: Mapping[str, Mapping[str, Any]] = {
    "+": {"fg": "green"},
    "-": {"fg": "red"},
    "~": {"fg": "yellow"},
    "!": {"fg": "magenta"},
    "#": {"bold": True},
}


@click.command("diff")
@values_options
@cluster_options
@click.option(
    "--against",
    type=click.Choice(["release", "live", "both"]),
    default="both",
    show_default=True,
    help="What to compare with: what was released last, what the cluster has by now (drift), or both.",
)
@click.option(
    "--context-lines",
    type=click.IntRange(0, 1000),
    default=3,
    show_default=True,
    help="Unchanged lines around a change within a text, such as a file in a ConfigMap.",
)
def diff(*, output: str, against: str, context_lines: int, **options: Any) -> int:
    """Show what a release of these values would change, and what is no longer as it was released.

    Reads only. Exits with 0 when nothing differs, with 1 when something does.
    """
    sources, loaded = bootstrap.comparison(**options)
    comparison = only(compare_instance(sources, loaded), against)
    if output == "json":
        document = {"instance": loaded.instance, "namespace": sources.namespace, **_to_json(comparison)}
        click.echo(json.dumps(document, indent=2, default=_write_value))
    else:
        _print(write_comparison(comparison, context_lines))
        _print(summarize(comparison, loaded.instance, sources.namespace))
    return EXIT_CHANGES if comparison.has_changes else 0


def _print(lines: Iterable[Line]) -> None:
    """Print lines, in colour where that is a terminal and NO_COLOR is not set."""
    for line in lines:
        style = {} if os.environ.get("NO_COLOR") else _COLOURS.get(line.mark, {})
        click.echo(click.style(line.text, **style) if style else line.text)


def _to_json(comparison: Comparison) -> dict[str, Any]:
    gpus = comparison.gpus
    return {
        "mode": comparison.mode,
        "serving": comparison.serving,
        "target": comparison.target,
        "changed": comparison.has_changes,
        "starts": comparison.starts,
        "sections": [
            {
                "part": section.part,
                "against": section.against,
                "objects": [_write_object(one) for one in section.objects],
            }
            for section in comparison.sections
        ],
        "drift": [_write_object(ObjectChange(one)) for one in comparison.drift],
        "gpus": {
            "now": _write_gpus(gpus.before),
            "afterwards": _write_gpus(gpus.after),
            "peak": _write_gpus(gpus.peak),
        },
        "notes": list(comparison.notes),
    }


def _write_object(one: ObjectChange) -> dict[str, Any]:
    name = one.diff.name
    return {
        "object": str(name),
        "apiVersion": name.api_version,
        "namespace": name.namespace,
        "change": one.diff.op.name.lower(),
        "fields": [_write_field(change) for change in one.diff.changes],
        "effects": [{"effect": effect.kind, "text": effect.text, "pods": effect.pods} for effect in one.effects],
    }


def _write_field(change: FieldChange) -> dict[str, Any]:
    kind = "reordered" if change.is_order else change.op.name.lower()
    values = {key: _cover(value) for key, value in (("old", change.old), ("new", change.new)) if value is not None}
    return {"path": format_field(change.path), "change": kind, **values}


def _cover(value: Any) -> Any:
    """Hide secrets within texts."""
    if isinstance(value, Mapping):
        return {key: _cover(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_cover(one) for one in value]
    return mask_text(value) if isinstance(value, str) else value


def _write_value(value: Hidden) -> str:
    return str(value)


def _write_gpus(gpus: Gpus) -> dict[str, float]:
    return {name: int(amount) if amount == int(amount) else float(amount) for name, amount in gpus.items()}
