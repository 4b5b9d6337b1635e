"""What goes wrong on purpose in release drills. Without a drill, nothing does."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

COMPLETIONS = frozenset({"/v1/chat/completions", "/v1/completions", "/completion", "/chat/completions"})


class Fate(Enum):
    """What becomes of a request."""

    SERVED = "served"
    FAILED = "failed"
    UNREADY = "unready"
    HUNG = "hung"


@dataclass(slots=True)
class Faults:
    """Decides the fate of each request. Counts completion requests from 1."""

    fail_every: int = 0
    hang_after: int = 0
    never_ready: bool = False
    seen: int = 0

    @property
    def is_drill(self) -> bool:
        """Whether anything goes wrong at all."""
        return self.fail_every > 0 or self.hang_after > 0 or self.never_ready

    def judge(self, method: str, path: str) -> Fate:
        """Return what becomes of one more request."""
        if path == "/health" and self.never_ready:
            return Fate.UNREADY
        if method == "POST" and path in COMPLETIONS:
            self.seen += 1
            if self.hang_after and self.seen > self.hang_after:
                return Fate.HUNG
            if self.fail_every and self.seen % self.fail_every == 0:
                return Fate.FAILED
        return Fate.SERVED
