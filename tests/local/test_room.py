"""What the room check says of pods, against what the real scheduler and the real quota controller do with them."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from random import Random
from typing import Any

import pytest

from tests.local.conftest import Kubectl
from tests.waiting import wait_until
from tooling.adapters.cluster_kubernetes import KubernetesCluster
from tooling.adapters.kube_client import KubeClient, connect, make_path
from tooling.core.room import Verdict, find_room
from tooling.core.room_board import Need
from tooling.core.room_pods import read_shape
from tooling.core.room_quota import find_quota_deficits, read_quota
from tooling.core.room_words import tell_shortage
from tooling.errors import ClusterError
from tooling.local import containers

pytestmark = pytest.mark.local

GPU = "nvidia.com/gpu"
SLICE = "nvidia.com/mig-3g.40gb"
TOLERATION = {"key": GPU, "operator": "Exists", "effect": "NoSchedule"}
CASES = int(os.environ.get("DRAWN", "16"))
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


@pytest.fixture
def arena(gpu_cluster: containers.Cluster, gpu_kubectl: Kubectl) -> Iterator[Arena]:
    client = connect(str(gpu_cluster.kubeconfig))
    name = f"room-{secrets.token_hex(4)}"
    gpu_kubectl("create", "namespace", name)
    made = Arena(client, name)
    yield made
    made.clear()
    gpu_kubectl("delete", "namespace", name, "--wait=false")
    client.close()


@pytest.fixture
def mark_node(gpu_kubectl: Kubectl) -> Iterator[Callable[..., None]]:
    """Change nodes, and have them as before afterwards."""
    undo: list[tuple[str, ...]] = []

    def mark(name: str, *, taint: str = "") -> None:
        if taint:
            gpu_kubectl("taint", "node", name, f"{taint}:NoSchedule")
            undo.append(("taint", "node", name, f"{taint.partition('=')[0]}-"))
        else:
            gpu_kubectl("cordon", name)
            undo.append(("uncordon", name))

    yield mark
    for command in undo:
        gpu_kubectl(*command)


A100 = {f"{GPU}.product": "NVIDIA-A100-SXM4-80GB", f"{GPU.partition('/')[0]}/mig.strategy": "single"}
WHOLE = {f"{GPU}.product": "NVIDIA-A100-SXM4-80GB"}


def test_a_pool_that_is_nearly_full_lacks_what_the_scheduler_lacks(arena: Arena) -> None:
    arena.create("others", make_spec({GPU: 7}, nodeSelector=WHOLE, tolerations=[TOLERATION]), 2)
    assert arena.settle("others") == (2, 2)
    spec = make_spec({GPU: 1}, nodeSelector=WHOLE, tolerations=[TOLERATION])

    verdict, told = arena.judge(arena.need("inference/llama", spec, 4))

    assert verdict is Verdict.SHORT
    assert told == (
        f"2 more {GPU} are needed on nodes with {GPU}.product=NVIDIA-A100-SXM4-80GB: "
        "4 are asked for, 2 are free (a100-80g-0 1, a100-80g-1 1)"
    )
    arena.create("ours", spec, 4)
    assert arena.settle("ours") == (2, 4)


def test_cordoned_and_tainted_nodes_offer_nothing(arena: Arena, mark_node: Callable[..., None]) -> None:
    mark_node("a100-80g-0")
    mark_node("a100-80g-1", taint="team=other")
    spec = make_spec({GPU: 1}, nodeSelector=WHOLE, tolerations=[TOLERATION])

    verdict, told = arena.judge(arena.need("inference/llama", spec, 1))

    assert verdict is Verdict.SHORT
    assert "a100-80g-0 is cordoned, a100-80g-1 has the taint team=other:NoSchedule" in told
    arena.create("ours", spec)
    assert arena.settle("ours") == (0, 1)
    bold = make_spec({GPU: 1}, nodeSelector=WHOLE, tolerations=[{"operator": "Exists"}])
    assert arena.judge(arena.need("inference/llama", bold, 1))[0] is Verdict.FITS
    arena.create("bold", bold)
    assert arena.settle("bold") == (1, 1)


def test_slices_that_lie_on_one_node_cannot_be_had_elsewhere(arena: Arena) -> None:
    spec = make_spec({SLICE: 3}, tolerations=[TOLERATION])
    assert arena.judge(arena.need("inference/small", spec, 2))[0] is Verdict.FITS
    verdict, told = arena.judge(arena.need("inference/small", spec, 3))
    assert verdict is Verdict.SHORT
    assert told.startswith(f"1 more {SLICE} is needed: 9 are asked for, 8 are free (a100-mig-0 8")
    arena.create("ours", spec, 3)
    assert arena.settle("ours") == (2, 3)


def test_a_quota_lacks_what_its_controller_refuses(arena: Arena) -> None:
    quota = {
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": {"name": "gpus"},
        "spec": {"hard": {f"requests.{GPU}": "4", "limits.cpu": "1"}},
    }
    path = make_path("v1", "resourcequotas", arena.namespace)
    arena.client.create(path, quota, what="ResourceQuota")
    arena.create("others", make_spec({GPU: 3}, tolerations=[TOLERATION], resources={"limits": {"cpu": "1m"}}))

    def is_counted() -> bool:
        (found,) = arena.client.get(path, what="quotas")["items"]
        return bool(found.get("status", {}).get("used", {}).get(f"requests.{GPU}") == "3")

    wait_until(is_counted, "the quota's controller has counted")
    spec = make_spec({GPU: 1}, tolerations=[TOLERATION], resources={"limits": {"cpu": "1m"}})
    quotas = [read_quota(one) for one in arena.client.get(path, what="quotas")["items"]]
    told = [list(find_quota_deficits(quotas, [arena.need("llama", spec, count)])) for count in (1, 2)]
    assert told == [
        [],
        [f"1 more requests.{GPU} is needed in ResourceQuota gpus: 2 are asked for, 1 of 4 is free"],
    ]
    arena.create("ours", spec)
    with pytest.raises(ClusterError, match="exceeded quota: gpus"):
        arena.create("ours", spec)


def test_a_node_that_holds_all_the_pods_it_may_is_full(arena: Arena, gpu_kubectl: Kubectl) -> None:
    name = f"tiny-{arena.namespace}"
    node = {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": {"tiny": name}, "annotations": {"kwok.x-k8s.io/node": "fake"}},
    }
    size = {"status": {"allocatable": {"pods": "2", "cpu": "8"}, "capacity": {"pods": "2", "cpu": "8"}}}
    gpu_kubectl("create", "-f", "-", stdin=json.dumps(node))
    try:
        gpu_kubectl("patch", "node", name, "--subresource=status", "-p", json.dumps(size))
        gpu_kubectl("wait", "--for=condition=Ready", f"node/{name}", "--timeout=30s")
        gpu_kubectl("patch", "node", name, "--subresource=status", "-p", json.dumps(size))
        spec = make_spec({"cpu": "1m"}, nodeSelector={"tiny": name}, tolerations=[{"operator": "Exists"}])
        assert arena.judge(arena.need("gateway", spec, 2))[0] is Verdict.FITS
        verdict, told = arena.judge(arena.need("gateway", spec, 3))
        assert verdict is Verdict.SHORT
        assert told.startswith(f"1 more places for pods are needed on nodes with tiny={name}: 3 are asked for")
        arena.create("ours", spec, 3)
        assert arena.settle("ours") == (2, 3)
    finally:
        arena.clear()
        gpu_kubectl("delete", "node", name)


def test_pods_of_higher_priority_take_the_place_of_others(arena: Arena, gpu_kubectl: Kubectl) -> None:
    name = f"high-{arena.namespace}"
    gpu_kubectl("create", "priorityclass", name, "--value=1000")
    try:
        pool = {"nodeSelector": WHOLE, "tolerations": [TOLERATION]}
        arena.create("others", make_spec({GPU: 8}, **pool), 2)
        assert arena.settle("others") == (2, 2)
        spec = make_spec({GPU: 4}, **pool, priorityClassName=name)
        own = replace(arena.need("llama", spec, 1), priority=1000)
        room = find_room(KubernetesCluster(arena.client).read_capacity(arena.namespace), [own])
        assert (room.verdict, room.has_to_evict) == (Verdict.TIGHT, True)
        assert arena.judge(replace(own, priority=0))[0] is Verdict.SHORT
        arena.create("ours", spec)
        wait_until(lambda: arena.settle("ours") == (1, 1), "the scheduler made room")
    finally:
        gpu_kubectl("delete", "priorityclass", name)


@dataclass(frozen=True)
class Case:
    others: tuple[tuple[Spec, int], ...]
    ours: tuple[tuple[Spec, int], ...]


def draw_spec(random: Random) -> Spec:
    tolerations = [TOLERATION] if random.random() < 0.7 else []
    spread = {
        "maxSkew": 1,
        "topologyKey": random.choice(["kubernetes.io/hostname", "topology.kubernetes.io/zone"]),
        "whenUnsatisfiable": random.choice(["DoNotSchedule", "ScheduleAnyway"]),
        "labelSelector": {"matchLabels": {"group": "ours"}},
    }
    apart = {
        "requiredDuringSchedulingIgnoredDuringExecution": [
            {"topologyKey": "kubernetes.io/hostname", "labelSelector": {"matchLabels": {"group": "ours"}}}
        ]
    }
    extra: dict[str, Any] = {"tolerations": tolerations}
    roll = random.random()
    if roll < 0.2:
        extra["topologySpreadConstraints"] = [spread]
    elif roll < 0.3:
        extra["affinity"] = {"podAntiAffinity": apart}
    if random.random() < 0.4:
        kinds = random.sample(["a100-80g", "t4-shared", "cpu"], 2)
        wanted = {"key": "node.kubernetes.io/instance-type", "operator": "In", "values": kinds}
        terms = {"nodeSelectorTerms": [{"matchExpressions": [wanted]}]}
        affinity = {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": terms}}
        extra["affinity"] = {**extra.get("affinity", {}), **affinity}
    if random.random() < 0.6:
        return make_spec({GPU: random.choice([1, 2, 4, 8]), "cpu": random.choice([1, 8])}, **extra)
    return make_spec({"cpu": random.choice([9, 16, 30, 60]), "memory": random.choice(["1Gi", "60Gi"])}, **extra)


def draw_case(seed: int) -> Case:
    random = Random(seed)
    others = tuple((draw_spec(random), random.randint(1, 4)) for _ in range(random.randint(0, 2)))
    ours = tuple((draw_spec(random), random.randint(1, 4)) for _ in range(random.randint(1, 3)))
    return Case(others, ours)


def test_what_is_let_pass_is_scheduled_and_what_is_refused_is_not(arena: Arena) -> None:
    verdicts: dict[Verdict, int] = dict.fromkeys(Verdict, 0)
    wrong = []
    for seed in range(CASES):
        case = draw_case(seed)
        for spec, count in case.others:
            arena.create("others", spec, count)
        arena.settle("others")
        for pod in arena.pods("others"):
            if not pod["spec"].get("nodeName"):
                name = pod["metadata"]["name"]
                arena.client.delete(make_path("v1", "pods", arena.namespace, name), what="Pod")
        needs = [
            Need(f"model-{number}", arena.namespace, count, read_shape({"group": "ours"}, spec))
            for number, (spec, count) in enumerate(case.ours)
        ]
        verdict, told = arena.judge(*needs)
        for spec, count in case.ours:
            arena.create("ours", spec, count)
        placed, asked = arena.settle("ours")
        verdicts[verdict] += 1
        is_right = {Verdict.FITS: placed == asked, Verdict.SHORT: placed < asked, Verdict.TIGHT: True}[verdict]
        if not is_right or bool(told) < (verdict is Verdict.SHORT):
            wrong.append(f"seed {seed}: {verdict}, {placed} of {asked} placed: {told}")
        arena.clear()
    assert not wrong, "\n".join([*wrong, str(verdicts)])
    assert min(verdicts[Verdict.FITS], verdicts[Verdict.SHORT]) > 0, verdicts
