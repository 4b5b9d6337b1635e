"""Requests that the release itself sends through the edge, so that there is something to judge."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Protocol

from tooling.core.strategy import LoadSettings


@dataclass(frozen=True, slots=True)
class SlotLoad:
    """What one slot answered: requests, failed ones, p95 in seconds, start of the last one (epoch seconds)."""

    requests: int = 0
    errors: int = 0
    p95: float | None = None
    last_started_at: float = 0.0


@dataclass(frozen=True, slots=True)
class LoadReport:
    """All requests by slot. Requests that no slot answered are under the empty name."""

    slots: Mapping[str, SlotLoad] = field(default_factory=dict)
    examples: tuple[str, ...] = ()

    @property
    def requests(self) -> int:
        """Requests that ended."""
        return sum(slot.requests for slot in self.slots.values())

    @property
    def errors(self) -> int:
        """Requests that failed: no answer, or a status of 500 and above."""
        return sum(slot.errors for slot in self.slots.values())


class RunningLoad(Protocol):
    """Load on its way."""

    def report(self) -> LoadReport:
        """Return what happened so far."""
        ...


class Load(Protocol):
    """An open-loop load generator."""

    def run(self, settings: LoadSettings) -> AbstractContextManager[RunningLoad]:
        """Send requests until the block ends; those on their way are waited for."""
        ...
