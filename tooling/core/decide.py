"""Decide what to do next from the recorded rollout and one look at the world.

Level-triggered: every step says what should be, compares it with what is, and asks for one action or none. So a
driver that died anywhere goes on by looking again (promise P3), and a repeated step changes nothing (P8).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from tooling.core.action import Action, WarmUp
from tooling.core.gate import Progress, State
from tooling.core.observation import Observation
from tooling.core.plan import StepKind, plan_backout
from tooling.core.rollout import Event, Phase, Rollout, Verified, move_verified, note_verified
from tooling.core.steps import (
    Look,
    analyse,
    await_approval,
    hold,
    install,
    promote,
    revert,
    scale,
    set_weight,
)
from tooling.core.strategy import Strategy

MOST_TRIES = 30
"""Times that an action may fail in a row for reasons that can pass."""

LOOK_EVERY = 1.0
"""Seconds between two looks while nothing is to be done."""

_WORK: Mapping[StepKind, Callable[[Look], Progress]] = {
    StepKind.INSTALL: install,
    StepKind.SCALE: scale,
    StepKind.WEIGHT: set_weight,
    StepKind.ANALYSIS: analyse,
    StepKind.APPROVAL: await_approval,
    StepKind.PROMOTE: promote,
    StepKind.HOLD: hold,
    StepKind.REVERT: revert,
}

_PHASE_EVENT: Mapping[StepKind, Event] = {
    StepKind.WEIGHT: Event.PROGRESS,
    StepKind.ANALYSIS: Event.PROGRESS,
    StepKind.APPROVAL: Event.PAUSE,
    StepKind.PROMOTE: Event.PROMOTE,
}

_PHASE_OF: Mapping[Event, Phase] = {
    Event.PROGRESS: Phase.PROGRESSING,
    Event.PAUSE: Phase.PAUSED,
    Event.PROMOTE: Phase.PROMOTING,
}


@dataclass(frozen=True, slots=True)
class Decision:
    """The rollout as it is to be stored, then the action to apply (None: look again after `wait` seconds)."""

    rollout: Rollout
    action: Action | None = None
    wait: float = 0.0
    reason: str = ""


def decide(rollout: Rollout, seen: Observation, strategy: Strategy, now: float) -> Decision:
    """Return what follows from one look. Raises IllegalTransition for a wish that the phase does not know."""
    if rollout.phase.is_terminal:
        return Decision(rollout, reason=rollout.reason)
    if rollout.phase is Phase.PENDING:
        event = Event.START_ROLLBACK if rollout.is_rollback else Event.START
        return Decision(_enter(rollout.after(event, now), now), reason="started")
    if _wants_abort(rollout, seen):
        wish = seen.wish
        detail = f": {wish.reason}" if wish and wish.reason else ""
        return _fall_back(rollout, f"aborted by {wish.by if wish else ''}{detail}", now)
    if seen.failure and (not seen.failure.is_retryable or _is_hopeless(rollout)):
        return _fall_back(rollout, seen.failure.message, now)
    step = rollout.step
    if step is None:
        return _finish(rollout, now)
    progress = _WORK[step.kind](Look(rollout, seen, strategy, now))
    return _follow(rollout, progress, now)


def _follow(rollout: Rollout, progress: Progress, now: float) -> Decision:
    changed = replace(rollout, **progress.changes) if progress.changes else rollout
    if progress.state is State.FAILED:
        return _fall_back(changed, progress.reason, now)
    if progress.state is State.ACT:
        return Decision(changed, action=progress.action, reason=progress.reason)
    if progress.state is State.WAIT:
        return Decision(changed, wait=LOOK_EVERY, reason=progress.reason)
    following = replace(changed, index=changed.index + 1, step_started_at=now)
    if following.step is None:
        return _finish(following, now, progress.reason)
    return Decision(_enter(following, now), reason=progress.reason)


def _enter(rollout: Rollout, now: float) -> Rollout:
    """Move to the phase that the step belongs to."""
    step = rollout.step
    if step is None or rollout.phase in {Phase.ABORTING, Phase.ROLLING_BACK}:
        return rollout
    event = _PHASE_EVENT.get(step.kind)
    if event is None or _PHASE_OF[event] is rollout.phase:
        return rollout
    return rollout.after(event, now)


def _finish(rollout: Rollout, now: float, reason: str = "") -> Decision:
    if rollout.phase is Phase.ABORTING:
        verified = move_verified(
            rollout.verified, rollout.candidate, rollout.snapshot.candidate_revision, rollout.installed_revision
        )
        return Decision(rollout.after(Event.BACKED_OUT, now, verified=verified), reason=reason)
    proven = Verified(
        rollout.candidate,
        rollout.installed_revision,
        rollout.target.digest,
        rollout.target.label,
        rollout.id,
        rollout.snapshot.required,
    )
    ended = rollout.after(Event.COMPLETE, now, verified=note_verified(rollout.verified, proven))
    return Decision(ended, reason=reason)


def _is_hopeless(rollout: Rollout) -> bool:
    """Whether one action was tried too often; warming up has a deadline of its own."""
    last = rollout.journal[-1].action if rollout.journal else ""
    return rollout.count_failures() >= MOST_TRIES and last != str(WarmUp(rollout.candidate))


def _wants_abort(rollout: Rollout, seen: Observation) -> bool:
    return bool(
        seen.wish
        and seen.wish.verb == "abort"
        and seen.wish.rollout == rollout.id
        and rollout.phase is not Phase.ABORTING
    )


def _fall_back(rollout: Rollout, reason: str, now: float) -> Decision:
    """Back out, or, when backing out itself fails, stop and call a person."""
    if rollout.phase is Phase.ABORTING:
        together = f"{rollout.reason}; backing out failed: {reason}"
        return Decision(rollout.after(Event.FAIL, now, reason=together), reason=together)
    aborting = rollout.after(Event.ABORT, now, reason=reason, steps=plan_backout(), index=0, verdict_at=now)
    return Decision(aborting, reason=reason)
