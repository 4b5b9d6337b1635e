"""A clock that moves only when somebody waits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

START = 1_800_000_000.0
TICK = 0.5
"""Seconds between two moments at which traffic is counted and readiness can change."""


@dataclass(slots=True)
class FakeClock:
    """Runs what was scheduled while time passes; `on_tick` gets the seconds that just passed."""

    on_tick: Callable[[float], None] = lambda _seconds: None
    limit: float = 7 * 24 * 3600.0
    _now: float = START
    _scheduled: list[tuple[float, Callable[[], None]]] = field(default_factory=list)

    def now(self) -> float:
        return self._now

    def sleep(self, seconds: float) -> None:
        if seconds < 0:
            raise AssertionError(f"cannot sleep {seconds} s")
        end = self._now + seconds
        if end - START > self.limit:
            raise AssertionError(f"the story does not end: {self.limit:.0f} s have passed")
        while self._now < end:
            following = min([end, self._now + TICK, *(at for at, _ in self._scheduled if at > self._now)])
            passed, self._now = following - self._now, following
            self.on_tick(passed)
            self._run_due()

    def schedule(self, after: float, action: Callable[[], None]) -> None:
        """Run `action` once `after` seconds from now have passed, in the middle of somebody's sleep."""
        self._scheduled.append((self._now + after, action))

    def _run_due(self) -> None:
        due = [entry for entry in self._scheduled if entry[0] <= self._now]
        self._scheduled = [entry for entry in self._scheduled if entry[0] > self._now]
        for _, action in due:
            action()
