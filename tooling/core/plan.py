"""The ordered steps of a rollout, made once, before anything is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from math import ceil

from tooling.core.strategy import Strategy, StrategyStep

SLOTS = ("blue", "green")


class StepKind(StrEnum):
    """What a step does (design section 2)."""

    INSTALL = "install"
    SCALE = "scale"
    WEIGHT = "weight"
    ANALYSIS = "analysis"
    APPROVAL = "approval"
    PROMOTE = "promote"
    HOLD = "hold"
    REVERT = "revert"


class Target(StrEnum):
    """What a step acts on; slots are named by role, since roles move between them."""

    BASE = "base"
    STABLE = "stable"
    CANDIDATE = "candidate"


@dataclass(frozen=True, slots=True)
class Step:
    """One entry of a plan. `weight` and `share` are percent 0-100, `seconds` how long it holds or may wait."""

    kind: StepKind
    target: Target = Target.CANDIDATE
    weight: int = 0
    share: int = 0
    seconds: float = 0.0

    def __str__(self) -> str:
        return {
            StepKind.INSTALL: f"install {self.target}",
            StepKind.SCALE: f"scale {self.target} to {self.share} % of what it needs",
            StepKind.WEIGHT: f"weight {self.weight} %",
            StepKind.ANALYSIS: f"analysis for {self.seconds:g} s at {self.weight} %",
            StepKind.APPROVAL: f"approval within {self.seconds:g} s",
            StepKind.PROMOTE: "promote: all traffic to the candidate",
            StepKind.HOLD: f"hold for {self.seconds:g} s",
            StepKind.REVERT: f"take back {self.target}",
        }[self.kind]


def plan_install() -> tuple[Step, ...]:
    """Nothing is installed: base, one slot, all traffic to it."""
    return (
        Step(StepKind.INSTALL, Target.BASE),
        Step(StepKind.INSTALL),
        Step(StepKind.SCALE, share=100),
        Step(StepKind.PROMOTE, weight=100),
    )


def plan_canary(strategy: Strategy, *, is_split: bool = False) -> tuple[Step, ...]:
    """Move traffic to the candidate step by step, judging each, then let stable rest.

    `is_split`: a rollout that failed left traffic at the idle slot, which is taken away first.
    """
    steps = [Step(StepKind.WEIGHT, Target.STABLE, weight=0)] if is_split else []
    steps += [Step(StepKind.INSTALL, Target.BASE), Step(StepKind.INSTALL)]
    weight = 0
    for entry in strategy.steps:
        steps.extend(_plan_entry(entry, weight))
        weight = max(weight, entry.weight)
    steps.append(Step(StepKind.SCALE, share=100))
    return (*steps, *_plan_finish(strategy))


def plan_rollback(strategy: Strategy) -> tuple[Step, ...]:
    """All traffic back to a version that was verified before: no trial, but readiness and warmth all the same."""
    return (Step(StepKind.SCALE, share=100), *_plan_finish(strategy))


def plan_backout() -> tuple[Step, ...]:
    """Give everything back: route first in one write, then scale, then Helm (promise P2)."""
    return (
        Step(StepKind.WEIGHT, Target.STABLE, weight=0),
        Step(StepKind.SCALE),
        Step(StepKind.REVERT),
        Step(StepKind.REVERT, Target.BASE),
    )


def find_replicas(required: Mapping[str, int], *, share: int, floor: float) -> Mapping[str, int]:
    """Replicas by workload for `share` percent of the traffic: at least one each, none for no share."""
    if share <= 0:
        return dict.fromkeys(required, 0)
    return {key: max(1, ceil(round(count * share / 100 * floor, 6))) for key, count in required.items()}


def find_required(declared: Mapping[str, int], ready: Mapping[str, int]) -> Mapping[str, int]:
    """What all traffic needs: what the values declare, raised by what stable had ready at the snapshot."""
    return {key: max(count, ready.get(key, 0)) for key, count in declared.items()}


def find_idle_slot(serving: str) -> str:
    """Name the slot that does not serve; blue where none does."""
    return "green" if serving == "blue" else "blue"


def _plan_entry(entry: StrategyStep, reached: int) -> tuple[Step, ...]:
    if entry.is_approval:
        return (Step(StepKind.APPROVAL, weight=reached, seconds=entry.approval_timeout or 0.0),)
    return (
        Step(StepKind.SCALE, share=entry.weight),
        Step(StepKind.WEIGHT, weight=entry.weight),
        Step(StepKind.ANALYSIS, weight=entry.weight, seconds=entry.hold),
    )


def _plan_finish(strategy: Strategy) -> tuple[Step, ...]:
    return (
        Step(StepKind.PROMOTE, weight=100),
        Step(StepKind.HOLD, weight=100, seconds=strategy.scale_down_delay),
        Step(StepKind.SCALE, Target.STABLE, share=0),
    )
