"""GPU drivers are compared with the nodes before anything is written (promise P9)."""

from __future__ import annotations

import pytest

from tests.fakes.world import World
from tooling.app.context import Ports
from tooling.app.preflight_gpu import check_hardware
from tooling.core.hardware import Node
from tooling.errors import ClusterError, PreflightError
from tooling.ports.alarm import Timer

DRIVER = "nvidia.com/cuda.driver-version.full"


def serve(least: str) -> dict:
    template = {"metadata": {"annotations": {"genai-stack/min-driver": least}}, "spec": {"containers": []}}
    return {"kind": "Deployment", "metadata": {"name": "genai-blue-llama"}, "spec": {"template": template}}


@pytest.fixture
def world() -> World:
    return World()


def check(world: World, *manifests: dict) -> list[str]:
    ports = Ports(
        helm=world.helm,
        cluster=world.cluster,
        route=world.route,
        metrics=world.metrics,
        store=world.store,
        lease=world.lease,
        load=world.load,
        clock=world.clock,
        reporter=world.reporter,
        alarm=Timer(world.clock),
        scalers=world.scalers,
        quality=world.quality,
    )
    before = len(world.reporter.said)
    check_hardware(ports, manifests)
    return world.reporter.said[before:]


def test_a_driver_that_is_too_old_everywhere_is_refused_with_the_nodes(world):
    world.cluster.nodes = [Node("gpu-1", {DRIVER: "535.104.05"}), Node("gpu-2", {DRIVER: "470.1"})]
    with pytest.raises(PreflightError) as refused:
        check(world, serve("550.54"))
    assert "Deployment genai-blue-llama (needs driver 550.54)" in refused.value.message
    assert "gpu-1 (driver 535.104.5), gpu-2 (driver 470.1)" in refused.value.message
    assert "Nothing was touched" in refused.value.hint


@pytest.mark.parametrize(
    ("nodes", "told"),
    [
        ([Node("new", {DRIVER: "570.1"})], ""),
        (
            [Node("new", {DRIVER: "570.1"}), Node("old", {DRIVER: "470.1"})],
            "scheduled to a node that is too old",
        ),
        ([Node("cpu", {})], "cpu tell no driver"),
        ([], "no node has the labels"),
    ],
)
def test_doubt_is_a_warning(world, nodes, told):
    world.cluster.nodes = nodes
    lines = check(world, serve("550.54"))
    assert len(lines) == bool(told)
    assert told in "".join(lines)


def test_nodes_that_may_not_be_listed_are_a_warning(world):
    world.fail_next("cluster.list_nodes", ClusterError("nodes is forbidden", status=403))
    (line,) = check(world, serve("550.54"))
    assert "not compared: nodes is forbidden" in line


def test_a_stack_without_such_needs_asks_for_no_nodes(world):
    world.fail_next("cluster.list_nodes", AssertionError("asked"))
    assert check(world, {"kind": "Service", "spec": {}}) == []
