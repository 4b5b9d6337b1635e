"""What the first process of a cluster does to its namespaces: private folders and settings, its network."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING

from tooling.local.configs import BRIDGE
from tooling.local.processes import MARK
from tooling.local.settings import POD_RANGE, SERVICE_RANGE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tooling.local.folders import ClusterFolder
    from tooling.local.settings import Network

INTERFACE = "eth0"
_SCRATCH = "/run/genai-stack"

# The kubelet insists on these and would set them for the whole machine. It reads a private copy instead, sees that
# nothing has to be done, and the machine stays as it is.
KUBELET_SYSCTLS: Mapping[str, str] = {
    "vm/overcommit_memory": "1",
    "vm/panic_on_oom": "0",
    "kernel/panic": "10",
    "kernel/panic_on_oops": "1",
    "kernel/keys/root_maxkeys": "1000000",
    "kernel/keys/root_maxbytes": "25000000",
}
# These belong to the network namespace. The second sends packets that cross the bridge through the service rules:
# without it the answer of a pod to another one behind a Service comes from an address that was never asked.
NETWORK_SYSCTLS: Mapping[str, str] = {
    "net/ipv4/ip_forward": "1",
    "net/bridge/bridge-nf-call-iptables": "1",
}


def mount_commands() -> list[list[str]]:
    """Return the commands that make /run and /var/log private."""
    return [
        ["mount", "--make-rprivate", "/"],
        ["mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", "/run"],
        ["mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", "/var/log"],
        ["mkdir", "-p", _SCRATCH],
    ]


def overlay_commands(folder: ClusterFolder) -> list[list[str]]:
    """Return the commands that keep what is written to /var/lib private, and the cluster's folder real."""
    upper, work, kept = (f"{_SCRATCH}/{part}" for part in ("upper", "work", "kept"))
    return [
        ["mkdir", "-p", upper, work, kept],
        ["mount", "--bind", str(folder.root), kept],
        [
            "mount",
            "-t",
            "overlay",
            "-o",
            f"lowerdir=/var/lib,upperdir={upper},workdir={work}",
            "overlay",
            "/var/lib",
        ],
        # An overlay does not show mounts below its lower folder, and the cluster's may be on a disk of its own.
        ["mkdir", "-p", str(folder.root)],
        ["mount", "--move", kept, str(folder.root)],
    ]


def share_commands(folder: ClusterFolder) -> list[list[str]]:
    """Return the commands that let a pod see what the kubelet mounts in the cluster's folder after its start."""
    return [
        ["mount", "--bind", str(folder.root), str(folder.root)],
        ["mount", "--make-rshared", str(folder.root)],
    ]


def fallback_commands() -> list[list[str]]:
    """Return the same for a file system that carries no overlay: two empty folders stay on the host."""
    return [
        command
        for folder in ("/var/lib/kubelet", "/var/lib/cni")
        for command in (["mkdir", "-p", folder], ["mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", folder])
    ]


def network_commands(network: Network) -> list[list[str]]:
    """Return the commands that set up addresses and routes; there is no default route, so nothing can leave."""
    bridge_address = POD_RANGE.replace("0/", "1/", 1) if POD_RANGE.endswith(".0/24") else POD_RANGE
    return [
        ["ip", "link", "set", "lo", "up"],
        ["ip", "address", "add", f"{network.node}/30", "dev", INTERFACE],
        ["ip", "link", "set", INTERFACE, "up"],
        ["ip", "link", "add", BRIDGE, "type", "bridge"],
        ["ip", "address", "add", bridge_address, "dev", BRIDGE],
        ["ip", "link", "set", BRIDGE, "up"],
        # Keeps packets to services inside until kube-proxy has its rules.
        ["ip", "route", "add", SERVICE_RANGE, "dev", BRIDGE],
    ]


def run_commands(commands: Sequence[Sequence[str]]) -> None:
    """Run each command; raises CalledProcessError with its output for the first that fails."""
    for command in commands:
        subprocess.run(command, check=True, capture_output=True, text=True)


def isolate_files(folder: ClusterFolder, host_name: str) -> None:
    """Make this process's mounts and host name the cluster's own."""
    run_commands(mount_commands())
    try:
        run_commands(overlay_commands(folder))
    except subprocess.CalledProcessError:
        # Inside a container /var/lib may itself be an overlay that takes no other on top.
        run_commands(fallback_commands())
    run_commands(share_commands(folder))
    socket.sethostname(host_name)
    for name, value in KUBELET_SYSCTLS.items():
        copy = Path(_SCRATCH) / name.replace("/", ".")
        copy.write_text(f"{value}\n")
        run_commands([["mount", "--bind", str(copy), f"/proc/sys/{name}"]])


def wait_for_interface(seconds: float) -> None:
    """Wait until `up` has moved our interface into this namespace; raises TimeoutError after `seconds`."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            socket.if_nametoindex(INTERFACE)
        except OSError:
            if time.monotonic() > deadline:
                raise TimeoutError(f"no interface {INTERFACE} after {seconds:.0f} s") from None
            time.sleep(0.005)
        else:
            return


def isolate_network(network: Network) -> None:
    """Set up addresses, routes and the network settings of this namespace."""
    run_commands(network_commands(network))
    for name, value in NETWORK_SYSCTLS.items():
        path = Path("/proc/sys") / name
        if not path.exists():
            raise FileNotFoundError(
                f"{path} is missing: the kernel module br_netfilter is not loaded (modprobe br_netfilter)"
            )
        path.write_text(value)


def clean_environment(folder: ClusterFolder) -> dict[str, str]:
    """Return the environment for components: no proxies, no credentials, nothing of the user's home."""
    path = os.environ.get("PATH", "")
    standard = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    return {
        "PATH": f"{standard}:{path}" if path else standard,
        "HOME": str(folder.root),
        "LANG": "C.UTF-8",
        MARK: str(folder.root),
    }
