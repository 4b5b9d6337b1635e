"""Processes of a cluster: how one is started, and who still lives as the kernel shows it in /proc."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

PROC = Path("/proc")
MARK: Final = "GENAI_STACK_CLUSTER"
"""The environment variable by which a cluster's own processes are known; its value is the cluster's folder."""
_SET_DEATH_SIGNAL: Final = 1


def spawn(argv: tuple[str, ...], environment: Mapping[str, str], log: Path) -> int:
    """Start a process that writes to `log` and ends when we end, however that happens; return its id.

    The caller must have one thread only: the kernel counts the end of the thread that started it.
    """
    # Loaded before the fork: in the child nothing may be imported or allocated for long.
    control = ctypes.CDLL(None).prctl
    parent = os.getpid()
    pid = os.fork()
    if pid:
        return pid
    try:
        control(_SET_DEATH_SIGNAL, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.dup2(output, 1)
        os.dup2(output, 2)
        signal.pthread_sigmask(signal.SIG_SETMASK, [])
        os.execvpe(argv[0], argv, environment)  # noqa: S606 - argument lists only, no shell
    except OSError as error:
        os.write(2, f"{argv[0]} cannot be started: {error}\n".encode())
    finally:
        os._exit(127)


def start_time(pid: int, proc: Path = PROC) -> int | None:
    """Return when `pid` started, in clock ticks since boot, or None when it is gone or only waits to be reaped."""
    try:
        text = (proc / str(pid) / "stat").read_text()
    except OSError:
        return None
    # The second field is the command in parentheses and may hold anything, parentheses too.
    fields = text.rpartition(")")[2].split()
    return None if fields[0] in "ZX" else int(fields[19])


def is_same(pid: int, started: int, proc: Path = PROC) -> bool:
    """Return whether `pid` is alive and the process that started then."""
    return pid > 0 and start_time(pid, proc) == started


def namespace_of(pid: int, kind: str, proc: Path = PROC) -> str:
    """Return the identity of a namespace of `pid`, such as `pid:[4026532201]`, empty when it cannot be read."""
    try:
        return os.readlink(proc / str(pid) / "ns" / kind)  # noqa: PTH115 - the target is no path
    except OSError:
        return ""


def members(namespace: str, proc: Path = PROC) -> list[int]:
    """Return the ids of all processes whose process namespace is `namespace`."""
    if not namespace:
        return []
    found = [int(path.name) for path in proc.iterdir() if path.name.isdigit()]
    return [
        pid for pid in found if namespace_of(pid, "pid", proc) == namespace and start_time(pid, proc) is not None
    ]


def kill(pid: int) -> None:
    """End a process at once; that it is already gone is fine."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def collect(pid: int) -> None:
    """Take the exit code of a process that ended, if it is a child of ours: else it stays as a zombie."""
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)


def marked(mark: Path, proc: Path = PROC) -> list[int]:
    """Return the ids of all our processes that were started for the cluster whose folder is `mark`."""
    wanted, found = f"{MARK}={mark}".encode(), []
    for path in proc.iterdir():
        # Gone meanwhile, or another user's: those are none of ours.
        with contextlib.suppress(OSError):
            if path.name.isdigit() and wanted in (path / "environ").read_bytes().split(b"\0"):
                found.append(int(path.name))
    return [pid for pid in found if start_time(pid, proc) is not None]


def wait_for_end(find: Callable[[], list[int]], seconds: float) -> list[int]:
    """Kill what `find` finds until that is nothing; return what is still there after `seconds`."""
    deadline = time.monotonic() + seconds
    known: dict[int, int] = {}
    while True:
        # One that is about to end has lost its environment already, and is still there.
        known |= {pid: start_time(pid) or 0 for pid in find() if pid not in known}
        left = [pid for pid, started in known.items() if is_same(pid, started)]
        if not left or time.monotonic() > deadline:
            return left
        for pid in left:
            kill(pid)
        time.sleep(0.02)
