"""Unquoted YAML scalars as Helm reads them: YAML 1.1 in the dialect of Go's library, handed on as JSON.

For Helm `y` is true, `0o10` is 8, `1e3` is 1000, dates and `12:30` stay text, and numbers are 64-bit floats: whole
ones beyond 2^53 lose digits. Helm 3 and Helm 4 read scalars alike.
"""

from __future__ import annotations

import math
import re
import struct

Scalar = bool | int | float | str | None

EXACT = 2**53
"""Whole numbers up to here keep all their digits."""

_TRUE = ("y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON")
_FALSE = ("n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF")
_NULL = ("", "~", "null", "Null", "NULL")
_WORDS: dict[str, bool | None] = {
    **dict.fromkeys(_TRUE, True),
    **dict.fromkeys(_FALSE, False),
    **dict.fromkeys(_NULL),
}
_SPECIAL = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_FLOAT = re.compile(r"[-+]?(?:\.\d+|\d+(?:\.\d*)?)(?:[eE][-+]?\d+)?", re.ASCII)
_POINTED = re.compile(r"\.\d+(?:_\d+)*(?:[eE][-+]?\d+(?:_\d+)*)?", re.ASCII)
"""What begins with a point is read by other rules: `_` may only stand between digits."""

_INTEGERS = (
    (re.compile(r"[-+]?0[bB][01]+"), 2),
    (re.compile(r"[-+]?0[xX][0-9a-fA-F]+"), 16),
    (re.compile(r"[-+]?0[oO][0-7]+"), 8),
    (re.compile(r"[-+]?0[0-7]+"), 8),
    (re.compile(r"[-+]?(?:0|[1-9]\d*)", re.ASCII), 10),
    (re.compile(r"0b[-+][01]+"), 2),
)
_NUMERIC = frozenset("-+.0123456789")
_PLAIN = 15
"""Up to so many digits there is nothing to look at twice."""

_LOWEST, _WIDEST = -(2**63), 2**64
_LONGEST = 400
"""No number that Helm keeps as one has more digits: JSON ends at 1.8e308."""


def read_scalar(text: str) -> Scalar:
    """Return what Helm makes of an unquoted scalar. Raises ValueError for one that JSON cannot hold."""
    exact = read_exact(text)
    if isinstance(exact, bool) or not isinstance(exact, int | float):
        return exact
    return narrow(exact)


def narrow(number: float) -> int | float:
    """Return a number as the 64-bit float that Helm keeps; a whole one up to 2^64 as int, to be written so."""
    if not isinstance(number, int):
        return int(number) if number.is_integer() and abs(number) < EXACT else number
    if abs(number) <= EXACT:
        return number
    return int(float(number)) if abs(number) <= _WIDEST else float(number)


def read_key(text: str) -> str:
    """Write an unquoted key as Helm's JSON does: `y: 1` has the key "true".

    Raises ValueError for a key that Helm refuses: null, or a number from 2^63 on.
    """
    key = read_exact(text)
    if isinstance(key, str):
        return key
    if key is None:
        raise ValueError("a key must be text")
    if isinstance(key, bool):
        return "true" if key else "false"
    if isinstance(key, float):
        return _format_short(key)
    if key >= -_LOWEST:
        raise ValueError("the key is a number that Helm does not take as a key; quote it")
    return str(key)


def read_exact(text: str) -> Scalar:
    """Return a scalar with all digits of a whole number, and a float as one even when it is whole."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in _NUMERIC:
        return text
    if len(text) <= _PLAIN and text[0] != "0" and text.isascii() and text.isdigit():
        return int(text)
    if _SPECIAL.fullmatch(text):
        raise ValueError(f"{text} is no number that Helm can hand on")
    if text[0] == ".":
        plain = text.replace("_", "") if _POINTED.fullmatch(text) else ""
    else:
        plain = text.replace("_", "")
    number = _read_integer(plain)
    if number is not None:
        return number
    if _FLOAT.fullmatch(plain):
        wide = float(plain)
        return text if math.isinf(wide) else wide
    return text


def _read_integer(plain: str) -> int | None:
    """Return a whole number that fits in 64 bits, as Go's int64 or uint64."""
    if len(plain) > _LONGEST:
        return None
    for pattern, base in _INTEGERS:
        if pattern.fullmatch(plain):
            digits = re.sub(r"0[bBxXoO]", "", plain, count=1) if base != 10 else plain
            number = int(digits, base)
            is_unsigned = plain[0] not in "-+"
            return number if _LOWEST <= number < (_WIDEST if is_unsigned else -_LOWEST) else None
    return None


def _format_short(number: float) -> str:
    """Write a number with the fewest digits that name the same 32-bit float, as Helm does with keys."""
    single = _round(number)
    if math.isinf(single):
        return "-.inf" if number < 0 else ".inf"
    tried = (f"{single:.{digits}e}" for digits in range(9))
    text = next(text for text in tried if _round(float(text)) == single)
    mantissa, exponent = text.split("e")
    digits = len(mantissa.lstrip("-").replace(".", ""))
    return text if not -4 <= int(exponent) < 6 else f"{single:.{max(digits - 1 - int(exponent), 0)}f}"


def _round(number: float) -> float:
    """Return the nearest 32-bit float, infinity beyond their range."""
    try:
        rounded: float = struct.unpack("<f", struct.pack("<f", number))[0]
    except OverflowError:
        return math.copysign(math.inf, number)
    return rounded
