"""One driver per instance: a lock with an epoch that only grows."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Protocol


class Hold(Protocol):
    """A lock that is held and renewed in the background."""

    @property
    def epoch(self) -> int:
        """Grows by one with each new holder."""
        ...

    def is_held(self) -> bool:
        """Whether it was renewed in time and nobody took it."""
        ...


class Lease(Protocol):
    """Raises HeldError naming the holder when somebody else drives."""

    def hold(self, namespace: str, instance: str) -> AbstractContextManager[Hold]:
        """Take the lock; one that is held but silent is taken over after its duration on our own clock."""
        ...

    def find_holder(self, namespace: str, instance: str) -> str:
        """Return who drives the instance, as far as the object says; empty for nobody."""
        ...

    def delete(self, namespace: str, instance: str) -> None:
        """Remove the lock's object."""
        ...
