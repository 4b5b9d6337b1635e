"""The host's end of the network: which ranges are taken, and the pair of interfaces into a cluster."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING

from tooling.local.errors import LocalError
from tooling.local.settings import numbers_within

if TYPE_CHECKING:
    from tooling.local.settings import Network


def _ip(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["ip", *arguments], capture_output=True, text=True, check=False)


def parse_taken(addresses: str, routes: str) -> dict[int, str]:
    """Return which N of 198.18.N.0/30 the output of `ip -json address` and `ip -json route` shows as taken."""
    held = [
        (f"{each['local']}/{each['prefixlen']}", f"the interface {link['ifname']}")
        for link in json.loads(addresses or "[]")
        for each in link.get("addr_info", ())
        if each.get("family") == "inet"
    ]
    held += [
        (route["dst"], f"a route through {route.get('dev', 'another host')}")
        for route in json.loads(routes or "[]")
        if route.get("dst", "default") != "default"
    ]
    return numbers_within(held)


def taken_numbers() -> dict[int, str]:
    """Return which N of 198.18.N.0/30 this host already uses, and by what."""
    return parse_taken(_ip("-json", "address").stdout, _ip("-json", "-4", "route").stdout)


def connect(network: Network, process: int, inside: str) -> None:
    """Make the pair of interfaces: ours with the host's address, and `inside` in the namespace of `process`."""
    commands = [
        ["link", "add", network.host_interface, "type", "veth", "peer", "name", inside, "netns", str(process)],
        ["address", "add", f"{network.host}/30", "dev", network.host_interface],
        ["link", "set", network.host_interface, "up"],
    ]
    for command in commands:
        done = _ip(*command)
        if done.returncode != 0:
            raise LocalError(
                f"`ip {' '.join(command)}` failed: {done.stderr.strip()}.",
                hint="The kernel needs veth interfaces; `ip link` shows whether the name is taken.",
            )


def disconnect(network: Network) -> None:
    """Remove the pair of interfaces, if it is there."""
    _ip("link", "delete", network.host_interface)
