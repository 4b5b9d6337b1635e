"""Make one backup of all classes."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from datetime import datetime

from .api import BackupError, Database
from .wait import Deadline, OutOfTimeError, wait_for_end, wait_for_nodes

PREFIX = "auto-"
"""How the names of scheduled backups begin; no other backup is ever deleted."""


def name_backup(now: datetime) -> str:
    """Name of a scheduled backup; names sort by time."""
    return f"{PREFIX}{now:%Y%m%d-%H%M%S}"


def create(
    database: Database, backup_id: str, *, nodes: int, deadline: Deadline, say: Callable[[str], None]
) -> bool:
    """Back up all classes, and return whether there was anything to back up. Raises BackupError."""
    wait_for_nodes(database, nodes, deadline)
    classes = database.list_classes()
    if not classes:
        say("nothing to back up: the database has no classes")
        return False
    say(f"backup {backup_id} of {len(classes)} classes begins")
    database.start_backup(backup_id)
    try:
        wait_for_end(lambda: database.read_backup(backup_id), f"Backup {backup_id}", deadline)
    except OutOfTimeError:
        # A backup that nobody waits for would block the next one.
        with contextlib.suppress(BackupError):
            database.cancel_backup(backup_id)
        raise
    size = next((backup.size_gib for backup in database.list_backups() if backup.id == backup_id), 0.0)
    say(f"backup {backup_id} done: {size:.3f} GiB in {deadline.elapsed:.0f} s")
    return True
