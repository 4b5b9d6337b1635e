"""Those who are told what happens to a rollout and do not watch: Events on the objects, webhooks."""

from __future__ import annotations

from typing import Protocol

from tooling.core.notice import Notice

PATIENCE = 3.0
"""Seconds that a command waits at its end for what was not delivered yet."""


class Notices(Protocol):
    """Telling never raises and never waits: a rollout does not hang on who listens."""

    def tell(self, notice: Notice) -> None:
        """Have a notice delivered in the background; the oldest ones are dropped where too many wait."""
        ...

    def close(self, seconds: float = PATIENCE) -> tuple[str, ...]:
        """Wait that long at most for what is on its way, and return a line for each receiver that missed some.

        What is told afterwards is dropped; a second call returns nothing.
        """
        ...


class Silence:
    """Nobody listens."""

    def tell(self, notice: Notice) -> None:
        """Drop the notice."""

    def close(self, seconds: float = PATIENCE) -> tuple[str, ...]:  # noqa: ARG002 - the port's signature
        """Return nothing: nobody missed any."""
        return ()
