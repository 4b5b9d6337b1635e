"""The processes of a node with real pods: command lines, order, proof of life. Pure: the supervisor runs them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tooling.local.folders import ClusterFolder
    from tooling.local.settings import Network


@dataclass(frozen=True, slots=True)
class Component:
    """A process to keep alive. It is started when all of `after` are ready, and is ready when `probe` succeeds.

    `objects` in `after` stands for the applied objects, which are no process.

    A probe is `http://...` or `https://...` (status 200 there), `unix:PATH` (accepts a connection), or `exit` for
    a job: the process has to end with 0 and is not kept alive.
    """

    name: str
    argv: tuple[str, ...]
    probe: str
    after: tuple[str, ...] = ()
    environment: tuple[tuple[str, str], ...] = ()


def flags(**values: str | int | Path) -> tuple[str, ...]:
    """Return `--some-name=value` for each keyword `some_name`."""
    return tuple(f"--{name.replace('_', '-')}={value}" for name, value in values.items())


def _node_components(
    binaries: Mapping[str, Path], folder: ClusterFolder, network: Network, node: str
) -> list[Component]:
    kubelet = flags(
        config=str(folder.config / "kubelet.yaml"),
        kubeconfig=str(folder.config / "kubelet.kubeconfig"),
        hostname_override=node,
        node_ip=network.node,
        root_dir=str(folder.data / "kubelet"),
        cert_dir=str(folder.data / "kubelet-pki"),
    )
    return [
        Component(
            "containerd",
            (
                str(binaries["containerd"]),
                "--config",
                str(folder.config / "containerd.toml"),
                "--log-level",
                "warn",
            ),
            f"unix:{folder.containerd_socket}",
        ),
        Component(
            "pause-image",
            (
                str(binaries["ctr"]),
                *("--address", str(folder.containerd_socket), "--namespace", "k8s.io"),
                *("images", "import", str(folder.config / "pause.tar")),
            ),
            "exit",
            after=("containerd",),
        ),
        Component(
            "kubelet",
            (str(binaries["kubelet"]), *kubelet),
            "http://127.0.0.1:10248/healthz",
            after=("containerd", "kube-apiserver"),
        ),
        Component(
            "kube-proxy",
            (str(binaries["kube-proxy"]), f"--config={folder.config / 'kube-proxy.yaml'}"),
            "http://127.0.0.1:10256/livez",
            after=("kube-apiserver",),
        ),
    ]


def _services(binaries: Mapping[str, Path], folder: ClusterFolder, network: Network) -> list[Component]:
    # A Gateway's listener finds its entry point by the port: 80, or 443 for one with a certificate.
    edge = (
        f"--entrypoints.web.address={network.node}:80",
        f"--entrypoints.websecure.address={network.node}:443",
        "--entrypoints.ping.address=127.0.0.1:8082",
        "--ping=true",
        "--ping.entrypoint=ping",
        "--providers.kubernetesgateway=true",
        f"--providers.kubernetesgateway.statusaddress.ip={network.node}",
        "--providers.providersthrottleduration=100ms",
        "--global.checknewversion=false",
        "--global.sendanonymoususage=false",
        "--log.level=INFO",
    )
    return [
        Component(
            "coredns",
            (str(binaries["coredns"]), "-conf", str(folder.config / "Corefile")),
            "http://127.0.0.1:8181/ready",
            after=("objects",),
        ),
        Component(
            "traefik",
            (str(binaries["traefik"]), *edge),
            "http://127.0.0.1:8082/ping",
            after=("objects",),
            environment=(("KUBECONFIG", str(folder.config / "traefik.kubeconfig")),),
        ),
    ]


def plan_node(
    binaries: Mapping[str, Path], folder: ClusterFolder, network: Network, node: str
) -> tuple[Component, ...]:
    """Return the node's own processes, and those that serve its pods: names and the edge."""
    return (*_node_components(binaries, folder, network, node), *_services(binaries, folder, network))
