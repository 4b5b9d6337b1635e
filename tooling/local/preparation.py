"""Everything that a cluster needs on disk before its first process starts."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Final

from tooling.local import control, fakenodes, gpus, objects
from tooling.local.addresses import LOOPBACK, Site, site_of
from tooling.local.archive import write_image
from tooling.local.behaviour import render_behaviour
from tooling.local.certificates import Authority, Identity, Pair, make_key_pair, write_pairs, write_private
from tooling.local.components import Component, plan_node
from tooling.local.configs import PAUSE_IMAGE, render_admission, render_node_configs
from tooling.local.errors import LocalError
from tooling.local.kubeconfig import render_kubeconfig
from tooling.local.plan import Plan, write_plan
from tooling.local.settings import API_SERVICE, Network, Settings
from tooling.local.system import find_program

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from tooling.local.folders import ClusterFolder

BUILT: Final = (*control.BUILT, "kubelet", "kube-proxy", "coredns", "traefik", "pause")
"""What a node with real pods is built from."""
INSTALLED: Final = ("containerd", "ctr")
MASTERS: Final = "system:masters"
PLAIN_FAKE_NODES: Final = 3
"""As many as replicas that may not share a node, and zones."""


def identities(node: str, site: Site) -> dict[str, Identity]:
    """Return who gets a certificate of the cluster's authority, by the name of its files."""
    api_names = (
        "kubernetes",
        "kubernetes.default",
        "kubernetes.default.svc",
        "kubernetes.default.svc.cluster.local",
    )
    api_hosts = dict.fromkeys((site.address, LOOPBACK, API_SERVICE, "localhost", *api_names))
    found = {
        "admin": Identity("genai:admin", (MASTERS,)),
        "apiserver": Identity("kube-apiserver", hosts=tuple(api_hosts)),
        "etcd": Identity("etcd", hosts=(LOOPBACK, "localhost")),
        "kubelet-client": Identity("kube-apiserver-kubelet-client", (MASTERS,)),
        "kube-controller-manager": Identity("system:kube-controller-manager"),
        "kube-scheduler": Identity("system:kube-scheduler"),
        "kwok": Identity("genai:kwok"),
    }
    if site.network is None:
        return found
    return found | {
        "kubelet": Identity(f"system:node:{node}", ("system:nodes",), hosts=(site.address, node)),
        "kube-proxy": Identity("system:kube-proxy"),
        "coredns": Identity("genai:coredns"),
        "traefik": Identity("genai:edge"),
    }


_SERVERS_ONLY: Final = ("admin", "apiserver", "etcd", "kubelet-client")
"""They have a certificate, but no kubeconfig among the components' own."""


def fake_nodes(settings: Settings) -> tuple[gpus.FakeNode, ...]:
    """Return the nodes that are only simulated: those with GPUs, and plain ones where there is no real node."""
    has_pods = site_of(settings).network is not None
    plain = () if has_pods else gpus.plain_nodes(PLAIN_FAKE_NODES)
    return (*plain, *gpus.gpu_nodes(settings.gpu_nodes))


def _write_access(folder: ClusterFolder, node: str, site: Site) -> None:
    authority, front = Authority(f"genai-{folder.name}"), Authority(f"genai-{folder.name}-front-proxy")
    pairs: dict[str, Pair] = {name: authority.issue(who) for name, who in identities(node, site).items()}
    # An authority of its own: whoever has a certificate of it may speak for any user to an aggregated server.
    extra = (("front-proxy", front.issue(Identity(control.AGGREGATOR))), ("service-accounts", make_key_pair()))
    write_private(folder.certificates / "ca.crt", authority.certificate)
    write_private(folder.certificates / "front-proxy-ca.crt", front.certificate)
    write_pairs(folder.certificates, [*pairs.items(), *extra])

    def kubeconfig(name: str, server: str) -> bytes:
        return render_kubeconfig(
            cluster=folder.name, server=server, authority=authority.certificate, client=pairs[name]
        ).encode()

    for name in pairs.keys() - set(_SERVERS_ONLY):
        write_private(folder.config / f"{name}.kubeconfig", kubeconfig(name, site.local_api))
    write_private(folder.kubeconfig, kubeconfig("admin", site.api))


