"""File locks that end with their holder and leave no file behind."""

from __future__ import annotations

import contextlib
import fcntl
import os
from typing import TYPE_CHECKING

from tooling.local.progress import be_silent

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tooling.local.progress import Progress


def _open_locked(path: Path, waiting: str, progress: Progress) -> int:
    """Lock the file that is at `path` when the lock is ours; another holder may have deleted it meanwhile."""
    is_told = False
    while True:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if not is_told and waiting:
                    progress(waiting)
                    is_told = True
                fcntl.flock(handle, fcntl.LOCK_EX)
            with contextlib.suppress(FileNotFoundError):
                if os.stat(path).st_ino == os.fstat(handle).st_ino:  # noqa: PTH116 - compared with fstat
                    return handle
        except BaseException:
            os.close(handle)
            raise
        os.close(handle)


@contextlib.contextmanager
def hold(path: Path, *, waiting: str = "", progress: Progress = be_silent) -> Iterator[None]:
    """Hold the lock at `path`, made when missing; `waiting` is told once when somebody else has it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = _open_locked(path, waiting, progress)
    try:
        yield
    finally:
        # Deleted while still held: whoever waits for the old file sees that it is gone, and makes a new one.
        path.unlink(missing_ok=True)
        os.close(handle)
