"""What a rollout waits for at the moment, until when, and how traffic really splits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tooling.core.analysis import Measurement, PodCounts, SlotNumbers, Verdict, count_between, judge, judge_alone
from tooling.core.plan import StepKind
from tooling.core.rollout import Rollout
from tooling.core.strategy import AnalysisSettings, Strategy

_READINESS = frozenset(
    {StepKind.SCALE, StepKind.WEIGHT, StepKind.PREVIEW, StepKind.PROMOTE, StepKind.STEADY, StepKind.BACKUP}
)


@dataclass(frozen=True, slots=True)
class Outlook:
    """The next decision: what it will be, and in how many seconds at the latest."""

    what: str
    seconds: float


def find_outlook(rollout: Rollout, strategy: Strategy, now: float) -> Outlook | None:
    """Return the next decision of the step at hand; None where nobody can say when."""
    step = rollout.step
    if step is None or rollout.phase.is_terminal:
        return None
    elapsed = max(0.0, now - rollout.step_started_at)
    left = max(0.0, step.seconds - elapsed)
    settings = strategy.analysis
    match step.kind:
        case StepKind.ANALYSIS if left:
            return Outlook("verdict", left)
        case StepKind.ANALYSIS:
            latest = max(0.0, settings.max_hold - elapsed)
            return Outlook(f"verdict, else {settings.on_inconclusive}", latest)
        case StepKind.HOLD:
            return Outlook("hold ends", left)
        case StepKind.APPROVAL:
            return Outlook("abort unless promoted", left)
        case StepKind.DRAIN:
            return Outlook("drained at the latest", left)
        case kind if kind in _READINESS and (step.share or kind is not StepKind.SCALE):
            return Outlook("ready at the latest", max(0.0, strategy.ready_timeout - elapsed))
    return None


def find_shares(looks: Sequence[Measurement]) -> Mapping[str, SlotNumbers]:
    """Return what each slot did from the first to the last of some looks; empty for fewer than two.

    A pod counts from the first look that saw it: what it did before is not known to belong here.
    """
    if len(looks) < 2:
        return {}
    last = looks[-1]
    return {
        slot: count_between({pod: _find_first(looks, slot, pod) for pod in pods}, pods)
        for slot, pods in last.items()
    }


def judge_now(rollout: Rollout, measured: Measurement | None, settings: AnalysisSettings) -> Verdict | None:
    """Return what the analysis at hand would say now; None outside of one, or before it has begun to count."""
    step = rollout.step
    if step is None or step.kind is not StepKind.ANALYSIS or rollout.baseline is None or not measured:
        return None
    if step.weight == 100:
        return judge_alone(rollout.baseline, measured, candidate=rollout.candidate, settings=settings)
    return judge(rollout.baseline, measured, stable=rollout.stable, candidate=rollout.candidate, settings=settings)


def _find_first(looks: Sequence[Measurement], slot: str, pod: str) -> PodCounts:
    return next(look[slot][pod] for look in looks if pod in look.get(slot, {}))
