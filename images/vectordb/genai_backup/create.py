"""Make one backup of all classes."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from datetime import datetime

from .api import BackupError, Database, UnreachableError
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
    try:
        _start(database, backup_id)
        wait_for_end(lambda: database.read_backup(backup_id), f"Backup {backup_id}", deadline)
    except (OutOfTimeError, UnreachableError):
        # A backup that nobody waits for would block the next one.
        with contextlib.suppress(BackupError):
            database.cancel_backup(backup_id)
        raise
    size = next((backup.size_gib for backup in database.list_backups() if backup.id == backup_id), 0.0)
    say(f"backup {backup_id} done: {size:.3f} GiB in {deadline.elapsed:.0f} s")
    return True


def _start(database: Database, backup_id: str) -> None:
    try:
        database.start_backup(backup_id)
    except UnreachableError:
        # The answer was lost, perhaps not the request: what is on its way is waited for.
        with contextlib.suppress(BackupError):
            if database.read_backup(backup_id).is_running:
                return
        raise
