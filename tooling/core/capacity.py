"""What a plan takes step by step: pods and GPUs of both slots, the most of them, and what that costs.

Nothing here looks at nodes: whether they have the room is asked in `core.room`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from tooling.core.plan import Step, StepKind, Target
from tooling.core.policies.bundle import Bundle
from tooling.core.policies.requests import MEMORY, is_gpu
from tooling.core.policies.rolling import name_declared
from tooling.core.quantity import parse_quantity
from tooling.core.ratio import find_ratio_replicas
from tooling.core.replicas import find_least_stable, find_replicas
from tooling.core.rollout import Snapshot
from tooling.core.room_pods import PODS, Amounts, read_requests
from tooling.core.strategy import Strategy

_GIB = Decimal(1 << 30)

Replicas = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Asks:
    """What one pod of each workload asks for, by workload key, in either slot."""

    stable: Mapping[str, Amounts]
    candidate: Mapping[str, Amounts]

    @property
    def stable_gpus(self) -> Mapping[str, int]:
        """GPUs of one pod of stable, for the workloads that take any."""
        return {key: count for key, one in self.stable.items() if (count := count_gpus(one))}

    @property
    def candidate_gpus(self) -> Mapping[str, int]:
        """GPUs of one pod of the candidate, for the workloads that take any."""
        return {key: count for key, one in self.candidate.items() if (count := count_gpus(one))}


@dataclass(frozen=True, slots=True)
class Stand:
    """What both slots hold once a step is done: pods by workload key, GPUs, and what they cost beyond the outset.

    `surge` is GPUs beside those that served at the outset; `cost` is by the hour, None without prices.
    """

    step: Step
    stable: Replicas
    candidate: Replicas
    stable_gpus: int = 0
    candidate_gpus: int = 0
    surge: int = 0
    cost: Decimal | None = None

    @property
    def gpus(self) -> int:
        """GPUs of both slots."""
        return self.stable_gpus + self.candidate_gpus


@dataclass(frozen=True, slots=True)
class CapacityPlan:
    """A plan in pods and GPUs; `faults` are the bounds that it breaks, in plain words.

    `serving_gpus` is what the stable slot holds at the outset.
    """

    stands: tuple[Stand, ...]
    strategy: Strategy
    asks: Asks
    serving_gpus: int = 0
    faults: tuple[str, ...] = ()
    currency: str = ""

    @property
    def peak(self) -> int:
        """The most GPUs at any step."""
        return max((one.gpus for one in self.stands), default=self.serving_gpus)

    @property
    def surge(self) -> int:
        """The most GPUs beside those that serve at the outset."""
        return max((one.surge for one in self.stands), default=0)

    @property
    def most(self) -> int | None:
        """The most GPUs that both slots may take together; None without a bound."""
        allowed = self.strategy.capacity.max_surge_gpus
        return None if allowed is None else self.serving_gpus + allowed

    @property
    def cost(self) -> Decimal | None:
        """What the most expensive step costs an hour beyond the outset; None without prices."""
        return max((one.cost for one in self.stands if one.cost is not None), default=None)


def plan_capacity(
    steps: Sequence[Step],
    snapshot: Snapshot,
    strategy: Strategy,
    asks: Asks,
    *,
    prices: Mapping[str, Any] | None = None,
    currency: str = "",
) -> CapacityPlan:
    """Reckon what steps take; `prices` are by the hour: a core, a GiB of memory, a piece of anything else."""
    serving = _count_gpus(snapshot.stable, asks.stable)
    before = _price(snapshot.stable, asks.stable, prices or {})
    stands = []
    for step, stable, candidate in _walk(steps, snapshot, strategy):
        gpus = (_count_gpus(stable, asks.stable), _count_gpus(candidate, asks.candidate))
        costs = (_price(stable, asks.stable, prices or {}), _price(candidate, asks.candidate, prices or {}))
        known = [cost for cost in costs if cost is not None]
        cost = sum(known, Decimal(0)) - (before or Decimal(0)) if known else None
        stands.append(Stand(step, stable, candidate, *gpus, max(0, sum(gpus) - serving), cost))
    faults = tuple(_find_faults(stands, strategy.capacity.max_surge_gpus))
    return CapacityPlan(tuple(stands), strategy, asks, serving, faults, currency)


def find_pod_gpus(slot: Sequence[Mapping[str, Any]]) -> Mapping[str, int]:
    """Return GPUs per pod by workload key for the a slot's manifests; workloads without any are left out."""
    pods = ((name_declared(one), read_requests(one.pod)) for one in Bundle.of(slot).workloads)
    return {key: count for key, amounts in pods if (count := count_gpus(amounts))}


