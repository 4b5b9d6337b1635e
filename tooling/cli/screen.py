"""A picture that is drawn over itself in a terminal, without flicker: only lines that changed are written.

Every frame is one write, marked as one for terminals that know such marks; nothing is erased before it is drawn.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import TextIO

from tooling.cli.status_view import Line

_BEGIN, _END = "\x1b[?2026h", "\x1b[?2026l"
_HIDE, _SHOW = "\x1b[?25l", "\x1b[?25h"
_REST_OF_LINE, _REST_OF_SCREEN, _ALL = "\x1b[K", "\x1b[J", "\x1b[H\x1b[2J"
_PLAIN = "\x1b[0m"
_COLOURS = {"good": "\x1b[32m", "warn": "\x1b[33m", "bad": "\x1b[31m", "title": "\x1b[1m"}

Size = tuple[int, int]
"""Columns and rows."""


class Screen:
    """Draws frames; `find_size` is asked before each, since windows are resized."""

    def __init__(self, out: TextIO, find_size: Callable[[], Size], *, has_colour: bool | None = None) -> None:
        self._out = out
        self._find_size = find_size
        self._has_colour = "NO_COLOR" not in os.environ if has_colour is None else has_colour
        self._size: Size = (0, 0)
        self._lines: list[str] = []

    @property
    def width(self) -> int:
        """Characters that a line may have: one less than there are columns, so that no terminal wraps it."""
        return max(1, self._find_size()[0] - 1)

    def show(self, lines: Sequence[Line]) -> None:
        """Draw a frame over the last one; what does not fit into the window is left out below."""
        size = self._find_size()
        fresh = [self._paint(line) for line in _fit(lines, size[1] - 1)]
        is_first, is_resized = self._size == (0, 0), self._size not in {(0, 0), size}
        self._size = size
        frame = _HIDE if is_first else ""
        if is_resized:
            self._lines, frame = [], _ALL
        if self._lines:
            frame += f"\r\x1b[{len(self._lines)}A"
        for number, line in enumerate(fresh):
            is_same = number < len(self._lines) and self._lines[number] == line
            frame += "\n" if is_same else f"\r{line}{_REST_OF_LINE}\n"
        if len(fresh) < len(self._lines):
            frame += f"\r{_REST_OF_SCREEN}"
        self._lines = fresh
        self._out.write(f"{_BEGIN}{frame}{_END}")
        self._out.flush()

    def close(self) -> None:
        """Leave the last frame where it is and give the cursor back."""
        if self._size != (0, 0):
            self._out.write(_SHOW)
            self._out.flush()

    def _paint(self, line: Line) -> str:
        text = "".join(one if one.isprintable() else "?" for one in line.text)
        colour = _COLOURS.get(line.style, "") if self._has_colour else ""
        return f"{colour}{text}{_PLAIN}" if colour else text


def _fit(lines: Sequence[Line], rows: int) -> Sequence[Line]:
    if len(lines) <= max(1, rows):
        return lines
    kept = max(0, rows - 1)
    return [*lines[:kept], Line(f"... {len(lines) - kept} more lines: make the window taller")]
