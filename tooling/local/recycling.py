"""Volumes whose claim was deleted are emptied and offered again: nobody else does that for local volumes."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tooling.local.api import Api

VOLUMES_PATH = "/api/v1/persistentvolumes"


def find_released(volumes: Iterable[dict[str, Any]], folder: Path) -> dict[str, Path]:
    """Return name and folder of each released volume that lies directly in `folder`, which is ours."""
    found = {}
    for volume in volumes:
        path = Path(((volume.get("spec") or {}).get("local") or {}).get("path") or "/")
        if (volume.get("status") or {}).get("phase") == "Released" and path.parent == folder:
            found[volume["metadata"]["name"]] = path
    return found


def recycle(api: Api, folder: Path) -> list[str]:
    """Empty and offer again every released volume below `folder`; return their names."""
    listed = api.get(VOLUMES_PATH) or {}
    done = []
    for name, path in find_released(listed.get("items") or (), folder).items():
        for entry in path.iterdir():
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry)
            else:
                entry.unlink()
        # The kubelet gave the folder to the last pod's group.
        shutil.chown(path, os.getuid(), os.getgid())
        path.chmod(0o777)
        if api.merge(f"{VOLUMES_PATH}/{name}", {"spec": {"claimRef": None}}):
            done.append(name)
    return done
