"""The end of a cluster: every trace of it, from its processes outward, whole or in pieces."""

from __future__ import annotations

import contextlib
import shutil
from typing import TYPE_CHECKING

from tooling.local import cgroups, links, processes, startup, system
from tooling.local.errors import LocalError
from tooling.local.settings import CONTAINERS, Network

if TYPE_CHECKING:
    from tooling.local.folders import ClusterFolder
    from tooling.local.settings import Record


def remove(folder: ClusterFolder, record: Record | None, *, keep_logs: bool) -> None:
    """Remove a cluster; with `keep_logs` its logs stay. Raises LocalError when something cannot be removed."""
    is_of_this_boot = record is not None and record.boot == system.boot_id()
    _end_processes(folder, record if is_of_this_boot else None)
    if record is not None and record.settings.runtime == CONTAINERS and is_of_this_boot and record.anchor:
        links.disconnect(Network(record.settings.network))
    if record is None or record.settings.runtime == CONTAINERS:
        _remove_cgroup(folder)
    _remove_files(folder, keep_logs=keep_logs)


def _end_processes(folder: ClusterFolder, record: Record | None) -> None:
    is_alive = record is not None and processes.is_same(record.anchor, record.anchor_start)
    anchors = [record.anchor] if record is not None and is_alive else []
    left = startup.end_all(folder, record.pid_namespace if record else "", anchors)
    if left:
        raise LocalError(
            f"processes of the cluster {folder.name} do not end: {', '.join(map(str, left))}.",
            hint="They wait inside the kernel, most often for a disk. Run the same command again later.",
        )
    if record is not None and record.anchor:
        processes.collect(record.anchor)


def _remove_cgroup(folder: ClusterFolder) -> None:
    busy = cgroups.remove(folder.cgroup)
    if busy:
        raise LocalError(
            f"the cgroup {busy[0]} is still in use.", hint="Another process was moved into it: end that one first."
        )


def _remove_files(folder: ClusterFolder, *, keep_logs: bool) -> None:
    if not folder.root.exists():
        return
    for path in folder.root.iterdir():
        if keep_logs and path == folder.logs:
            continue
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
    with contextlib.suppress(OSError):
        folder.root.rmdir()