def count_gpus(amounts: Amounts) -> int:
    """Return how many GPUs, or parts of one that are a resource of their own, a pod asks for."""
    return int(sum((amount for name, amount in amounts.items() if is_gpu(name)), Decimal(0)))


def _walk(
    steps: Sequence[Step], snapshot: Snapshot, strategy: Strategy
) -> Iterator[tuple[Step, Replicas, Replicas]]:
    """Yield what both slots hold after each step, as the steps ask for it."""
    stable: Replicas = dict(snapshot.stable)
    candidate: Replicas = {}
    for step in steps:
        if step.kind is StepKind.INSTALL and step.target is Target.CANDIDATE and not snapshot.candidate_revision:
            # A workload that says no number of pods begins with one.
            candidate = dict.fromkeys(snapshot.required, 1)
        elif step.kind is StepKind.SCALE and step.target is Target.CANDIDATE:
            candidate = _scale_candidate(snapshot.required, step.share, strategy)
        elif step.kind is StepKind.SCALE and step.target is Target.STABLE:
            stable = _scale_stable(snapshot, step, strategy)
        yield step, stable, candidate


def _scale_candidate(required: Replicas, share: int, strategy: Strategy) -> Replicas:
    wanted = dict(find_replicas(required, share=share, floor=strategy.capacity.floor))
    if strategy.splits_by_pods and 0 < share < 100 and "gateway" in wanted:
        wanted["gateway"] = max(1, find_ratio_replicas(required["gateway"], share))
    return wanted


def _scale_stable(snapshot: Snapshot, step: Step, strategy: Strategy) -> Replicas:
    before, capacity = snapshot.stable, strategy.capacity
    if step.share == 100:
        return before
    if step.weight == 100:
        least = find_replicas(snapshot.required, share=step.share, floor=capacity.floor)
        return {key: min(least.get(key, 0), count) for key, count in before.items()}
    least = find_least_stable(
        snapshot.required, share=step.share, floor=capacity.floor, abort_floor=capacity.abort_floor
    )
    return {key: min(least.get(key, 1), count) for key, count in before.items()}


def _count_gpus(replicas: Replicas, asks: Mapping[str, Amounts]) -> int:
    return sum(count * count_gpus(asks.get(key, {})) for key, count in replicas.items())


def _price(replicas: Replicas, asks: Mapping[str, Amounts], prices: Mapping[str, Any]) -> Decimal | None:
    """Return what pods cost an hour as far as prices are given; None where none of them has one."""
    found = []
    for key, count in replicas.items():
        for name, amount in asks.get(key, {}).items():
            price = parse_quantity(prices.get(name)) if name != PODS else None
            if price is not None:
                found.append(amount / (_GIB if name == MEMORY else 1) * price * count)
    return sum(found, Decimal(0)) if found else None


def _find_faults(stands: Sequence[Stand], most: int | None) -> Iterator[str]:
    """Say which bound is broken, at its worst step; floors are kept by the way in which steps are walked."""
    worst = max(stands, key=lambda one: one.surge, default=None)
    if worst is not None and most is not None and worst.surge > most:
        yield (
            f"step {stands.index(worst) + 1} ({worst.step}) takes {worst.surge} GPUs beside those that serve, and "
            f"rollout.capacity.maxSurgeGpus allows {most}"
        )
