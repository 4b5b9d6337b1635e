"""Credentials of registries as `docker login` and `buildah login` leave them in files; none is ever printed."""

from __future__ import annotations

import base64
import binascii
import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any


class Credentials:
    """Reads the files once it is asked. What is kept by a credential helper is not known here."""

    def __init__(self, files: Iterable[Path] | None = None) -> None:
        self._files = tuple(find_files(os.environ) if files is None else files)

    def find(self, names: Iterable[str]) -> str:
        """Return `user:password` of the first of these names that has one, "" where none has."""
        known = [_read(file) for file in self._files]
        for name in names:
            for entries in known:
                entry = entries.get(name)
                found = _decode(entry.get("auth")) if isinstance(entry, dict) else ""
                if found:
                    return found
        return ""


def find_files(environment: Mapping[str, str]) -> tuple[Path, ...]:
    """Return where credentials may be, the nearest first."""
    found = []
    if environment.get("REGISTRY_AUTH_FILE"):
        found.append(Path(environment["REGISTRY_AUTH_FILE"]))
    if environment.get("XDG_RUNTIME_DIR"):
        found.append(Path(environment["XDG_RUNTIME_DIR"]) / "containers" / "auth.json")
    home = environment.get("DOCKER_CONFIG") or f"{environment.get('HOME', '/')}/.docker"
    return (*found, Path(home) / "config.json")


def _read(file: Path) -> Mapping[str, Any]:
    try:
        content = json.loads(file.read_bytes())
    except (OSError, ValueError):
        return {}
    entries = content.get("auths") if isinstance(content, dict) else None
    return entries if isinstance(entries, dict) else {}


def _decode(text: object) -> str:
    if not isinstance(text, str):
        return ""
    try:
        found = base64.b64decode(text, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return ""
    return found if ":" in found else ""
