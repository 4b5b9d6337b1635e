"""The ordered steps of a rollout, made once, before anything is written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from tooling.core.entries import EntryKind, StrategyStep
from tooling.core.strategy import Strategy

SLOTS = ("blue", "green")


class StepKind(StrEnum):
    """What a step does (design section 2)."""

    INSTALL = "install"
    RECALL = "recall"
    SCALE = "scale"
    PREVIEW = "preview"
    TEST = "test"
    WEIGHT = "weight"
    HOLD = "hold"
    ANALYSIS = "analysis"
    QUALITY = "quality"
    APPROVAL = "approval"
    PROMOTE = "promote"
    FREEZE = "freeze"
    FINISH = "finish"
    DRAIN = "drain"
    REST = "rest"
    RESTORE = "restore"
    REVERT = "revert"
    VERIFY = "verify"
    BACKUP = "backup"
    STEADY = "steady"


class Target(StrEnum):
    """What a step acts on; slots are named by role, since roles move between them."""

    BASE = "base"
    STABLE = "stable"
    CANDIDATE = "candidate"


@dataclass(frozen=True, slots=True)
class Step:
    """One entry of a plan. `weight` and `share` are percent 0-100, `seconds` how long it holds or may wait.

    `weight` is what the candidate has while the step is worked on. `suite`, `max_drop` (share 0-1) and
    `min_prompts` are those of a quality step, `revision` that of a recall.
    """

    kind: StepKind
    target: Target = Target.CANDIDATE
    weight: int = 0
    share: int = 0
    seconds: float = 0.0
    suite: str = ""
    max_drop: float = 0.0
    min_prompts: int = 0
    revision: int = 0

    def __str__(self) -> str:
        return _TEXTS[self.kind].format(step=self)


_TEXTS = {
    StepKind.INSTALL: "install {step.target}",
    StepKind.RECALL: "helm rollback {step.target} to revision {step.revision}",
    StepKind.SCALE: "scale {step.target} to {step.share} % of what it needs",
    StepKind.PREVIEW: "preview {step.target}",
    StepKind.TEST: "helm test of {step.target}",
    StepKind.WEIGHT: "weight {step.weight} %",
    StepKind.HOLD: "hold for {step.seconds:g} s",
    StepKind.ANALYSIS: "analysis for {step.seconds:g} s at {step.weight} %",
    StepKind.QUALITY: "quality with suite {step.suite}",
    StepKind.APPROVAL: "approval within {step.seconds:g} s",
    StepKind.PROMOTE: "promote: all traffic to the candidate",
    StepKind.FREEZE: "freeze autoscalers of {step.target}",
    StepKind.FINISH: "switch autoscalers of {step.target} on",
    StepKind.DRAIN: "drain {step.target} within {step.seconds:g} s",
    StepKind.REST: "let autoscalers of {step.target} rest",
    StepKind.RESTORE: "restore autoscalers of {step.target}",
    StepKind.REVERT: "take back {step.target}",
    StepKind.VERIFY: "compare live objects with their manifests",
    StepKind.BACKUP: "back up the vector DB",
    StepKind.STEADY: "base ready within {step.seconds:g} s",
}


@dataclass(frozen=True, slots=True)
class Outset:
    """What a plan begins with.

    `is_split`: a rollout that failed left traffic at the idle slot, which is taken away first. `is_scaled`: a slot
    that stands has autoscalers.
    """

    is_split: bool = False
    is_scaled: bool = False


def plan_install(strategy: Strategy) -> tuple[Step, ...]:
    """Nothing is installed: base, one slot, all traffic to it."""
    return (
        Step(StepKind.INSTALL, Target.BASE),
        Step(StepKind.INSTALL),
        Step(StepKind.SCALE, share=100),
        Step(StepKind.PROMOTE, weight=100),
        *_plan_scalers(strategy),
    )


def plan_canary(strategy: Strategy, outset: Outset = Outset()) -> tuple[Step, ...]:
    """Move traffic to the candidate step by step, judging each, then let stable rest."""
    # an autoscaler would bring the pods back at once
    is_shrinking = strategy.capacity.abort_floor < 1 and not strategy.splits_by_pods and not outset.is_scaled
    steps = list(_plan_begin(outset))
    weight = 0
    for entry in strategy.steps:
        if entry.kind is EntryKind.WEIGHT:
            weight = entry.weight
        elif entry.kind in {EntryKind.QUALITY, EntryKind.TEST} and not weight:
            steps.append(Step(StepKind.SCALE, share=1))  # somebody has to be there to answer
        steps.extend(_plan_entry(entry, weight, is_shrinking=is_shrinking))
    steps.append(Step(StepKind.SCALE, weight=weight, share=100))
    return (*steps, Step(StepKind.PROMOTE, weight=100), *_plan_finish(strategy, outset))


def plan_blue_green(strategy: Strategy, outset: Outset = Outset()) -> tuple[Step, ...]:
    """Try the candidate at full scale without live traffic, switch at once, judge, then let stable rest."""
    return (
        *_plan_begin(outset),
        Step(StepKind.SCALE, share=100),
        Step(StepKind.PREVIEW),
        *(step for entry in strategy.preview for step in _plan_entry(entry, 0)),
        Step(StepKind.PROMOTE, weight=100),
        *(step for entry in strategy.after for step in _plan_entry(entry, 100)),
        *_plan_finish(strategy, outset),
    )


def plan_rollback(strategy: Strategy, outset: Outset = Outset(), *, revision: int = 0) -> tuple[Step, ...]:
    """All traffic back to a version that was verified before: no trial, but readiness and warmth all the same.

    `revision` is the Helm revision to go back to where the slot holds another one.
    """
    return (
        *((Step(StepKind.RECALL, revision=revision),) if revision else ()),
        *((Step(StepKind.FREEZE),) if outset.is_scaled else ()),
        Step(StepKind.SCALE, share=100),
        Step(StepKind.PROMOTE, weight=100),
        *_plan_rest(strategy, outset),
        *((Step(StepKind.RESTORE, weight=100),) if outset.is_scaled else ()),
        Step(StepKind.VERIFY, weight=100),
    )


def plan_base(strategy: Strategy, *, has_backup: bool) -> tuple[Step, ...]:
    """Change base alone: a backup first, then the upgrade, then its pods; no traffic moves."""
    return (
        *((Step(StepKind.BACKUP, Target.BASE, seconds=strategy.ready_timeout),) if has_backup else ()),
        Step(StepKind.INSTALL, Target.BASE),
        Step(StepKind.STEADY, Target.BASE, seconds=strategy.ready_timeout),
        Step(StepKind.VERIFY, Target.BASE),
    )


def plan_backout(strategy: Strategy) -> tuple[Step, ...]:
    """Give everything back: route first in one write, then scale, then Helm (promise P2), then compare (P5)."""
    return (
        Step(StepKind.WEIGHT, Target.STABLE, weight=0),
        Step(StepKind.SCALE, Target.STABLE, share=100),
        Step(StepKind.RESTORE, Target.STABLE),
        Step(StepKind.DRAIN, seconds=strategy.drain_timeout),
        Step(StepKind.SCALE),
        Step(StepKind.REVERT),
        Step(StepKind.REST),
        Step(StepKind.SCALE),
        Step(StepKind.REVERT, Target.BASE),
        Step(StepKind.VERIFY),
    )


def plan_base_backout(strategy: Strategy) -> tuple[Step, ...]:
    """Take base back to the revision before."""
    return (
        Step(StepKind.REVERT, Target.BASE),
        Step(StepKind.STEADY, Target.BASE, seconds=strategy.ready_timeout),
        Step(StepKind.VERIFY, Target.BASE),
    )


def find_idle_slot(serving: str) -> str:
    """Name the slot that does not serve; blue where none does."""
    return "green" if serving == "blue" else "blue"


def _plan_begin(outset: Outset) -> Iterator[Step]:
    if outset.is_split:
        yield Step(StepKind.WEIGHT, Target.STABLE, weight=0)
    if outset.is_scaled:
        yield Step(StepKind.FREEZE, Target.STABLE)
    yield Step(StepKind.INSTALL, Target.BASE)
    yield Step(StepKind.INSTALL)


def _plan_entry(entry: StrategyStep, weight: int, *, is_shrinking: bool = False) -> Iterator[Step]:
    match entry.kind:
        case EntryKind.WEIGHT:
            yield Step(StepKind.SCALE, share=weight)
            yield Step(StepKind.WEIGHT, weight=weight)
            if is_shrinking:
                yield Step(StepKind.SCALE, Target.STABLE, weight=weight, share=100 - weight)
            if entry.seconds:
                yield Step(StepKind.ANALYSIS, weight=weight, seconds=entry.seconds)
        case EntryKind.QUALITY:
            gate = entry.quality
            yield Step(
                StepKind.QUALITY,
                weight=weight,
                suite=gate.suite,
                max_drop=gate.max_drop,
                min_prompts=gate.min_prompts,
            )
        case _:
            yield Step(StepKind(entry.kind.value), weight=weight, seconds=entry.seconds)


def _plan_scalers(strategy: Strategy) -> tuple[Step, ...]:
    return (Step(StepKind.FINISH, weight=100),) if strategy.has_scalers else ()


def _plan_finish(strategy: Strategy, outset: Outset) -> tuple[Step, ...]:
    return (
        *_plan_scalers(strategy),
        Step(StepKind.HOLD, weight=100, seconds=strategy.scale_down_delay),
        *_plan_rest(strategy, outset),
    )


def _plan_rest(strategy: Strategy, outset: Outset) -> tuple[Step, ...]:
    """Let the slot that served before sleep, or stand by for an instant way back."""
    standby = round(100 * strategy.capacity.standby)
    return (
        *((Step(StepKind.REST, Target.STABLE, weight=100),) if outset.is_scaled else ()),
        Step(StepKind.DRAIN, Target.STABLE, weight=100, seconds=strategy.drain_timeout),
        Step(StepKind.SCALE, Target.STABLE, weight=100, share=standby),
    )
