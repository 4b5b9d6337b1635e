"""Waiting with a deadline, on a clock that tests can replace."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from .api import BackupError, Database, Progress, UnreachableError

PERIOD = 1.0
"""Seconds between two looks."""


class OutOfTimeError(BackupError):
    """The deadline has passed."""


@dataclass(frozen=True, slots=True)
class Deadline:
    """A point in time, `seconds` after it was made."""

    seconds: float
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    began: float = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "began", self.clock())

    @property
    def elapsed(self) -> float:
        """Seconds since it was made."""
        return self.clock() - self.began

    def pause(self, what: str) -> None:
        """Sleep until the next look; raises OutOfTimeError, which says `what`, when no time is left."""
        if self.elapsed >= self.seconds:
            raise OutOfTimeError(f"{what} within {self.seconds:g} s.")
        self.sleep(PERIOD)


def wait_for_nodes(database: Database, count: int, deadline: Deadline) -> None:
    """Return when at least `count` nodes are healthy."""
    while True:
        try:
            healthy = database.count_healthy_nodes()
            why = f"{healthy} of {count} nodes are healthy"
        except UnreachableError as error:
            healthy, why = -1, str(error)
        if healthy >= count:
            return
        deadline.pause(f"The database was not ready ({why})")


def wait_for_end(read: Callable[[], Progress], what: str, deadline: Deadline) -> None:
    """Return when `what` succeeded; raises BackupError when it failed or took too long."""
    last = "no answer"
    while True:
        try:
            progress = read()
        except UnreachableError as error:
            # A node that restarts: what it did is cancelled then, and the next answer says so.
            last = str(error)
        else:
            if progress.status == "SUCCESS":
                return
            if progress.has_ended:
                raise BackupError(f"{what}: {progress.status}: {progress.error or 'no reason given'}")
            last = progress.status
        deadline.pause(f"{what} did not end (last: {last})")
