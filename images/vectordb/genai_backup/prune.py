"""Delete old scheduled backups from a folder."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path

from .api import Backup, BackupError
from .create import PREFIX

_NAME = re.compile(rf"{PREFIX}[0-9]{{8}}-[0-9]{{6}}")
_CONFIG = "backup_config.json"


def choose(found: Iterable[str], backups: Iterable[Backup], keep: int) -> tuple[str, ...]:
    """Names to delete out of `found`: scheduled ones that are older than the newest success and not kept.

    The `keep` newest successes stay, and so does whatever is newer than the newest of them: it may be on its way.
    """
    scheduled = {backup.id for backup in backups if _NAME.fullmatch(backup.id) and backup.status == "SUCCESS"}
    kept = sorted(scheduled, reverse=True)[:keep]
    if not kept:
        return ()
    return tuple(sorted(name for name in found if _NAME.fullmatch(name) and name < kept[0] and name not in kept))


def prune(folder: Path, backups: Iterable[Backup], *, keep: int, say: Callable[[str], None]) -> None:
    """Delete what `choose` says from `folder`; `keep` is at least 1. Raises BackupError."""
    try:
        found = [path.name for path in folder.iterdir() if path.is_dir() and not path.is_symlink()]
        for name in choose(found, backups, keep):
            # Its description first: what is left of a deletion that was interrupted is no backup any more.
            (folder / name / _CONFIG).unlink(missing_ok=True)
            shutil.rmtree(folder / name)
            say(f"deleted old backup {name}")
    except OSError as error:
        raise BackupError(f"Old backups in {folder} cannot be deleted: {error}") from error
