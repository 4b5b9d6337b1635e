"""The `containers` runtime: one Kubernetes node with real pods, in namespaces of its own. Needs root on Linux."""

from __future__ import annotations

import contextlib
import shutil
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tooling.local import cgroups, links, processes, startup, system
from tooling.local.binaries import build, folder_of, gateway_crds
from tooling.local.errors import LocalError, StartError
from tooling.local.folders import ClusterFolder
from tooling.local.kubeconfig import context_of
from tooling.local.locks import hold
from tooling.local.modules import module_of
from tooling.local.observation import (
    ComponentStatus,
    is_answering,
    is_api_answering,
    is_dns_answering,
    is_edge_answering,
    read_record,
    read_status,
    write_record,
)
from tooling.local.preparation import BUILT, prepare
from tooling.local.progress import Stopwatch, be_silent
from tooling.local.settings import (
    DEFAULT_NAME,
    Network,
    Record,
    Settings,
    check_name,
    choose_network,
    describe_difference,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tooling.local.progress import Progress

RUNTIME: Final = "containers"
DEFAULT_VOLUMES: Final = 16
END_SECONDS: Final = 10.0
PATIENCE_SECONDS: Final = 30.0


@dataclass(frozen=True, slots=True)
class Cluster:
    """A cluster that is ready. `ready_after` has the seconds from the start of each component and milestone."""

    name: str
    kubeconfig: Path
    context: str
    address: str
    edge: str
    ready_after: Mapping[str, float]
    is_reused: bool


@dataclass(frozen=True, slots=True)
class Status:
    """What can be seen of a cluster from the host. `is_known`: there is a record of it; it may be dead."""

    name: str
    is_known: bool = False
    is_alive: bool = False
    is_api_answering: bool = False
    is_edge_answering: bool = False
    is_dns_answering: bool = False
    components: tuple[ComponentStatus, ...] = ()
    cluster: Cluster | None = None

    @property
    def is_ready(self) -> bool:
        """Whether everything that a rollout needs answers now."""
        return self.is_api_answering and self.is_edge_answering and self.is_dns_answering


def up(
    name: str = DEFAULT_NAME,
    *,
    network: int | None = None,
    volumes: int = DEFAULT_VOLUMES,
    progress: Progress = be_silent,
) -> Cluster:
    """Return the ready cluster `name`: the one that runs, when it is healthy and as asked for, else a new one.

    Whatever an earlier one of that name left is removed first. When it does not become ready, or is interrupted,
    nothing of it stays but the logs of a failed start.
    """
    folder = ClusterFolder.of(check_name(name))
    system.check_platform()
    system.check_space(folder.root)
    builds = tuple(sorted({folder_of(module).name for module in map(module_of, BUILT) if module is not None}))
    waiting = f"waiting for another command on the cluster {name}"
    with hold(folder.lock, waiting=waiting, progress=progress):
        record = read_record(folder)
        if record is not None and _is_running(folder, record, progress):
            _refuse_difference(record.settings, network=network, volumes=volumes, builds=builds)
            return _describe(folder, record, is_reused=True)
        system.ensure_programs(system.CLUSTER_PROGRAMS, progress)
        binaries = build(BUILT, progress)
        definitions = gateway_crds(progress)
        if folder.root.exists():
            progress(f"removing what is left of an earlier cluster {name}")
            _remove(folder, record, keep_logs=False)
        system.load_kernel_modules()
        try:
            record = _claim(folder, network, volumes, builds)
            plan = prepare(folder, record.settings, binaries, definitions)
            cgroups.make(folder.cgroup)
            startup.start(folder, record, plan, progress)
        except BaseException as error:
            is_failed_start = isinstance(error, StartError)
            _remove(folder, read_record(folder), keep_logs=is_failed_start)
            raise
        return _describe(folder, record, is_reused=False)


def _is_running(folder: ClusterFolder, record: Record, progress: Progress) -> bool:
    """Return whether the cluster lives. One that lives but is busy is waited for, never thrown away."""
    watch = Stopwatch()
    while _is_alive(record):
        if is_answering(folder, Network(record.settings.network)):
            return True
        if watch.seconds > PATIENCE_SECONDS:
            raise StartError(
                f"the cluster {folder.name} runs, but has not answered for {PATIENCE_SECONDS:.0f} s.",
                hint=f"See `genai-stack cluster status --name {folder.name}` and the logs in {folder.logs}; "
                f"`genai-stack cluster down --name {folder.name}` ends it.",
            )
        progress(f"waiting for the cluster {folder.name} to answer ({watch})")
        time.sleep(0.5)
    return False


def _refuse_difference(running: Settings, *, network: int | None, volumes: int, builds: tuple[str, ...]) -> None:
    found = describe_difference(running, runtime=RUNTIME, network=network, volumes=volumes, builds=builds)
    if found:
        raise LocalError(
            f"the cluster {running.name} runs with other settings: {'; '.join(found)}.",
            hint=f"Stop it first: genai-stack cluster down --name {running.name}",
        )


def _is_alive(record: Record) -> bool:
    return record.boot == system.boot_id() and processes.is_same(record.anchor, record.anchor_start)


def _is_starting(record: Record) -> bool:
    """Return whether this boot has claimed a network for a cluster whose first process is not known yet."""
    return record.boot == system.boot_id() and record.anchor == 0


def _claim(folder: ClusterFolder, asked: int | None, volumes: int, builds: tuple[str, ...]) -> Record:
    """Choose a network that neither the host nor another cluster has, and write it down before others look."""
    with hold(folder.root.parent / ".networks.lock"):
        taken = links.taken_numbers()
        for other in folder.root.parent.iterdir():
            record = read_record(ClusterFolder(other.name, other)) if other.is_dir() else None
            if record is not None and (_is_alive(record) or _is_starting(record)):
                taken.setdefault(record.settings.network, f"the cluster {other.name}")
        number = choose_network(asked, taken).number
        folder.root.mkdir(mode=0o700)
        record = Record(Settings(folder.name, RUNTIME, number, volumes, builds), boot=system.boot_id())
        write_record(folder, record)
        return record


def down(name: str = DEFAULT_NAME, *, keep_logs: bool = False, progress: Progress = be_silent) -> bool:
    """End the cluster `name` and remove every trace of it; return whether there was one.

    With `keep_logs` the logs of its components stay in its folder until the next `up` or `down`.
    """
    folder = ClusterFolder.of(check_name(name))
    system.check_platform()
    with hold(folder.lock, waiting=f"waiting for another command on the cluster {name}", progress=progress):
        is_there = folder.root.exists()
        _remove(folder, read_record(folder), keep_logs=keep_logs)
    return is_there


def status(name: str = DEFAULT_NAME) -> Status:
    """Return what can be seen of the cluster `name` now."""
    folder = ClusterFolder.of(check_name(name))
    system.check_platform()
    record = read_record(folder)
    if record is None:
        return Status(name=name)
    network = Network(record.settings.network)
    is_alive = _is_alive(record)
    seen = read_status(folder)
    return Status(
        name=name,
        is_known=True,
        is_alive=is_alive,
        is_api_answering=is_alive and is_api_answering(folder, network),
        is_edge_answering=is_alive and is_edge_answering(network),
        is_dns_answering=is_alive and is_dns_answering(network),
        components=seen.components,
        cluster=_describe(folder, record, is_reused=True),
    )


def _remove(folder: ClusterFolder, record: Record | None, *, keep_logs: bool) -> None:
    """Remove a cluster, whole or in pieces, from the processes outward."""
    if record is not None and record.boot == system.boot_id():
        if processes.is_same(record.anchor, record.anchor_start):
            processes.kill(record.anchor)
        left = processes.wait_for_end(record.pid_namespace, END_SECONDS)
        if left:
            raise LocalError(
                f"processes of the cluster {folder.name} do not end: {', '.join(map(str, left))}.",
                hint="They wait inside the kernel, most often for a disk. Run the same command again later.",
            )
        if record.anchor:
            processes.collect(record.anchor)
            links.disconnect(Network(record.settings.network))
    busy = cgroups.remove(folder.cgroup)
    if busy:
        raise LocalError(
            f"the cgroup {busy[0]} is still in use.", hint="Another process was moved into it: end that one first."
        )
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


def _describe(folder: ClusterFolder, record: Record, *, is_reused: bool) -> Cluster:
    network = Network(record.settings.network)
    return Cluster(
        name=folder.name,
        kubeconfig=folder.kubeconfig,
        context=context_of(folder.name),
        address=network.node,
        edge=f"http://{network.node}",
        ready_after=read_status(folder).ready,
        is_reused=is_reused,
    )
