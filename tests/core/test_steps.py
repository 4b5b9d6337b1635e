"""Single steps at single looks: what is asked for when one thing is other than it should be."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.core.driver import Point, drive, is_at
from tests.core.stories import (
    CANARY,
    PLAIN,
    REQUIRED,
    Pods,
    World,
    begin_canary,
    begin_install,
    begin_rollback,
)
from tooling.core.action import Action, InstallSlot, RevertRelease, Scale, SetWeights, WarmUp
from tooling.core.decide import MOST_TRIES, decide
from tooling.core.entries import EntryKind, StrategyStep
from tooling.core.observation import Failure, Observation, RouteState, SlotState, Wish, Workload
from tooling.core.plan import Outset, StepKind, plan_canary
from tooling.core.rollout import UNKNOWN, Phase, Rollout
from tooling.core.steps.look import LOOK_EVERY


def cut(name: str, *, world: World | None = None, rollout: Rollout | None = None) -> Point:
    """Return the first point of a good canary whose name begins like that."""
    begun = begin_canary()
    story = drive(world or begun[0], rollout or begun[1])
    return next(point for point in story.points if point.name.startswith(name))


def begin_backout(weights: dict[str, int]) -> tuple[World, Rollout]:
    """Green has some traffic, and an abort was decided on."""
    point = cut("after route blue 90 %")
    seen = replace(point.world.look(), wish=Wish("abort", "bob", "", point.rollout.id))
    decision = decide(point.rollout, seen, PLAIN, point.world.now)
    assert decision.rollout.phase is Phase.ABORTING
    return replace(point.world, route=RouteState(weights, "blue")), decision.rollout


def test_an_abort_moves_the_traffic_before_it_gives_stable_the_pods_that_a_scaler_took() -> None:
    world, rollout = begin_backout({"blue": 90, "green": 10})
    world = replace(world, pods={**world.pods, ("blue", "inference/smollm2"): Pods(2)})
    decision = decide(rollout, world.look(), PLAIN, world.now)
    assert decision.action == SetWeights({"blue": 100}, "blue")


def test_an_abort_wakes_a_stable_that_sleeps_before_it_gets_the_traffic() -> None:
    world, rollout = begin_backout({"green": 100})
    sleeping = replace(world, pods={**world.pods, **{("blue", key): Pods(0) for key in REQUIRED}})
    decision = decide(rollout, sleeping.look(), PLAIN, world.now)
    assert decision.action == Scale("blue", "gateway", REQUIRED["gateway"])


def test_pods_that_are_about_to_end_do_not_count_as_a_stable_that_can_serve() -> None:
    world, rollout = begin_backout({"green": 100})
    seen = world.look()
    leaving = tuple(replace(one, wanted=0) for one in seen.slot("blue").workloads)
    seen = replace(seen, slots={**seen.slots, "blue": SlotState(workloads=leaving)})
    assert isinstance(decide(rollout, seen, PLAIN, world.now).action, Scale)


def test_a_stable_that_was_taken_away_has_nothing_to_wait_for() -> None:
    world, rollout = begin_backout({"green": 100})
    seen = world.look()
    seen = replace(seen, slots={"green": seen.slot("green")})
    decision = decide(rollout, seen, PLAIN, world.now)
    assert decision.rollout.phase is Phase.FAILED
    assert "green keeps the traffic it has" in decision.reason


def test_a_route_that_names_a_slot_without_weight_is_as_good() -> None:
    world, rollout = begin_backout({"blue": 100, "green": 0})
    assert decide(rollout, world.look(), PLAIN, world.now).rollout.index == 1


def test_a_problem_gets_its_grace_each_time() -> None:
    point = cut("after scale green inference/smollm2 to 2")
    rollout, now = replace(point.rollout, problem_since=0.0), point.world.now
    ready = point.world.passed(10).look()
    broken = tuple(replace(one, ready=0, problem="ErrImagePull") for one in ready.slot("green").workloads)
    trouble = replace(ready, slots={**ready.slots, "green": replace(ready.slot("green"), workloads=broken)})
    first = decide(rollout, trouble, PLAIN, now)
    assert first.rollout.problem_since == now
    calm = decide(first.rollout, ready, PLAIN, now + 5)
    assert calm.rollout.problem_since == 0.0
    again = decide(replace(calm.rollout, index=first.rollout.index), trouble, PLAIN, now + 20)
    assert again.rollout.phase is not Phase.ABORTING
    assert again.wait == LOOK_EVERY
    lasting = decide(again.rollout, trouble, PLAIN, now + 31)
    assert lasting.rollout.phase is Phase.ABORTING
    assert "ErrImagePull" in lasting.reason


def test_a_problem_that_went_away_before_a_weight_is_forgotten() -> None:
    point = cut("after ask green")
    rollout = replace(point.rollout, is_warm=True, problem_since=point.world.now - 60)
    decision = decide(rollout, point.world.look(), PLAIN, point.world.now)
    assert isinstance(decision.action, SetWeights)
    assert decision.rollout.problem_since == 0.0


def test_pods_that_were_added_are_asked_before_they_get_weight() -> None:
    story = drive(*begin_canary())
    writes = story.writes
    for number, write in enumerate(writes):
        if isinstance(write, SetWeights) and "green" in write.weights:
            scaled = [place for place, one in enumerate(writes[:number]) if isinstance(one, Scale)]
            asked = [place for place, one in enumerate(writes[:number]) if isinstance(one, WarmUp)]
            assert asked
            assert not scaled or asked[-1] > scaled[-1]


def test_a_rollback_brings_back_a_workload_that_todays_values_do_not_know() -> None:
    world, rollout = begin_rollback()
    world = replace(world, pods={**world.pods, ("green", "inference/old"): Pods(0)})
    story = drive(world, rollout)
    assert story.rollout.phase is Phase.ROLLED_BACK
    assert story.world.pods["green", "inference/old"].wanted == 1


def test_whoever_scales_against_a_rollout_ends_it() -> None:
    def meddle(world: World, rollout: Rollout) -> World:
        is_target = is_at(StepKind.SCALE)(rollout) and ("green", "gateway") in world.pods
        return replace(world, pods={**world.pods, ("green", "gateway"): Pods(7)}) if is_target else world

    story = drive(*begin_canary(), script=meddle)
    assert story.rollout.phase is Phase.ABORTED
    assert "somebody else keeps scaling" in story.rollout.reason


def test_traffic_that_a_failed_rollout_left_is_taken_away_before_the_slot_is_installed_into() -> None:
    world, rollout = begin_canary(candidate_revision=4)
    world = replace(world, route=RouteState({"blue": 90, "green": 10}, "blue"))
    story = drive(world, replace(rollout, steps=plan_canary(PLAIN, Outset(is_split=True))))
    assert story.writes[0] == SetWeights({"blue": 100}, "blue")
    assert story.rollout.phase is Phase.SUCCEEDED


def test_one_wish_passes_one_approval() -> None:
    strategy = replace(
        CANARY,
        steps=(
            StrategyStep(EntryKind.WEIGHT, 10, 5),
            StrategyStep(EntryKind.APPROVAL, seconds=9),
            StrategyStep(EntryKind.APPROVAL, seconds=9),
        ),
    )
    world, rollout = begin_canary(strategy)

    def script(world: World, rollout: Rollout) -> World:
        if not is_at(StepKind.APPROVAL)(rollout) or world.wish is not None:
            return world
        return replace(world, wish=Wish("promote", "bob", "", rollout.id, rollout.index))

    story = drive(world, rollout, strategy, script=script)
    assert story.rollout.reason == "nobody approved within 9 s"


@pytest.mark.parametrize("action", [InstallSlot, SetWeights], ids=lambda action: action.__name__)
def test_an_action_is_tried_only_so_often(action: type[Action]) -> None:
    def never(world: World, one: Action, rollout: Rollout) -> tuple[World, Failure | None]:
        if isinstance(one, action) and rollout.phase is not Phase.ABORTING:
            return replace(world, writes=(*world.writes, one)), Failure("timeout", is_retryable=True)
        return world.applied(one, rollout.id)

    story = drive(*begin_canary(), applies=never)
    assert story.rollout.phase is Phase.ABORTED
    assert sum(isinstance(one, action) for one in story.writes) >= MOST_TRIES
    assert story.rollout.reason == "timeout"


def test_a_candidate_that_answers_late_is_waited_for_longer_than_the_tries_of_other_actions() -> None:
    answers: list[Action] = []

    def late(world: World, one: Action, rollout: Rollout) -> tuple[World, Failure | None]:
        if isinstance(one, WarmUp):
            answers.append(one)
            if len(answers) <= MOST_TRIES + 5:
                return world, Failure("503", is_retryable=True)
        return world.applied(one, rollout.id)

    assert drive(*begin_canary(), applies=late).rollout.phase is Phase.SUCCEEDED


def test_a_failed_upgrade_of_somebody_else_is_left_alone() -> None:
    world, rollout = begin_backout({"blue": 100})
    theirs = replace(world.releases["green"], status="failed", description='Upgrade "x" failed', revision=9)
    story = drive(world.with_release("green", theirs), replace(rollout, journal=()))
    assert story.rollout.phase is Phase.ABORTED
    assert not any(isinstance(one, RevertRelease) and one.slot for one in story.writes[len(world.writes) :])


def test_a_pending_revision_is_ours_only_while_an_own_try_is_in_doubt() -> None:
    world, rollout = begin_canary()
    stuck = world.struck(InstallSlot("green"))
    at_slot = replace(rollout, phase=Phase.PREPARING, index=1)
    tried = at_slot.intend(str(InstallSlot("green")), 1.0)
    lost = tried.conclude(f"{UNKNOWN}no answer", 2.0)
    failed = tried.conclude("helm: the server refused to store the revision", 2.0)
    refused = tried.conclude("helm: another operation (install/upgrade/rollback) is in progress", 2.0)
    undo = RevertRelease("green", 0)
    assert decide(tried, stuck.look(), PLAIN, stuck.now).action == undo
    assert decide(lost, stuck.look(), PLAIN, stuck.now).action == undo
    assert decide(failed, stuck.look(), PLAIN, stuck.now).action == undo
    for foreign in (at_slot, refused):
        decision = decide(foreign, stuck.look(), PLAIN, stuck.now)
        assert "for somebody else" in decision.reason
        assert decision.action is None


def test_no_weight_goes_to_pods_that_somebody_took_since_they_were_ready() -> None:
    point = cut("before route blue 90 %")
    seen = point.world.look()
    fewer = tuple(replace(one, wanted=0) for one in seen.slot("green").workloads)
    taken = replace(seen, slots={**seen.slots, "green": SlotState(workloads=fewer)})
    decision = decide(replace(point.rollout, is_warm=True), taken, PLAIN, point.world.now)
    assert (decision.action, decision.rollout.phase) == (None, Phase.ABORTING)
    assert "somebody else scaled genai-green-gateway to 0" in decision.reason


def test_a_first_install_is_scaled_like_any_other() -> None:
    world, rollout = begin_install()
    seen = Observation(slots={"blue": SlotState(workloads=(Workload("gateway", "g", 1, 1),))})
    scaling = replace(rollout, phase=Phase.PREPARING, index=2, step_started_at=world.now)
    decision = decide(scaling, seen, PLAIN, world.now)
    assert decision.action == Scale("blue", "gateway", 2)


@pytest.mark.parametrize(("phase", "ended"), [(Phase.PROMOTING, Phase.SUCCEEDED), (Phase.ABORTING, Phase.ABORTED)])
def test_a_record_that_stands_after_its_last_step_ends(phase: Phase, ended: Phase) -> None:
    world, rollout = begin_canary()
    last = replace(rollout, phase=phase, index=len(rollout.steps))
    assert decide(last, world.look(), PLAIN, world.now).rollout.phase is ended


def test_a_service_that_still_selects_stable_is_not_promoted_yet() -> None:
    point = cut("after route green 100 %")
    assert point.world.route is not None
    lagging = replace(point.world, route=replace(point.world.route, serving="blue"))
    decision = decide(point.rollout, lagging.look(), PLAIN, lagging.now)
    assert decision.action == SetWeights({"green": 100}, "green")
