"""How traffic is measured between looks, and what the GPUs of slots add up to."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.app.story import Story, stand, stop_after
from tooling.app.status import WINDOW, Traffic, read_status
from tooling.core.analysis import PodCounts
from tooling.errors import ClusterError


def count(blue: float, green: float) -> dict[str, dict[str, PodCounts]]:
    return {"blue": {"b": PodCounts(blue)}, "green": {"g": PodCounts(green)}}


def stop_half_way() -> Story:
    return stop_after("route.write blue 90 %, green 10 %", stand, lambda story: story.release(2))


def test_other_weights_are_measured_anew() -> None:
    traffic = Traffic()
    assert len(traffic.add(0.0, {"blue": 90, "green": 10}, count(90, 10))) == 1
    assert len(traffic.add(2.0, {"blue": 90, "green": 10}, count(180, 20))) == 2
    assert traffic.add(4.0, {"blue": 50, "green": 50}, count(270, 30)) == (count(270, 30),)


def test_old_looks_are_forgotten_but_for_the_last_that_reaches_back_far_enough() -> None:
    traffic = Traffic()
    for second in range(0, 101, 2):
        looks = traffic.add(float(second), {"blue": 100}, count(second, 0))
    assert looks[0] == count(100 - WINDOW, 0)
    assert looks[-1] == count(100, 0)
    assert traffic.add(500.0, {"blue": 100}, count(500, 0)) == (count(100, 0), count(500, 0))


def test_measured_shares_follow_the_weights() -> None:
    story, traffic = stop_half_way(), Traffic()
    story.world.clock.sleep(1.0)
    first = read_status(story.ports, story.target(2), traffic)["traffic"]
    assert [one["measured"] for one in first.values()] == [None, None]
    story.world.clock.sleep(20.0)
    second = read_status(story.ports, story.target(2), traffic)["traffic"]
    assert second["green"]["asked"] == 10
    assert second["green"]["measured"] == pytest.approx(10.0, abs=0.1)
    assert second["blue"]["requests"] == pytest.approx(180, abs=5)


def test_what_nobody_may_measure_is_left_open() -> None:
    story = stop_half_way()
    story.world.fail_next("metrics.measure", ClusterError("forbidden.", status=403))
    traffic = read_status(story.ports, story.target(2))["traffic"]
    assert traffic == {"blue": {"asked": 90, "measured": None}, "green": {"asked": 10, "measured": None}}


def test_without_a_rollout_nobody_is_asked_for_metrics() -> None:
    story = stand()
    story.world.fail_next("metrics.measure", AssertionError("asked"))
    assert read_status(story.ports, story.target(1))["traffic"] == {"blue": {"asked": 100, "measured": None}}


def test_gpus_are_those_of_the_pods_that_are_wanted() -> None:
    story = stop_half_way()
    assert read_status(story.ports, story.target(2))["gpus"] == {}
    stored = story.ports.store.load("genai", "genai")
    assert stored is not None
    gpus = {"inference/smollm2": 4}
    snapshot = replace(stored.rollout.snapshot, gpus=gpus, stable_gpus={})
    stored = story.ports.store.save("genai", replace(stored.rollout, snapshot=snapshot), seen=stored)
    assert read_status(story.ports, story.target(2))["gpus"] == {"green": 4}
    both = replace(snapshot, stable_gpus={"inference/smollm2": 2})
    story.ports.store.save("genai", replace(stored.rollout, snapshot=both), seen=stored)
    assert read_status(story.ports, story.target(2))["gpus"] == {"blue": 2, "green": 4}
