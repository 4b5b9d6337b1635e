"""Rollouts that do not end well: promise P2, all traffic back to stable first, then everything else."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.core.driver import (
    approving,
    assert_backed_out,
    drive,
    fail_on,
    find_first,
    is_at,
    once,
    once_asleep,
    sleeping,
    wish_at,
)
from tests.core.stories import CANARY, PLAIN, REQUIRED, Behaviour, World, begin_canary, begin_install, settle
from tooling.core.action import Action, DeleteRoute, InstallSlot, RevertRelease, Scale, SetWeights, WarmUp
from tooling.core.observation import RouteState
from tooling.core.plan import StepKind, Target
from tooling.core.rollout import Phase, Rollout


@pytest.mark.parametrize(
    ("behaviour", "reason"),
    [
        (Behaviour(error_percent=30), "candidate requests failed"),
        (Behaviour(latency=1.5), "p95 of the candidate"),
        (Behaviour(start_seconds=1e9), "0 of 1 pods ready, after 30 s"),
        (Behaviour(start_seconds=1e9, problem="ErrImagePull: no such tag"), "ErrImagePull: no such tag"),
        (Behaviour(is_answering=False), "answers no question after 30 s"),
    ],
    ids=["errors", "latency", "never ready", "image", "never answers"],
)
def test_a_bad_canary_is_backed_out(behaviour: Behaviour, reason: str) -> None:
    world, rollout = begin_canary()
    story = drive(world.behaving("green", behaviour), rollout)
    assert_backed_out(story)
    assert reason in story.rollout.reason


def test_an_image_problem_does_not_wait_for_the_timeout() -> None:
    world, rollout = begin_canary()
    story = drive(world.behaving("green", Behaviour(start_seconds=1e9, problem="ErrImagePull")), rollout)
    assert story.world.now < world.now + PLAIN.ready_timeout


def test_the_route_is_the_first_write_of_an_abort() -> None:
    world, rollout = begin_canary()
    story = drive(world.behaving("green", Behaviour(error_percent=30)), rollout)
    actions = story.since(Phase.ABORTING)
    assert actions[0] == SetWeights({"blue": 100}, "blue")
    assert find_first(actions, Scale) < find_first(actions, RevertRelease)
    assert [one for one in actions if isinstance(one, SetWeights)] == actions[:1]


def test_an_abort_takes_the_candidate_back_to_the_revision_before() -> None:
    world, rollout = begin_canary(candidate_revision=4)
    story = drive(world.behaving("green", Behaviour(error_percent=30)), rollout)
    assert story.rollout.phase is Phase.ABORTED
    assert story.since(Phase.ABORTING)[-2:] == [RevertRelease("green", 4), RevertRelease("", 1)]
    assert story.world.releases["green"].description == "Rollback to 4"
    assert sleeping("green", story.world)


def test_a_failed_first_install_leaves_nothing() -> None:
    world, rollout = begin_install()
    story = drive(world.behaving("blue", Behaviour(start_seconds=1e9)), rollout)
    assert story.rollout.phase is Phase.ABORTED
    assert story.world.base is None
    assert story.world.route is None
    assert not story.world.releases


def test_a_first_install_aborted_after_the_route_was_made_deletes_it_first() -> None:
    world, rollout = begin_install()
    story = drive(world, rollout, applies=fail_on(SetWeights, is_done_anyway=True))
    assert story.rollout.phase is Phase.ABORTED
    assert isinstance(story.since(Phase.ABORTING)[0], DeleteRoute)
    assert story.world.route is None
    assert story.world.base is None


def test_a_first_install_keeps_a_base_that_was_there_before() -> None:
    world, rollout = begin_install()
    world = replace(world, base=settle("blue").base).behaving("blue", Behaviour(start_seconds=1e9))
    story = drive(world, replace(rollout, snapshot=replace(rollout.snapshot, base_revision=1)))
    assert story.rollout.phase is Phase.ABORTED
    assert story.world.base is not None


STEPS = [
    (StepKind.INSTALL, 0),
    (StepKind.SCALE, 0),
    (StepKind.WEIGHT, 10),
    (StepKind.ANALYSIS, 10),
    (StepKind.APPROVAL, 10),
    (StepKind.WEIGHT, 50),
    (StepKind.ANALYSIS, 50),
    (StepKind.PROMOTE, 0),
    (StepKind.HOLD, 0),
]


@pytest.mark.parametrize(("kind", "weight"), STEPS)
def test_an_abort_wish_backs_out_from_every_step(kind: StepKind, weight: int) -> None:
    story = drive(*begin_canary(CANARY), CANARY, script=approving(wish_at("abort", is_at(kind, weight=weight))))
    assert_backed_out(story)
    assert story.rollout.reason == "aborted by bob: smells"


def test_an_abort_wish_while_the_old_slot_goes_to_sleep_gives_it_the_traffic_once_it_is_awake() -> None:
    def is_time(rollout: Rollout) -> bool:
        step = rollout.step
        return step is not None and step.target is Target.STABLE and rollout.phase is Phase.PROMOTING

    story = drive(*begin_canary(), script=wish_at("abort", once_asleep(is_time)))
    assert story.rollout.phase is Phase.ABORTED
    assert story.world.weight("blue") == 100


@pytest.mark.parametrize("slot", ["", "green"])
@pytest.mark.parametrize("status", ["pending-install", "pending-upgrade", "uninstalling"])
def test_somebody_elses_helm_operation_is_never_touched(slot: str, status: str) -> None:
    world, rollout = begin_canary()
    release = replace(settle("green", rollout="their hands").releases["green"], status=status)
    story = drive(world.with_release(slot, release), rollout)
    assert "for somebody else" in story.rollout.reason
    assert not any(isinstance(one, (InstallSlot, RevertRelease)) for one in story.writes)
    assert story.world.weight("blue") == 100


WATCHED = [(StepKind.ANALYSIS, 10), (StepKind.ANALYSIS, 50), (StepKind.HOLD, 0)]
CHANGED = RouteState({"blue": 30, "green": 70}, "blue")


@pytest.mark.parametrize(("kind", "weight"), WATCHED)
@pytest.mark.parametrize("route", [CHANGED, None], ids=["changed", "deleted"])
def test_a_route_that_another_hand_changed_ends_the_rollout(
    kind: StepKind, weight: int, route: RouteState | None
) -> None:
    change = once(lambda world: replace(world, route=route), is_at(kind, weight=weight))
    story = drive(*begin_canary(), script=change)
    assert story.rollout.reason.startswith("somebody else")
    assert_backed_out(story)


def test_a_route_that_another_hand_changed_while_a_person_thinks_ends_the_rollout() -> None:
    change = once(lambda world: replace(world, route=None), is_at(StepKind.APPROVAL))
    story = drive(*begin_canary(CANARY), CANARY, script=change)
    assert_backed_out(story)


def test_a_candidate_that_loses_its_pods_ends_the_rollout() -> None:
    def break_down(world: World) -> World:
        world = world.behaving("green", Behaviour(start_seconds=1e9, problem="CrashLoopBackOff"))
        return world.scaled("green", "gateway", 0).scaled("green", "gateway", 1)

    story = drive(*begin_canary(), script=once(break_down, is_at(StepKind.ANALYSIS)))
    assert_backed_out(story)
    assert story.rollout.reason == "green lost its ready pods (CrashLoopBackOff)"


def test_when_stable_is_gone_during_an_abort_the_candidate_keeps_its_traffic() -> None:
    def kill_stable(world: World) -> World:
        dead = world.behaving("blue", Behaviour(start_seconds=1e9))
        return dead.scaled("blue", "gateway", 0).scaled("blue", "gateway", 2)

    world, rollout = begin_canary()
    bad = world.behaving("green", Behaviour(error_percent=30))
    story = drive(bad, rollout, script=once(kill_stable, is_at(StepKind.ANALYSIS)))
    assert story.rollout.phase is Phase.FAILED
    assert "backing out failed: blue is not ready" in story.rollout.reason
    assert story.world.weight("green") >= 10
    assert "green" in story.world.releases


def test_when_nothing_is_ready_during_an_abort_it_waits_and_then_calls_a_person() -> None:
    def kill_all(world: World) -> World:
        for slot in ("blue", "green"):
            world = world.behaving(slot, Behaviour(start_seconds=1e9))
            for key in REQUIRED:
                world = world.scaled(slot, key, 0).scaled(slot, key, REQUIRED[key])
        return world

    story = drive(*begin_canary(), script=once(kill_all, is_at(StepKind.ANALYSIS)))
    assert story.rollout.phase is Phase.FAILED
    assert "neither blue nor green is ready after 30 s" in story.rollout.reason


def test_a_stable_that_comes_back_in_time_gets_its_traffic() -> None:
    def stumble(world: World) -> World:
        world = world.behaving("blue", Behaviour(start_seconds=12)).behaving("green", Behaviour(start_seconds=1e9))
        for slot in ("blue", "green"):
            for key in REQUIRED:
                world = world.scaled(slot, key, 0).scaled(slot, key, REQUIRED[key])
        return world

    story = drive(*begin_canary(), script=once(stumble, is_at(StepKind.ANALYSIS)))
    assert story.rollout.phase is Phase.ABORTED
    assert story.world.weight("blue") == 100


@pytest.mark.parametrize("kind", [InstallSlot, Scale, WarmUp, SetWeights], ids=lambda kind: kind.__name__)
def test_an_action_that_fails_for_good_backs_out(kind: type[Action]) -> None:
    story = drive(*begin_canary(), applies=fail_on(kind, is_done_anyway=False))
    assert story.rollout.phase is Phase.ABORTED
    assert story.rollout.reason == "helm: no"
    assert story.world.weight("blue") == 100
