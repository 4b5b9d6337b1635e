"""A folder that is there whole or not at all: filled beside its place, then renamed into it."""

from __future__ import annotations

import errno
import fcntl
import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from .errors import FetchError

REPORT_SECONDS = 30.0


def provide(target: Path, fill: Callable[[Path], None]) -> bool:
    """Let `fill` write the folder unless it is there; says whether it had to.

    What an attempt that was cut off has left stays for the next one, which `fill` may use.
    """
    if target.is_dir():
        return False
    part = target.with_name(f".part-{target.name}")
    try:
        with _hold(target.with_name(f".lock-{target.name}")):
            if target.is_dir():
                return False
            part.mkdir(exist_ok=True)
            with _report(part):
                fill(part)
            _sync(part)
            part.rename(target)
            _sync_folder(target.parent)
    except OSError as error:
        raise FetchError(_explain(error, target)) from error
    return True


def measure(folder: Path) -> int:
    """Bytes of all files below."""
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.stat().st_size if path.is_file() else 0
        except OSError:  # renamed or deleted since it was listed
            continue
    return total


def _explain(error: OSError, target: Path) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"{target.parent} is full. Raise inference.weights.size; without a weights volume, source.size."
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return (
            f"{target.parent} cannot be written ({error.strerror}). Its group must be 10001 with write permission."
        )
    return f"{target}: {error.strerror or error}."


@contextmanager
def _hold(path: Path) -> Iterator[None]:
    """One writer at a time, where the file system has locks."""
    with path.open("w") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX)
        except OSError as error:
            if error.errno not in (errno.ENOLCK, errno.ENOTSUP, errno.ENOSYS):
                raise
        yield


@contextmanager
def _report(folder: Path) -> Iterator[None]:
    """Say from time to time how much is there."""
    ended = threading.Event()

    def tell() -> None:
        while not ended.wait(REPORT_SECONDS):
            sys.stderr.write(f"{measure(folder) / 1e9:.2f} GB so far\n")

    thread = threading.Thread(target=tell, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _sync(folder: Path) -> None:
    """The name must not be on the disk before the bytes are."""
    for path in [*folder.rglob("*"), folder]:
        _sync_folder(path) if path.is_dir() else _sync_file(path)


def _sync_file(path: Path) -> None:
    with path.open("rb") as stream:
        os.fsync(stream.fileno())


def _sync_folder(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
