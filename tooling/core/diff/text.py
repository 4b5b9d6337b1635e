"""A comparison as lines for people; whoever prints them adds colour by their mark."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from tooling.core.diff.comparison import Comparison, Mode, ObjectChange, Section
from tooling.core.diff.effects import EffectKind, count_pods
from tooling.core.diff.fields import FieldChange, Op, format_field
from tooling.core.diff.gpus import Gpus
from tooling.core.diff.objects import ObjectDiff, fold
from tooling.core.masking import Hidden, mask_text

_WIDE = 100
_PLAIN = re.compile(r"[\w/][\w./:@ -]*")
_NUMBER = re.compile(r"[-.\d][\d._:eExXoO-]*")
_WORDS = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})


class Line(NamedTuple):
    """A line, and what it tells: `+`, `-`, `~`, `!` for an effect, `#` for a heading, or nothing."""

    mark: str
    text: str


def write_comparison(comparison: Comparison, context_lines: int) -> Iterator[Line]:
    """Yield all that differs, then the effects on the whole; `context_lines` around a change within a text."""
    for section in () if comparison.mode is Mode.ABSENT else comparison.sections:
        yield Line("#", f"{_name_section(section, comparison)} (against {section.against})")
        if section.objects:
            yield from _write_objects(section.objects, context_lines)
        else:
            yield Line("", "  no change")
    if comparison.drift:
        yield Line("#", "drift: live objects that are no longer as they were released")
        yield from _write_objects([ObjectChange(diff) for diff in comparison.drift], context_lines)
    yield from (Line("!", f"note: {note}") for note in comparison.notes)


def summarize(comparison: Comparison, instance: str, namespace: str) -> Iterator[Line]:
    """Yield the closing lines: how much changes, which pods start, how many GPUs that takes."""
    where = f"{instance} in namespace {namespace}"
    objects = [one for section in comparison.sections for one in section.objects]
    if comparison.mode is Mode.ABSENT:
        yield Line("", f"{where}: nothing is installed, a release creates {len(objects)} objects")
        yield from _sum_up_effects(comparison)
    elif not comparison.has_changes:
        yield Line("", f"{where}: no change")
    else:
        counts = [
            f"{sum(one.diff.op is op for one in objects)} {word}"
            for op, word in ((Op.ADDED, "new"), (Op.CHANGED, "changed"), (Op.REMOVED, "gone"))
        ]
        yield Line("", f"{where}: {', '.join(counts)}, {len(comparison.drift)} drifted")
        yield from _sum_up_effects(comparison)
    if objects:
        yield from _write_gpus(comparison)


def write_change(change: FieldChange, context_lines: int) -> Iterator[Line]:
    """Yield the lines of one changed field."""
    path = format_field(change.path)
    if change.is_order:
        yield Line("~", f"{path}: in another order: {', '.join(change.old)} -> {', '.join(change.new)}")
    elif change.op is not Op.CHANGED:
        value = change.old if change.op is Op.REMOVED else change.new
        lines = write_value(value)
        if len(lines) == 1:
            yield Line(change.op, f"{path}: {lines[0]}")
            return
        yield Line(change.op, f"{path}:")
        yield from (Line(change.op, f"  {line}") for line in lines)
    elif isinstance(change.old, str) and isinstance(change.new, str) and "\n" in change.old + change.new:
        yield Line("~", f"{path}:")
        yield from _write_text(change.old, change.new, context_lines)
    else:
        old, new = write_value(change.old), write_value(change.new)
        if len(old) == len(new) == 1 and len(old[0]) + len(new[0]) <= _WIDE:
            is_hidden = old == new and isinstance(change.new, Hidden)
            yield Line("~", f"{path}: {old[0]} -> {new[0]}{' (another value)' if is_hidden else ''}")
            return
        yield Line("~", f"{path}:")
        yield from (Line("-", f"  {line}") for line in old)
        yield from (Line("+", f"  {line}") for line in new)


def write_value(value: Any) -> list[str]:
    """Write a value in YAML's block style, one line for what fits on one."""
    if isinstance(value, Mapping) and value:
        lines = []
        for key, one in value.items():
            inner = write_value(one)
            is_short = len(inner) == 1 and not (isinstance(one, Mapping | list) and one)
            lines += [f"{key}: {inner[0]}"] if is_short else [f"{key}:", *(f"  {line}" for line in inner)]
        return lines
    if isinstance(value, list) and value:
        items = [write_value(one) for one in value]
        return [f"{'  ' if place else '- '}{line}" for lines in items for place, line in enumerate(lines)]
    if isinstance(value, str) and "\n" in value:
        return ["|", *(f"  {line}" for line in mask_text(value).splitlines())]
    return [_write_scalar(value)]


