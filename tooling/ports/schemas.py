"""The chart's JSON schema for values."""

from __future__ import annotations

from typing import Protocol

from tooling.core.finding import Finding
from tooling.core.schema.keys import Schema
from tooling.core.values import KeyPath, Layered


class Schemas(Protocol):
    """Raises StateError for a chart whose schema cannot be used."""

    def read(self) -> Schema:
        """Return the schema itself, as data."""
        ...

    def check(self, layered: Layered) -> tuple[Finding, ...]:
        """Return all that does not fit, sorted by path, each pointing at the layer and line that set it."""
        ...

    def point(self, finding: Finding) -> Finding:
        """Return the finding with the line of the reference that describes its key, where there is one."""
        ...

    def find_doc(self, path: KeyPath) -> str:
        """Return where the reference describes a key, as `docs/values.md:57`; empty where it does not."""
        ...
