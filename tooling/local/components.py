"""The processes of one cluster: command lines, order and proof of life. Pure: the supervisor runs the plan."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tooling.local.settings import API_PORT, SERVICE_RANGE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tooling.local.folders import ClusterFolder
    from tooling.local.settings import Network

API_LOCAL = f"https://127.0.0.1:{API_PORT}"


@dataclass(frozen=True, slots=True)
class Component:
    """A process to keep alive. It is started when all of `after` are ready, and is ready when `probe` succeeds.

    A probe is `http://...` or `https://...` (status 200 there), `unix:PATH` (accepts a connection), or `exit` for
    a job: the process has to end with 0 and is not kept alive.
    """

    name: str
    argv: tuple[str, ...]
    probe: str
    after: tuple[str, ...] = ()
    environment: tuple[tuple[str, str], ...] = ()


def _flags(**values: str | int | Path) -> tuple[str, ...]:
    return tuple(f"--{name.replace('_', '-')}={value}" for name, value in values.items())


def _etcd(binary: Path, folder: ClusterFolder) -> Component:
    peer = "http://127.0.0.1:2380"
    flags = _flags(
        data_dir=f"{folder.data}/etcd",
        listen_client_urls="http://127.0.0.1:2379",
        advertise_client_urls="http://127.0.0.1:2379",
        listen_peer_urls=peer,
        initial_advertise_peer_urls=peer,
        initial_cluster=f"default={peer}",
        log_level="warn",
    )
    # A throw-away cluster does not survive a crash of the machine, so nothing has to reach the disk in order.
    return Component("etcd", (str(binary), *flags, "--unsafe-no-fsync"), "http://127.0.0.1:2379/health")


def _api_server(binary: Path, folder: ClusterFolder, network: Network) -> Component:
    keys = folder.certificates
    flags = _flags(
        advertise_address=network.node,
        bind_address="0.0.0.0",  # noqa: S104 - all addresses inside the cluster's own network namespace
        secure_port=API_PORT,
        etcd_servers="http://127.0.0.1:2379",
        service_cluster_ip_range=SERVICE_RANGE,
        authorization_mode="Node,RBAC",
        anonymous_auth="false",
        client_ca_file=keys / "ca.crt",
        tls_cert_file=keys / "apiserver.crt",
        tls_private_key_file=keys / "apiserver.key",
        kubelet_certificate_authority=keys / "ca.crt",
        kubelet_client_certificate=keys / "kubelet-client.crt",
        kubelet_client_key=keys / "kubelet-client.key",
        kubelet_preferred_address_types="InternalIP",
        service_account_issuer="https://kubernetes.default.svc.cluster.local",
        service_account_key_file=keys / "service-accounts.crt",
        service_account_signing_key_file=keys / "service-accounts.key",
        admission_control_config_file=folder.config / "admission.yaml",
        enable_admission_plugins="NodeRestriction",
        profiling="false",
    )
    return Component("kube-apiserver", (str(binary), *flags), f"{API_LOCAL}/readyz")


def _controllers(binaries: Mapping[str, Path], folder: ClusterFolder) -> list[Component]:
    keys = folder.certificates

    def component(name: str, port: int, **extra: str | int | Path) -> Component:
        kubeconfig = folder.config / f"{name}.kubeconfig"
        common = _flags(
            kubeconfig=str(kubeconfig),
            authentication_kubeconfig=str(kubeconfig),
            authorization_kubeconfig=str(kubeconfig),
            bind_address="127.0.0.1",
            leader_elect="false",
            profiling="false",
            kube_api_qps=200,
            kube_api_burst=400,
        )
        argv = (str(binaries[name]), *common, *_flags(**extra))
        return Component(name, argv, f"https://127.0.0.1:{port}/healthz", after=("kube-apiserver",))

    return [
        component(
            "kube-controller-manager",
            10257,
            service_account_private_key_file=keys / "service-accounts.key",
            root_ca_file=keys / "ca.crt",
            use_service_account_credentials="true",
        ),
        component("kube-scheduler", 10259),
    ]


def _node_components(
    binaries: Mapping[str, Path], folder: ClusterFolder, network: Network, node: str
) -> list[Component]:
    kubelet = _flags(
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
    edge = (
        "--entrypoints.web.address=" + f"{network.node}:80",
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


def plan_components(
    binaries: Mapping[str, Path], folder: ClusterFolder, network: Network, node: str
) -> tuple[Component, ...]:
    """Return all processes of a cluster. `objects` in an `after` stands for the applied objects, not a process."""
    return (
        _etcd(binaries["etcd"], folder),
        _api_server(binaries["kube-apiserver"], folder, network),
        *_node_components(binaries, folder, network, node),
        *_controllers(binaries, folder),
        *_services(binaries, folder, network),
    )
