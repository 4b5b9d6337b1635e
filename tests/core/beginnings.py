"""Where a walk may begin: every kind of rollout, with every bound that a plan can have."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from tests.core.stories import CANARY, PLAIN, World, begin_canary, begin_install, begin_rollback
from tooling.core.entries import EntryKind, StrategyStep
from tooling.core.plan import Outset, plan_blue_green, plan_canary, plan_rollback
from tooling.core.rollout import Rollout
from tooling.core.strategy import AnalysisSettings, CapacitySettings, Strategy

Beginning = Callable[[], tuple[World, Rollout, Strategy]]

WEIGHT, HOLD, APPROVAL = EntryKind.WEIGHT, EntryKind.HOLD, EntryKind.APPROVAL
PATIENT = replace(
    CANARY,
    steps=(
        StrategyStep(WEIGHT, 25, 5),
        StrategyStep(HOLD, seconds=9),
        StrategyStep(WEIGHT, 75),
        StrategyStep(EntryKind.ANALYSIS, seconds=6),
        StrategyStep(EntryKind.TEST),
        StrategyStep(APPROVAL, seconds=20),
    ),
    analysis=AnalysisSettings(max_hold=20, on_inconclusive="pause"),
    capacity=CapacitySettings(floor=0.7),
    drain_timeout=15,
)
SCALED = replace(PLAIN, has_scalers=True, capacity=CapacitySettings(standby=0.5))
TIGHT = replace(
    PLAIN,
    steps=(StrategyStep(WEIGHT, 30, 5), StrategyStep(WEIGHT, 60, 5)),
    capacity=CapacitySettings(floor=0.8, abort_floor=0.4, max_surge_gpus=4),
)
BLUE_GREEN = replace(
    CANARY,
    kind="blueGreen",
    steps=(),
    preview=(StrategyStep(EntryKind.TEST), StrategyStep(APPROVAL, seconds=30)),
    after=(StrategyStep(EntryKind.ANALYSIS, seconds=10), StrategyStep(HOLD, seconds=10)),
    drain_timeout=15,
)
BY_PODS = replace(PLAIN, route="service")
MANY: Mapping[str, int] = {"gateway": 9, "inference/smollm2": 2}
GPUS: Mapping[str, int] = {"inference/smollm2": 2}


def _begin_scaled() -> tuple[World, Rollout, Strategy]:
    world, rollout = begin_canary(SCALED)
    outset = Outset(is_scaled=True)
    return world.with_scalers("blue", "on"), replace(rollout, steps=plan_canary(SCALED, outset)), SCALED


def _begin_tight() -> tuple[World, Rollout, Strategy]:
    """Six GPUs serve, and the plan may take four more: the candidate fits only as stable shrinks."""
    world, rollout = begin_canary(TIGHT)
    bounds = replace(rollout.snapshot, gpus=GPUS, stable_gpus=GPUS, most_gpus=10)
    return world, replace(rollout, snapshot=bounds), TIGHT


def _begin_blue_green() -> tuple[World, Rollout, Strategy]:
    world, rollout = begin_canary(BLUE_GREEN, candidate_revision=4)
    return world, replace(rollout, steps=plan_blue_green(BLUE_GREEN)), BLUE_GREEN


def _begin_by_pods() -> tuple[World, Rollout, Strategy]:
    world, rollout = begin_canary(BY_PODS)
    for key, count in MANY.items():
        world = world.scaled("blue", key, count).passed(4.0)
    return world, replace(rollout, snapshot=replace(rollout.snapshot, required=MANY, stable=MANY)), BY_PODS


def _begin_scaled_rollback() -> tuple[World, Rollout, Strategy]:
    world, rollout = begin_rollback()
    steps = plan_rollback(SCALED, Outset(is_scaled=True), revision=3)
    resting = world.with_scalers("blue", "on").with_scalers("green", "resting")
    return resting, replace(rollout, steps=steps), SCALED


BEGINNINGS: Mapping[str, Beginning] = {
    "install": lambda: (*begin_install(), PLAIN),
    "canary": lambda: (*begin_canary(CANARY), CANARY),
    "canary over a verified version": lambda: (*begin_canary(PATIENT, candidate_revision=4), PATIENT),
    "canary with autoscalers": _begin_scaled,
    "canary with few GPUs": _begin_tight,
    "canary by pods": _begin_by_pods,
    "blueGreen": _begin_blue_green,
    "rollback": lambda: (*begin_rollback(), PLAIN),
    "rollback to an older version": _begin_scaled_rollback,
}
