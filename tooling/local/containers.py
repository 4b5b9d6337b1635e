"""The `containers` runtime: one Kubernetes node with real pods, in namespaces of its own. Needs root on Linux."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from tooling.local import lifecycle, links, system
from tooling.local.control import KWOK
from tooling.local.lifecycle import Cluster, Status, down, status
from tooling.local.preparation import BUILT
from tooling.local.progress import be_silent
from tooling.local.settings import CONTAINERS, DEFAULT_NAME, DEFAULT_VOLUMES, Settings, choose_network
from tooling.local.space import check_space, needs_of_binaries, needs_of_cluster

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tooling.local.progress import Progress

__all__ = ["Cluster", "Status", "down", "status", "up"]


def up(
    name: str = DEFAULT_NAME,
    *,
    network: int | None = None,
    volumes: int = DEFAULT_VOLUMES,
    gpu_nodes: Iterable[str] | None = None,
    has_custom_kinds: bool | None = None,
    progress: Progress = be_silent,
) -> Cluster:
    """Return the ready cluster `name`: the one that runs, when it is healthy and as asked for, else a new one.

    `gpu_nodes` (such as `4` or `a100-mig=2`) stand beside the real node; their pods are simulated. With
    `has_custom_kinds` it knows the kinds of other projects that the chart can make; nobody acts on them. None
    means as it runs, and nothing of it in a new one.
    """
    system.check_platform()
    extras = lifecycle.Extras.parse(gpu_nodes, has_custom_kinds)

    def list_built(wanted: Settings) -> tuple[str, ...]:
        return (*BUILT, KWOK) if wanted.gpu_nodes else BUILT

    def install(built: tuple[str, ...], progress: Progress) -> None:
        check_space([needs_of_cluster(name, CONTAINERS), *needs_of_binaries(built)])
        system.ensure_programs(system.CLUSTER_PROGRAMS, progress)
        system.load_kernel_modules()

    def choose(others: Mapping[int, str]) -> int:
        return choose_network(network, {**others, **links.taken_numbers()}).number

    settings = Settings(name, CONTAINERS, network or 0, volumes, ())
    return lifecycle.up(lifecycle.Request(settings, network, extras, list_built, install, choose), progress)
