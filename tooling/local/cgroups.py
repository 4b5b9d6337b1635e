"""The cgroups of one cluster: made before it starts, removed after it ended. cgroup v1, hybrid and v2."""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path

from tooling.local.errors import LocalError

CGROUP_ROOT = Path("/sys/fs/cgroup")
REQUIRED_CONTROLLERS = ("cpu", "memory", "pids")
OPTIONAL_CONTROLLERS = ("cpuset", "io", "hugetlb")


def is_unified(root: Path = CGROUP_ROOT) -> bool:
    """Return whether this machine has cgroup v2 only; a hybrid machine counts as v1."""
    return (root / "cgroup.controllers").exists()


def hierarchies(root: Path = CGROUP_ROOT) -> tuple[Path, ...]:
    """Return the root of every hierarchy that may hold a cgroup of ours."""
    if is_unified(root):
        return (root,)
    return tuple(sorted(path for path in root.iterdir() if path.is_dir() and not path.is_symlink()))


def make(name: str, root: Path = CGROUP_ROOT) -> None:
    """Make the cgroup `name` in every hierarchy, ready to have children with limits."""
    if is_unified(root):
        _make_unified(name, root)
        return
    for hierarchy in hierarchies(root):
        path = hierarchy / name
        path.mkdir(exist_ok=True)
        for file in ("cpuset.cpus", "cpuset.mems"):
            # A new cpuset is empty, and an empty one can run nothing.
            if (path / file).exists():
                (path / file).write_text((hierarchy / file).read_text())


def _make_unified(name: str, root: Path) -> None:
    path = root / name
    path.mkdir(exist_ok=True)
    for folder in (root, path):
        available = (folder / "cgroup.controllers").read_text().split()
        for controller in (*REQUIRED_CONTROLLERS, *OPTIONAL_CONTROLLERS):
            if controller in available:
                # Refused where somebody else manages this level; what counts is the outcome below.
                with contextlib.suppress(OSError):
                    (folder / "cgroup.subtree_control").write_text(f"+{controller}")
    enabled = (path / "cgroup.subtree_control").read_text().split()
    missing = [controller for controller in REQUIRED_CONTROLLERS if controller not in enabled]
    if missing:
        with contextlib.suppress(OSError):
            path.rmdir()
        raise LocalError(
            f"the cgroup controllers {', '.join(missing)} cannot be enabled in {path}.",
            hint="In a container: give it its own cgroup namespace and write access to /sys/fs/cgroup.",
        )


def processes(name: str, root: Path = CGROUP_ROOT) -> set[int]:
    """Return the ids of all processes in the cgroup `name` and below it."""
    found: set[int] = set()
    for hierarchy in hierarchies(root):
        for path in (hierarchy / name).rglob("cgroup.procs"):
            with contextlib.suppress(OSError):
                found.update(int(line) for line in path.read_text().split())
    return found


def remove(name: str, root: Path = CGROUP_ROOT, *, seconds: float = 5.0) -> list[Path]:
    """Remove the cgroup `name` with all below it; return what is still there after `seconds`.

    A cgroup is busy until the kernel has let go of its last process, a moment after that has ended.
    """
    deadline = time.monotonic() + seconds
    while True:
        left = [path for hierarchy in hierarchies(root) if (path := hierarchy / name).exists()]
        for path in left:
            _remove_tree(path)
        left = [path for path in left if path.exists()]
        if not left or time.monotonic() > deadline:
            return left
        time.sleep(0.02)


def _remove_tree(path: Path) -> None:
    for folder, _, _ in os.walk(path, topdown=False):
        with contextlib.suppress(OSError):
            Path(folder).rmdir()
