"""What --set and its sisters put on top of all values files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from tooling.core.assigning import assign
from tooling.core.assignment import FLAGS, MAX_GROWTH, TYPED, Assignment, Setting, read_assignments
from tooling.core.finding import Finding, Severity
from tooling.core.scalars import EXACT
from tooling.core.values import KeyPath, Layered, Origin, format_path
from tooling.errors import UsageError, ValuesError
from tooling.ports.documents import Documents

_EXAMPLES = {
    "--set": "--set gateway.replicas=2",
    "--set-string": "--set-string inference.image.tag=1.10",
    "--set-json": "--set-json 'rollout.steps=[{\"weight\": 5}]'",
    "--set-file": "--set-file KEY=FILE",
    "--set-literal": "--set-literal KEY=TEXT",
}


def order_settings(texts: Mapping[str, Iterable[str]]) -> tuple[Setting, ...]:
    """Put what the flags say into the order in which Helm applies them."""
    return tuple(Setting(flag, text) for flag in FLAGS for text in texts.get(flag, ()))


def apply_settings(
    documents: Documents, below: Layered, settings: Iterable[Setting | str]
) -> tuple[Layered, tuple[Finding, ...]]:
    """Return values with all settings made in their order, who set what, and what Helm reads otherwise.

    A bare text stands for a --set. No value is repeated anywhere: it may be one that others should not see. Raises
    UsageError naming flag and key.
    """
    values: dict[str, Any] = dict(below.values)
    set_by: dict[KeyPath, Origin] = {}
    warnings: list[Finding] = []
    room = MAX_GROWTH
    for given in settings:
        setting = Setting(TYPED, given) if isinstance(given, str) else given
        try:
            assignments = read_assignments(setting, lambda name: documents.read_text(Path(name)))
            values = assign(values, assignments)
        except ValueError as error:
            raise UsageError(f"{setting}: {error}.", hint=f"Write it as {_EXAMPLES[setting.flag]}") from error
        except ValuesError as error:
            found = error.findings[0]
            raise UsageError(f"{setting}: {found.file}: {found.message}.", hint=found.hint) from error
        room -= sum(part for one in assignments for part in one.path if isinstance(part, int))
        if room < 0:
            raise UsageError(f"{setting}: all indexes together make more than {MAX_GROWTH} list items.")
        for path, value in _flatten(assignments):
            set_by[path] = Origin(f"{setting.flag} {format_path(path)}")
            warnings.extend(_find_inexact(setting, path, value))
    kept = {path: origin for path, origin in below.origins.items() if not _is_below(path, set_by)}
    return Layered(values, {**kept, **set_by}), tuple(warnings)


def _flatten(assignments: Iterable[Assignment]) -> Iterable[tuple[KeyPath, Any]]:
    """Return each path with its value; of maps that are merged, those of their leaves."""
    for one in assignments:
        if one.path:
            yield one.path, one.value
        else:
            yield from _find_leaves((), one.value)


def _find_leaves(path: KeyPath, value: Any) -> Iterable[tuple[KeyPath, Any]]:
    if isinstance(value, Mapping) and value:
        for key, inner in value.items():
            yield from _find_leaves((*path, key), inner)
    elif path:
        yield path, value


def _is_below(path: KeyPath, set_by: Mapping[KeyPath, Origin]) -> bool:
    return any(path[:length] in set_by for length in range(1, len(path) + 1))


def _find_inexact(setting: Setting, path: KeyPath, value: Any) -> Iterable[Finding]:
    """Find a whole number that --set keeps and a values file does not: to helm it goes by one."""
    if type(value) is int and abs(value) > EXACT and int(float(value)) != value:
        message = "the number loses digits: Helm's numbers are exact up to 2^53 only."
        where = format_path(path)
        hint = "Use --set-string if text is meant."
        yield Finding("literal-digits", Severity.WARNING, message, where, f"{setting.flag} {where}", hint=hint)
