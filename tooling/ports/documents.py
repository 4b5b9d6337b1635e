"""Values files to read, and manifests to write."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Protocol

from tooling.core.values import Layer


class Documents(Protocol):
    """Raises ValuesError with findings (file and line) for a file that cannot be read as one map of values."""

    def read(self, file: Path) -> Layer:
        """Return the values of a file as Helm would see them, with the line of every key and list item."""
        ...

    def read_text(self, file: Path) -> str:
        """Return a text file as it is, at most 1 MiB. Raises ValuesError."""
        ...

    def write(self, manifests: Iterable[Mapping[str, Any]]) -> str:
        """Write manifests as one stream of documents that every YAML reader understands alike."""
        ...

    def find(self, folder: Path) -> Mapping[str, Path]:
        """Return the YAML files right in a folder by their name without suffix; none where there is no folder."""
        ...

    def find_folders(self, folder: Path) -> Mapping[str, Path]:
        """Return the folders right in a folder by name; none where there is no folder."""
        ...
