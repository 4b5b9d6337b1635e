"""Unquoted literals that Helm reads otherwise than a person means: a tag `1.10`, a key `on`, an octal `0123`.

What is told here is a suspicion; where the chart's default shows that a number or a switch belongs there, it is
none.
"""

from __future__ import annotations

import math
import re
from typing import Any, NamedTuple

from tooling.core.masking import is_secret
from tooling.core.scalars import EXACT, Scalar, read_exact
from tooling.core.shapes import shorten
from tooling.core.values import KeyPath


class Surprise(NamedTuple):
    """What Helm makes of a literal: the rule, a sentence, what to write instead."""

    rule: str
    message: str
    hint: str


QUOTE = "Quote it if text is meant."
DIGITS = "Quote it if text is meant; a number has to be smaller."
_NAMED = re.compile(r"(?:tag|version|revision|commit|sha|digest|checksum|build|release)s?$", re.IGNORECASE)
"""Keys whose values are names, whatever they look like."""

_MODE = re.compile(r"(?:mode|umask|perms?|permissions?)$", re.IGNORECASE)
"""Keys whose values people write in octal on purpose."""

_OCTAL = re.compile(r"[-+]?0[0-7_]*[1-7][0-7_]*")
_ZEROS = re.compile(r"[-+]?0\d+(?:_\d+)*")
_EXPONENT = re.compile(r"\d+[eE]\d{1,2}")
_DATE = re.compile(r"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])")
_SCIENTIFIC = 10**6
_SWITCHES = frozenset({"true", "false"})


def find_surprise(text: str, value: Scalar, path: KeyPath) -> Surprise | None:
    """Say what is odd about an unquoted value that Helm reads as `value`; None for what reads as it looks."""
    if isinstance(value, str) or value is None or (type(value) is int and _is_plain(text, value)):
        return None
    found = _find_switch(text, value) if isinstance(value, bool) else _find_number(text, value, _find_name(path))
    if found and is_secret(path):
        return Surprise(found.rule, "this is read otherwise than it is written.", "Quote it.")
    return found


def _find_switch(text: str, value: bool) -> Surprise | None:
    if text.lower() in _SWITCHES:
        return None
    becomes = format_value(value)
    hint = f'Write {becomes}, or "{text}" for text.'
    return Surprise("literal-boolean", f"`{text}` is read as {becomes}.", hint)


def _find_number(text: str, value: float, name: str) -> Surprise | None:
    becomes, shown = format_value(value), shorten(text)
    if _NAMED.search(name) and becomes != text:
        return Surprise("literal-name", f"`{shown}` is read as the number {becomes}.", QUOTE)
    if _is_inexact(text):
        message = f"`{shown}` loses digits: Helm's numbers are exact up to 2^53 only."
        return Surprise("literal-digits", message, DIGITS)
    if _OCTAL.fullmatch(text) and not _MODE.search(name):
        hint = f"Write {becomes} or 0o{shown.lstrip('+-0')} if octal is meant, quote it if text is."
        return Surprise("literal-octal", f"`{shown}` is an octal number: {becomes}.", hint)
    if _ZEROS.fullmatch(text) and not _MODE.search(name):
        return Surprise("literal-zeros", f"`{shown}` loses its leading zeros: it is read as {becomes}.", QUOTE)
    if _EXPONENT.fullmatch(text):
        return Surprise("literal-exponent", f"`{shown}` is read as the number {becomes}.", QUOTE)
    if _DATE.fullmatch(text):
        return Surprise("literal-date", f"`{shown}` is a number, which templates print as {becomes}.", QUOTE)
    return None


def find_key_surprise(text: str, key: str) -> Surprise | None:
    """Say what an unquoted key becomes, if it becomes another one."""
    if text == key:
        return None
    shown = shorten(text)
    return Surprise(
        "literal-key", f"the key `{shown}` is read as {shorten(key)!r}.", f'Write "{shown}" to keep it as it is.'
    )


def is_expected(surprise: str, value: Any, default: Any) -> bool:
    """Whether the default under a value shows that a reading by this rule is what people mean there."""
    if surprise == "literal-boolean":
        return isinstance(default, bool)
    if surprise in {"literal-exponent", "literal-date", "literal-name"}:
        return (
            isinstance(value, int | float) and isinstance(default, int | float) and not isinstance(default, bool)
        )
    return False


def format_value(value: bool | float) -> str:
    """Write a value as Helm's templates print it: numbers of seven digits and more with an exponent."""
    if isinstance(value, bool):
        return "true" if value else "false"
    number = float(value)
    if number.is_integer() and abs(number) < _SCIENTIFIC:
        return str(int(number))
    text = repr(number)
    if not (1e-4 <= abs(number) < _SCIENTIFIC):
        text = next(text for digits in range(17) if float(text := f"{number:.{digits}e}") == number)
    return text


def _is_plain(text: str, value: int) -> bool:
    """Whether a number of a few digits is written as it is always printed."""
    return -_SCIENTIFIC < value < _SCIENTIFIC and text == str(value)


def _is_inexact(text: str) -> bool:
    """Whether a whole number has more digits than Helm keeps."""
    number = read_exact(text)
    if isinstance(number, int):
        return abs(number) > EXACT and int(float(number)) != number
    is_whole = text.lstrip("+-").replace("_", "").isdigit()
    return is_whole and isinstance(number, float) and math.isfinite(number) and abs(number) > EXACT


def _find_name(path: KeyPath) -> str:
    """Return the name of the key that a value, or the list around it, belongs to."""
    return next((part for part in reversed(path) if isinstance(part, str)), "")
