"""Rules on the quota: whether its GPUs are enough for the stack, and for a second slot beside it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import ceil
from typing import Any

from tooling.core.finding import Finding, Severity
from tooling.core.strategy import read_declared
from tooling.core.values import KeyPath, Layered, place_finding, read_count, read_model, table

_HARD: KeyPath = ("quota", "resourceQuota", "hard")
_SURGE: KeyPath = ("rollout", "capacity", "maxSurgeGpus")


@dataclass(frozen=True, slots=True)
class Demand:
    """Devices of one resource: what models take, what autoscalers may ask for, what a second slot adds."""

    steady: int = 0
    most: int = 0
    second: int = 0


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
    floor = table(values, "rollout", "capacity").get("floor", 1.0)
    share = floor if isinstance(floor, int | float) else 1.0
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
            second=before.second + ceil(round(least * share, 6)) * count,
        )
    return demands


def _check_surge(layered: Layered, demands: Mapping[str, Demand]) -> Iterator[Finding]:
    """A rollout brings the second slot to full size before the first one goes: it cannot do with fewer GPUs."""
    allowed, needed = _read_surge(layered.values), sum(demand.second for demand in demands.values())
    if allowed is not None and needed > allowed:
        yield place_finding(
            layered.origins,
            _SURGE,
            f"is {allowed}, and a second slot takes {needed} GPUs beside the one that serves.",
            rule="rollout-surge",
            hint=f"Write rollout: {{capacity: {{maxSurgeGpus: {needed}}}}}, or lower replicas or floor.",
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
