"""Manifests in files, as kubectl reads them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from tooling.core.finding import Finding
from tooling.core.located import Located
from tooling.core.values import Mark


@dataclass(frozen=True, slots=True)
class Reading:
    """The objects of some files in their order, and a finding for each part that could not be read."""

    objects: tuple[Located, ...]
    findings: tuple[Finding, ...] = ()


class Manifests(Protocol):
    """Raises UsageError for what is not there or is no manifest at all."""

    def read(self, source: str) -> Reading:
        """Return the objects of a file, of all YAML and JSON files below a folder, or of standard input (`-`)."""
        ...

    def read_text(self, text: str, file: str) -> Reading:
        """Return the objects of a text that was read already, or made; `file` is what to call it."""
        ...

    def find_definitions(self, chart: Path) -> tuple[str, ...]:
        """Return the files in which a chart and its subcharts define custom kinds (`crds/`)."""
        ...

    def locate(self, found: Located, field: str) -> Mark | None:
        """Return where a field stands in the file, or what holds it; None where that cannot be known."""
        ...
