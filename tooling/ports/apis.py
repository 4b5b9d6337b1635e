"""The Kubernetes API by version: which kinds there are, and what their objects look like."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from tooling.core.definitions import Schema
from tooling.core.mismatch import Mismatch

Fits = Callable[[Any], tuple[Mismatch, ...]]
"""Returns each place where an object does not fit."""


class Apis(Protocol):
    """Knows built-in kinds only. Raises StateError where the schemas cannot be read."""

    def versions(self) -> tuple[str, ...]:
        """Return the Kubernetes versions that are known, such as 1.35, oldest first."""
        ...

    def find(self, version: str, api_version: str, kind: str) -> Fits | None:
        """Return what checks objects of a kind, unknown fields included; None where a version has no such kind."""
        ...

    def list_kinds(self, version: str) -> frozenset[tuple[str, str]]:
        """Return apiVersion and kind of all that a version has."""
        ...

    def compile(self, schema: Schema) -> Fits:
        """Return what checks objects of a custom kind. Raises StateError for a schema that cannot be used."""
        ...
