"""Where the processes of a cluster listen. Pure: from the settings of a cluster to addresses and ports."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from tooling.local.settings import API_PORT, CONTAINERS, Network, Settings

LOOPBACK: Final = "127.0.0.1"
FIRST_PORT: Final = 20000
PORTS_PER_BLOCK: Final = 8
BLOCKS: Final = 256
"""All blocks lie below 32768, where Linux begins to take ports for outgoing connections by itself."""


@dataclass(frozen=True, slots=True)
class Ports:
    """The ports of the processes that every runtime has. All but `api` are for the cluster's own loopback."""

    api: int = API_PORT
    etcd: int = 2379
    etcd_peer: int = 2380
    controller_manager: int = 10257
    scheduler: int = 10259
    kwok: int = 10247

    def all(self) -> tuple[int, ...]:
        """Return every port."""
        return (self.api, self.etcd, self.etcd_peer, self.controller_manager, self.scheduler, self.kwok)


def ports_of_block(number: int) -> Ports:
    """Return the ports of the simulated cluster with the block `number`, on the host's own loopback."""
    first = FIRST_PORT + number * PORTS_PER_BLOCK
    return Ports(*range(first, first + 6))


@dataclass(frozen=True, slots=True)
class Site:
    """How the host reaches a cluster. `network` is None where there are no pods: then no edge and no resolver."""

    address: str
    ports: Ports
    network: Network | None

    @property
    def api(self) -> str:
        """The API server's URL."""
        return f"https://{self.address}:{self.ports.api}"

    @property
    def local_api(self) -> str:
        """The API server's URL for the cluster's own processes."""
        return f"https://{LOOPBACK}:{self.ports.api}"

    @property
    def edge(self) -> str:
        """The edge's URL, empty when the cluster has none."""
        return f"http://{self.network.node}" if self.network else ""


def site_of(settings: Settings) -> Site:
    """Return where the cluster with these settings listens."""
    if settings.runtime == CONTAINERS:
        network = Network(settings.network)
        return Site(network.node, Ports(), network)
    return Site(LOOPBACK, ports_of_block(settings.network), None)
