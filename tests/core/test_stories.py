"""Whole rollouts, told as stories: what happens in the world, and how the rollout ends."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.core.driver import assert_backed_out, drive, fail_on, is_at, scales, sleeping, wish_at
from tests.core.stories import (
    CANARY,
    PLAIN,
    REQUIRED,
    Behaviour,
    World,
    begin_canary,
    begin_install,
    begin_rollback,
)
from tooling.core.action import Action, InstallSlot, RevertRelease, Scale, SetWeights, WarmUp
from tooling.core.analysis import Result
from tooling.core.decide import decide
from tooling.core.entries import EntryKind, StrategyStep
from tooling.core.observation import Failure, Wish
from tooling.core.plan import StepKind
from tooling.core.rollout import Phase, Rollout
from tooling.core.strategy import AnalysisSettings


def test_a_first_install_ends_with_all_traffic_at_the_new_slot() -> None:
    story = drive(*begin_install())
    assert story.phases == [Phase.PREPARING, Phase.PROMOTING, Phase.SUCCEEDED]
    assert story.world.weight("blue") == 100
    assert {workload.key: workload.ready for workload in story.world.slot("blue").workloads} == REQUIRED
    assert [(one.slot, one.revision, one.digest, one.rollout) for one in story.rollout.verified] == [
        ("blue", 1, "d1", "r1")
    ]
    assert story.rollout.ended_at == story.world.now


def test_a_good_canary_moves_the_traffic_step_by_step_and_lets_stable_rest() -> None:
    story = drive(*begin_canary())
    assert story.phases == [Phase.PREPARING, Phase.PROGRESSING, Phase.PROMOTING, Phase.SUCCEEDED]
    assert story.routes == [{"blue": 90, "green": 10}, {"blue": 50, "green": 50}, {"green": 100}]
    assert story.world.route is not None
    assert story.world.route.serving == "green"
    assert sleeping("blue", story.world)
    assert [(one.weight, one.verdict.result) for one in story.rollout.records] == [
        (10, Result.SUCCESSFUL),
        (50, Result.SUCCESSFUL),
    ]
    assert story.rollout.verified[-1].slot == "green"


def test_every_weight_is_held_for_as_long_as_the_step_says() -> None:
    story = drive(*begin_canary())
    starts = [one.rollout for one in story.decisions if isinstance(one.action, SetWeights)]
    assert len(starts) == 3
    assert story.world.now - 1000 >= 20 + 10 + 5


def test_a_promote_wish_passes_an_approval() -> None:
    story = drive(*begin_canary(CANARY), CANARY, script=wish_at("promote", is_at(StepKind.APPROVAL)))
    assert story.rollout.phase is Phase.SUCCEEDED
    assert Phase.PAUSED in story.phases
    assert story.phases.count(Phase.PROGRESSING) == 2


def test_an_approval_that_nobody_gives_ends_in_an_abort() -> None:
    story = drive(*begin_canary(CANARY), CANARY)
    assert_backed_out(story)
    assert story.rollout.reason == "nobody approved within 60 s"


@pytest.mark.parametrize("verb", ["promote", "abort"])
def test_a_wish_for_another_rollout_is_ignored(verb: str) -> None:
    def script(world: World, rollout: Rollout) -> World:
        return wish_at(verb, lambda _: True)(world, replace(rollout, id="r0"))

    assert drive(*begin_canary(), script=script).rollout.phase is Phase.SUCCEEDED
    assert drive(*begin_canary(CANARY), CANARY, script=script).rollout.reason.startswith("nobody approved")


def test_without_measurements_a_canary_is_aborted_after_max_hold_and_never_judged_bad() -> None:
    world, rollout = begin_canary()
    story = drive(replace(world, is_measured=False), rollout)
    assert_backed_out(story)
    assert story.rollout.reason == "undecided after 40 s: no measurement of green"
    assert [one.verdict.result for one in story.rollout.records] == [Result.INCONCLUSIVE]


@pytest.mark.parametrize(("verb", "phase"), [("promote", Phase.SUCCEEDED), ("abort", Phase.ABORTED)])
def test_with_pause_a_person_decides_what_the_numbers_could_not(verb: str, phase: Phase) -> None:
    analysis = AnalysisSettings(max_hold=30, on_inconclusive="pause")
    strategy = replace(PLAIN, steps=PLAIN.steps[:1], analysis=analysis)
    world, rollout = begin_canary(strategy)
    start = world.now

    def script(world: World, rollout: Rollout) -> World:
        is_late = world.now > start + 100
        return wish_at(verb, lambda _: is_late)(world, rollout)

    story = drive(replace(world, is_measured=False), rollout, strategy, script=script)
    assert story.rollout.phase is phase
    assert any("waiting for promote or abort" in decision.reason for decision in story.decisions)


def test_a_rollback_wakes_the_other_slot_before_it_gets_traffic() -> None:
    story = drive(*begin_rollback())
    assert story.phases == [Phase.ROLLING_BACK, Phase.ROLLED_BACK]
    assert scales(list(story.writes), "green") == REQUIRED
    assert isinstance(story.writes[2], WarmUp)
    assert story.routes == [{"green": 100}]
    assert sleeping("blue", story.world)


def test_a_rollback_to_a_slot_that_does_not_start_changes_no_traffic() -> None:
    world, rollout = begin_rollback()
    story = drive(world.behaving("green", Behaviour(start_seconds=1e9)), rollout)
    assert story.rollout.phase is Phase.ABORTED
    assert not any(isinstance(one, RevertRelease) for one in story.writes)
    assert story.world.weight("blue") == 100


@pytest.mark.parametrize("kind", [InstallSlot, Scale, WarmUp, SetWeights], ids=lambda kind: kind.__name__)
def test_an_action_whose_reply_got_lost_is_looked_at_again(kind: type[Action]) -> None:
    lost = fail_on(kind, is_done_anyway=True, failure=Failure("no answer", is_retryable=True))
    story = drive(*begin_canary(), applies=lost)
    assert story.rollout.phase is Phase.SUCCEEDED


def test_a_rollout_that_ended_is_left_as_it_is() -> None:
    world, rollout = begin_canary()
    story = drive(world, rollout, script=wish_at("abort", lambda rollout: rollout.phase is Phase.PREPARING))
    again = decide(story.rollout, story.world.look(), PLAIN, story.world.now + 5)
    assert again.rollout == story.rollout
    assert again.action is None
    assert again.reason == story.rollout.reason


def test_an_abort_without_a_reason_says_who_asked() -> None:
    def script(world: World, rollout: Rollout) -> World:
        return replace(world, wish=Wish("abort", "bob", "", rollout.id, rollout.index))

    assert drive(*begin_canary(), script=script).rollout.reason == "aborted by bob"


def test_an_approval_before_any_weight_needs_no_candidate_that_serves() -> None:
    strategy = replace(CANARY, steps=(StrategyStep(EntryKind.APPROVAL, seconds=9), *PLAIN.steps))
    world, rollout = begin_canary(strategy)
    broken = world.behaving("green", Behaviour(start_seconds=5))
    story = drive(broken, rollout, strategy, script=wish_at("promote", is_at(StepKind.APPROVAL)))
    assert story.phases[:3] == [Phase.PREPARING, Phase.PAUSED, Phase.PROGRESSING]
    assert story.rollout.phase is Phase.SUCCEEDED
