"""What a person or a machine is told while work goes on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol


class Reporter(Protocol):
    """Progress goes to standard error, results to standard output; the adapter knows terminals and JSON."""

    def say(self, text: str, **facts: object) -> None:
        """Tell one thing that happened, as a line of its own."""
        ...

    def progress(self, text: str) -> None:
        """Tell what is waited for; a terminal shows it in place, others only when it changes."""
        ...

    def table(self, title: str, rows: tuple[Mapping[str, Any], ...]) -> None:
        """Show rows that share their columns."""
        ...

    def close(self) -> None:
        """End a progress line that is still open, so that what others print begins on a line of its own."""
        ...

    def confirm(self, question: str, answer: str) -> bool | None:
        """Ask a person to type `answer`; None where there is nobody to ask."""
        ...
