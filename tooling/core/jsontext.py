"""JSON inside a --set-json, read as Go does: numbers are 64-bit floats, and a value may stand before more text."""

from __future__ import annotations

import json
import math
import re
from typing import Any, NoReturn

from tooling.core.scalars import narrow

MAX_DEPTH = 100
_DEEP = f"the JSON is nested deeper than {MAX_DEPTH} levels"
_SEPARATORS = re.compile(r"[\x1c-\x1f]")
_SURROGATES = re.compile("[\ud800-\udfff]")
_UNFINISHED = (".", "e", "E")


def read_json(text: str, position: int) -> tuple[Any, int]:
    """Return the value at a position (null where there is none) and where the next key begins.

    Raises ValueError for what is no JSON; the message does not repeat it.
    """
    position = _skip_blanks(text, position)
    if position == len(text) or text[position] == ",":
        return None, position + 1
    value, position = _decode(text, position)
    position = _skip_blanks(text, position)
    return value, position + 1 if text.startswith(",", position) else position


def read_object(text: str) -> dict[str, Any]:
    """Return the one object that a text is. Raises ValueError for anything else."""
    value, end = _decode(text, 0)
    if text[end:].strip(" \t\r\n") or not isinstance(value, dict):
        raise ValueError(f"after the JSON object comes more text at character {end + 1}")
    return value


def _skip_blanks(text: str, position: int) -> int:
    while position < len(text) and text[position].isspace() and not _SEPARATORS.match(text[position]):
        position += 1
    return position


def _decode(text: str, position: int) -> tuple[Any, int]:
    try:
        value, end = _DECODER.raw_decode(text, position)
    except json.JSONDecodeError as error:
        raise ValueError(f"no JSON value at character {error.pos + 1}: {error.msg}") from error
    except RecursionError as error:
        raise ValueError(_DEEP) from error
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if is_number and text[end : end + 1] in _UNFINISHED:
        raise ValueError(f"no JSON number at character {end + 1}")
    return _clean(value, 0), end


def _clean(value: Any, depth: int) -> Any:
    """Replace halves of surrogate pairs, which are no text, as Go does; refuse what is nested too deep."""
    if depth > MAX_DEPTH:
        raise ValueError(_DEEP)
    if isinstance(value, str):
        return _SURROGATES.sub("\ufffd", value)
    if isinstance(value, list):
        return [_clean(item, depth + 1) for item in value]
    if isinstance(value, dict):
        return {_clean(key, depth): _clean(item, depth + 1) for key, item in value.items()}
    return value


def _read_integer(digits: str) -> int | float:
    return _read_float(digits) if len(digits) > 300 else narrow(int(digits))


def _read_float(digits: str) -> int | float:
    number = float(digits)
    if math.isinf(number):
        raise ValueError("a JSON number is beyond what Helm can hold")
    return narrow(number)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


_DECODER = json.JSONDecoder(parse_int=_read_integer, parse_float=_read_float, parse_constant=_refuse_constant)
