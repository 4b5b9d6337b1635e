"""Giving traffic back, and what may stand in the way: no pods, an API that says no, a second writer, helm."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from math import inf

import pytest

from tests.core.driver import (
    Script,
    Story,
    approving,
    assert_backed_out,
    drive,
    is_at,
    lose,
    once,
    wish_at,
)
from tests.core.pods import Behaviour
from tests.core.stories import CANARY, PLAIN, REQUIRED, World, begin_canary, begin_rollback
from tooling.core.action import Action, RevertRelease, Scale, SetWeights
from tooling.core.decide import LEAST_TRIES, MOST_TRIES
from tooling.core.entries import EntryKind, StrategyStep
from tooling.core.observation import Failure, RouteState
from tooling.core.plan import StepKind, Target, plan_canary
from tooling.core.rollout import Phase, Rollout
from tooling.core.steps.traffic import MOST_WRITES
from tooling.core.strategy import CapacitySettings, Strategy

BACK = SetWeights({"blue": 100}, "blue")
HAND = "kubectl-edit (Update, 10:00)"


def spoil(weight: int) -> Script:
    """Have the candidate fail most requests once it is judged at that weight."""
    bad = Behaviour(error_percent=60)
    return once(lambda world: world.behaving("green", bad), is_at(StepKind.ANALYSIS, weight=weight))


def in_the_last_scale(rollout: Rollout) -> bool:
    """Whether stable has been asked to shrink for good."""
    step, last = rollout.step, rollout.journal[-1].action if rollout.journal else ""
    is_there = is_at(StepKind.SCALE, weight=100)(rollout) and step is not None and step.target is Target.STABLE
    return is_there and "scale blue" in last


def count_seconds(story: Story) -> float:
    """Seconds between the verdict and the write that gives all traffic back."""
    entry = next(one for one in story.rollout.journal if one.action == str(BACK))
    return entry.intended_at - story.rollout.verdict_at


@pytest.mark.parametrize("kind", [StepKind.DRAIN, StepKind.SCALE])
def test_a_candidate_that_dies_while_stable_is_taken_away_gives_the_traffic_back(kind: StepKind) -> None:
    strategy = replace(PLAIN, drain_timeout=20)
    world, rollout = begin_canary(strategy)
    world = world.behaving("blue", Behaviour(in_flight=3))
    died: list[bool] = []

    def die(world: World, rollout: Rollout) -> World:
        is_time = rollout.phase is Phase.PROMOTING and is_at(kind)(rollout)
        if died or not is_time or (kind is StepKind.SCALE and not in_the_last_scale(rollout)):
            return world
        died.append(True)
        return lose("green", world)

    story = drive(world, rollout, strategy, script=die)
    assert died
    assert "green lost its ready pods" in story.rollout.reason
    assert story.world.slot("blue").can_serve
    assert story.world.pods["blue", "gateway"].wanted == REQUIRED["gateway"]


def begin_bigger(strategy: Strategy) -> tuple[World, Rollout]:
    """Return a canary whose target wants more pods than stable ever had."""
    world, rollout = begin_canary(strategy)
    bigger = replace(rollout.snapshot, required={"gateway": 4, "inference/smollm2": 9})
    return world, replace(rollout, steps=plan_canary(strategy), snapshot=bigger)


def test_a_bad_candidate_loses_its_traffic_at_once_though_stable_has_fewer_pods_than_the_target_wants() -> None:
    strategy = replace(
        PLAIN,
        steps=(StrategyStep(EntryKind.WEIGHT, 30, 5), StrategyStep(EntryKind.WEIGHT, 60, 20)),
        capacity=CapacitySettings(abort_floor=0.5),
        ready_timeout=600,
    )
    story = drive(*begin_bigger(strategy), strategy, script=spoil(60))
    assert story.rollout.phase is Phase.ABORTED
    assert count_seconds(story) < 2


@pytest.mark.parametrize(("is_bigger", "standby"), [(False, 0.3), (True, 0.0)])
def test_an_abort_while_stable_shrinks_brings_its_pods_before_it_takes_the_traffic(
    is_bigger: bool, standby: float
) -> None:
    strategy = replace(PLAIN, capacity=CapacitySettings(standby=standby), ready_timeout=600)
    world, rollout = (begin_bigger if is_bigger else begin_canary)(strategy)
    story = drive(world, rollout, strategy, script=wish_at("abort", in_the_last_scale))
    assert story.rollout.phase is Phase.ABORTED
    assert 2 < count_seconds(story) < 60
    actions = story.since(Phase.ABORTING)
    assert actions.index(Scale("blue", "gateway", 2)) < actions.index(BACK)
    assert story.world.slot("blue").ready == REQUIRED


def test_stable_that_does_not_come_back_whole_takes_the_traffic_when_its_time_is_over() -> None:
    strategy = replace(PLAIN, capacity=CapacitySettings(standby=0.5))
    slow = wish_at("abort", in_the_last_scale)

    def script(world: World, rollout: Rollout) -> World:
        return slow(world, rollout).behaving("blue", Behaviour(start_seconds=inf))

    story = drive(*begin_canary(strategy), strategy, script=script)
    assert story.rollout.phase is Phase.ABORTED
    assert count_seconds(story) >= PLAIN.ready_timeout


def test_an_api_that_says_no_for_long_does_not_leave_a_bad_candidate_in_the_route() -> None:
    tries: list[Action] = []

    def refuse(world: World, action: Action, rollout: Rollout) -> tuple[World, Failure | None]:
        if action == BACK and len(tries) < MOST_TRIES + 10:
            tries.append(action)
            return world, Failure("500 webhook", is_retryable=True)
        return world.applied(action, rollout.id)

    story = drive(*begin_canary(), applies=refuse, script=spoil(10))
    assert story.rollout.phase is Phase.ABORTED, story.rollout.reason
    assert story.world.weight("blue") == 100
    assert "green" not in story.world.releases
    assert len(tries) == MOST_TRIES + 10


@pytest.mark.parametrize(("times", "phase"), [(LEAST_TRIES - 1, Phase.ABORTED), (LEAST_TRIES, Phase.FAILED)])
@pytest.mark.parametrize("kind", [SetWeights, RevertRelease])
def test_an_abort_outlives_single_refusals(kind: type[Action], times: int, phase: Phase) -> None:
    tries: list[Action] = []

    def refuse(world: World, action: Action, rollout: Rollout) -> tuple[World, Failure | None]:
        if rollout.phase is Phase.ABORTING and isinstance(action, kind) and len(tries) < times:
            tries.append(action)
            return world, Failure("401 Unauthorized")
        return world.applied(action, rollout.id)

    story = drive(*begin_canary(), applies=refuse, script=spoil(10))
    assert story.rollout.phase is phase
    assert "backing out failed: 401 Unauthorized" in story.rollout.reason or phase is Phase.ABORTED


@pytest.mark.parametrize("by", [HAND, ""])
def test_a_second_writer_of_the_route_is_given_in_to_and_named(by: str) -> None:
    def fight(world: World, rollout: Rollout) -> World:
        is_writing = is_at(StepKind.WEIGHT)(rollout)
        return replace(world, route=RouteState({"blue": 100}, "blue", written_by=by)) if is_writing else world

    story = drive(*begin_canary(), script=fight)
    assert story.rollout.phase is Phase.ABORTED
    assert story.rollout.reason == f"somebody else keeps changing the route{f' ({by})' if by else ''}"
    assert story.routes.count({"blue": 90, "green": 10}) == MOST_WRITES


def test_a_stable_that_dies_is_named_and_gets_no_blame_put_on_the_candidate() -> None:
    story = drive(*begin_canary(), script=once(partial(lose, "blue"), is_at(StepKind.ANALYSIS)))
    assert story.rollout.phase is Phase.FAILED
    assert "blue, which has traffic, lost its ready pods" in story.rollout.reason
    told = "blue is not ready, so green keeps the traffic it has; 90 % of the traffic still goes to blue"
    assert told in story.rollout.reason
    assert story.world.weight("green") == 10


@pytest.mark.parametrize("kind", [StepKind.ANALYSIS, StepKind.APPROVAL, StepKind.HOLD])
def test_a_candidate_that_dies_while_it_is_watched_ends_the_rollout_at_once(kind: StepKind) -> None:
    died = once(partial(lose, "green"), is_at(kind))
    script = died if kind is StepKind.APPROVAL else approving(died)
    story = drive(*begin_canary(CANARY), CANARY, script=script)
    assert_backed_out(story)
    assert "green lost its ready pods" in story.rollout.reason


def test_pods_that_somebody_takes_from_the_way_back_are_asked_for_again_before_the_switch() -> None:
    world, rollout = begin_rollback()
    script = once(lambda world: world.scaled("green", "gateway", 1), is_at(StepKind.PROMOTE))
    story = drive(world, rollout, script=script)
    assert story.rollout.phase is Phase.ROLLED_BACK, story.rollout.reason
    writes = list(story.writes)
    again = len(writes) - 1 - writes[::-1].index(Scale("green", "gateway", REQUIRED["gateway"]))
    assert again < writes.index(SetWeights({"green": 100}, "green"))
