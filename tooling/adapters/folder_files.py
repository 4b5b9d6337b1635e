"""Folders on disk, with a list of the files that are ours in `.genai-stack-files`."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath

from tooling.errors import UsageError
from tooling.ports.folder import Filled

LIST_NAME = ".genai-stack-files"
_HEADER = "# Written by genai-stack render: these files are replaced or removed by the next one.\n"


class FileFolder:
    """Implements `tooling.ports.folder.Folder`."""

    def fill(self, folder: Path, files: Mapping[str, str]) -> Filled:
        """Have exactly these files of ours (relative path to content); each is there whole or not at all."""
        try:
            return _fill(folder, files)
        except OSError as error:
            raise UsageError(
                f"{error.filename or folder} cannot be written: {error.strerror}.",
                hint="Choose another folder, or mend its permissions.",
            ) from error


def _fill(folder: Path, files: Mapping[str, str]) -> Filled:
    ours = _read_list(folder)
    _refuse_foreign(folder, files, ours)
    # The list first, with what was and what comes: after a crash the next filling knows all that may be there.
    _write_list(folder, ours | set(files))
    written: list[str] = []
    unchanged: list[str] = []
    for name, content in sorted(files.items()):
        (written if _write(folder / name, content) else unchanged).append(name)
    removed = [name for name in sorted(ours - set(files)) if _remove(folder, name)]
    _write_list(folder, files)
    return Filled(tuple(written), tuple(unchanged), tuple(removed))


def _refuse_foreign(folder: Path, files: Iterable[str], ours: set[str]) -> None:
    root = folder.resolve()
    for name in sorted(files):
        target = folder / name
        if not target.parent.resolve().is_relative_to(root):
            raise UsageError(f"{target.parent} leads out of {folder}.", hint="Remove that link, then try again.")
        if name not in ours and os.path.lexists(target):
            raise UsageError(
                f"{target} is there and was not written by genai-stack render; nothing was touched.",
                hint="Move it away, or choose another folder with --output-dir.",
            )


def _read_list(folder: Path) -> set[str]:
    """Return what is ours. A name that leads out of the folder is nobody's: the list may have been edited."""
    try:
        lines = (folder / LIST_NAME).read_text(encoding="utf-8", errors="replace").splitlines()
    except FileNotFoundError:
        return set()
    names = {line for line in lines if line and not line.startswith("#")}
    return {
        name for name in names if not PurePosixPath(name).is_absolute() and ".." not in PurePosixPath(name).parts
    }


def _write_list(folder: Path, names: Iterable[str]) -> None:
    _write(folder / LIST_NAME, _HEADER + "".join(f"{name}\n" for name in sorted(names)))


def _write(target: Path, content: str) -> bool:
    """Write a file whole; whether it changed. One that says the same keeps its time."""
    data = content.encode()
    with contextlib.suppress(FileNotFoundError):
        if target.read_bytes() == data:
            return False
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        part.write_bytes(data)
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
    return True


def _remove(folder: Path, name: str) -> bool:
    """Remove a file of ours, and the folders that it leaves empty; whether it was there."""
    target = folder / name
    if not target.parent.resolve().is_relative_to(folder.resolve()):
        return False
    try:
        target.unlink()
    except FileNotFoundError:
        return False
    for parent in target.relative_to(folder).parents:
        if parent == Path():
            break
        with contextlib.suppress(OSError):
            (folder / parent).rmdir()
    return True
