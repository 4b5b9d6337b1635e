"""A terminal of a few lines of code: what a person would see of what was written to it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_CODE = re.compile(r"\x1b\[(\??)([0-9;]*)([A-Za-z])")


@dataclass
class Terminal:
    """As wide and high as `size` says; lines that scroll out above are kept in `rows`. Writes are counted."""

    size: tuple[int, int] = (80, 24)
    rows: list[str] = field(default_factory=lambda: [""])
    row: int = 0
    column: int = 0
    has_cursor: bool = True
    writes: list[str] = field(default_factory=list)

    def isatty(self) -> bool:
        return True

    def flush(self) -> None:
        pass

    def write(self, text: str) -> int:
        self.writes.append(text)
        at = 0
        while at < len(text):
            code = _CODE.match(text, at)
            if code:
                self._obey(code[1], code[2], code[3])
                at = code.end()
                continue
            self._put(text[at])
            at += 1
        return len(text)

    @property
    def shown(self) -> list[str]:
        """Everything from the first row on, without blanks at the ends."""
        lines = [row.rstrip() for row in self.rows]
        while lines and not lines[-1]:
            lines.pop()
        return lines

    def _put(self, letter: str) -> None:
        if letter == "\n":
            self.row, self.column = self.row + 1, 0
            while len(self.rows) <= self.row:
                self.rows.append("")
        elif letter == "\r":
            self.column = 0
        else:
            assert self.column < self.size[0], "a line was wrapped"
            row = self.rows[self.row].ljust(self.column)
            self.rows[self.row] = row[: self.column] + letter + row[self.column + 1 :]
            self.column += 1

    def _obey(self, mark: str, number: str, letter: str) -> None:
        top = max(0, len(self.rows) - self.size[1])
        if mark:
            if number == "25":
                self.has_cursor = letter == "h"
        elif letter == "A":
            self.row -= int(number)
            assert self.row >= top, "the cursor left the window above"
        elif letter == "K":
            self.rows[self.row] = self.rows[self.row][: self.column]
        elif letter == "J" and number == "2":
            del self.rows[top:]
            self.rows.append("")
            self.row = len(self.rows) - 1
        elif letter == "J":
            self.rows[self.row] = self.rows[self.row][: self.column]
            del self.rows[self.row + 1 :]
        elif letter == "H":
            self.row, self.column = top, 0
        else:
            assert letter == "m", f"an unknown code {letter}"
