"""What runs, and what is on its way; reads only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tooling.app.context import Ports, Target
from tooling.app.describe import (
    Data,
    describe_approvals,
    describe_interferences,
    describe_record,
    describe_verdict,
    name_kind,
)
from tooling.core.analysis import Measurement
from tooling.core.notice import describe_numbers
from tooling.core.observation import RouteState, Workload
from tooling.core.outlook import find_outlook, find_shares, judge_now
from tooling.core.plan import SLOTS
from tooling.core.rollout import Rollout
from tooling.errors import OutsideError

WINDOW = 30.0
"""Seconds over which traffic is measured."""


@dataclass(slots=True)
class Traffic:
    """The looks at the gateways' counters since the weights changed last, as far as the window goes back."""

    weights: Mapping[str, int] = field(default_factory=dict)
    looks: list[tuple[float, Measurement]] = field(default_factory=list)

    def add(self, now: float, weights: Mapping[str, int], measured: Measurement) -> tuple[Measurement, ...]:
        """Take a look in and return those that count, oldest first."""
        if weights != self.weights:
            self.weights, self.looks = dict(weights), []
        self.looks.append((now, measured))
        while len(self.looks) > 2 and self.looks[1][0] <= now - WINDOW:
            self.looks.pop(0)
        return tuple(look for _, look in self.looks)


def read_status(ports: Ports, target: Target, traffic: Traffic | None = None) -> Data:
    """Return instance, rollout, route and slots as plain data; `traffic` remembers earlier looks."""
    stored = ports.store.load(target.namespace, target.instance)
    return show_status(ports, target, stored.rollout if stored else None, traffic or Traffic())


def show_status(ports: Ports, target: Target, rollout: Rollout | None, traffic: Traffic) -> Data:
    """Return the same of a rollout that was read already."""
    namespace, instance = target.namespace, target.instance
    now = ports.clock.now()
    route = ports.route.read(namespace, instance)
    slots = ports.cluster.read_slots(namespace, instance, SLOTS)
    is_running = rollout is not None and not rollout.phase.is_terminal
    measured = _measure(ports, target) if is_running else None
    return {
        "instance": instance,
        "namespace": namespace,
        "at": now,
        "serving": route.serving if route else "",
        "weights": dict(route.weights) if route else {},
        "driver": ports.lease.find_holder(namespace, instance),
        "rollout": _describe(rollout, target, measured, now) if rollout else None,
        "traffic": _read_traffic(route, rollout, measured, traffic, now),
        "gpus": _count_gpus(rollout, slots),
        "slots": {slot: [_describe_workload(one) for one in slots.get(slot, ())] for slot in SLOTS},
    }


def _measure(ports: Ports, target: Target) -> Measurement | None:
    """Return what the gateways counted; who may not ask them sees everything else all the same."""
    try:
        return ports.metrics.measure(target.namespace, target.instance, SLOTS)
    except OutsideError:
        return None


def _describe(rollout: Rollout, target: Target, measured: Measurement | None, now: float) -> Data:
    verdict = judge_now(rollout, measured, target.strategy.analysis)
    outlook = find_outlook(rollout, target.strategy, now)
    return {
        "id": rollout.id,
        "number": rollout.number,
        "kind": name_kind(rollout),
        "phase": rollout.phase.value,
        "target": rollout.target.label,
        "was": rollout.was.label if rollout.was else "",
        "by": rollout.by,
        "started_at": rollout.started_at,
        "ended_at": rollout.ended_at,
        "stable": rollout.stable,
        "candidate": rollout.candidate,
        "step": str(rollout.step) if rollout.step else "",
        "position": f"{min(rollout.index + 1, len(rollout.steps))}/{len(rollout.steps)}",
        "reason": rollout.reason,
        "next": {"what": outlook.what, "seconds": round(outlook.seconds, 1)} if outlook else None,
        "verdict": describe_verdict(verdict) if verdict else None,
        "verdicts": [describe_record(one) for one in rollout.records],
        "approvals": describe_approvals(rollout),
        "interferences": describe_interferences(rollout),
        "cut_streams": rollout.cut_streams,
        "compared": rollout.compared,
        "differences": list(rollout.differences),
    }


def _read_traffic(
    route: RouteState | None, rollout: Rollout | None, measured: Measurement | None, traffic: Traffic, now: float
) -> Data:
    """Return weights as asked and as the gateways counted them, in percent by slot."""
    weights = route.weights if route else {}
    looks = traffic.add(now, weights, measured) if measured else ()
    if len(looks) == 1 and rollout is not None and rollout.baseline is not None:
        looks = (rollout.baseline, *looks)  # a first look at an analysis goes back to where that began
    shares = find_shares(looks)
    total = sum(one.requests for one in shares.values())
    return {
        slot: {
            "asked": weights.get(slot, 0),
            "measured": round(100 * shares[slot].requests / total, 1) if slot in shares and total else None,
            **(describe_numbers(shares[slot]) if slot in shares else {}),
        }
        for slot in SLOTS
        if slot in weights or slot in shares
    }


def _count_gpus(rollout: Rollout | None, slots: Mapping[str, tuple[Workload, ...]]) -> Mapping[str, int]:
    """Return the GPUs that the pods of a slot ask for; a slot of which the snapshot knows none is left out."""
    if rollout is None:
        return {}
    each = {rollout.stable: rollout.snapshot.stable_gpus, rollout.candidate: rollout.snapshot.gpus}
    return {
        slot: sum(one.wanted * each[slot].get(one.key, 0) for one in slots.get(slot, ()))
        for slot in SLOTS
        if each.get(slot)
    }


def _describe_workload(one: Workload) -> Mapping[str, Any]:
    return {
        "workload": one.key,
        "wanted": one.wanted,
        "ready": one.ready,
        "problem": one.problem or one.waiting,
    }
