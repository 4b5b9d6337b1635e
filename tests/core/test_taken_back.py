"""Helm and wishes in the middle of things: recalls and last upgrades taken back, gates that are passed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.core.beginnings import BEGINNINGS, PATIENT
from tests.core.driver import (
    Point,
    drive,
    is_at,
    resume,
    wish_at,
)
from tests.core.stories import PLAIN, REQUIRED, World, begin_canary, begin_install, begin_rollback
from tooling.core.action import FinishSlot, RevertRelease, Scale, SetWeights
from tooling.core.decide import decide
from tooling.core.entries import EntryKind, StrategyStep
from tooling.core.observation import Wish
from tooling.core.plan import StepKind, plan_rollback
from tooling.core.rollout import Phase, Rollout
from tooling.core.steps.gates import note_approval
from tooling.core.steps.look import Look
from tooling.core.strategy import AnalysisSettings, Strategy
from tooling.core.trail import Verified


def begin_recall() -> tuple[World, Rollout]:
    """Green holds version four; revision three of it is to come back."""
    world, rollout = begin_rollback()
    proven = (
        Verified("green", 3, "dTHREE", "three", "x", number=1),
        Verified("green", 4, "dFOUR", "four", "y", number=3),
        Verified("blue", 1, "dFIVE", "five", "z", number=4),
    )
    steps = plan_rollback(PLAIN, revision=3)
    return world, replace(rollout, steps=steps, installed_revision=0, recalled=3, verified=proven)


@pytest.mark.parametrize("is_killed", [False, True], ids=["in the scale", "killed in the recall"])
def test_an_abort_of_a_recall_brings_back_what_the_slot_held(is_killed: bool) -> None:
    world, rollout = begin_recall()
    if is_killed:
        story = drive(world, rollout)
        point = next(one for one in story.points if one.name == f"before {RevertRelease('green', 3)}")
        struck = Point("struck", point.world.struck(RevertRelease("green", 3)), point.rollout)
        asked = wish_at("abort", lambda now: now.phase is Phase.ROLLING_BACK)
        ended = resume(struck, script=asked)
    else:
        ended = drive(world, rollout, script=wish_at("abort", is_at(StepKind.SCALE)))
    assert ended.rollout.phase is Phase.ABORTED, ended.rollout.reason
    release = ended.world.releases["green"]
    assert (release.status, release.description) == ("deployed", "Rollback to 4")
    proven = [one for one in ended.rollout.verified if one.slot == "green"][-1]
    assert (proven.revision, proven.digest) == (release.revision, "dFOUR")


def test_what_somebody_recalled_before_is_not_ours_to_take_back() -> None:
    world, rollout = begin_recall()
    theirs = replace(world.releases["green"], revision=9, description="Rollback to 3")
    story = drive(world.with_release("green", theirs), rollout, script=wish_at("abort", is_at(StepKind.SCALE)))
    assert story.rollout.phase is Phase.ABORTED
    assert story.world.releases["green"].revision == 9


@pytest.mark.parametrize("is_taken_back", [False, True])
def test_an_abort_after_a_last_upgrade_that_was_killed(is_taken_back: bool) -> None:
    world, rollout, strategy = BEGINNINGS["canary with autoscalers"]()
    story = drive(world, rollout, strategy)
    point = next(one for one in story.points if one.name == f"before {FinishSlot('green')}")
    struck = point.world.struck(FinishSlot("green"))
    asked = wish_at(
        "abort", (lambda now: "helm rollback green" in now.journal[-1].action) if is_taken_back else is_there
    )
    ended = resume(Point("struck", struck, point.rollout), strategy, script=asked)
    assert ended.rollout.phase is Phase.ABORTED, ended.rollout.reason
    assert "green" not in ended.world.releases
    assert ended.world.weight("blue") == 100


def is_there(rollout: Rollout) -> bool:
    return rollout.phase is Phase.PROMOTING


def drive_until_paused(strategy: Strategy) -> Point:
    """Return a canary that waits for a person since its analysis came to no verdict."""
    seen: list[Point] = []

    def note(world: World, rollout: Rollout) -> World:
        if rollout.phase is Phase.PAUSED and not seen:
            seen.append(Point("paused", world, rollout))
        wish = Wish("abort", "bob", "", rollout.id, rollout.index) if seen else None
        return replace(world, wish=wish)

    drive(*begin_canary(strategy), strategy, script=note)
    return seen[0]


def test_a_pause_without_a_verdict_is_passed_at_once_by_whoever_takes_over() -> None:
    settings = AnalysisSettings(max_hold=600, on_inconclusive="pause", min_requests=10**9)
    strategy = replace(PLAIN, steps=(StrategyStep(EntryKind.WEIGHT, 10, 20),), analysis=settings)
    paused = drive_until_paused(strategy)
    wish = Wish("promote", "bob", "ok", paused.rollout.id, paused.rollout.index)
    ended = resume(replace(paused, world=replace(paused.world, wish=wish)), strategy)
    assert ended.rollout.phase is Phase.SUCCEEDED
    (approval,) = ended.rollout.approvals
    assert approval.at - paused.world.now <= strategy.steps[0].seconds + 2
    assert (approval.by, approval.verb) == ("bob", "promote")


def test_a_promote_passes_nothing_where_inconclusive_means_abort() -> None:
    settings = AnalysisSettings(max_hold=40, min_requests=10**9)
    strategy = replace(PLAIN, steps=(StrategyStep(EntryKind.WEIGHT, 10, 20),), analysis=settings)
    story = drive(*begin_canary(strategy), strategy, script=wish_at("promote", is_at(StepKind.ANALYSIS)))
    assert (story.rollout.phase, story.rollout.approvals) == (Phase.ABORTED, ())
    assert "undecided" in story.rollout.reason


def test_nobody_who_asked_for_nothing_is_noted() -> None:
    world, rollout = begin_canary()
    assert note_approval(Look(rollout, world.look(), PLAIN, world.now)) == ()


@pytest.mark.parametrize("kind", [StepKind.SCALE, StepKind.PREVIEW, StepKind.TEST])
def test_a_full_promotion_of_a_fresh_slot_waits_for_its_pods(kind: StepKind) -> None:
    world, rollout, strategy = BEGINNINGS["blueGreen"]()
    story = drive(world, rollout, strategy, script=wish_at("promote --full", is_at(kind)))
    assert story.rollout.phase is Phase.SUCCEEDED, story.rollout.reason
    assert story.world.slot("green").ready == REQUIRED


def test_a_full_promotion_of_a_canary_scales_first() -> None:
    story = drive(
        *begin_canary(PATIENT), PATIENT, script=wish_at("promote --full", is_at(StepKind.HOLD, weight=25))
    )
    assert story.rollout.phase is Phase.SUCCEEDED
    writes = list(story.writes)
    assert writes.index(Scale("green", "gateway", 2)) < writes.index(SetWeights({"green": 100}, "green"))


def test_a_wish_for_another_rollout_or_of_another_verb_passes_no_gates() -> None:
    for wish in (Wish("promote --full", "bob", "", "r0"), Wish("promote", "bob", "", "r1", 99)):
        world, rollout = begin_canary()
        story = drive(replace(world, wish=wish), rollout)
        assert (story.rollout.phase, story.rollout.approvals) == (Phase.SUCCEEDED, ())


def test_an_abort_of_a_record_that_stands_after_its_last_step_backs_out() -> None:
    world, rollout = begin_canary()
    last = replace(rollout, phase=Phase.PROMOTING, index=len(rollout.steps))
    seen = replace(world.look(), wish=Wish("abort", "bob", "", "r1"))
    decision = decide(last, seen, PLAIN, world.now)
    assert (decision.rollout.phase, decision.rollout.trail) == (Phase.ABORTING, ())


def test_only_what_was_done_counts_as_undone() -> None:
    rollout = replace(begin_canary()[1], step_started_at=5.0)
    for at, outcome in ((1.0, "done"), (6.0, "done"), (7.0, "unknown: timeout"), (8.0, "done")):
        rollout = rollout.intend("x", at).conclude(outcome, at)
    rollout = rollout.intend("y", 9.0)
    assert (rollout.count_done("x"), rollout.count_tries("x"), rollout.count_done("y")) == (2, 3, 0)


def test_a_first_install_that_is_taken_back_leaves_no_route() -> None:
    story = drive(*begin_install(), script=wish_at("abort", is_at(StepKind.PROMOTE)))
    assert (story.rollout.phase, story.world.route) == (Phase.ABORTED, None)
