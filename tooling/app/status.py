"""What runs, and what is on its way; reads only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tooling.app.context import Ports, Target
from tooling.core.plan import SLOTS


def read_status(ports: Ports, target: Target) -> Mapping[str, Any]:
    """Return instance, rollout, route and slots as plain data."""
    namespace, instance = target.namespace, target.instance
    stored = ports.store.load(namespace, instance)
    route = ports.route.read(namespace, instance)
    rollout = stored.rollout if stored else None
    return {
        "instance": instance,
        "namespace": namespace,
        "serving": route.serving if route else "",
        "weights": dict(route.weights) if route else {},
        "driver": ports.lease.find_holder(namespace, instance),
        "rollout": {
            "id": rollout.id,
            "phase": rollout.phase.value,
            "target": rollout.target.label,
            "step": str(rollout.step) if rollout.step else "",
            "position": f"{min(rollout.index + 1, len(rollout.steps))}/{len(rollout.steps)}",
            "reason": rollout.reason,
        }
        if rollout
        else None,
        "slots": {slot: _read_slot(ports, target, slot) for slot in SLOTS},
    }


def _read_slot(ports: Ports, target: Target, slot: str) -> list[Mapping[str, Any]]:
    return [
        {"workload": one.key, "wanted": one.wanted, "ready": one.ready, "problem": one.problem or one.waiting}
        for one in ports.cluster.read_workloads(target.namespace, target.instance, slot)
    ]
