"""Autoscalers beside a rollout: they may ask for more at any time, and are told when they may not take away."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.core.beginnings import BEGINNINGS, BY_PODS, GPUS, SCALED
from tests.core.driver import Script, Story, drive, is_at, look_at, once, wish_at
from tests.core.pods import Pods
from tests.core.stories import PLAIN, REQUIRED, World, begin_canary
from tooling.core.action import FreezeScalers, Scale, SetWeights, WarmUp
from tooling.core.capacity import Asks, plan_capacity
from tooling.core.entries import EntryKind, StrategyStep
from tooling.core.plan import Outset, Step, StepKind, Target, plan_canary, plan_rollback
from tooling.core.rollout import Phase, Rollout
from tooling.core.steps.pods import keep_up, raise_pods
from tooling.core.strategy import CapacitySettings


def tell(name: str, script: Script) -> Story:
    world, rollout, strategy = BEGINNINGS[name]()
    return drive(world, rollout, strategy, script=script)


def ask(slot: str, count: int) -> Script:
    """Have the autoscalers of a slot ask for that many pods from the first analysis on."""
    return once(lambda world: replace(world, asked={slot: count}), is_at(StepKind.ANALYSIS))


def test_a_load_that_rises_raises_the_candidate_too_and_ends_nothing() -> None:
    story = tell("canary with autoscalers", ask("blue", 90))
    assert (story.rollout.phase, story.rollout.interferences) == (Phase.SUCCEEDED, ())
    at_ten = [one for one in story.decisions if is_at(StepKind.ANALYSIS, weight=10)(one.rollout)]
    assert Scale("green", "gateway", 9) in [one.action for one in at_ten]
    assert story.world.pods["green", "gateway"].wanted == 90


def test_pods_that_came_later_are_asked_before_the_next_weight() -> None:
    writes = list(tell("canary with autoscalers", ask("blue", 90)).writes)
    for number, write in enumerate(writes):
        if isinstance(write, SetWeights):
            asked = max(at for at, one in enumerate(writes[:number]) if isinstance(one, WarmUp))
            assert not [one for one in writes[asked:number] if isinstance(one, Scale) and one.slot == "green"]


@pytest.mark.parametrize("count", [1, 0])
def test_a_candidate_whose_autoscaler_is_on_may_shrink_after_the_promotion(count: int) -> None:
    key = "inference/smollm2" if count == 0 else "gateway"
    shrink = once(lambda world: world.scaled("green", key, count), is_at(StepKind.HOLD, weight=100))
    story = tell("canary with autoscalers", shrink)
    assert (story.rollout.phase, story.rollout.interferences) == (Phase.SUCCEEDED, ())
    assert story.world.pods["green", key].wanted == count


def test_a_candidate_of_which_nothing_is_awake_serves_nobody() -> None:
    def sleep(world: World) -> World:
        return world.scaled("green", "gateway", 0).scaled("green", "inference/smollm2", 0)

    story = tell("canary with autoscalers", once(sleep, is_at(StepKind.HOLD, weight=100)))
    assert story.rollout.phase is Phase.ABORTED
    assert story.rollout.reason == "green lost its ready pods"


def test_a_frozen_autoscaler_may_bring_more_pods_than_a_rollback_asked_for() -> None:
    more = once(lambda world: world.scaled("green", "gateway", 4), is_at(StepKind.SCALE))
    story = tell("rollback to an older version", more)
    assert story.rollout.phase is Phase.ROLLED_BACK
    assert story.world.pods["green", "gateway"].wanted == 4


def test_a_rollback_that_is_taken_back_leaves_its_slot_at_rest() -> None:
    world, rollout, strategy = BEGINNINGS["rollback to an older version"]()
    known = replace(rollout, steps=plan_rollback(SCALED, Outset(is_scaled=True)))
    story = drive(world, known, strategy, script=wish_at("abort", is_at(StepKind.SCALE)))
    assert story.rollout.phase is Phase.ABORTED
    assert story.world.scalers == {"blue": "on", "green": "resting"}
    assert {story.world.pods["green", key].wanted for key in REQUIRED} == {0}


def test_stable_is_not_shrunk_where_an_autoscaler_would_bring_it_back() -> None:
    capacity = CapacitySettings(abort_floor=0.4)
    strategy = replace(PLAIN, capacity=capacity)
    shrinking = [
        one for one in plan_canary(strategy) if one.target is Target.STABLE and one.kind is StepKind.SCALE
    ]
    scaled = plan_canary(strategy, Outset(is_scaled=True))
    kept = [one for one in scaled if one.target is Target.STABLE and one.kind is StepKind.SCALE]
    assert [one.weight for one in shrinking] == [10, 50, 100]
    assert [one.weight for one in kept] == [100]


def serve_both() -> tuple[World, Rollout]:
    """Return a canary at 10 % with one gateway and one model in green."""
    world, rollout = begin_canary(candidate_revision=4)
    pods = {**world.pods, **{("green", key): Pods(1) for key in REQUIRED}}
    return replace(world, pods=pods), rollout


HOLD = Step(StepKind.HOLD, weight=10, seconds=60)


def test_more_pods_are_not_asked_for_without_gpus_or_once_it_takes_too_long() -> None:
    world, rollout = serve_both()
    look = look_at(HOLD, world, rollout)
    least = {"inference/smollm2": 2}
    asked = raise_pods(look, least)
    assert asked is not None
    assert (asked.action, asked.changes) == (Scale("green", "inference/smollm2", 2), {"is_warm": False})
    tight = replace(rollout.snapshot, gpus=GPUS, stable_gpus=GPUS, most_gpus=8)
    assert raise_pods(replace(look, rollout=replace(look.rollout, snapshot=tight)), least) is None
    assert raise_pods(replace(look, now=world.now + PLAIN.ready_timeout), least) is None
    assert raise_pods(replace(look, seen=world.with_scalers("green", "on").look()), least) is None
    assert raise_pods(look, {"inference/smollm2": 1}) is None


@pytest.mark.parametrize(
    ("step", "route", "stable", "is_raised"),
    [
        (HOLD, "gatewayApi", "blue", True),
        (HOLD, "service", "blue", False),
        (HOLD, "gatewayApi", "", False),
        (replace(HOLD, weight=0), "gatewayApi", "blue", False),
        (replace(HOLD, weight=100), "gatewayApi", "blue", False),
        (Step(StepKind.WEIGHT, weight=10), "gatewayApi", "blue", False),
    ],
)
def test_the_candidate_follows_while_a_weight_stands(step: Step, route: str, stable: str, is_raised: bool) -> None:
    world, rollout = serve_both()
    busy = replace(world, asked={"blue": 40}).with_scalers("blue", "on")
    snapshot = replace(rollout.snapshot, serving=stable, required=REQUIRED if stable else {"gateway": 40})
    look = look_at(step, busy, rollout, replace(PLAIN, route=route), snapshot=snapshot)
    assert (keep_up(look) is not None) is is_raised


def test_gateways_come_last_where_each_of_them_draws_traffic() -> None:
    strategy = replace(
        BY_PODS, steps=(StrategyStep(EntryKind.WEIGHT, 10, 5), StrategyStep(EntryKind.WEIGHT, 50, 5))
    )
    world, rollout = begin_canary(strategy)
    many = {"gateway": 9, "inference/smollm2": 5}
    for key, count in many.items():
        world = world.scaled("blue", key, count).passed(4.0)
    shares: list[tuple[int, int]] = []

    def watch(world: World, rollout: Rollout) -> World:
        gateways, models = (world.pods.get(("green", key), Pods(0)) for key in many)
        if world.weight("green") == 10 and gateways.wanted > 1:
            shares.append((gateways.wanted, models.ready(world.now)))
        return world

    snapshot = replace(rollout.snapshot, required=many, stable=many)
    story = drive(world, replace(rollout, snapshot=snapshot), strategy, script=watch)
    assert story.rollout.phase is Phase.SUCCEEDED
    assert shares
    assert min(models for _, models in shares) >= 3, "half of the traffic came before the models that answer it"


@pytest.mark.parametrize(("standby", "kept"), [(0.9, 9), (0.5, 5), (0.0, 0)])
def test_standby_pods_are_a_share_of_what_is_needed_with_every_kind_of_route(standby: float, kept: int) -> None:
    world, rollout, strategy = BEGINNINGS["canary by pods"]()
    waiting = replace(strategy, capacity=CapacitySettings(standby=standby))
    story = drive(world, replace(rollout, steps=plan_canary(waiting)), waiting)
    assert story.rollout.phase is Phase.SUCCEEDED
    plan = plan_capacity(story.rollout.steps, rollout.snapshot, waiting, Asks({}, {}))
    assert plan.stands[-1].stable["gateway"] == kept
    assert story.world.pods["blue", "gateway"].wanted == kept


def test_a_slot_that_stands_by_never_gets_more_pods_than_it_had() -> None:
    strategy = replace(PLAIN, capacity=CapacitySettings(standby=0.5))
    world, rollout = begin_canary(strategy)
    bigger = replace(rollout.snapshot, required={"gateway": 2, "inference/smollm2": 20})
    story = drive(world, replace(rollout, snapshot=bigger), strategy)
    assert story.rollout.phase is Phase.SUCCEEDED
    assert {key: story.world.pods["blue", key].wanted for key in REQUIRED} == {
        "gateway": 1,
        "inference/smollm2": 3,
    }
    plan = plan_capacity(story.rollout.steps, bigger, strategy, Asks({}, {}))
    assert plan.stands[-1].stable == {"gateway": 1, "inference/smollm2": 3}


def test_an_autoscaler_that_is_thawed_each_time_ends_the_rollout_with_what_is_undone() -> None:
    story = tell(
        "canary with autoscalers",
        lambda world, rollout: world.with_scalers("blue", "on") if is_at(StepKind.FREEZE)(rollout) else world,
    )
    assert story.rollout.phase is Phase.ABORTED
    assert story.rollout.reason == f"somebody else keeps undoing this: {FreezeScalers('blue')}"
