"""The control plane of every runtime: etcd, API server, controllers, scheduler, kwok. Pure: command lines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tooling.local.addresses import LOOPBACK
from tooling.local.components import Component, flags
from tooling.local.settings import SERVICE_RANGE

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tooling.local.addresses import Ports, Site
    from tooling.local.folders import ClusterFolder

FAKE_POD_RANGE: Final = "10.245.0.1/16"
FAKE_NODE_ADDRESS: Final = "198.19.0.1"
"""What simulated nodes say where they are. Nobody answers there: the range is kept for tests of networks."""
FAKE_API_ADDRESS: Final = "198.19.0.2"
"""What the Service `kubernetes` leads to where no pod could use it: the API server refuses to name a loopback."""
FAKE_ANNOTATION: Final = ("kwok.x-k8s.io/node", "fake")
LEASE_SECONDS: Final = 40
AGGREGATOR: Final = "front-proxy-client"
BUILT: Final = ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler")
KWOK: Final = "kwok"


def _etcd(binary: Path, folder: ClusterFolder, ports: Ports) -> Component:
    peer = f"https://{LOOPBACK}:{ports.etcd_peer}"
    client = f"https://{LOOPBACK}:{ports.etcd}"
    options = flags(
        data_dir=f"{folder.data}/etcd",
        listen_client_urls=client,
        advertise_client_urls=client,
        listen_peer_urls=peer,
        initial_advertise_peer_urls=peer,
        initial_cluster=f"default={peer}",
        log_level="warn",
    )
    # Certificates even on loopback: in `simulated` that is the host's own, where other users are.
    own = {"cert_file": "etcd.crt", "key_file": "etcd.key", "trusted_ca_file": "ca.crt"}
    for prefix in ("", "peer_"):
        options += flags(**{f"{prefix}{name}": folder.certificates / file for name, file in own.items()})
        options += flags(**{f"{prefix}client_cert_auth": "true"})
    # A throw-away cluster does not survive a crash of the machine, so nothing has to reach the disk in order.
    return Component("etcd", (str(binary), *options, "--unsafe-no-fsync"), f"{client}/health")


def _api_server(binary: Path, folder: ClusterFolder, site: Site) -> Component:
    keys = folder.certificates
    options = flags(
        advertise_address=site.address if site.network else FAKE_API_ADDRESS,
        # All addresses inside the cluster's own network namespace; else the host's loopback only.
        bind_address="0.0.0.0" if site.network else LOOPBACK,  # noqa: S104
        secure_port=site.ports.api,
        etcd_servers=f"https://{LOOPBACK}:{site.ports.etcd}",
        etcd_cafile=keys / "ca.crt",
        etcd_certfile=keys / "etcd.crt",
        etcd_keyfile=keys / "etcd.key",
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
    return Component("kube-apiserver", (str(binary), *options, *_aggregation(keys)), f"{site.local_api}/readyz")


def _aggregation(keys: Path) -> tuple[str, ...]:
    """Let an APIService lead to another server, such as a metrics adapter, that learns from us who asks."""
    return flags(
        requestheader_client_ca_file=keys / "front-proxy-ca.crt",
        requestheader_allowed_names=AGGREGATOR,
        requestheader_username_headers="X-Remote-User",
        requestheader_group_headers="X-Remote-Group",
        requestheader_extra_headers_prefix="X-Remote-Extra-",
        proxy_client_cert_file=keys / "front-proxy.crt",
        proxy_client_key_file=keys / "front-proxy.key",
    )


def _controllers(binaries: Mapping[str, Path], folder: ClusterFolder, ports: Ports) -> list[Component]:
    keys = folder.certificates

    def component(name: str, port: int, **extra: str | int | Path) -> Component:
        kubeconfig = str(folder.config / f"{name}.kubeconfig")
        common = flags(
            kubeconfig=kubeconfig,
            authentication_kubeconfig=kubeconfig,
            authorization_kubeconfig=kubeconfig,
            bind_address=LOOPBACK,
            secure_port=port,
            leader_elect="false",
            profiling="false",
            kube_api_qps=200,
            kube_api_burst=400,
        )
        argv = (str(binaries[name]), *common, *flags(**extra))
        return Component(name, argv, f"https://{LOOPBACK}:{port}/healthz", after=("kube-apiserver",))

    return [
        component(
            "kube-controller-manager",
            ports.controller_manager,
            service_account_private_key_file=keys / "service-accounts.key",
            root_ca_file=keys / "ca.crt",
            use_service_account_credentials="true",
            # One look in 15 s is meant for large clusters; here somebody sits and waits.
            horizontal_pod_autoscaler_sync_period="5s",
        ),
        component("kube-scheduler", ports.scheduler),
    ]


def plan_control(binaries: Mapping[str, Path], folder: ClusterFolder, site: Site) -> tuple[Component, ...]:
    """Return the control plane's processes."""
    return (
        _etcd(binaries["etcd"], folder, site.ports),
        _api_server(binaries["kube-apiserver"], folder, site),
        *_controllers(binaries, folder, site.ports),
    )


def plan_kwok(binary: Path, folder: ClusterFolder, ports: Ports) -> Component:
    """Return the process that plays the simulated nodes' kubelets: their pods run at once, and serve nothing."""
    options = flags(
        config=folder.config / f"{KWOK}.yaml",
        kubeconfig=folder.config / f"{KWOK}.kubeconfig",
        manage_all_nodes="false",
        manage_nodes_with_annotation_selector="=".join(FAKE_ANNOTATION),
        cidr=FAKE_POD_RANGE,
        node_ip=FAKE_NODE_ADDRESS,
        node_lease_duration_seconds=LEASE_SECONDS,
        server_address=f"{LOOPBACK}:{ports.kwok}",
    )
    argv = (str(binary), *options)
    return Component(KWOK, argv, f"http://{LOOPBACK}:{ports.kwok}/healthz", after=("objects",))
