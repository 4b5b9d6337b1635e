"""When is a cluster ready? Probes of components, objects to apply, and proofs that it really works."""

from __future__ import annotations

import socket
import time
from typing import TYPE_CHECKING, Any

from tooling.local import api, dns
from tooling.local.addresses import LOOPBACK
from tooling.local.control import KWOK
from tooling.local.settings import API_SERVICE, DNS_SERVICE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from tooling.local.folders import ClusterFolder
    from tooling.local.plan import Plan

KUBERNETES_NAME = "kubernetes.default.svc.cluster.local"
APPLY_SECONDS_PER_LOOK = 0.1
WITH_OUR_CERTIFICATES = ("etcd", "kube-apiserver")
GATEWAY_PATH = "/apis/gateway.networking.k8s.io/v1/namespaces/edge/gateways/edge"


def accepts(path: str) -> bool:
    """Return whether something listens on the Unix socket `path`."""
    with socket.socket(socket.AF_UNIX) as link:
        link.settimeout(0.5)
        try:
            link.connect(path)
        except OSError:
            return False
        return True


def is_usable(node: dict[str, Any]) -> bool:
    """Return whether a node is Ready and the scheduler has been told so, other taints than that aside."""
    taints = (node.get("spec") or {}).get("taints") or ()
    is_held = any(taint["key"].startswith("node.kubernetes.io/") for taint in taints)
    return api.has_condition(node, "Ready") and not is_held


def milestones(plan: Plan) -> tuple[str, ...]:
    """Return what has to be proven of the cluster besides that its components answer."""
    real = ("node", "dns", "gateway", "edge") if plan.site.network else ()
    return ("objects", *real, *(("nodes",) if plan.fake_nodes else ()))


class Checks:
    """Looks, one tick at a time, at what is not ready yet."""

    def __init__(self, folder: ClusterFolder, plan: Plan) -> None:
        self._folder = folder
        self._plan = plan
        self._client = api.client_context(folder.certificates)
        self._unchecked = api.unchecked_context()
        self._api = api.Api(LOOPBACK, plan.site.ports.api, self._client)
        self._to_apply = list(plan.objects)
        self._probes = {each.name: each.probe for each in plan.components}
        self.milestones = milestones(plan)
        self.complaint = ""

    def look(self, running: Iterable[str], ready: Mapping[str, float]) -> list[str]:
        """Return the names of components and milestones that have become ready."""
        found = [name for name in running if name not in ready and self._probe(name)]
        proofs: Mapping[str, tuple[tuple[str, ...], Callable[[], bool]]] = {
            "objects": (("kube-apiserver",), self._apply),
            "node": (("kubelet", "objects"), self._is_node_ready),
            "nodes": ((KWOK, "objects"), self._are_fake_nodes_ready),
            "dns": (("coredns", "kube-proxy"), self._answers_names),
            "gateway": (("traefik",), lambda: api.has_condition(self._api.get(GATEWAY_PATH), "Programmed")),
            "edge": (("gateway",), self._answers_requests),
        }
        for name in self.milestones:
            after, proof = proofs[name]
            if name not in ready and all(each in ready for each in after) and proof():
                found.append(name)
        return found

    def _probe(self, name: str) -> bool:
        target = self._probes[name]
        if target == "exit":
            return False
        if target.startswith("unix:"):
            return accepts(target.removeprefix("unix:"))
        context = None
        if target.startswith("https:"):
            context = self._client if name in WITH_OUR_CERTIFICATES else self._unchecked
        return api.fetch_status(target, context) == 200

    def _apply(self) -> bool:
        """Apply what is left, in order, for a moment; what is refused is tried again at the next look."""
        until = time.monotonic() + APPLY_SECONDS_PER_LOOK
        while self._to_apply and time.monotonic() < until:
            path, file = self._to_apply[0]
            self.complaint = self._api.apply(path, (self._folder.objects / file).read_text())
            if self.complaint:
                return False
            del self._to_apply[0]
        return not self._to_apply

    def _is_node_ready(self) -> bool:
        node = self._api.get(f"/api/v1/nodes/{self._plan.node}")
        return api.has_condition(node, "Ready") and not ((node or {}).get("spec") or {}).get("taints")

    def _are_fake_nodes_ready(self) -> bool:
        listed = (self._api.get("/api/v1/nodes") or {}).get("items") or ()
        usable = {node["metadata"]["name"] for node in listed if is_usable(node)}
        return usable.issuperset(self._plan.fake_nodes)

    def _answers_names(self) -> bool:
        return API_SERVICE in dns.resolve(DNS_SERVICE, KUBERNETES_NAME, timeout=0.3)

    def _answers_requests(self) -> bool:
        return api.fetch_status(f"{self._plan.site.edge}/") is not None
