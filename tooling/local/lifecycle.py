"""What all runtimes share: a cluster comes up or is found as asked for, is looked at, and goes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from tooling.local import cgroups, processes, startup, system
from tooling.local.addresses import site_of
from tooling.local.binaries import build, folder_of
from tooling.local.definitions import CUSTOM, gateway_sources, provide
from tooling.local.errors import LocalError, StartError
from tooling.local.folders import STATE_ROOT, ClusterFolder
from tooling.local.gpus import parse_requests
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
from tooling.local.preparation import prepare
from tooling.local.progress import Progress, Stopwatch, be_silent
from tooling.local.removal import remove
from tooling.local.settings import CONTAINERS, DEFAULT_NAME, Record, Settings, check_name, describe_difference

PATIENCE_SECONDS: Final = 30.0


@dataclass(frozen=True, slots=True)
class Cluster:
    """A cluster that is ready. `ready_after` has the seconds from the start of each component and milestone.

    `edge` is empty where pods are only simulated.
    """

    name: str
    kubeconfig: Path
    context: str
    address: str
    edge: str
    ready_after: Mapping[str, float]
    is_reused: bool
    runtime: str = CONTAINERS


@dataclass(frozen=True, slots=True)
class Status:
    """What can be seen of a cluster from the host. `is_known`: there is a record of it; it may be dead.

    What a runtime does not have is None: simulated clusters have neither edge nor resolver.
    """

    name: str
    is_known: bool = False
    is_alive: bool = False
    is_api_answering: bool = False
    is_edge_answering: bool | None = False
    is_dns_answering: bool | None = False
    components: tuple[ComponentStatus, ...] = ()
    cluster: Cluster | None = None

    @property
    def is_ready(self) -> bool:
        """Whether everything that this runtime has answers now."""
        return self.is_api_answering and self.is_edge_answering is not False and self.is_dns_answering is not False


@dataclass(frozen=True, slots=True)
class Extras:
    """What a cluster may have beside its runtime's own: GPU nodes as KIND=COUNT, and kinds of other projects.

    None means as the cluster runs, and nothing extra for a new one.
    """

    gpu_nodes: tuple[str, ...] | None
    has_custom_kinds: bool | None

    @classmethod
    def parse(cls, gpu_nodes: Iterable[str] | None, has_custom_kinds: bool | None) -> Extras:
        """Return what a user asks for. Raises LocalError for GPU nodes that are not understood."""
        return cls(parse_requests(gpu_nodes) if gpu_nodes is not None else None, has_custom_kinds)

    def lay_over(self, there: Settings | None) -> tuple[tuple[str, ...], bool]:
        """Return both in full, given what runs, if anything does."""
        nodes, has_kinds = (there.gpu_nodes, there.has_custom_kinds) if there else ((), False)
        return (
            nodes if self.gpu_nodes is None else self.gpu_nodes,
            has_kinds if self.has_custom_kinds is None else self.has_custom_kinds,
        )


@dataclass(frozen=True, slots=True)
class Request:
    """A cluster that is asked for, and how its runtime makes the machine ready for it.

    `list_built` names the binaries from tools/ for the settings in full. `install` gets them once it is sure that
    a new cluster is needed. `choose` gets what other clusters of this runtime have taken, and returns the number
    of the network or block of ports.
    """

    settings: Settings
    network: int | None
    extras: Extras
    list_built: Callable[[Settings], tuple[str, ...]]
    install: Callable[[tuple[str, ...], Progress], None]
    choose: Callable[[Mapping[int, str]], int]


def up(request: Request, progress: Progress = be_silent) -> Cluster:
    """Return the ready cluster: the one that runs, when it is healthy and as asked for, else a new one.

    Whatever an earlier one of that name left is removed first. When it does not become ready, or is interrupted,
    nothing of it stays but the logs of a failed start.
    """
    folder = ClusterFolder.of(check_name(request.settings.name))
    waiting = f"waiting for another command on the cluster {folder.name}"
    with hold(folder.lock, waiting=waiting, progress=progress):
        # Not before the lock is ours: whoever had it may have made the cluster, with extras.
        record = read_record(folder)
        wanted, built = _complete(request, record)
        if record is not None and _is_running(folder, record, progress):
            _refuse_difference(record.settings, wanted, request.network)
            return _describe(folder, record, is_reused=True)
        request.install(built, progress)
        binaries = build(built, progress)
        kinds = (*gateway_sources(), *(CUSTOM if wanted.has_custom_kinds else ()))
        definitions = provide(kinds, progress)
        if folder.root.exists():
            progress(f"removing what is left of an earlier cluster {folder.name}")
            remove(folder, record, keep_logs=False)
        try:
            record = _claim(folder, wanted, request.choose)
            plan = prepare(folder, record.settings, binaries, definitions)
            if plan.site.network:
                cgroups.make(folder.cgroup)
            startup.start(folder, record, plan, progress)
        except BaseException as error:
            is_failed_start = isinstance(error, StartError)
            remove(folder, read_record(folder), keep_logs=is_failed_start)
            raise
        return _describe(folder, record, is_reused=False)


def _complete(request: Request, record: Record | None) -> tuple[Settings, tuple[str, ...]]:
    """Return the settings in full, given what runs, and the binaries that they need."""
    there = record.settings if record is not None and _is_alive(record) else None
    gpu_nodes, has_custom_kinds = request.extras.lay_over(there)
    wanted = replace(request.settings, gpu_nodes=gpu_nodes, has_custom_kinds=has_custom_kinds)
    built = request.list_built(wanted)
    builds = {folder_of(module).name for module in map(module_of, built) if module is not None}
    return replace(wanted, builds=tuple(sorted(builds))), built


def _is_running(folder: ClusterFolder, record: Record, progress: Progress) -> bool:
    """Return whether the cluster lives. One that lives but is busy is waited for, never thrown away."""
    watch = Stopwatch()
    while _is_alive(record):
        if is_answering(folder, site_of(record.settings)):
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


def _refuse_difference(running: Settings, wanted: Settings, network: int | None) -> None:
    found = describe_difference(
        running,
        runtime=wanted.runtime,
        network=network,
        volumes=wanted.volumes,
        builds=wanted.builds,
        gpu_nodes=wanted.gpu_nodes,
        has_custom_kinds=wanted.has_custom_kinds,
    )
    if found:
        raise LocalError(
            f"the cluster {running.name} runs with other settings: {'; '.join(found)}.",
            hint=f"Stop it first: genai-stack cluster down --name {running.name}",
        )


def _is_alive(record: Record) -> bool:
    return record.boot == system.boot_id() and processes.is_same(record.anchor, record.anchor_start)


def _is_starting(record: Record) -> bool:
    """Return whether this boot has claimed a number for a cluster whose first process is not known yet."""
    return record.boot == system.boot_id() and record.anchor == 0


def _claim(folder: ClusterFolder, wanted: Settings, choose: Callable[[Mapping[int, str]], int]) -> Record:
    """Choose a number that neither the host nor another cluster has, and write it down before others look."""
    with hold(folder.root.parent / ".networks.lock"):
        taken: dict[int, str] = {}
        for other in folder.root.parent.iterdir():
            record = read_record(ClusterFolder(other.name, other)) if other.is_dir() else None
            if record is None or record.settings.runtime != wanted.runtime:
                continue
            if _is_alive(record) or _is_starting(record):
                taken.setdefault(record.settings.network, f"the cluster {other.name}")
        number = choose(taken)
        folder.root.mkdir(mode=0o700, parents=True)
        record = Record(replace(wanted, network=number), boot=system.boot_id())
        write_record(folder, record)
        return record


def down(name: str = DEFAULT_NAME, *, keep_logs: bool = False, progress: Progress = be_silent) -> bool:
    """End the cluster `name` and remove every trace of it; return whether there was one.

    With `keep_logs` the logs of its components stay in its folder until the next `up` or `down`.
    """
    folder = _own_folder(name)
    with hold(folder.lock, waiting=f"waiting for another command on the cluster {name}", progress=progress):
        is_there = folder.root.exists()
        remove(folder, read_record(folder), keep_logs=keep_logs)
    return is_there


def status(name: str = DEFAULT_NAME) -> Status:
    """Return what can be seen of the cluster `name` now."""
    folder = _own_folder(name)
    record = read_record(folder)
    if record is None:
        return Status(name=name)
    site, is_alive = site_of(record.settings), _is_alive(record)
    # A dead cluster's address may lead nowhere, and asking there takes its time.
    absent = None if site.network is None else False
    return Status(
        name=name,
        is_known=True,
        is_alive=is_alive,
        is_api_answering=is_alive and is_api_answering(folder, site),
        is_edge_answering=is_edge_answering(site) if is_alive else absent,
        is_dns_answering=is_dns_answering(site) if is_alive else absent,
        components=read_status(folder).components,
        cluster=_describe(folder, record, is_reused=True),
    )


def _own_folder(name: str) -> ClusterFolder:
    """Return the folder of this user's cluster; that root has one of that name, and we are not root, is said."""
    system.check_system()
    folder = ClusterFolder.of(check_name(name))
    if folder.root.parent != STATE_ROOT and not folder.root.exists() and (STATE_ROOT / name).exists():
        raise LocalError(f"the cluster {name} belongs to root.", hint="Run the same command with sudo.")
    return folder


def _describe(folder: ClusterFolder, record: Record, *, is_reused: bool) -> Cluster:
    site = site_of(record.settings)
    return Cluster(
        name=folder.name,
        kubeconfig=folder.kubeconfig,
        context=context_of(folder.name),
        address=site.address,
        edge=site.edge,
        ready_after=read_status(folder).ready,
        is_reused=is_reused,
        runtime=record.settings.runtime,
    )
