"""A folder that a command fills, and fills again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Filled:
    """What a filling changed: paths relative to the folder, sorted."""

    written: tuple[str, ...]
    unchanged: tuple[str, ...]
    removed: tuple[str, ...]


class Folder(Protocol):
    """Keeps a list of what it wrote, so that nobody else's files are ever touched."""

    def fill(self, folder: Path, files: Mapping[str, str]) -> Filled:
        """Have exactly these files of ours (relative path to content); each is there whole or not at all.

        Files of an earlier filling that are not among them are removed. Raises UsageError, with nothing
        touched, where a path is taken by a file that is not ours or cannot be written.
        """
        ...
