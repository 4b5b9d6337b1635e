"""What was called, what was written, and what goes wrong at which call."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal

Moment = Literal["before", "during", "after"]


class Killed(BaseException):
    """The driver's process dies here: no `except Exception` sees it, as with kill -9."""


@dataclass(frozen=True, slots=True)
class Write:
    """One effect that took place: when (epoch seconds), by which call (`route.write`), and on what."""

    at: float
    call: str
    detail: str

    def __str__(self) -> str:
        return f"{self.call} {self.detail}".strip()


@dataclass(slots=True)
class _Fault:
    call: str
    error: BaseException
    is_lost_reply: bool


@dataclass(slots=True)
class Calls:
    """Keeps account of all calls of all fakes, and injects faults."""

    now: Callable[[], float]
    calls: list[str] = field(default_factory=list)
    writes: list[Write] = field(default_factory=list)
    kill_number: int = -1
    kill_moment: Moment = "before"
    is_dead: bool = False
    limit: int = 200_000
    _faults: list[_Fault] = field(default_factory=list)

    def fail_next(self, call: str, error: BaseException, *, is_lost_reply: bool = False, times: int = 1) -> None:
        """Let the next `times` calls fail: before anything happened, or (lost reply) after it did."""
        self._faults.extend(_Fault(call, error, is_lost_reply) for _ in range(times))

    def look(self, call: str) -> None:
        """Note a call that changes nothing."""
        self._note(call)
        self._raise(call, is_lost_reply=False)
        self._raise(call, is_lost_reply=True)

    @contextmanager
    def effect(
        self, call: str, detail: str = "", *, half_done: Callable[[], None] | None = None
    ) -> Iterator[None]:
        """Note a call that changes something; `half_done` leaves what a death in the middle leaves."""
        self._note(call)
        self._raise(call, is_lost_reply=False)
        is_fatal = len(self.writes) == self.kill_number
        if is_fatal and self.kill_moment == "during" and half_done is not None:
            half_done()
            self._die(call, detail)
        if is_fatal and self.kill_moment == "before":
            self._die(call, detail)
        yield
        self.writes.append(Write(self.now(), call, detail))
        if is_fatal:
            self._die(call, detail)
        self._raise(call, is_lost_reply=True)

    def _note(self, call: str) -> None:
        if self.is_dead:  # the dead process's own `finally` blocks must not reach anything
            raise Killed(f"the driver is dead and cannot call {call}; a new one begins with world.revive()")
        self.calls.append(call)
        if len(self.calls) > self.limit:
            raise AssertionError(f"the story does not end: {self.limit} calls, the last ones {self.calls[-5:]}")

    def _raise(self, call: str, *, is_lost_reply: bool) -> None:
        for fault in self._faults:
            if fault.call == call and fault.is_lost_reply == is_lost_reply:
                self._faults.remove(fault)
                raise fault.error

    def _die(self, call: str, detail: str) -> None:
        self.kill_number, self.is_dead = -1, True
        raise Killed(f"killed {self.kill_moment} {call} {detail}")
