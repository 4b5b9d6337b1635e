"""The plan for programs: the steps of the table with pods, GPUs and weights as numbers; nothing is written."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest

from tests.app.story import Story, stand, stand_twice, stop_after
from tooling.app.plan_document import describe_plan
from tooling.app.release import Wishes, release
from tooling.core.base_changes import BaseChange
from tooling.core.capacity import Asks, plan_capacity
from tooling.core.diff.objects import ObjectName
from tooling.core.plan import Step, StepKind
from tooling.core.rollout import Rollout, Snapshot
from tooling.core.strategy import CapacitySettings, Strategy
from tooling.core.trail import TargetVersion


def plan(story: Story, version: int = 2) -> Mapping[str, Any]:
    result = release(story.ports, story.target(version), Wishes(is_dry_run=True))
    assert result.exit_code == 0
    return result.facts


def test_a_canary_as_numbers() -> None:
    story = stand()
    before = len(story.world.writes)
    found = plan(story)
    assert len(story.world.writes) == before
    names = ("event", "kind", "instance", "namespace", "stable", "candidate")
    assert [found[name] for name in names] == ["plan", "canary", "genai", "genai", "blue", "green"]
    assert found["was"]["label"] != found["version"]["label"]
    assert [one["step"] for one in found["steps"]] == list(range(1, len(found["steps"]) + 1))
    judged = next(one for one in found["steps"] if one["kind"] == "analysis")
    assert (judged["seconds"], judged["slots"]["green"]["weight"], judged["slots"]["blue"]["weight"]) == (
        20,
        10,
        90,
    )
    assert judged["slots"]["green"]["replicas"] == {"gateway": 1, "inference/smollm2": 1}
    assert found["steps"][-1]["slots"]["green"]["weight"] == 100
    assert found["bounds"] == {"floor": 1.0, "abortFloor": 1.0, "maxSurgeGpus": None}
    assert found["base"] == []


@pytest.mark.parametrize(
    ("make", "kind", "stable"),
    [(Story, "install", ""), (stand, "canary", "blue"), (stand_twice, "canary", "green")],
)
def test_the_kind_of_what_is_planned(make: Any, kind: str, stable: str) -> None:
    found = plan(make(), 3)
    assert (found["kind"], found["stable"]) == (kind, stable)
    assert (found["was"] is None) is (kind == "install")
    assert all(set(one["slots"]) == {found["candidate"], stable} - {""} for one in found["steps"])


def test_a_blue_green_is_planned_as_one() -> None:
    story = stand(
        strategy="blueGreen", blueGreen={"preview": [{"test": {}}], "after": [{"analysis": {"hold": "9s"}}]}
    )
    found = plan(story)
    assert found["kind"] == "blueGreen"
    assert "preview" in [one["kind"] for one in found["steps"]]


def test_what_is_on_its_way_is_told_as_it_was_planned() -> None:
    story = stop_after("route.write blue 90 %, green 10 %", stand, lambda story: story.release(2))
    found = plan(story)
    assert (found["event"], found["kind"]) == ("plan", "canary")


def test_gpus_costs_and_base_are_in_it() -> None:
    steps = (Step(StepKind.SCALE, share=100), Step(StepKind.PROMOTE, weight=100))
    snapshot = Snapshot("blue", required={"inference/m": 2}, stable={"inference/m": 2})
    rollout = Rollout("r1", "genai", "green", TargetVersion("d", "two"), steps, snapshot)
    strategy = Strategy("genai", "prod", capacity=CapacitySettings(max_surge_gpus=4))
    pod = {"inference/m": {"nvidia.com/gpu": Decimal(2)}}
    prices = {"nvidia.com/gpu": 1.5}
    capacity = plan_capacity(steps, snapshot, strategy, Asks(pod, pod), prices=prices, currency="EUR")
    name = ObjectName("v1", "ConfigMap", "prod", "genai-evals")
    found = describe_plan(rollout, capacity, (BaseChange(name, "data.suite.json", is_disruptive=False),))
    assert found["gpus"] == {"serving": 4, "peak": 8, "surge": 4}
    assert (found["cost"], found["currency"], found["namespace"]) == (6.0, "EUR", "prod")
    assert found["steps"][0]["slots"]["green"] == {"weight": 0, "replicas": {"inference/m": 2}, "gpus": 4}
    assert found["steps"][0]["surge"] == 4
    assert [one["object"] for one in found["base"]] == ["ConfigMap/genai-evals"]


def test_base_alone_has_no_slots() -> None:
    steps = (Step(StepKind.INSTALL),)
    rollout = Rollout("r1", "genai", "", TargetVersion("d", "two"), steps, Snapshot("blue"), is_base=True)
    capacity = plan_capacity(steps, Snapshot("blue"), Strategy("genai", "genai"), Asks({}, {}))
    (step,) = describe_plan(rollout, capacity)["steps"]
    assert "slots" not in step
