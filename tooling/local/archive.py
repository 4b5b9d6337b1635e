"""A container image of one static binary as a docker-archive, written without any container tool."""

from __future__ import annotations

import hashlib
import io
import json
import platform
import tarfile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_MACHINES = {"x86_64": "amd64", "aarch64": "arm64"}


def _tar(files: Sequence[tuple[str, bytes, int]]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, content, mode in files:
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(content), mode
            archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


def write_image(path: Path, *, reference: str, binary: Path, user: str = "65535:65535") -> None:
    """Write an image that holds `binary` and runs it as `user`; the same input gives the same bytes."""
    layer = _tar([(binary.name, binary.read_bytes(), 0o755)])
    config = json.dumps(
        {
            "architecture": _MACHINES.get(platform.machine(), platform.machine()),
            "os": "linux",
            "config": {"Entrypoint": [f"/{binary.name}"], "User": user},
            "rootfs": {"type": "layers", "diff_ids": [f"sha256:{hashlib.sha256(layer).hexdigest()}"]},
        },
        sort_keys=True,
    ).encode()
    config_name = f"{hashlib.sha256(config).hexdigest()}.json"
    manifest = json.dumps([{"Config": config_name, "RepoTags": [reference], "Layers": ["layer.tar"]}]).encode()
    path.write_bytes(
        _tar([(config_name, config, 0o644), ("layer.tar", layer, 0o644), ("manifest.json", manifest, 0o644)])
    )


def read_references(path: Path) -> tuple[str, ...]:
    """Return the image references in a docker-archive, () when it is none."""
    try:
        with tarfile.open(path) as archive:
            member = archive.extractfile("manifest.json")
            images = json.load(member) if member else []
    except (OSError, KeyError, ValueError, tarfile.TarError):
        return ()
    return tuple(reference for image in images for reference in image.get("RepoTags") or ())
