"""Nodes go away one after the other while a canary runs: real scheduler and controllers, pods played by kwok."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from tests.faults.campaign import next_namespace
from tests.faults.own import open_own_bench
from tests.faults.project import CANARY, TARGET
from tests.faults.trial import Bench, Scenario, run_trial
from tests.faults.upstream import Upstream

pytestmark = pytest.mark.local

LONG = {**CANARY, "steps": [{"weight": 50, "hold": "60s"}]}
MERGE = "application/merge-patch+json"


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    """A simulated cluster of this module's own: its nodes are taken away."""
    with open_own_bench("nodes") as bench:
        yield bench


class Losing(threading.Thread):
    """Takes one node after the other away, with all pods of a namespace that ran on it, and gives it back."""

    def __init__(self, upstream: Upstream, namespace: str) -> None:
        super().__init__(daemon=True)
        self.upstream, self.namespace = upstream, namespace
        self.is_over = threading.Event()
        self.lost: set[str] = set()

    def run(self) -> None:
        while not self.is_over.wait(0.5):
            for node in self.upstream.ask("GET", "/api/v1/nodes")["items"]:
                self.lose(node["metadata"]["name"])
                if self.is_over.wait(1.5):
                    return

    def lose(self, node: str) -> None:
        """Have nothing run on a node any more; what ran there is gone without a farewell."""
        self.turn(node, is_off=True)
        pods = f"/api/v1/namespaces/{self.namespace}/pods"
        for pod in (self.upstream.ask("GET", pods) or {}).get("items", ()):
            if pod["spec"].get("nodeName") == node:
                name = pod["metadata"]["name"]
                self.upstream.ask("DELETE", f"{pods}/{name}?gracePeriodSeconds=0")
                self.lost.add(name)
        self.turn(node, is_off=False)

    def turn(self, node: str, *, is_off: bool) -> None:
        self.upstream.ask("PATCH", f"/api/v1/nodes/{node}", {"spec": {"unschedulable": is_off}}, MERGE)


def test_a_canary_outlives_the_loss_of_node_after_node(bench: Bench) -> None:
    """It ends, with every promise kept: in success, or in an abort that names the pods that were lost."""
    scenario = Scenario("node loss", "first", ("release", "--yes"), TARGET, "Succeeded", rollout=LONG)
    namespace = next_namespace()
    losing = Losing(bench.grounds.upstream, namespace)
    losing.start()
    try:
        ended = run_trial(bench, scenario, namespace)
    finally:
        losing.is_over.set()
        losing.join()
    assert len(losing.lost) >= 3, "too few pods were lost to show anything"
    broken = [line for line in ended.broken if line != "ends in Aborted, not in Succeeded"]
    assert not broken, ended.output
    assert ended.phase in {"Succeeded", "Aborted"}, ended.output
    assert ended.phase == "Succeeded" or "ready" in ended.output
    assert set(ended.exits) <= {0, 3}, ended.output
