"""Everything that a cluster needs on disk before its first process starts."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tooling.local import configs, objects
from tooling.local.archive import write_image
from tooling.local.certificates import Authority, Identity, Pair, make_key_pair, write_pairs, write_private
from tooling.local.components import plan_components
from tooling.local.errors import LocalError
from tooling.local.kubeconfig import render_kubeconfig
from tooling.local.plan import Plan, write_plan
from tooling.local.settings import API_SERVICE, Network, Settings
from tooling.local.system import find_program

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tooling.local.folders import ClusterFolder

BUILT: Final = (
    "etcd",
    "kube-apiserver",
    "kube-controller-manager",
    "kube-scheduler",
    "kubelet",
    "kube-proxy",
    "coredns",
    "traefik",
    "pause",
)
INSTALLED: Final = ("containerd", "ctr")
MASTERS: Final = "system:masters"


def identities(node: str, network: Network) -> dict[str, Identity]:
    """Return who gets a certificate, by the name of its files."""
    api_names = (
        "kubernetes",
        "kubernetes.default",
        "kubernetes.default.svc",
        "kubernetes.default.svc.cluster.local",
    )
    return {
        "admin": Identity("genai:admin", (MASTERS,)),
        "apiserver": Identity(
            "kube-apiserver", hosts=(network.node, "127.0.0.1", API_SERVICE, "localhost", *api_names)
        ),
        "kubelet-client": Identity("kube-apiserver-kubelet-client", (MASTERS,)),
        "kubelet": Identity(f"system:node:{node}", ("system:nodes",), hosts=(network.node, node)),
        "kube-controller-manager": Identity("system:kube-controller-manager"),
        "kube-scheduler": Identity("system:kube-scheduler"),
        "kube-proxy": Identity("system:kube-proxy"),
        "coredns": Identity("genai:coredns"),
        "traefik": Identity("genai:edge"),
    }


_WITH_KUBECONFIG = ("kubelet", "kube-controller-manager", "kube-scheduler", "kube-proxy", "coredns", "traefik")


def _write_access(folder: ClusterFolder, node: str, network: Network) -> None:
    authority = Authority(f"genai-{folder.name}")
    pairs: dict[str, Pair] = {name: authority.issue(who) for name, who in identities(node, network).items()}
    write_private(folder.certificates / "ca.crt", authority.certificate)
    write_pairs(folder.certificates, [*pairs.items(), ("service-accounts", make_key_pair())])

    def kubeconfig(name: str, address: str) -> bytes:
        return render_kubeconfig(
            cluster=folder.name, address=address, authority=authority.certificate, client=pairs[name]
        ).encode()

    for name in _WITH_KUBECONFIG:
        write_private(folder.config / f"{name}.kubeconfig", kubeconfig(name, "127.0.0.1"))
    write_private(folder.kubeconfig, kubeconfig("admin", network.node))


def _write_configs(folder: ClusterFolder, node: str, network: Network, plugins: Path) -> None:
    texts = {
        "containerd.toml": configs.render_containerd(folder, plugins),
        "cni/10-genai.conflist": configs.render_cni(folder, network),
        "kubelet.yaml": configs.render_kubelet(folder),
        "kube-proxy.yaml": configs.render_kube_proxy(folder, node),
        "admission.yaml": configs.render_admission(),
        "Corefile": configs.render_corefile(folder, network),
        # Pods that ask for the node's resolver get one that knows nothing outside.
        "resolv.conf": f"nameserver {network.node}\n",
    }
    for name, text in texts.items():
        path = folder.config / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def _write_objects(
    folder: ClusterFolder, node: str, network: Network, volumes: int, definitions: Sequence[Path]
) -> tuple[tuple[str, str], ...]:
    """Write the objects in the order in which they are applied; return API path and file name of each."""
    folders = [folder.volumes / f"{number:02d}" for number in range(volumes)]
    for path in folders:
        path.mkdir(parents=True)
        path.chmod(0o777)
    first = [*objects.access_objects(), *objects.dns_objects(network)]
    last = [*objects.storage_objects(node, [str(path) for path in folders]), *objects.edge_objects()]
    listed: list[tuple[str, str]] = []
    folder.objects.mkdir()

    def add(items: Sequence[objects.Object]) -> None:
        for item in items:
            name = f"{len(listed):03d}.json"
            (folder.objects / name).write_text(json.dumps(item))
            listed.append((objects.object_path(item), name))

    # Definitions go first: while the API server takes them up, the rest is applied.
    for definition in definitions:
        shutil.copyfile(definition, folder.objects / definition.name)
        listed.append((objects.definition_path(definition.name), definition.name))
    add(first)
    add(last)
    return tuple(listed)


def prepare(
    folder: ClusterFolder, settings: Settings, binaries: Mapping[str, Path], definitions: Sequence[Path]
) -> Plan:
    """Write keys, configuration, objects and the plan of a new cluster; return the plan."""
    plugin = find_program("cni:bridge")
    programs = {name: find_program(name) for name in INSTALLED}
    found = {name: path for name, path in programs.items() if path is not None}
    if plugin is None or len(found) != len(INSTALLED):
        raise LocalError("containerd or its network plugins are not installed.", hint="Run `cluster up` as root.")
    network, node = Network(settings.network), f"genai-{folder.name}"
    for path in (folder.logs, folder.data, folder.config, folder.volumes):
        path.mkdir(parents=True, exist_ok=True)
    _write_access(folder, node, network)
    _write_configs(folder, node, network, plugin.parent)
    write_image(folder.config / "pause.tar", reference=configs.PAUSE_IMAGE, binary=binaries["pause"])
    listed = _write_objects(folder, node, network, settings.volumes, definitions)
    plan = Plan(node, network, plan_components({**binaries, **found}, folder, network, node), listed)
    write_plan(folder, plan)
    return plan
