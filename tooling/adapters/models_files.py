"""Files that describe a model, from this machine; nothing is downloaded."""

from __future__ import annotations

import json
from pathlib import Path

from tooling.core.sizing.gguf import MAGIC
from tooling.errors import UsageError
from tooling.ports.models import ModelFile

LARGEST_CONFIG = 4 * 2**20
HEADER = 64 * 2**20
"""Bytes of a GGUF file that are read: vocabularies of 262,144 words take 12 MB."""


class LocalModelFiles:
    """config.json and GGUF files."""

    def read(self, path: Path) -> ModelFile:
        """Return what a file describes; of a folder, its config.json. Raises UsageError where it cannot."""
        file = path / "config.json" if path.is_dir() else path
        try:
            with file.open("rb") as source:
                head = source.read(len(MAGIC))
                rest = source.read((HEADER if head == MAGIC else LARGEST_CONFIG) - len(head))
        except OSError as error:
            raise UsageError(
                f"{file}: {error.strerror or error}.",
                hint="Name a config.json, a folder with one, or a GGUF file.",
            ) from error
        name = file.resolve().parent.name if file.name == "config.json" else file.stem
        if head == MAGIC:
            return ModelFile(name, {}, head + rest)
        return ModelFile(name, _read_config(file, head + rest))


def _read_config(file: Path, data: bytes) -> dict[str, object]:
    try:
        found = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{file} is neither JSON nor GGUF.", hint="Pass the model's config.json.") from error
    if not isinstance(found, dict):
        raise UsageError(f"{file} holds no map of fields.", hint="Pass the model's config.json.")
    return found
