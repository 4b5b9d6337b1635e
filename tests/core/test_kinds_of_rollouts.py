"""Whole rollouts of every kind, told as stories: blueGreen, autoscalers, few GPUs, an older revision."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.core.beginnings import BEGINNINGS, BLUE_GREEN, GPUS, TIGHT
from tests.core.driver import Script, Story, approving, drive, fail_on, is_at, leave_alone, once, wish_at
from tests.core.pods import Behaviour
from tests.core.stories import PLAIN, REQUIRED, World, begin_canary
from tooling.core.action import (
    Action,
    FinishSlot,
    FreezeScalers,
    RestoreScalers,
    RestScalers,
    RevertRelease,
    RunTests,
    Scale,
    SetWeights,
)
from tooling.core.observation import Failure
from tooling.core.plan import StepKind
from tooling.core.rollout import Phase, Rollout
from tooling.core.steps.look import Look, find_candidate_replicas
from tooling.core.strategy import CapacitySettings


def tell(beginning: str, script: Script = leave_alone) -> Story:
    """Drive one of the beginnings to its end."""
    world, rollout, strategy = BEGINNINGS[beginning]()
    return drive(world, rollout, strategy, script=script)


def worsen(kind: StepKind, **changes: object) -> Script:
    """Change how the candidate behaves once a step of that kind is worked on."""
    bad = replace(Behaviour(), **changes)  # type: ignore[arg-type]
    return once(lambda world: world.behaving("green", bad), is_at(kind))


@pytest.mark.parametrize("beginning", sorted(BEGINNINGS))
def test_every_kind_of_rollout_succeeds_in_a_world_that_is_well(beginning: str) -> None:
    story = tell(beginning, approving())
    assert story.rollout.phase in {Phase.SUCCEEDED, Phase.ROLLED_BACK}, story.rollout.reason
    assert story.world.weight(story.rollout.candidate) == 100
    assert [one.is_done for one in story.rollout.trail] == [True] * len(story.rollout.steps)


def test_a_blue_green_has_no_live_traffic_before_the_switch_and_all_of_it_after() -> None:
    story = tell("blueGreen", approving())
    assert story.routes == [{"blue": 100, "green": 0}, {"green": 100}]
    assert story.phases == [
        Phase.PREPARING,
        Phase.PROGRESSING,
        Phase.PAUSED,
        Phase.PROMOTING,
        Phase.SUCCEEDED,
    ]
    kinds = [type(one) for one in story.writes]
    assert kinds.index(RunTests) < len(kinds) - 1 - kinds[::-1].index(SetWeights)


def test_a_blue_green_whose_tests_fail_is_taken_back_without_a_switch() -> None:
    story = tell("blueGreen", worsen(StepKind.SCALE, tests_pass=False))
    assert story.rollout.phase is Phase.ABORTED
    assert "helm test green: a pod failed" in story.rollout.reason
    assert {"green": 100} not in story.routes


def test_a_blue_green_that_fails_after_the_switch_goes_back_at_once() -> None:
    story = tell("blueGreen", approving(worsen(StepKind.ANALYSIS, error_percent=60.0)))
    assert story.rollout.phase is Phase.ABORTED
    assert story.routes[-2:] == [{"green": 100}, {"blue": 100}]
    assert not [one for one in story.writes if isinstance(one, Scale) and one.slot == "blue"]


def test_autoscalers_are_frozen_switched_on_and_put_to_rest() -> None:
    story = tell("canary with autoscalers")
    scalers = [one for one in story.writes if isinstance(one, (FreezeScalers, FinishSlot, RestScalers))]
    assert scalers == [FreezeScalers("blue"), FinishSlot("green"), RestScalers("blue")]
    assert story.world.scalers["green"] == "on"


def test_autoscalers_of_stable_are_restored_by_an_abort() -> None:
    story = tell("canary with autoscalers", wish_at("abort", is_at(StepKind.ANALYSIS)))
    assert RestoreScalers("blue") in story.since(Phase.ABORTING)
    assert story.world.scalers["blue"] == "on"


@pytest.mark.parametrize("is_done_anyway", [False, True])
def test_a_last_upgrade_whose_helm_died_is_recovered(is_done_anyway: bool) -> None:
    world, rollout, strategy = BEGINNINGS["canary with autoscalers"]()
    struck: list[Action] = []

    def strike(world: World, action: Action, rollout: Rollout) -> tuple[World, Failure | None]:
        if struck or not isinstance(action, FinishSlot):
            return world.applied(action, rollout.id)
        struck.append(action)
        lost = Failure("no answer", is_retryable=True)
        return (world.applied(action, rollout.id)[0] if is_done_anyway else world.struck(action)), lost

    story = drive(world, rollout, strategy, applies=strike)
    assert story.rollout.phase is Phase.SUCCEEDED
    assert (RevertRelease("green", 1) in story.writes) is not is_done_anyway
    assert story.rollout.installed_revision == story.world.releases["green"].revision


def test_a_last_upgrade_waits_for_nobody_elses_helm() -> None:
    world, rollout, strategy = BEGINNINGS["canary with autoscalers"]()
    stuck = once(lambda world: world.struck(FinishSlot("green")), is_at(StepKind.FINISH))
    story = drive(world, rollout, strategy, script=stuck)
    assert story.rollout.phase is Phase.FAILED
    assert "helm is at work on genai-green for somebody else" in story.rollout.reason
    assert story.world.weight("blue") == 100


def test_few_gpus_are_shared_step_by_step() -> None:
    world, rollout, strategy = BEGINNINGS["canary with few GPUs"]()
    most: list[int] = []

    def count(world: World, rollout: Rollout) -> World:
        most.append(sum(2 * pods.wanted for (_, key), pods in world.pods.items() if key in GPUS))
        return world

    assert drive(world, rollout, strategy, script=count).rollout.phase is Phase.SUCCEEDED
    assert max(most) == 10


def test_pods_that_would_take_too_many_gpus_are_refused_with_the_numbers() -> None:
    strategy = replace(TIGHT, capacity=CapacitySettings(max_surge_gpus=4))
    world, rollout = begin_canary(strategy)
    bounds = replace(rollout.snapshot, gpus=GPUS, stable_gpus=GPUS, most_gpus=10)
    story = drive(world, replace(rollout, snapshot=bounds), strategy)
    assert story.rollout.phase is Phase.ABORTED
    assert (
        "more GPUs: 10 are taken and the plan may take 10 (rollout.capacity.maxSurgeGpus)" in story.rollout.reason
    )
    assert story.world.weight("blue") == 100


def test_what_autoscalers_ask_for_raises_what_the_candidate_needs() -> None:
    world, rollout = begin_canary()
    seen = world.look()
    busy = tuple(replace(one, asked=9) for one in seen.slots["blue"].workloads)
    looked = replace(seen, slots={**seen.slots, "blue": replace(seen.slots["blue"], workloads=busy)})
    look = Look(replace(rollout, index=2), looked, PLAIN, world.now)
    assert find_candidate_replicas(look, 100) == dict.fromkeys(REQUIRED, 9)
    fixed = replace(PLAIN, capacity=CapacitySettings(required={"gateway": 2}))
    assert find_candidate_replicas(replace(look, strategy=fixed), 100) == {"gateway": 2, "inference/smollm2": 9}


def test_an_older_revision_is_recalled_before_it_gets_traffic() -> None:
    story = tell("rollback to an older version")
    assert story.writes[0] == RevertRelease("green", 3)
    assert story.rollout.installed_revision == 5
    assert story.rollout.verified[-1].revision == 5


@pytest.mark.parametrize(
    ("is_gone", "reason"), [(True, "is not installed any more"), (False, "for somebody else")]
)
def test_an_older_revision_that_cannot_be_recalled_changes_no_traffic(is_gone: bool, reason: str) -> None:
    world, rollout, strategy = BEGINNINGS["rollback to an older version"]()
    changed = world.with_release("green", None) if is_gone else world.struck(FinishSlot("green"))
    story = drive(changed, rollout, strategy)
    assert reason in story.rollout.reason
    assert story.routes == []


@pytest.mark.parametrize("verb", ["promote --full", "promote"])
def test_a_full_promotion_leaves_out_every_gate(verb: str) -> None:
    world, rollout, strategy = BEGINNINGS["canary over a verified version"]()
    story = drive(world, rollout, strategy, script=wish_at(verb, is_at(StepKind.ANALYSIS)))
    if verb == "promote":
        assert story.rollout.reason == "nobody approved within 20 s", "a promote passes the step it was asked at"
        return
    assert story.rollout.phase is Phase.SUCCEEDED
    assert story.routes == [{"blue": 75, "green": 25}, {"green": 100}]
    assert [one.verb for one in story.rollout.approvals] == ["promote --full"]


def test_a_full_promotion_of_what_is_not_installed_yet_waits_for_that() -> None:
    world, rollout, strategy = BEGINNINGS["blueGreen"]()
    story = drive(world, rollout, strategy, script=wish_at("promote --full", lambda _: True))
    assert story.rollout.phase is Phase.SUCCEEDED
    assert not [one for one in story.writes if isinstance(one, RunTests)]


def test_tests_that_could_not_be_run_are_run_again() -> None:
    world, rollout, _ = BEGINNINGS["blueGreen"]()
    lost = fail_on(RunTests, is_done_anyway=False, failure=Failure("no answer", is_retryable=True))
    story = drive(world, rollout, BLUE_GREEN, script=approving(), applies=lost)
    assert story.rollout.phase is Phase.SUCCEEDED
    assert len([one for one in story.decisions if isinstance(one.action, RunTests)]) == 2
