"""Files that describe a model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class ModelFile:
    """What was found: the fields of a config.json, or the beginning of a GGUF file; the other is empty."""

    name: str
    config: Mapping[str, Any]
    header: bytes = b""


class ModelFiles(Protocol):
    """Raises UsageError for a file that is neither, or cannot be read."""

    def read(self, path: Path) -> ModelFile:
        """Return what a file describes; of a folder, its config.json."""
        ...
