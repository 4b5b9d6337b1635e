"""The `simulated` runtime: a real API server, controllers and scheduler; nodes and pods are played by kwok.

No root, no namespaces, no traffic: plain processes on the host's loopback. Pods that fit become Running at once.
"""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

from tooling.local import control, lifecycle, system
from tooling.local.addresses import BLOCKS, FIRST_PORT, LOOPBACK, ports_of_block
from tooling.local.errors import LocalError
from tooling.local.lifecycle import Cluster, Status, down, status
from tooling.local.progress import be_silent
from tooling.local.settings import DEFAULT_NAME, DEFAULT_VOLUMES, SIMULATED, Settings
from tooling.local.space import check_space, needs_of_binaries, needs_of_cluster

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tooling.local.progress import Progress

__all__ = ["Cluster", "Status", "down", "status", "up"]

BUILT = (*control.BUILT, control.KWOK)


def up(
    name: str = DEFAULT_NAME,
    *,
    volumes: int = DEFAULT_VOLUMES,
    gpu_nodes: Iterable[str] | None = None,
    has_custom_kinds: bool | None = None,
    progress: Progress = be_silent,
) -> Cluster:
    """Return the ready simulated cluster `name`: the one that runs as asked for, else a new one.

    `gpu_nodes` (such as `4` or `a100-mig=2`) stand beside three plain nodes. With `has_custom_kinds` it knows the
    kinds of other projects that the chart can make; nobody acts on them. None means as it runs, and nothing of it
    in a new one.
    """
    system.check_system()
    extras = lifecycle.Extras.parse(gpu_nodes, has_custom_kinds)

    def install(built: tuple[str, ...], _progress: Progress) -> None:
        # Without root no package can be installed; Go and Python bring all that is needed.
        check_space([needs_of_cluster(name, SIMULATED), *needs_of_binaries(built)])

    settings = Settings(name, SIMULATED, 0, volumes, ())
    request = lifecycle.Request(settings, None, extras, lambda _settings: BUILT, install, choose_block)
    return lifecycle.up(request, progress)


def choose_block(others: Mapping[int, str]) -> int:
    """Return the number of the first block of ports that no other cluster has and nobody listens on."""
    for number in range(BLOCKS):
        if number not in others and all(_is_free(port) for port in ports_of_block(number).all()):
            return number
    last = ports_of_block(BLOCKS - 1).kwok
    raise LocalError(
        f"no {len(ports_of_block(0).all())} free ports in a row from {FIRST_PORT} to {last} on {LOOPBACK}.",
        hint="Stop a cluster: genai-stack cluster down --name NAME.",
    )


def _is_free(port: int) -> bool:
    with socket.socket() as link:
        # As the servers themselves do: a connection that just ended does not count.
        link.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            link.bind((LOOPBACK, port))
        except OSError:
            return False
        return True
