"""Load that the simulated traffic carries."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tests.fakes.simulation import BOUNDS, Counter
from tooling.core.analysis import Histogram
from tooling.core.strategy import LoadSettings
from tooling.ports.load import LoadReport, RunningLoad, SlotLoad

if TYPE_CHECKING:
    from tests.fakes.world import World


class FakeRunningLoad:
    """Counts what its own requests got."""

    def __init__(self, rate: float) -> None:
        self.rate = rate
        self.counters: dict[str, Counter] = {}

    def report(self) -> LoadReport:
        slots = {}
        for slot, counter in self.counters.items():
            counted = counter.count()
            latency: Histogram = counted.latency
            assert latency.bounds == BOUNDS
            slots[slot] = SlotLoad(
                int(counted.requests), int(counted.errors), latency.quantile(0.95), counter.last_started_at
            )
        errors = sum(slot.errors for slot in slots.values())
        return LoadReport(slots, ("HTTP 500",) if errors else ())


class FakeLoad:
    """`running` are the loads on their way; `settings` those of the last one."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.running: list[FakeRunningLoad] = []
        self.settings: LoadSettings | None = None

    @contextmanager
    def run(self, settings: LoadSettings) -> Iterator[RunningLoad]:
        self._world.calls.look("load.run")
        self.settings = settings
        load = FakeRunningLoad(settings.rate)
        self.running.append(load)
        try:
            yield load
        finally:
            self.running.remove(load)
