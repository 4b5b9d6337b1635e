"""Rules on the quota: whether its GPUs are enough for the stack, and for a second slot beside it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tooling.core.finding import Finding, Severity
from tooling.core.replicas import find_least_stable, find_replicas
from tooling.core.strategy import read_declared
from tooling.core.values import KeyPath, Layered, pick, place_finding, read_count, read_model, table

_HARD: KeyPath = ("quota", "resourceQuota", "hard")
_SURGE: KeyPath = ("rollout", "capacity", "maxSurgeGpus")


@dataclass(frozen=True, slots=True)
class Demand:
    """Devices of one resource: what models take, what autoscalers may ask for, what a second slot adds."""

    steady: int = 0
    most: int = 0
    second: int = 0


@dataclass(frozen=True, slots=True)
class Bounds:
    """What bounds the pods of a rollout: shares (0-1), and the weights of its steps in percent."""

    floor: float
    abort_floor: float
    weights: tuple[int, ...]


def find_quota_findings(layered: Layered) -> tuple[Finding, ...]:
    """Check effective values; a part whose shape the schema refuses is passed over without an error."""
    demands = find_demands(layered.values)
    return (*_check_surge(layered, demands), *_check_names(layered, demands), *_check_amounts(layered, demands))


def find_demands(values: Mapping[str, Any]) -> Mapping[str, Demand]:
    """Return the demand for each resource that models name as their GPU."""
    inference = table(values, "inference")
    demands: dict[str, Demand] = {}
    if inference.get("enabled") is False:
        return demands
    bounds = _read_bounds(values)
    for model in table(inference, "models").values():
        if not isinstance(model, Mapping):
            continue
        settings = read_model(inference, model)
        gpu, scaling = table(settings, "gpu"), table(settings, "autoscaling")
        resource, count = gpu.get("resource"), read_count(gpu.get("count"))
        if not isinstance(resource, str) or not count:
            continue
        least = read_declared(settings, scaling)
        most = max(read_count(scaling.get("maxReplicas")) or 0, least) if scaling.get("enabled") else least
        before = demands.get(resource, Demand())
        demands[resource] = Demand(
            steady=before.steady + least * count,
            most=before.most + most * count,
            second=before.second + _find_second(least, bounds) * count,
        )
    return demands


def _read_bounds(values: Mapping[str, Any]) -> Bounds:
    rollout = table(values, "rollout")
    capacity, steps = table(rollout, "capacity"), rollout.get("steps")
    weights = [read_count(table(step).get("weight")) for step in (steps if isinstance(steps, list) else ())]
    is_split = rollout.get("strategy", "canary") == "canary" and pick(values, "route", "kind") != "service"
    return Bounds(
        _read_share(capacity, "floor"),
        _read_share(capacity, "abortFloor") if is_split else 1.0,
        tuple(weight for weight in weights if weight and weight < 100),
    )


def _read_share(capacity: Mapping[str, Any], key: str) -> float:
    share = capacity.get(key)
    return float(share) if isinstance(share, int | float) else 1.0


def _find_second(least: int, bounds: Bounds) -> int:
    """Return the most pods beside those that serve: with a lower `abortFloor` stable gives pods up on the way."""
    required, stable, most = {"": least}, least, 0
    for weight in (*bounds.weights, 100):
        candidate = find_replicas(required, share=weight, floor=bounds.floor)[""]
        most = max(most, candidate + stable - least)
        if bounds.abort_floor < 1:
            kept = find_least_stable(
                required, share=100 - weight, floor=bounds.floor, abort_floor=bounds.abort_floor
            )
            stable = min(stable, kept[""])
    return most


def _check_surge(layered: Layered, demands: Mapping[str, Demand]) -> Iterator[Finding]:
    """A rollout brings the second slot to full size before all of the first one goes."""
    allowed, needed = _read_surge(layered.values), sum(demand.second for demand in demands.values())
    if allowed is not None and needed > allowed:
        yield place_finding(
            layered.origins,
            _SURGE,
            f"is {allowed}, and a second slot takes {needed} GPUs beside the one that serves.",
            rule="rollout-surge",
            hint=f"Write rollout: {{capacity: {{maxSurgeGpus: {needed}}}}}, or lower replicas, floor or "
            "abortFloor.",
        )


def _check_names(layered: Layered, demands: Mapping[str, Demand]) -> Iterator[Finding]:
    """Kubernetes counts devices only under `requests.`; any other name is taken and never used."""
    for name in _read_hard(layered.values):
        resource = name.removeprefix("limits.")
        if resource in demands:
            yield place_finding(
                layered.origins,
                (*_HARD, name),
                "limits nothing: Kubernetes counts devices by what pods request.",
                rule="quota-name",
                hint=f'Write quota: {{resourceQuota: {{hard: {{"requests.{resource}": ...}}}}}}.',
            )


def _check_amounts(layered: Layered, demands: Mapping[str, Demand]) -> Iterator[Finding]:
    allowed, hard = _read_surge(layered.values), _read_hard(layered.values)
    for resource, demand in demands.items():
        name = f"requests.{resource}"
        granted = read_count(hard.get(name))
        if granted is None:
            continue
        surge = demand.second if allowed is None else min(demand.second, allowed)
        needed = demand.steady + surge
        if granted < needed:
            yield place_finding(
                layered.origins,
                (*_HARD, name),
                f"is {granted}, and a rollout takes {needed}: {demand.steady} that serve and {surge} on trial.",
                rule="quota-gpu",
                hint=f'Write quota: {{resourceQuota: {{hard: {{"{name}": {needed}}}}}}}.',
            )
        elif granted < demand.most:
            yield place_finding(
                layered.origins,
                (*_HARD, name),
                f"is {granted}, and autoscalers may ask for {demand.most}.",
                rule="quota-scaler",
                severity=Severity.WARNING,
                hint="Raise it, or lower autoscaling.maxReplicas: pods beyond it are not made.",
            )


def _read_hard(values: Mapping[str, Any]) -> Mapping[str, Any]:
    quota = table(values, "quota", "resourceQuota")
    return table(quota, "hard") if quota.get("enabled") is True else {}


def _read_surge(values: Mapping[str, Any]) -> int | None:
    return read_count(table(values, "rollout", "capacity").get("maxSurgeGpus"))
