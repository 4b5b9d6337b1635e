"""The plan as people and programs see it: steps, weights, pods and GPUs of both slots, and what bounds them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from tooling.app.context import Target
from tooling.core.capacity import Asks, CapacityPlan, Replicas, plan_capacity
from tooling.core.plan import Step, StepKind
from tooling.core.rollout import Rollout

_WIDEST = 37
"""Characters of a step's text: with it the table stays within 80 columns, in a terminal's frame too."""


def make_capacity(rollout: Rollout, target: Target) -> CapacityPlan:
    """Reckon a plan from what was recorded of it: GPUs, without what they cost."""
    snapshot = rollout.snapshot
    candidate = {key: {"nvidia.com/gpu": Decimal(count)} for key, count in snapshot.gpus.items()}
    stable = {key: {"nvidia.com/gpu": Decimal(count)} for key, count in snapshot.stable_gpus.items()}
    return plan_capacity(rollout.steps, snapshot, target.strategy, Asks({**candidate, **stable}, candidate))


def make_rows(rollout: Rollout, plan: CapacityPlan) -> tuple[Mapping[str, Any], ...]:
    """Return a row for each step: what it does, and what both slots have once it is done.

    Weights are percent at stable and candidate, slots pods and (where there are any) GPUs.
    """
    rows = []
    has_gpus = plan.peak > 0
    weight = 0
    for number, stand in enumerate(plan.stands, 1):
        weight = _find_weight(stand.step, weight)
        row: dict[str, Any] = {"step": number, "does": _shorten(str(stand.step).removesuffix(" of what it needs"))}
        if not rollout.is_base:
            row["weights"] = f"{100 - weight}/{weight}" if rollout.stable else f"{weight}"
            if rollout.stable:
                row[rollout.stable] = _write(stand.stable, stand.stable_gpus, has_gpus=has_gpus)
            row[rollout.candidate] = _write(stand.candidate, stand.candidate_gpus, has_gpus=has_gpus)
        rows.append(row)
    return tuple(rows)


def make_notes(rollout: Rollout, plan: CapacityPlan) -> Iterator[str]:
    """Yield what bounds the plan, the most GPUs that it takes, and what that costs."""
    if rollout.is_base:
        return
    capacity = plan.strategy.capacity
    most = "no bound" if capacity.max_surge_gpus is None else f"{capacity.max_surge_gpus}"
    yield f"floor {capacity.floor:g}, abortFloor {capacity.abort_floor:g}, maxSurgeGpus {most}"
    if plan.peak:
        yield f"GPUs: {plan.serving_gpus} serve, {plan.peak} at the peak, {plan.surge} beside those that serve"
    if plan.cost is not None:
        money = f"{plan.cost.quantize(Decimal('0.01')):f} {plan.currency}".rstrip()
        yield f"cost: up to {money} an hour more than now, by lint.prices"


def _find_weight(step: Step, before: int) -> int:
    """Return what the candidate has once a step is done."""
    return step.weight if step.kind in {StepKind.WEIGHT, StepKind.PROMOTE} else before


def _write(replicas: Replicas, gpus: int, *, has_gpus: bool) -> str:
    pods = sum(replicas.values())
    return f"{pods} / {gpus}" if has_gpus else f"{pods}"


def _shorten(text: str) -> str:
    return text if len(text) <= _WIDEST else f"{text[: _WIDEST - 3]}..."
