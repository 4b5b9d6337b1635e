"""Whole numbers written in decimal digits, read with a bound.

`int` refuses more than 4,300 digits with a ValueError, overflows where the number is made a float, and takes the
digits of every script; `str.isdigit` takes a superscript two, which `int` then refuses.
"""

import re

# 18 digits fit a signed 64-bit number, whatever they are.
_DIGITS = re.compile(r"[0-9]{1,18}", re.ASCII)


def read_digits(text: str) -> int | None:
    """The number TEXT writes in one to 18 ASCII digits and nothing else (no sign, no blanks), else None."""
    return int(text) if _DIGITS.fullmatch(text) else None
