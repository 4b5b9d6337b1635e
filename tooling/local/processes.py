"""Processes as the kernel shows them in /proc: who still lives in a cluster's process namespace."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from pathlib import Path

PROC = Path("/proc")


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


def wait_for_end(namespace: str, seconds: float) -> list[int]:
    """Kill what lives in `namespace` until nothing does; return what is still there after `seconds`."""
    deadline = time.monotonic() + seconds
    while True:
        left = members(namespace)
        if not left or time.monotonic() > deadline:
            return left
        for pid in left:
            kill(pid)
        time.sleep(0.02)
