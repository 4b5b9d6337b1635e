"""The time zones that there are."""

from __future__ import annotations

from typing import Protocol


class Zones(Protocol):
    """Raises nothing: without a database of zones every zone is taken for one."""

    def find_unknown(self, names: frozenset[str]) -> frozenset[str]:
        """Return those of the names that no time zone has."""
        ...
