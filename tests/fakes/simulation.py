"""How simulated pods get ready and how simulated traffic is counted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import accumulate

from tooling.core.analysis import Histogram, PodCounts
from tooling.core.observation import Workload

BOUNDS = (*(round(0.005 * 1.25**power, 6) for power in range(46)), float("inf"))


@dataclass(frozen=True, slots=True)
class Behaviour:
    """How the pods of a slot behave. Seconds; `error_share` is 0-1."""

    ready_after: float = 3.0
    is_never_ready: bool = False
    problem: str = ""
    waiting: str = "ContainersNotReady"
    error_share: float = 0.0
    latency: float = 0.1
    is_silent: bool = False
    can_answer: bool = True
    tests_pass: bool = True
    in_flight: int = 0

    @property
    def is_stuck(self) -> bool:
        """Whether pods never get ready, or are not ready any more."""
        return self.is_never_ready or bool(self.problem)


@dataclass(slots=True)
class Deployment:
    """One simulated Deployment: pods of the newest template by the time they started, and older ready ones."""

    key: str
    name: str
    slot: str
    template: str
    started: list[float]
    old_ready: int = 0
    edited_by: str = ""
    scaled_by: str = ""
    epoch: int = 0

    def scale(self, replicas: int, now: float, by: str = "") -> None:
        """Have that many pods; `by` is who asked for them, where that is not the product."""
        self.scaled_by = by
        self.started = [*self.started[:replicas], *(now for _ in range(replicas - len(self.started)))]
        self.old_ready = min(self.old_ready, replicas)

    def renew(self, template: str, behaviour: Behaviour, now: float) -> None:
        """Roll a new template out; the same template changes nothing."""
        if template != self.template:
            self.old_ready = self.observe(behaviour, now).ready
            self.started = [now for _ in self.started]
            self.template, self.edited_by = template, ""

    def edit(self, template: str, behaviour: Behaviour, now: float, by: str) -> None:
        """Have another template that no release has: somebody's kubectl."""
        self.renew(template, behaviour, now)
        self.edited_by = by

    def observe(self, behaviour: Behaviour, now: float) -> Workload:
        """Return what the API would report."""
        wanted = len(self.started)
        renewed = 0 if behaviour.is_stuck else sum(at + behaviour.ready_after <= now for at in self.started)
        if renewed == wanted:
            self.old_ready = 0
        ready = max(renewed, min(wanted, renewed + self.old_ready))
        return Workload(
            self.key,
            self.name,
            wanted=wanted,
            ready=ready,
            is_current=self.old_ready == 0,
            problem=behaviour.problem if wanted else "",
            waiting=behaviour.waiting if renewed < wanted else "",
            template=self.template,
            edited_by=self.edited_by,
            scaled_by=self.scaled_by,
        )


@dataclass(slots=True)
class Counter:
    """What one slot answered since it was installed or restarted."""

    requests: float = 0.0
    errors: float = 0.0
    buckets: list[float] = field(default_factory=lambda: [0.0] * len(BOUNDS))
    last_started_at: float = 0.0

    def add(self, requests: float, behaviour: Behaviour, now: float) -> None:
        """Count requests that were answered until now."""
        self.requests += requests
        self.errors += requests * behaviour.error_share
        self.buckets[next(at for at, bound in enumerate(BOUNDS) if behaviour.latency <= bound)] += requests
        self.last_started_at = now

    def count(self) -> PodCounts:
        """Return whole numbers, as a gateway would."""
        cumulative = tuple(float(_floor(value)) for value in accumulate(self.buckets))
        return PodCounts(_floor(self.requests), _floor(self.errors), Histogram(BOUNDS, cumulative))


def share_out(weights: Mapping[str, int], requests: float) -> Mapping[str, float]:
    """Return the requests of each slot; all under the empty name where nothing has weight."""
    total = sum(weights.values())
    if total <= 0:
        return {"": requests}
    return {slot: requests * weight / total for slot, weight in weights.items() if weight > 0}


def _floor(value: float) -> int:
    return int(value + 1e-6)
