"""The chart's JSON schema for values."""

from __future__ import annotations

from typing import Protocol

from tooling.core.finding import Finding
from tooling.core.values import Layered


class Schemas(Protocol):
    """Raises StateError for a chart whose schema cannot be used."""

    def check(self, layered: Layered) -> tuple[Finding, ...]:
        """Return all that does not fit, sorted by path, each pointing at the layer and line that set it."""
        ...
