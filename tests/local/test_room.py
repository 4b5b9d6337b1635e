"""What the room check says of pods, against what the real scheduler and the real quota controller do with them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from tests.local.arena import GPU, SLICE, TOLERATION, Arena, make_spec, open_arena
from tests.local.conftest import Kubectl
from tests.waiting import wait_until
from tooling.adapters.cluster_kubernetes import KubernetesCluster
from tooling.adapters.kube_client import make_path
from tooling.core.room import Verdict, find_room
from tooling.core.room_quota import find_quota_deficits, read_quota
from tooling.errors import ClusterError

pytestmark = pytest.mark.local


@pytest.fixture
def arena(gpu_kubectl: Kubectl) -> Iterator[Arena]:
    with open_arena(gpu_kubectl) as made:
        yield made


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
