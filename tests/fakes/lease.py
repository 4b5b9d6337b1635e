"""The lock in memory."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tests.fakes.faults import Killed
from tooling.errors import HeldError
from tooling.ports.lease import Hold

if TYPE_CHECKING:
    from tests.fakes.world import World


class FakeHold:
    """A held lock; `lose()` is a network that was cut or a rival that took over."""

    def __init__(self, epoch: int) -> None:
        self._epoch = epoch
        self._is_held = True

    @property
    def epoch(self) -> int:
        return self._epoch

    def is_held(self) -> bool:
        return self._is_held

    def lose(self) -> None:
        self._is_held = False


class FakeLease:
    """`holder` is who drives; set it to somebody else and `hold` raises HeldError.

    A killed driver leaves its lock behind, silent: the next `hold` waits `duration` seconds of the fake clock.
    """

    def __init__(self, world: World, *, name: str = "tester@here", duration: float = 15.0) -> None:
        self._world = world
        self.name = name
        self.duration = duration
        self.holder = ""
        self.is_silent = False
        self.epoch = 0
        self.current: FakeHold | None = None

    @contextmanager
    def hold(self, namespace: str, instance: str) -> Iterator[Hold]:
        hold: FakeHold | None = None
        try:
            with self._world.calls.effect("lease.hold", instance):
                hold = self._take(instance)
            yield hold
        except Killed:
            if hold is not None:
                self.is_silent = self.current is hold
            raise
        finally:
            if not self.is_silent and hold is not None:
                self._release(hold)

    def find_holder(self, namespace: str, instance: str) -> str:
        self._world.calls.look("lease.find_holder")
        return self.holder

    def delete(self, namespace: str, instance: str) -> None:
        with self._world.calls.effect("lease.delete", instance):
            self.holder, self.is_silent = "", False

    def steal(self, rival: str) -> None:
        """Let a rival take the lock away from whoever holds it."""
        if self.current is not None:
            self.current.lose()
        self.epoch += 1
        self.holder, self.is_silent, self.current = rival, False, None

    def _take(self, instance: str) -> FakeHold:
        if self.holder and not self.is_silent:
            raise HeldError(f"{instance} is driven by {self.holder}.")
        if self.holder:
            self._world.clock.sleep(self.duration)
        self.epoch += 1
        self.holder, self.is_silent = self.name, False
        self.current = FakeHold(self.epoch)
        return self.current

    def _release(self, hold: FakeHold) -> None:
        if self.current is hold:
            self.holder, self.current = "", None
