"""What people are told: lines and tables on standard output, progress on standard error.

In a terminal progress is one line that is written over; elsewhere (CI, a pipe) it is a line of its own when it
tells something new. Colour appears in terminals only, and never with NO_COLOR set.
"""

from __future__ import annotations

import re
import shutil
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any, TextIO

from rich.console import Console
from rich.table import Table
from rich.text import Text

HEARTBEAT_SECONDS = 30.0
"""A pipe sees a wait whose figures alone change again after this long."""

_NUMBERS = re.compile(r"\d+(?:\.\d+)?")
_CLEAR = "\r\x1b[2K"
_STYLES = {
    "Succeeded": "bold green",
    "RolledBack": "bold green",
    "Aborting": "yellow",
    "Aborted": "bold yellow",
    "Failed": "bold red",
}


class TerminalReporter:
    """Implements `tooling.ports.reporter.Reporter`; streams and clock (seconds) are given by tests only."""

    def __init__(
        self,
        *,
        out: TextIO | None = None,
        err: TextIO | None = None,
        stdin: TextIO | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._out = out or sys.stdout
        self._err = err or sys.stderr
        self._stdin = stdin or sys.stdin
        self._clock = clock
        self._console = Console(file=self._out, highlight=False, markup=False, emoji=False)
        self._is_shown = False
        self._told = ""
        self._told_at = 0.0

    def say(self, text: str, **facts: object) -> None:
        """Tell one thing that happened, as a line of its own."""
        self.close()
        self._told = ""
        self._console.print(Text(text, style=_find_style(facts)), soft_wrap=True)

    def progress(self, text: str) -> None:
        """Tell what is waited for, in place in a terminal, else as a line when it says something new."""
        line = " ".join(text.split())
        if self._err.isatty():
            width = shutil.get_terminal_size().columns - 1
            self._err.write(f"{_CLEAR}{line if len(line) <= width else line[: width - 3] + '...'}")
            self._is_shown = True
        elif self._is_news(line):
            self._err.write(f"{line}\n")
        self._err.flush()

    def table(self, title: str, rows: tuple[Mapping[str, Any], ...]) -> None:
        """Show rows that share their columns."""
        self.close()
        if not rows:
            self._console.print(Text(f"{title}: none"), soft_wrap=True)
        elif self._out.isatty():
            self._console.print(_draw(title, rows))
        else:
            self._out.write(format_table(title, rows))
            self._out.flush()

    def confirm(self, question: str, answer: str) -> bool | None:
        """Ask a person to type `answer`; None where there is nobody to ask."""
        if not self._stdin.isatty():
            return None
        self.close()
        self._err.write(f"{question}: ")
        self._err.flush()
        return self._stdin.readline().strip() == answer

    def close(self) -> None:
        """Take the progress line away, so that somebody else can write."""
        if self._is_shown:
            self._err.write(_CLEAR)
            self._err.flush()
            self._is_shown = False

    def _is_news(self, line: str) -> bool:
        """Whether more than figures changed, or nothing was told for a while."""
        shape = _NUMBERS.sub("#", line)
        now = self._clock()
        if shape == self._told and now - self._told_at < HEARTBEAT_SECONDS:
            return False
        self._told, self._told_at = shape, now
        return True


def format_table(title: str, rows: tuple[Mapping[str, Any], ...]) -> str:
    """Write rows as plain text with aligned columns under a title line."""
    columns = list(rows[0])
    cells = [columns, *([_write(row.get(column)) for column in columns] for row in rows)]
    widths = [max(len(line[index]) for line in cells) for index in range(len(columns))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in cells]
    return "\n".join([f"{title}:", *(f"  {line}".rstrip() for line in lines)]) + "\n"


def _draw(title: str, rows: tuple[Mapping[str, Any], ...]) -> Table:
    table = Table(title=title, title_justify="left")
    for column in rows[0]:
        is_number = all(isinstance(row.get(column), int | float) for row in rows)
        table.add_column(column, justify="right" if is_number else "left")
    for row in rows:
        table.add_row(*(Text(_write(row.get(column))) for column in rows[0]))
    return table


def _write(value: Any) -> str:
    return "" if value is None else str(value)


def _find_style(facts: Mapping[str, object]) -> str:
    if facts.get("failed"):
        return "yellow"
    return _STYLES.get(str(facts.get("phase", "")), "")
