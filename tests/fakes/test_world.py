"""The simulated world does what stories rely on; contract tests compare its fakes with the adapters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from tests.fakes import Killed, World
from tests.fakes.manifests import render_route
from tests.fakes.world import VALUES
from tooling.core.strategy import LoadSettings
from tooling.errors import ConflictError, HelmError, UnavailableError
from tooling.ports.clock import Clock
from tooling.ports.cluster import Cluster
from tooling.ports.helm import Helm
from tooling.ports.lease import Lease
from tooling.ports.load import Load
from tooling.ports.metrics import Metrics
from tooling.ports.reporter import Reporter
from tooling.ports.route import Route
from tooling.ports.store import Store

GREEN: Mapping[str, Any] = {**VALUES, "global": {"instance": "genai", "role": "slot", "slot": "green"}}


@pytest.fixture
def world() -> World:
    made = World()
    made.stand("blue")
    return made


def send(world: World, weights: Mapping[str, int], serving: str = "blue") -> None:
    manifests = render_route("genai", weights, serving)
    world.route.write("genai", "genai", manifests, seen=world.route.read("genai", "genai"), epoch=1)


def test_every_fake_implements_its_port(world: World) -> None:
    ports: tuple[Clock, Cluster, Helm, Lease, Load, Metrics, Reporter, Route, Store]  # what mypy checks
    ports = (
        world.clock,
        world.cluster,
        world.helm,
        world.lease,
        world.load,
        world.metrics,
        world.reporter,
        world.route,
        world.store,
    )
    assert len(set(map(type, ports))) == 9


def test_pods_get_ready_in_time(world: World) -> None:
    world.helm.upgrade("genai-green", GREEN, description="r1")
    assert [one.ready for one in world.observe("green")] == [0, 0]
    world.clock.sleep(3)
    assert [(one.key, one.ready) for one in world.observe("green")] == [("gateway", 1), ("inference/smollm2", 1)]
    world.cluster.scale("genai", "genai-green-gateway", 3)
    assert world.observe("green")[0].ready == 1
    world.clock.sleep(3)
    assert world.observe("green")[0].has(3)


def test_a_new_template_is_current_only_when_its_pods_are_ready(world: World) -> None:
    world.helm.upgrade(
        "genai-blue", {**VALUES, "global": {"role": "slot", "slot": "blue"}, "x": 1}, description=""
    )
    found = world.observe("blue")[0]
    assert (found.ready, found.is_current) == (1, False)
    world.clock.sleep(3)
    assert world.observe("blue")[0].has(1)


def test_a_broken_image_never_gets_ready(world: World) -> None:
    world.behave("green", problem="ErrImagePull: gateway")
    world.helm.upgrade("genai-green", GREEN, description="r1")
    world.clock.sleep(600)
    assert [(one.ready, one.problem) for one in world.observe("green")] == [(0, "ErrImagePull: gateway")] * 2


def test_traffic_follows_the_weights(world: World) -> None:
    world.helm.upgrade("genai-green", GREEN, description="r1")
    world.clock.sleep(3)
    before = world.metrics.measure("genai", "genai", ("blue", "green"))
    world.behave("green", error_share=0.5, latency=1.0)
    send(world, {"blue": 90, "green": 10})
    with world.load.run(LoadSettings(rate=10)) as load:
        world.clock.sleep(10)
    after = world.metrics.measure("genai", "genai", ("blue", "green"))
    (blue,), (green,) = after["blue"].values(), after["green"].values()
    assert blue.requests - next(iter(before["blue"].values())).requests == 180
    assert (green.requests, green.errors) == (20, 10)
    assert {slot: one.requests for slot, one in load.report().slots.items()} == {"blue": 90, "green": 10}
    assert load.report().slots["green"].last_started_at == world.clock.now()
    assert (green.latency.quantile(0.95) or 0) >= 1.0


def test_nobody_ready_is_an_error_of_the_edge(world: World) -> None:
    world.behave("blue", is_never_ready=True)
    with world.load.run(LoadSettings(rate=10)) as load:
        world.clock.sleep(1)
    assert load.report().slots[""].errors == 10
    assert world.metrics.measure("genai", "genai", ("blue",)) == {}


def test_a_fault_happens_before_or_after_the_effect(world: World) -> None:
    world.fail_next("route.write", ConflictError("x"))
    world.fail_next("route.write", UnavailableError("x"), is_lost_reply=True)
    with pytest.raises(ConflictError):
        send(world, {"blue": 50, "green": 50})
    assert world.wrote("route.write") == []
    with pytest.raises(UnavailableError):
        send(world, {"blue": 50, "green": 50})
    assert world.wrote("route.write") == ["blue 50 %, green 50 %, serving blue"]
    send(world, {"blue": 100})


def test_a_killed_helm_leaves_its_release_pending(world: World) -> None:
    world.kill_at(0, "during")
    with pytest.raises(Killed):
        world.helm.upgrade("genai-green", GREEN, description="r1")
    with pytest.raises(Killed):
        world.route.read("genai", "genai")
    world.revive()
    release = world.helm.read_release("genai-green")
    assert release is not None
    assert (release.status, release.description) == ("pending-install", "r1")
    with pytest.raises(HelmError, match="in progress"):
        world.helm.upgrade("genai-green", GREEN, description="r1")
    world.helm.uninstall("genai-green")
    assert world.helm.read_release("genai-green") is None


def test_a_killed_driver_leaves_a_lock_that_costs_time(world: World) -> None:
    world.kill_at(1)
    with pytest.raises(Killed), world.lease.hold("genai", "genai"):
        send(world, {"blue": 100})
    world.revive()
    began = world.clock.now()
    with world.lease.hold("genai", "genai") as hold:
        assert hold.epoch == 2
    assert world.clock.now() - began == 15.0
    assert world.lease.find_holder("genai", "genai") == ""


def test_helm_keeps_revisions(world: World) -> None:
    world.helm.upgrade("genai-blue", GREEN, description="r1")
    world.helm.rollback("genai-blue", 1)
    release = world.helm.read_release("genai-blue")
    assert release is not None
    assert (release.revision, release.status, release.description) == (3, "deployed", "Rollback to 1")


def test_somebody_acts_while_time_passes(world: World) -> None:
    world.clock.schedule(5, lambda: world.lease.steal("rival"))
    with world.lease.hold("genai", "genai") as hold:
        world.clock.sleep(4)
        assert hold.is_held()
        world.clock.sleep(4)
        assert not hold.is_held()
    assert world.lease.holder == "rival"


def test_a_story_without_end_is_stopped(world: World) -> None:
    with pytest.raises(AssertionError, match="does not end"):
        world.clock.sleep(10**9)
