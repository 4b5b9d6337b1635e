"""The grammar of --set and its sisters, as Helm's: `a.b=1,c[0].d=x,e={x,y}`; a backslash keeps `.`, `,`, `=`, `[`.

What Helm takes silently and nobody means (an empty key, a value that it drops) is refused. No message repeats a
value, nor what may be the rest of one: it may be a secret.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tooling.core.jsontext import read_json, read_object
from tooling.core.shapes import hide_shapes
from tooling.core.values import KeyPath

MAX_INDEX = 65536
MAX_NAMES = 30
MAX_DEPTH = 100
MAX_TEXT = 1024 * 1024
"""Characters of one setting; Linux hands over 128 KiB at most."""

MAX_GROWTH = 100_000
"""How many list items one setting may make room for, all its indexes together."""

JSON, TYPED, STRING, FILE, LITERAL = FLAGS = ("--set-json", "--set", "--set-string", "--set-file", "--set-literal")
"""In the order in which Helm applies them, whatever their order on the command line."""

_INTEGER = re.compile(r"[-+]?[0-9]+")
_INDEX = re.compile(r"[-+]?[0-9]+")
_KEY = re.compile(r"(?:\\.|[^\[\]\\]|\[[-+]?[0-9]{1,6}\])+")
"""A path up to an index that is none, in which anything may stand."""

_WORDS = {"true": True, "false": False, "null": None}
_INT64 = 2**63
_SHOWN = 120


@dataclass(frozen=True, slots=True)
class Setting:
    """One flag with its text as given: `Setting("--set", "a=1,b=2")`."""

    flag: str
    text: str

    def __str__(self) -> str:
        """Name it by flag and first key; the value is never shown."""
        key, sign, _ = self.text.partition("=")
        is_key = sign and len(key) <= _SHOWN and not key.lstrip().startswith("{")
        known = _KEY.match(key) if is_key else None
        return f"{self.flag} {hide_shapes(known[0])}" if known else self.flag


@dataclass(frozen=True, slots=True)
class Assignment:
    """One `path=value`; with an empty path the value is a map that is merged into all values.

    `ends_empty`: nothing follows its `=`, which is where Helm drops `a[0].b=` if there is no a[0] yet.
    """

    path: KeyPath
    value: Any
    ends_empty: bool = False


def read_assignments(
    setting: Setting, read_file: Callable[[str], str] = lambda name: name
) -> tuple[Assignment, ...]:
    """Read one setting; `read_file` returns the text of a file for --set-file.

    Raises ValueError saying what is wrong with it and where.
    """
    _check_text(setting.text)
    if setting.flag == JSON and setting.text.strip().startswith("{"):
        return (Assignment((), read_object(setting.text.strip())),)
    if setting.flag == LITERAL:
        path, position = _Path(setting.text, 0, is_literal=True).read()
        found = [Assignment(path, setting.text[position:])]
    else:
        found = list(_read_all(setting, read_file))
    if not found:
        raise ValueError("it is empty; write key=value")
    growth = sum(part + 1 for one in found for part in one.path if isinstance(part, int))
    if growth > MAX_GROWTH:
        raise ValueError(f"its indexes make more than {MAX_GROWTH} list items")
    return tuple(found)


def _check_text(text: str) -> None:
    if len(text) > MAX_TEXT:
        raise ValueError(f"it is longer than {MAX_TEXT // 1024} KiB; put it into a file")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise ValueError(f"it is not UTF-8 text at character {error.start + 1}") from error


def _read_all(setting: Setting, read_file: Callable[[str], str]) -> list[Assignment]:
    text, position = setting.text, 0
    found: list[Assignment] = []
    converters: dict[str, Callable[[str], Any]] = {TYPED: _type, FILE: read_file}
    convert = converters.get(setting.flag, str)
    while position < len(text):
        path, position = _Path(text, position).read()
        if setting.flag == JSON:
            value, position = read_json(text, position)
            found.append(Assignment(path, value))
        elif position == len(text):
            found.append(Assignment(path, "", ends_empty=True))
        else:
            value, position = _read_value(text, position, convert)
            found.append(Assignment(path, value))
    return found


class _Path:
    """Reads the path before a `=`."""

    def __init__(self, text: str, position: int, *, is_literal: bool = False) -> None:
        self.text, self.start, self.position, self.is_literal = text, position, position, is_literal

    def read(self) -> tuple[KeyPath, int]:
        """Return the path, and where its value begins."""
        path: list[str | int] = []
        names = 0
        while True:
            key, stop = self._until("=[." if self.is_literal else "=[,.")
            if not key:
                raise ValueError(f"a key is empty at character {self.position}")
            path.append(key)
            while stop == "[":
                index, closing = self._until("]")
                path.append(self._read_index(index, closing))
                rest, stop = self._until("[.=")
                if rest or not stop:
                    raise ValueError(f"after an index at character {self.position} comes no `=`, `.` or `[`")
            if len(path) > MAX_DEPTH:
                raise ValueError(f"its keys are nested deeper than {MAX_DEPTH} levels")
            if stop == "=":
                return tuple(path), self.position
            if stop != ".":
                raise ValueError(self._explain_missing())
            names += 1
            if names > MAX_NAMES:
                raise ValueError(f"its keys are nested deeper than {MAX_NAMES} names")

    def _explain_missing(self) -> str:
        if self.start:
            return f"after character {self.start} comes no key=value; in a value write \\, for a comma"
        return "it has no value; write key=value"

    def _read_index(self, text: str, stop: str) -> int:
        if stop != "]" or not _INDEX.fullmatch(text) or len(text) > 20:
            raise ValueError(f"at character {self.position} ends no index such as [0]")
        if int(text) < 0:
            raise ValueError(f"the index {text} is negative")
        if int(text) > MAX_INDEX:
            raise ValueError(f"the index {text} is greater than {MAX_INDEX}")
        return int(text)

    def _until(self, stops: str) -> tuple[str, str]:
        word, stop, self.position = _read_until(self.text, self.position, stops, escapes=not self.is_literal)
        return word, stop


def _read_value(text: str, position: int, convert: Callable[[str], Any]) -> tuple[Any, int]:
    if not text.startswith("{", position):
        word, _, position = _read_until(text, position, ",")
        return convert(word), position
    items: list[Any] = []
    stop = ","
    position += 1
    while stop == ",":
        word, stop, position = _read_until(text, position, ",}")
        if not stop:
            raise ValueError("a list has no end; write key={a,b}")
        items.append(convert(word))
    return items, position + 1 if text.startswith(",", position) else position


def _read_until(text: str, position: int, stops: str, *, escapes: bool = True) -> tuple[str, str, int]:
    """Return the text before the first stop, the stop (empty at the end) and the position after it."""
    word: list[str] = []
    while position < len(text):
        char = text[position]
        position += 1
        if char in stops:
            return "".join(word), char, position
        if char == "\\" and escapes:
            word.append(text[position : position + 1])
            position += 1
        else:
            word.append(char)
    return "".join(word), "", min(position, len(text))


def _type(word: str) -> Any:
    """Return what Helm makes of a word: a bool, a null, an int without leading zero, else text."""
    folded = word.casefold()
    if folded in _WORDS:
        return _WORDS[folded]
    is_number = len(word) <= 20 and _INTEGER.fullmatch(word)
    if word == "0" or (is_number and not word.startswith("0") and -_INT64 <= int(word) < _INT64):
        return int(word)
    return word
