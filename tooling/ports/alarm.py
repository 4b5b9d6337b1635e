"""Waiting that ends early when something of an instance changes."""

from __future__ import annotations

from typing import Protocol

from tooling.ports.clock import Clock


class Alarm(Protocol):
    """A hint and no more: whoever waited looks at everything again, whatever ended the wait."""

    def wait(self, namespace: str, instance: str, seconds: float) -> None:
        """Return after so many seconds, or earlier when record, route or pods of the instance changed."""
        ...


class Timer:
    """An alarm that knows nothing but time."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def wait(self, namespace: str, instance: str, seconds: float) -> None:  # noqa: ARG002 - the port's signature
        """Sleep."""
        self._clock.sleep(seconds)
