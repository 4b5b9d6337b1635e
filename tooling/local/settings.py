"""What a cluster is asked to be, and what is remembered of it. Pure: values to JSON and back, and comparisons."""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Final

from tooling.local.errors import LocalError

DEFAULT_NAME: Final = "local"
DEFAULT_VOLUMES: Final = 16
CONTAINERS: Final = "containers"
SIMULATED: Final = "simulated"
DEFAULT_NETWORK: Final = 77
NAME_PATTERN: Final = re.compile(r"[a-z]([a-z0-9-]{0,18}[a-z0-9])?")
SERVICE_RANGE: Final = "10.96.0.0/16"
POD_RANGE: Final = "10.244.0.0/24"
API_SERVICE: Final = "10.96.0.1"
DNS_SERVICE: Final = "10.96.0.10"
API_PORT: Final = 6443


@dataclass(frozen=True, slots=True)
class Network:
    """The /30 between host and cluster: 198.18.`number`.0/30, from the range kept for tests of networks."""

    number: int

    @property
    def host(self) -> str:
        """The host's address."""
        return f"198.18.{self.number}.1"

    @property
    def node(self) -> str:
        """The cluster's only node, its API server and its edge."""
        return f"198.18.{self.number}.2"

    @property
    def prefix(self) -> ipaddress.IPv4Network:
        """Both addresses as a network."""
        return ipaddress.IPv4Network(f"198.18.{self.number}.0/30")

    @property
    def host_interface(self) -> str:
        """The host's end of the pair of interfaces."""
        return f"genai{self.number}"


@dataclass(frozen=True, slots=True)
class Settings:
    """What makes two requests for a cluster different. `builds` names the cache folders of its binaries.

    `network` is the N of 198.18.N.0/30; of a simulated cluster it is the number of its block of ports.
    `gpu_nodes` has KIND=COUNT for each kind of simulated GPU nodes, sorted.
    """

    name: str
    runtime: str
    network: int
    volumes: int
    builds: tuple[str, ...]
    gpu_nodes: tuple[str, ...] = ()
    has_custom_kinds: bool = False


@dataclass(frozen=True, slots=True)
class Record:
    """A cluster as it was started; enough to find and to remove every trace of it.

    `anchor` is the process, in the host's numbering, whose death ends the cluster; `anchor_start` its start time
    in clock ticks since boot, so that a reused process id is not taken for it. `boot` is the kernel's boot id.
    """

    settings: Settings
    boot: str
    anchor: int = 0
    anchor_start: int = 0
    pid_namespace: str = ""

    def to_json(self) -> str:
        """Return the record as JSON."""
        return json.dumps(asdict(self), indent=2)

    @classmethod
    def from_json(cls, text: str) -> Record:
        """Read a record; raises ValueError, KeyError or TypeError when it is damaged."""
        data = json.loads(text)
        settings = data.pop("settings")
        for field in ("builds", "gpu_nodes"):
            settings[field] = tuple(settings.get(field, ()))
        return cls(settings=Settings(**settings), **data)


def check_name(name: str) -> str:
    """Return `name` when it can name a cluster: it becomes part of host, cgroup and node names."""
    if not NAME_PATTERN.fullmatch(name):
        raise LocalError(
            f"{name!r} cannot name a cluster.",
            hint="Use 1 to 20 of a-z, 0-9 and '-', beginning with a letter and not ending with '-'.",
        )
    return name


def choose_network(asked: int | None, taken: Mapping[int, str]) -> Network:
    """Return the network `asked` for, or the first free one from 77 on; `taken` says what holds each number."""
    if asked is not None:
        if not 0 <= asked <= 255:
            raise LocalError(
                f"--network {asked} is not a number from 0 to 255.", hint="It is the N of 198.18.N.0/30."
            )
        if asked in taken:
            raise LocalError(
                f"198.18.{asked}.0/30 is taken by {taken[asked]}.",
                hint="Name another with --network N, or leave it out to get a free one.",
            )
        return Network(asked)
    for number in [*range(DEFAULT_NETWORK, 256), *range(DEFAULT_NETWORK)]:
        if number not in taken:
            return Network(number)
    raise LocalError("all 256 networks 198.18.N.0/30 are taken.", hint="Stop a cluster: genai-stack cluster down.")


def numbers_within(networks: Iterable[tuple[str, str]]) -> dict[int, str]:
    """Return each N whose 198.18.N.0/30 overlaps one of `networks`, pairs of a prefix and who holds it."""
    taken: dict[int, str] = {}
    for text, holder in networks:
        held = ipaddress.ip_network(text, strict=False)
        if not isinstance(held, ipaddress.IPv4Network) or held.prefixlen == 0:
            continue
        for number in range(256):
            if held.overlaps(Network(number).prefix):
                taken.setdefault(number, holder)
    return taken


def describe_difference(
    running: Settings,
    *,
    runtime: str,
    network: int | None,
    volumes: int,
    builds: tuple[str, ...],
    gpu_nodes: tuple[str, ...] = (),
    has_custom_kinds: bool = False,
) -> list[str]:
    """Return one phrase for each setting in which the running cluster is not what was asked for."""
    found = []
    if runtime != running.runtime:
        found.append(f"runtime is {running.runtime}, asked for {runtime}")
    if network is not None and network != running.network:
        found.append(f"network is {running.network}, asked for {network}")
    if volumes != running.volumes:
        found.append(f"volumes is {running.volumes}, asked for {volumes}")
    if gpu_nodes != running.gpu_nodes:
        is_now, wanted = ", ".join(running.gpu_nodes) or "none", ", ".join(gpu_nodes) or "none"
        found.append(f"GPU nodes are {is_now}, asked for {wanted}")
    if has_custom_kinds != running.has_custom_kinds:
        found.append(f"it {'has' if running.has_custom_kinds else 'lacks'} the custom kinds of other projects")
    if set(builds) != set(running.builds):
        gone, new = sorted(set(running.builds) - set(builds)), sorted(set(builds) - set(running.builds))
        found.append(f"binaries are {', '.join(gone)}, asked for {', '.join(new)}")
    return found
