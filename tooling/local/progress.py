"""Progress of long local work: one line per step, with the time that has passed."""

from __future__ import annotations

import time
from typing import Protocol


class Progress(Protocol):
    """Takes one line of progress. It must not raise and must not block."""

    def __call__(self, message: str, /) -> None:
        """Show `message`."""


def be_silent(message: str, /) -> None:
    """Show nothing: for callers that only want the result."""


class Stopwatch:
    """Seconds since it was made, or since `restart`."""

    def __init__(self) -> None:
        self._began = time.monotonic()

    def restart(self) -> None:
        """Count from now."""
        self._began = time.monotonic()

    @property
    def seconds(self) -> float:
        """Seconds that have passed."""
        return time.monotonic() - self._began

    def __str__(self) -> str:
        return f"{self.seconds:.1f} s"