def _write_configs(folder: ClusterFolder, node: str, network: Network | None, plugins: Path | None) -> None:
    texts = {"admission.yaml": render_admission(), "kwok.yaml": render_behaviour()}
    if network and plugins:
        texts |= render_node_configs(folder, network, node, plugins)
    for name, text in texts.items():
        path = folder.config / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def _write_objects(
    folder: ClusterFolder, settings: Settings, node: str, definitions: Sequence[Path]
) -> tuple[tuple[str, str], ...]:
    """Write the objects in the order in which they are applied; return API path and file name of each."""
    folders = [folder.volumes / f"{number:02d}" for number in range(settings.volumes)]
    for path in folders:
        path.mkdir(parents=True)
        path.chmod(0o777)
    network, fakes = site_of(settings).network, fake_nodes(settings)
    listed: list[tuple[str, str]] = []
    folder.objects.mkdir()

    def add(items: Sequence[objects.Object]) -> None:
        for item in items:
            name = f"{len(listed):03d}.json"
            (folder.objects / name).write_text(json.dumps(item))
            listed.append((objects.object_path(item), name))
            if "status" in item:
                listed.append((f"{objects.object_path(item)}/status", name))

    # Definitions go first: while the API server takes them up, the rest is applied.
    for definition in definitions:
        shutil.copyfile(definition, folder.objects / definition.name)
        listed.append((objects.definition_path(definition.name), definition.name))
    if network:
        add([*objects.access_objects(), *objects.dns_objects(network)])
    if fakes:
        add([*fakenodes.access_objects(), *fakenodes.node_objects(fakes)])
    nodes = [*([node] if network else []), *(each.name for each in fakes)]
    add([*objects.storage_objects(nodes, [str(path) for path in folders]), *objects.edge_objects()])
    return tuple(listed)


def _plan_components(
    folder: ClusterFolder, settings: Settings, node: str, binaries: Mapping[str, Path]
) -> tuple[Component, ...]:
    site = site_of(settings)
    found = control.plan_control(binaries, folder, site)
    if site.network:
        found += plan_node(binaries, folder, site.network, node)
    if fake_nodes(settings):
        found += (control.plan_kwok(binaries[control.KWOK], folder, site.ports),)
    return found


def _find_installed() -> dict[str, Path]:
    found = {name: find_program(name) for name in (*INSTALLED, "cni:bridge")}
    present = {name: path for name, path in found.items() if path is not None}
    if len(present) != len(found):
        raise LocalError("containerd or its network plugins are not installed.", hint="Run `cluster up` as root.")
    return present


def prepare(
    folder: ClusterFolder, settings: Settings, binaries: Mapping[str, Path], definitions: Sequence[Path]
) -> Plan:
    """Write keys, configuration, objects and the plan of a new cluster; return the plan."""
    site, node = site_of(settings), f"genai-{folder.name}"
    installed = _find_installed() if site.network else {}
    for path in (folder.logs, folder.data, folder.config, folder.volumes):
        path.mkdir(parents=True, exist_ok=True)
    _write_access(folder, node, site)
    plugin = installed.get("cni:bridge")
    _write_configs(folder, node, site.network, plugin.parent if plugin else None)
    if site.network:
        write_image(folder.config / "pause.tar", reference=PAUSE_IMAGE, binary=binaries["pause"])
    listed = _write_objects(folder, settings, node, definitions)
    components = _plan_components(folder, settings, node, {**binaries, **installed})
    names = tuple(each.name for each in fake_nodes(settings))
    plan = Plan(node if site.network else "", site, components, listed, names)
    write_plan(folder, plan)
    return plan
