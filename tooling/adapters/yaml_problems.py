"""What PyYAML says of a text that is no YAML, told where the mistake was made: that is seldom where it shows."""

from __future__ import annotations

import re

import yaml

_NO_SPACE = re.compile(r"\s*(?:- +)*[A-Za-z_][\w.-]*:[^\s:/\"'{}\[\],#]+\s*(?:#.*)?")
_AFTER_NO_SPACE = ("mapping values are not allowed", "did not find expected key")
"""What PyYAML says in the line after the one without a space."""

_SPACE = "a space is missing after a colon"


def explain_problem(error: yaml.MarkedYAMLError, text: str) -> tuple[str, int, int]:
    """Return what is wrong with a text, without a full stop, with line and column (0 when unknown)."""
    begin, end = error.context_mark, error.problem_mark
    context, problem = error.context or "", error.problem or ""
    lines = text.splitlines()
    if begin and end and "quoted scalar" in context and "unexpected" in problem:
        end_of = " before the next document" if "document" in problem else ""
        return f"the quote that begins here is not closed{end_of}", *_place(begin)
    if begin and end and "parsing a flow" in context and "did not find expected ','" in problem:
        if _measure_indent(lines, end.line) <= _measure_indent(lines, begin.line) and end.line > begin.line:
            return "the bracket that begins here is not closed, or a comma is missing in it", *_place(begin)
        told = f" of column {begin.column + 1}" if begin.line == end.line else " around it"
        return f"a comma is missing before this place, or the bracket{told} is not closed", *_place(end)
    if begin and "could not find expected ':'" in problem and _NO_SPACE.fullmatch(_get(lines, begin.line)):
        return _SPACE, *_place(begin)
    if end and any(sign in problem for sign in _AFTER_NO_SPACE):
        before = next((number for number in range(end.line - 1, -1, -1) if lines[number].strip()), -1)
        if before >= 0 and _NO_SPACE.fullmatch(lines[before]):
            return _SPACE, before + 1, lines[before].index(":") + 1
    mark = end or begin
    told = " ".join(part for part in (context, problem) if part)
    return told, *(_place(mark) if mark else (0, 0))


def _place(mark: yaml.Mark) -> tuple[int, int]:
    return mark.line + 1, mark.column + 1


def _get(lines: list[str], number: int) -> str:
    return lines[number] if number < len(lines) else ""


def _measure_indent(lines: list[str], number: int) -> int:
    line = _get(lines, number)
    return len(line) - len(line.lstrip(" "))
