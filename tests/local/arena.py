"""A namespace on simulated nodes in which the real scheduler is asked what becomes of pods."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from tests.local.conftest import Kubectl
from tests.waiting import wait_until
from tooling.adapters.cluster_kubernetes import KubernetesCluster
from tooling.adapters.kube_client import KubeClient, connect, make_path
from tooling.core.room import Verdict, find_room
from tooling.core.room_board import Need
from tooling.core.room_pods import read_shape
from tooling.core.room_words import tell_shortage

GPU = "nvidia.com/gpu"
SLICE = "nvidia.com/mig-3g.40gb"
TOLERATION = {"key": GPU, "operator": "Exists", "effect": "NoSchedule"}
Spec = Mapping[str, Any]


def make_spec(requests: Mapping[str, Any], **spec: Any) -> Spec:
    resources = {"requests": requests, "limits": {name: one for name, one in requests.items() if "/" in name}}
    security = {
        "allowPrivilegeEscalation": False,
        "runAsNonRoot": True,
        "runAsUser": 10001,
        "capabilities": {"drop": ["ALL"]},
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    more = spec.pop("resources", {})
    resources["limits"] = {**resources["limits"], **more.get("limits", {})}
    main = {"name": "main", "image": "none:1", "resources": resources, "securityContext": security}
    return {"containers": [main], "terminationGracePeriodSeconds": 0, **spec}


@dataclass
class Arena:
    """A namespace of one's own on the simulated nodes."""

    client: KubeClient
    namespace: str
    made: int = 0

    def create(self, group: str, spec: Spec, count: int = 1) -> None:
        for _ in range(count):
            self.made += 1
            metadata = {"name": f"p{self.made}", "labels": {"group": group}}
            body = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": dict(spec)}
            self.client.create(make_path("v1", "pods", self.namespace), body, what="Pod")

    def pods(self, group: str = "") -> list[dict[str, Any]]:
        query = {"labelSelector": f"group={group}"} if group else {}
        return list(self.client.get(make_path("v1", "pods", self.namespace), what="pods", query=query)["items"])

    def settle(self, group: str) -> tuple[int, int]:
        """Wait until the scheduler has said something of every pod; return those with a node, and all."""

        def is_settled(pod: dict[str, Any]) -> bool:
            conditions = pod.get("status", {}).get("conditions") or ()
            refused = any(one["type"] == "PodScheduled" and one["status"] == "False" for one in conditions)
            return bool(pod["spec"].get("nodeName")) or refused

        wait_until(lambda: all(map(is_settled, self.pods(group))), "the scheduler says something of every pod")
        found = self.pods(group)
        return sum(bool(one["spec"].get("nodeName")) for one in found), len(found)

    def clear(self) -> None:
        path = make_path("v1", "pods", self.namespace)
        self.client.send("DELETE", path, what="pods", body={"gracePeriodSeconds": 0})
        wait_until(lambda: not self.pods(), "no pod is left")

    def need(self, key: str, spec: Spec, count: int) -> Need:
        return Need(key, self.namespace, count, read_shape({"group": key}, spec))

    def judge(self, *needs: Need) -> tuple[Verdict, str]:
        room = find_room(KubernetesCluster(self.client).read_capacity(self.namespace), needs)
        return room.verdict, "; ".join(tell_shortage(room))


@contextmanager
def open_arena(kubectl: Kubectl) -> Iterator[Arena]:
    """Have a namespace until the block ends; the nodes are shared, so nothing is left running on them."""
    client = connect(str(kubectl.kubeconfig))
    name = f"room-{secrets.token_hex(4)}"
    kubectl("create", "namespace", name)
    made = Arena(client, name)
    yield made
    made.clear()
    kubectl("delete", "namespace", name, "--wait=false")
    client.close()
