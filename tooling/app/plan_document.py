"""A plan as one document for programs: what `plan` and `release --dry-run` print with `--output json`."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from tooling.app.describe import Data, describe_version, name_kind
from tooling.core.base_changes import BaseChange
from tooling.core.capacity import CapacityPlan, Stand
from tooling.core.plan import StepKind
from tooling.core.rollout import Rollout


def describe_plan(rollout: Rollout, plan: CapacityPlan, changes: Iterable[BaseChange] = ()) -> Data:
    """Return steps with weights, pods and GPUs of both slots, the bounds, the cost, and what changes in base.

    Weights are percent, `seconds` how long a step holds or may wait, costs are by the hour beyond what runs now.
    """
    capacity = plan.strategy.capacity
    return {
        "event": "plan",
        "kind": name_kind(rollout),
        "instance": rollout.instance,
        "namespace": plan.strategy.namespace,
        "was": describe_version(rollout.was),
        "version": describe_version(rollout.target),
        "stable": rollout.stable,
        "candidate": rollout.candidate,
        "required": dict(rollout.snapshot.required),
        "steps": _describe_steps(rollout, plan),
        "bounds": {
            "floor": capacity.floor,
            "abortFloor": capacity.abort_floor,
            "maxSurgeGpus": capacity.max_surge_gpus,
        },
        "gpus": {"serving": plan.serving_gpus, "peak": plan.peak, "surge": plan.surge},
        "cost": _write_cost(plan.cost),
        "currency": plan.currency,
        "base": [
            {
                "object": str(one.name),
                "change": one.what,
                "is_disruptive": one.is_disruptive,
                "is_forward_only": one.is_forward_only,
            }
            for one in changes
        ],
    }


def _describe_steps(rollout: Rollout, plan: CapacityPlan) -> list[Data]:
    rows, weight = [], 0
    for number, stand in enumerate(plan.stands, 1):
        if stand.step.kind in {StepKind.WEIGHT, StepKind.PROMOTE}:
            weight = stand.step.weight
        rows.append(_describe_step(rollout, number, stand, weight))
    return rows


def _describe_step(rollout: Rollout, number: int, stand: Stand, weight: int) -> Data:
    step = stand.step
    row: dict[str, Any] = {
        "step": number,
        "does": str(step),
        "kind": step.kind.value,
        "target": step.target.value,
        "seconds": step.seconds,
    }
    if rollout.is_base:
        return row
    slots = {rollout.candidate: (weight, stand.candidate, stand.candidate_gpus)}
    if rollout.stable:
        slots[rollout.stable] = (100 - weight, stand.stable, stand.stable_gpus)
    row["slots"] = {
        slot: {"weight": share, "replicas": dict(replicas), "gpus": gpus}
        for slot, (share, replicas, gpus) in slots.items()
    }
    row["surge"] = stand.surge
    row["cost"] = _write_cost(stand.cost)
    return row


def _write_cost(cost: Decimal | None) -> float | None:
    return None if cost is None else round(float(cost), 4)
