"""Recorded rollouts: the current one, and those that ended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from tooling.core.observation import Wish
from tooling.core.rollout import Rollout
from tooling.errors import HeldError


@dataclass(frozen=True, slots=True)
class Stored:
    """A recorded rollout, a wish that waits for its driver, and the version to write over."""

    rollout: Rollout
    wish: Wish | None = None
    resource_version: str = ""


def check_wish(waiting: Wish, new: Wish) -> None:
    """Refuse to write over an abort that waits: whoever asked for it counts on it. Raises HeldError."""
    if waiting.verb == "abort" and waiting.rollout == new.rollout and new.verb != "abort":
        raise HeldError(
            f"{waiting.by} asked for the abort of this rollout before.", hint="Look with: genai-stack status"
        )


class Store(Protocol):
    """Raises ConflictError when the record changed since it was read, StateError for one it cannot read."""

    def load(self, namespace: str, instance: str) -> Stored | None:
        """Return what is recorded; None where nothing is."""
        ...

    def save(self, namespace: str, rollout: Rollout, *, seen: Stored | None) -> Stored:
        """Write over `seen` (None: create). A waiting wish of the same rollout is kept.

        After a lost reply it reads again: the same journal nonce means that it was written.
        """
        ...

    def wish(self, namespace: str, instance: str, wish: Wish) -> None:
        """Leave a wish for whoever drives.

        Raises StateError where nothing is recorded, HeldError where an abort of the same rollout waits.
        """
        ...

    def archive(self, namespace: str, rollout: Rollout) -> None:
        """Keep one small object for a rollout that ended; the oldest beyond ten are removed."""
        ...

    def history(self, namespace: str, instance: str) -> tuple[Rollout, ...]:
        """Return the rollouts that ended, oldest first."""
        ...

    def delete(self, namespace: str, instance: str) -> None:
        """Forget everything about an instance."""
        ...
