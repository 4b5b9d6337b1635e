"""Taking away what served before: drained first, rarely looked at, and no reason to leave the new version."""

from __future__ import annotations

from dataclasses import replace
from math import inf

import pytest

from tests.core.beginnings import BEGINNINGS
from tests.core.driver import drive, is_at, look_at
from tests.core.pods import Behaviour, Pods
from tests.core.stories import World, begin_canary
from tooling.core.action import Action, RestoreScalers, RestScalers, Scale
from tooling.core.gate import State
from tooling.core.observation import Failure
from tooling.core.plan import Step, StepKind, Target
from tooling.core.rollout import Phase, Rollout
from tooling.core.steps.look import LOOK_EVERY, LOOK_LEAST
from tooling.core.steps.pods import drain

REFUSED = Failure("403 forbidden")
BUSY = Failure("500 webhook", is_retryable=True)
HOLD = Step(StepKind.HOLD, weight=10, seconds=60)
DRAIN = Step(StepKind.DRAIN, Target.STABLE, weight=100, seconds=20)


@pytest.mark.parametrize(
    ("flying", "seconds", "state", "reason"),
    [
        (0, 0.0, State.DONE, "blue answers nobody"),
        (3, 5.0, State.WAIT, "blue still answers 3 requests, 15 s left"),
        (None, 5.0, State.WAIT, "an unknown number of requests"),
        (None, 20.0, State.DONE, "did not say"),
        (3, 20.0, State.DONE, "3 requests are cut at blue"),
    ],
)
def test_a_slot_is_drained_as_long_as_it_may_take(
    flying: int | None, seconds: float, state: State, reason: str
) -> None:
    world, rollout = begin_canary()
    if flying is None:
        world = replace(world, is_measured=False)
    else:
        world = world.behaving("blue", Behaviour(in_flight=flying))
    look = replace(look_at(DRAIN, world, rollout), now=world.now + seconds)
    progress = drain(look)
    assert progress.state is state
    assert reason in progress.reason
    assert progress.changes == ({"cut_streams": 3} if "cut" in reason else {})
    assert drain(replace(look, rollout=replace(look.rollout, cut_streams=4))).changes in ({}, {"cut_streams": 7})


def test_nobody_is_waited_for_at_a_slot_without_ready_pods() -> None:
    world, rollout = begin_canary()
    gone = {place: Pods(pods.wanted, 0, inf) for place, pods in world.pods.items()}
    look = look_at(DRAIN, replace(world, pods=gone).behaving("blue", Behaviour(in_flight=3)), rollout)
    assert drain(look).state is State.DONE
    assert (
        drain(look_at(DRAIN, world, rollout, snapshot=replace(rollout.snapshot, serving=""))).state is State.DONE
    )


@pytest.mark.parametrize(
    ("seconds", "elapsed", "pause"),
    [
        (600.0, 0.0, LOOK_LEAST),
        (600.0, 595.0, 5.0),
        (600.0, 5000.0, LOOK_LEAST),
        (0.0, 9.0, LOOK_EVERY),
        (20, 1, 2),
    ],
)
def test_what_takes_long_is_looked_at_rarely_even_when_it_is_over(
    seconds: float, elapsed: float, pause: float
) -> None:
    world, rollout = begin_canary()
    look = replace(look_at(HOLD, world, rollout), now=world.now + elapsed)
    assert look.pause(seconds) == pause


@pytest.mark.parametrize(
    ("kind", "target", "weight", "phase", "is_tidying"),
    [
        (StepKind.SCALE, Target.STABLE, 100, Phase.PROMOTING, True),
        (StepKind.SCALE, Target.STABLE, 50, Phase.PROGRESSING, False),
        (StepKind.REST, Target.CANDIDATE, 0, Phase.ABORTING, True),
        (StepKind.VERIFY, Target.BASE, 0, Phase.PROMOTING, True),
        (StepKind.RESTORE, Target.CANDIDATE, 100, Phase.ROLLING_BACK, True),
        (StepKind.RESTORE, Target.STABLE, 0, Phase.ABORTING, False),
        (StepKind.HOLD, Target.CANDIDATE, 100, Phase.PROMOTING, False),
    ],
)
def test_steps_on_which_nothing_hangs(
    kind: StepKind, target: Target, weight: int, phase: Phase, is_tidying: bool
) -> None:
    world, rollout = begin_canary()
    look = look_at(Step(kind, target, weight=weight), world, rollout)
    assert replace(look, rollout=replace(look.rollout, phase=phase)).is_tidying is is_tidying


@pytest.mark.parametrize(("given", "standing"), [(0, {"blue": 100, "green": 0}), (100, {"green": 100})])
def test_what_the_steps_before_gave_is_known(given: int, standing: dict[str, int]) -> None:
    assert look_at(HOLD, *begin_canary(), given=given).standing == standing


@pytest.mark.parametrize("failure", [REFUSED, BUSY], ids=["refused", "busy"])
@pytest.mark.parametrize(
    ("beginning", "kind", "slot", "ended"),
    [
        ("canary with autoscalers", Scale, "blue", Phase.SUCCEEDED),
        ("canary with autoscalers", RestScalers, "blue", Phase.SUCCEEDED),
        ("rollback to an older version", RestoreScalers, "green", Phase.ROLLED_BACK),
        ("rollback to an older version", RestScalers, "blue", Phase.ROLLED_BACK),
    ],
)
def test_a_slot_that_cannot_be_put_to_rest_does_not_take_the_new_version_back(
    beginning: str, kind: type[Action], slot: str, ended: Phase, failure: Failure
) -> None:
    world, rollout, strategy = BEGINNINGS[beginning]()
    tries: list[Action] = []

    def refuse(world: World, action: Action, rollout: Rollout) -> tuple[World, Failure | None]:
        if isinstance(action, kind) and getattr(action, "slot", "") == slot:
            tries.append(action)
            return world, failure
        return world.applied(action, rollout.id)

    story = drive(world, rollout, strategy, applies=refuse)
    assert story.rollout.phase is ended, story.rollout.reason
    assert story.world.weight("green") == 100
    assert len(tries) == (5 if failure.is_retryable else 1)
    assert f"{slot} stays as it is: {failure.message}" in [one.reason for one in story.rollout.trail]


def test_somebody_who_scales_the_old_slot_up_again_and_again_does_not_take_the_new_version_back() -> None:
    def wake(world: World, rollout: Rollout) -> World:
        is_last = is_at(StepKind.SCALE, weight=100)(rollout) and rollout.step and rollout.step.share == 0
        return world.scaled("blue", "gateway", 7) if is_last else world

    story = drive(*begin_canary(), script=wake)
    assert story.rollout.phase is Phase.SUCCEEDED
    assert "somebody else keeps scaling genai-blue-gateway to 7, not 0" in story.rollout.trail[-1].reason