def _write_scalar(value: Any) -> str:
    if isinstance(value, Hidden):
        return str(value)
    if isinstance(value, str):
        value = mask_text(value)
    is_plain = isinstance(value, str) and _PLAIN.fullmatch(value) and not _NUMBER.fullmatch(value)
    if is_plain and value.lower() not in _WORDS and value == value.strip():
        return str(value)
    return json.dumps(value, ensure_ascii=False)


def _write_text(old: str, new: str, context_lines: int) -> Iterator[Line]:
    before, after = mask_text(old).splitlines(), mask_text(new).splitlines()
    if before == after:
        yield Line("~", "  a hidden value, or the end of a line")
    for number, line in enumerate(difflib.unified_diff(before, after, lineterm="", n=context_lines)):
        if number >= 2:  # the first two name files
            is_changed = line[0] in "+-"
            yield Line(line[0] if is_changed else "", f"  {line[1:] if is_changed or line[0] == ' ' else line}")


def _name_section(section: Section, comparison: Comparison) -> str:
    if section.part == "slot" and comparison.serving:
        return f"slot: {comparison.serving} serves, the new version goes into {comparison.target}"
    return section.part


def _write_objects(objects: Iterable[ObjectChange], context_lines: int) -> Iterator[Line]:
    rows = list(objects)
    folded = fold(row.diff for row in rows)
    shared = {repr(change) for change, _ in folded}
    for row in rows:
        own = [change for change in row.diff.changes if repr(change) not in shared]
        if row.diff.op is Op.CHANGED and not own and not row.effects:
            continue
        yield Line(row.diff.op, f"  {row.diff.op} {_describe(row.diff)}")
        for change in own:
            for line in write_change(change, context_lines):
                yield Line(
                    line.mark, f"      {line.mark if line.mark in '+-~' and line.mark else ' '} {line.text}"
                )
        yield from (Line("!", f"      ! {effect.text}") for effect in row.effects)
    for change, names in folded:
        for line in write_change(change, context_lines):
            yield Line("~", f"  {line.mark} in each of {len(names)} objects: {line.text}")


def _describe(diff: ObjectDiff) -> str:
    return f"{diff.name}{' (new)' if diff.op is Op.ADDED else ''}{' (gone)' if diff.op is Op.REMOVED else ''}"


def _sum_up_effects(comparison: Comparison) -> Iterator[Line]:
    effects = [effect for section in comparison.sections for one in section.objects for effect in one.effects]
    restarts = sum(effect.pods for effect in effects if effect.kind is EffectKind.RESTART)
    starts = sum(effect.pods for effect in effects if effect.kind is EffectKind.START)
    if restarts:
        yield Line("!", f"restarts {count_pods(restarts)}")
    if comparison.mode is Mode.SLOTS and comparison.starts:
        yield Line("!", f"starts {count_pods(comparison.starts)} in {comparison.target}, all of the new version")
    elif starts:
        yield Line("!", f"starts {count_pods(starts)}")
    refused = sum(effect.kind is EffectKind.REFUSED for effect in effects)
    if refused:
        yield Line("!", f"refused by Kubernetes: {refused} of these changes")


def _write_gpus(comparison: Comparison) -> Iterator[Line]:
    bill = comparison.gpus
    for name in sorted({*bill.before, *bill.after, *bill.peak}):
        now, then, peak = (write_amount(gpus, name) for gpus in (bill.before, bill.after, bill.peak))
        yield Line("", f"GPUs ({name}): {now} now, {then} afterwards, {peak} at the peak")


def write_amount(gpus: Gpus, name: str) -> str:
    """Write how many GPUs of a resource there are."""
    amount = gpus.get(name, Decimal(0))
    return f"{amount.normalize():f}"
