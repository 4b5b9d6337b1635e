"""The notices port: one bounded queue and one thread per receiver, so that a slow one delays nobody."""

from __future__ import annotations

import threading
import time
from collections import deque
from dataclasses import dataclass
from typing import Protocol

from tooling.core.notice import Notice
from tooling.ports.notices import PATIENCE

LONGEST_QUEUE = 100
TRIES = 6
FIRST_WAIT = 0.5
LONGEST_WAIT = 30.0
"""Seconds between two tries of a notice: doubled from the first to the longest, or what the receiver asks for."""


class UndeliveredError(Exception):
    """A receiver did not take a notice. The reason names no address: that may be a secret.

    `wait` is how many seconds the receiver asks to be left alone; `is_final` says that no other try can help.
    """

    def __init__(self, reason: str, *, wait: float = 0.0, is_final: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.wait = wait
        self.is_final = is_final


class Receiver(Protocol):
    """Where notices go; its methods are called from one thread."""

    name: str

    def takes(self, notice: Notice) -> bool:
        """Whether it wants that kind."""
        ...

    def deliver(self, notice: Notice) -> None:
        """Deliver within seconds, or raise UndeliveredError."""
        ...


@dataclass(frozen=True, slots=True)
class _Waiting:
    notice: Notice
    tries: int = 0


class Outbox:
    """Implements the notices port for any number of receivers. No thread runs before the first notice."""

    def __init__(self, receivers: tuple[Receiver, ...], *, first_wait: float = FIRST_WAIT) -> None:
        self._lanes = tuple(_Lane(one, first_wait) for one in receivers)

    def tell(self, notice: Notice) -> None:
        """Have a notice delivered in the background; the oldest ones are dropped where too many wait."""
        for lane in self._lanes:
            lane.put(notice)

    def close(self, seconds: float = PATIENCE) -> tuple[str, ...]:
        """Wait that long at most for what is on its way, and tell who missed something."""
        deadline = time.monotonic() + seconds
        for lane in self._lanes:
            lane.begin_end(deadline)
        return tuple(line for lane in self._lanes if (line := lane.end(deadline)))


class _Lane:
    """The queue of one receiver and the thread that empties it."""

    def __init__(self, receiver: Receiver, first_wait: float) -> None:
        self._receiver = receiver
        self._first_wait = first_wait
        self._changed = threading.Condition()
        self._queue: deque[_Waiting] = deque()
        self._thread: threading.Thread | None = None
        self._deadline: float | None = None
        self._is_busy = False
        self._is_told = False
        self._has_given_up = False
        self._missed = 0
        self._reason = ""

    def put(self, notice: Notice) -> None:
        if not self._receiver.takes(notice):
            return
        with self._changed:
            if self._deadline is not None:
                return
            self._queue.append(_Waiting(notice))
            if len(self._queue) > LONGEST_QUEUE:
                self._queue.popleft()
                self._miss("too many were waiting")
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._work, name=f"notices {self._receiver.name}", daemon=True
                )
                self._thread.start()
            self._changed.notify_all()

    def begin_end(self, deadline: float) -> None:
        with self._changed:
            self._deadline = self._deadline or deadline
            self._changed.notify_all()

    def end(self, deadline: float) -> str:
        """Return who missed how many and why; nothing where all was delivered, or told before."""
        with self._changed:
            self._changed.wait_for(self._is_idle, max(0.0, deadline - time.monotonic()))
            missed = self._missed + len(self._queue) + self._is_busy
            if not missed or self._is_told:
                return ""
            self._is_told = True
            reason = self._reason or "no answer in time"
            return f"{self._receiver.name} missed {missed} notice{'s' if missed > 1 else ''}: {reason}"

    def _work(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._queue or self._deadline is not None)
                if not self._queue:
                    return
                waiting = self._queue.popleft()
                self._is_busy = True
            failure = self._try(waiting.notice)
            with self._changed:
                self._is_busy = False
                wait = self._settle(waiting, failure) if failure else 0.0
                if wait and not self._pause(wait):
                    self._has_given_up = True
                self._changed.notify_all()
                if self._has_given_up:
                    return

    def _is_idle(self) -> bool:
        return self._has_given_up or not (self._queue or self._is_busy)

    def _try(self, notice: Notice) -> UndeliveredError | None:
        try:
            self._receiver.deliver(notice)
        except UndeliveredError as error:
            return error
        except Exception as error:  # whatever a receiver does, a rollout goes on
            return UndeliveredError(f"a defect of genai-stack: {type(error).__name__}", is_final=True)
        return None

    def _settle(self, waiting: _Waiting, failure: UndeliveredError) -> float:
        """Give the notice up, or put it back in front and return the seconds until another try."""
        tries = waiting.tries + 1
        if failure.is_final or tries >= TRIES:
            self._miss(failure.reason)
            return 0.0
        self._reason = failure.reason
        self._queue.appendleft(_Waiting(waiting.notice, tries))
        return min(LONGEST_WAIT, failure.wait or self._first_wait * 2.0**waiting.tries)

    def _pause(self, seconds: float) -> bool:
        """Wait for another try, which comes at once when the command ends; whether there is time for it."""
        if self._deadline is None:
            self._changed.wait_for(lambda: self._deadline is not None, seconds)
            return True
        until = time.monotonic() + seconds
        if until >= self._deadline:
            return False
        while (left := until - time.monotonic()) > 0:
            self._changed.wait(left)
        return True

    def _miss(self, reason: str) -> None:
        self._missed += 1
        self._reason = reason
