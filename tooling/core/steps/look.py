"""What a step may look at, and what it reckons from that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tooling.core.observation import Observation, SlotState
from tooling.core.plan import Step, StepKind, Target
from tooling.core.ratio import find_ratio_replicas
from tooling.core.replicas import find_least_stable, find_replicas
from tooling.core.rollout import Phase, Rollout
from tooling.core.strategy import Strategy

LOOK_EVERY = 1.0
"""Seconds between two looks while something is about to change."""

LOOK_LEAST = 12.0
"""Seconds between two looks at a long hold: whatever changes meanwhile wakes the driver."""

SETTLED = frozenset({StepKind.ANALYSIS, StepKind.QUALITY, StepKind.APPROVAL, StepKind.HOLD})
"""Steps that change nothing: the route has to be as the step before them left it."""


@dataclass(frozen=True, slots=True)
class Look:
    """Everything a step may look at: the recorded rollout, the world, the settings, the time (epoch seconds)."""

    rollout: Rollout
    seen: Observation
    strategy: Strategy
    now: float

    @property
    def step(self) -> Step:
        """The step that is worked on."""
        return self.rollout.steps[self.rollout.index]

    @property
    def slot_name(self) -> str:
        """The slot that the step acts on."""
        return self.rollout.stable if self.step.target is Target.STABLE else self.rollout.candidate

    @property
    def slot(self) -> SlotState:
        """What was seen of that slot."""
        return self.seen.slot(self.slot_name)

    @property
    def is_clearing(self) -> bool:
        """Whether the step only takes away what served before: the candidate has all traffic already."""
        return self.step.target is Target.STABLE and self.step.weight == 100

    @property
    def is_tidying(self) -> bool:
        """Whether nothing hangs on the step: what it cannot do is told, and stops nobody."""
        is_last = self.step.kind is StepKind.RESTORE and self.rollout.phase is Phase.ROLLING_BACK
        return self.is_clearing or is_last or self.step.kind in {StepKind.REST, StepKind.VERIFY}

    @property
    def standing(self) -> Mapping[str, int]:
        """How the steps before this one left the traffic."""
        given = self.rollout.given
        return {self.rollout.candidate: 100} if given == 100 else split(self.rollout, given)

    @property
    def troubled(self) -> float:
        """Seconds for which pods of the candidate have had a problem."""
        return self.now - self.rollout.problem_since if self.rollout.problem_since else 0.0

    @property
    def elapsed(self) -> float:
        """Seconds since the step began."""
        return self.now - self.rollout.step_started_at

    @property
    def weights(self) -> Mapping[str, int]:
        """How traffic is split while the step is worked on."""
        rollout, weight = self.rollout, self.step.weight
        return {rollout.candidate: 100} if weight == 100 else split(rollout, weight)

    @property
    def required(self) -> Mapping[str, int]:
        """What all traffic needs: as recorded, raised by what stable's autoscalers ask for now."""
        fixed = self.rollout.snapshot.required
        over = self.strategy.capacity.required
        asked = {one.key: one.asked for one in self.seen.slot(self.rollout.stable).workloads}
        return {key: count if key in over else max(count, asked.get(key, 0)) for key, count in fixed.items()}

    def pause(self, seconds: float) -> float:
        """Seconds until the next look at something that takes `seconds`, of which some, or all, have passed."""
        rarely = min(LOOK_LEAST, max(LOOK_EVERY, seconds / 10))
        left = seconds - self.elapsed
        return min(rarely, max(LOOK_EVERY, left)) if left > 0 else rarely


def split(rollout: Rollout, weight: int) -> Mapping[str, int]:
    """Return the weights of both slots when the candidate has `weight` percent."""
    return {rollout.stable: 100 - weight, rollout.candidate: weight}


def find_candidate_replicas(
    look: Look, share: int, required: Mapping[str, int] | None = None
) -> Mapping[str, int]:
    """Replicas of the candidate for `share` percent: by the floor, or by the pods that make the weight.

    `required` is what all traffic needs, without it what it needs now.
    """
    needed = look.required if required is None else required
    wanted = dict(find_replicas(needed, share=share, floor=look.strategy.capacity.floor))
    if look.strategy.splits_by_pods and 0 < share < 100 and "gateway" in wanted:
        # beside the pods that stable has, whatever the target would need
        gateways = look.rollout.snapshot.stable.get("gateway", 0)
        wanted["gateway"] = max(1, find_ratio_replicas(gateways, share))
    return wanted


def find_stable_replicas(look: Look, share: int) -> Mapping[str, int]:
    """Replicas of stable for `share` percent, enough to take all traffic back at `abortFloor`."""
    capacity = look.strategy.capacity
    return find_least_stable(look.required, share=share, floor=capacity.floor, abort_floor=capacity.abort_floor)
