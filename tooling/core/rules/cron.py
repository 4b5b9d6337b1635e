"""Cron lines as Kubernetes reads them: five fields, or a word such as @daily."""

from __future__ import annotations

import re
from collections.abc import Mapping

from tooling.core.digits import read_digits

_WORDS = frozenset({"@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"})
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_NAMES: Mapping[str, Mapping[str, int]] = {
    "month": {name: number for number, name in enumerate(_MONTHS, start=1)},
    "day of the week": {name: number for number, name in enumerate(_DAYS)},
}
_FIELDS = (
    ("minute", 0, 59),
    ("hour", 0, 23),
    ("day of the month", 1, 31),
    ("month", 1, 12),
    ("day of the week", 0, 6),
)
_PART = re.compile(r"(?:[*?]|(\w+)(?:-(\w+))?)(?:/(\w+))?", re.ASCII)


def find_cron_fault(line: str) -> str:
    """Say what is wrong with a cron line; nothing for a line that is right."""
    if line.startswith("@"):
        return "" if line in _WORDS else f"`{line}` is no known word; known are {', '.join(sorted(_WORDS))}"
    fields = line.split()
    if len(fields) != len(_FIELDS):
        return f"it has {len(fields)} fields, and five are needed: minute, hour, day, month, day of the week"
    for text, (what, low, high) in zip(fields, _FIELDS, strict=True):
        for part in text.split(","):
            fault = _judge(part, what, low, high)
            if fault:
                return fault
    return _find_never(fields)


def _judge(part: str, what: str, low: int, high: int) -> str:
    match = _PART.fullmatch(part)
    if match is None:
        return f"`{part}` is no {what}"
    first, last, step = match.groups()
    numbers = [_read(one, what) for one in (first, last) if one is not None]
    if any(number is None or not low <= number <= high for number in numbers):
        return f"`{part}` is no {what}: those go from {low} to {high}"
    if last is not None and (numbers[0] or 0) > (numbers[1] or 0):
        return f"`{part}` ends before it begins"
    if step is not None and not read_digits(step):
        return f"`{part}` has no step that is a number above 0"
    return ""


def _find_never(fields: list[str]) -> str:
    """Say so when the days named are in none of the months named: `0 0 31 2 *` never comes."""
    day, month, weekday = fields[2:]
    if re.search(r"[^0-9,]", day + month) or weekday not in ("*", "?"):
        return ""
    longest = {2: 29, 4: 30, 6: 30, 9: 30, 11: 30}
    if min(map(int, day.split(","))) > max(longest.get(int(one), 31) for one in month.split(",")):
        return f"month {month} has no day {day}"
    return ""


def _read(text: str, what: str) -> int | None:
    return _NAMES.get(what, {}).get(text.lower(), read_digits(text))
