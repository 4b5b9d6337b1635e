"""Bring a backup back into a database that lost its classes."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

from .api import Backup, BackupError, Database, Progress, UnreachableError
from .wait import Deadline, wait_for_end, wait_for_nodes


def restore(
    database: Database, backup_id: str, *, nodes: int, deadline: Deadline, say: Callable[[str], None]
) -> bool:
    """Restore the classes of a backup, and return whether anything was done. Raises BackupError.

    Nothing that exists is overwritten: with all of its classes there, it does nothing; with some, it refuses,
    unless they come from a restore of the same backup that failed halfway: then it brings the others. A restore
    that is on its way, begun by a pod that is gone, is waited for.
    """
    wait_for_nodes(database, nodes, deadline)
    backup = _find(database, backup_id)
    before = _read(database, backup_id)
    if before.is_running:
        # A second one would be refused.
        say(f"restore of backup {backup_id} is on its way ({before.status}): waiting for it")
        _wait(database, backup, deadline)
        say(f"restore of backup {backup_id} done after {deadline.elapsed:.0f} s of waiting")
        return True
    missing = _find_missing(database, backup)
    if not missing:
        say(f"nothing to restore: all {len(backup.classes)} classes of backup {backup_id} are there")
        return False
    there = sorted(set(backup.classes) - set(missing))
    if there and before.status != "FAILED":
        raise BackupError(
            f"Backup {backup_id} is not restored, since nothing is overwritten and these of its classes exist:"
            f" {', '.join(there)}. Delete them to take the backup's, or empty vectordb.restore.from."
        )
    say(f"restore of backup {backup_id} begins: {', '.join(missing)}")
    _start(database, backup_id, missing)
    _wait(database, backup, deadline)
    say(f"restore of backup {backup_id} done: {len(missing)} classes in {deadline.elapsed:.0f} s")
    return True


def _start(database: Database, backup_id: str, classes: tuple[str, ...]) -> None:
    try:
        database.start_restore(backup_id, classes)
    except UnreachableError:
        # The answer was lost, perhaps not the request: what is on its way is waited for.
        with contextlib.suppress(BackupError):
            if database.read_restore(backup_id).is_running:
                return
        raise


def _wait(database: Database, backup: Backup, deadline: Deadline) -> None:
    """Return when the restore has ended and every class of the backup is there."""
    try:
        wait_for_end(lambda: database.read_restore(backup.id), f"Restore of backup {backup.id}", deadline)
    except BackupError as error:
        if "minimum replication factor" in str(error):
            hint = "Write vectordb: {minimumReplicationFactor: 1}; the restore goes on with what is missing."
            raise BackupError(f"{error} {hint}") from error
        raise
    while _find_missing(database, backup):
        deadline.pause(f"The classes of backup {backup.id} did not appear")


def _find_missing(database: Database, backup: Backup) -> tuple[str, ...]:
    there = set(database.list_classes())
    return tuple(sorted(set(backup.classes) - there))


def _read(database: Database, backup_id: str) -> Progress:
    try:
        return database.read_restore(backup_id)
    except UnreachableError:
        raise
    except BackupError:
        return Progress("")  # never restored


def _find(database: Database, backup_id: str) -> Backup:
    backups = {backup.id: backup for backup in database.list_backups()}
    found = backups.get(backup_id)
    if found is None:
        known = ", ".join(sorted(backups)) or "none"
        raise BackupError(f"There is no backup {backup_id} at the target. There are: {known}.")
    if found.status != "SUCCESS":
        raise BackupError(f"Backup {backup_id} cannot be restored: its status is {found.status}.")
    return found
