"""Decide what to do next from the recorded rollout and one look at the world.

Level-triggered: every step says what should be, compares it with what is, and asks for one action or none. So a
driver that died anywhere goes on by looking again (promise P3), and a repeated step changes nothing (P8).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from tooling.core.action import Action, Scale, WarmUp
from tooling.core.gate import Progress, State
from tooling.core.interference import find_meddling
from tooling.core.observation import Failure, Observation
from tooling.core.plan import Step, StepKind, Target, plan_backout, plan_base_backout
from tooling.core.rollout import Event, Phase, Rollout
from tooling.core.steps.base import back_up, steady, verify
from tooling.core.steps.gates import analyse, assess, await_approval, hold, note_approval, run_tests
from tooling.core.steps.look import Look
from tooling.core.steps.pods import drain, freeze, keep_up, rest, restore, scale
from tooling.core.steps.releases import finish, install, recall, revert
from tooling.core.steps.traffic import keep_traffic, preview, promote, set_weight
from tooling.core.strategy import Strategy
from tooling.core.trail import Verified, move_verified, note_verified

MOST_TRIES = 30
"""Times that an action may fail in a row for reasons that can pass."""

LEAST_TRIES = 5
"""Times that an abort is refused in a row before it gives up."""

PROMOTE_FULL = "promote --full"
"""The wish to leave out all gates that are still to come."""

_WORK: Mapping[StepKind, Callable[[Look], Progress]] = {
    StepKind.INSTALL: install,
    StepKind.RECALL: recall,
    StepKind.SCALE: scale,
    StepKind.PREVIEW: preview,
    StepKind.TEST: run_tests,
    StepKind.WEIGHT: set_weight,
    StepKind.HOLD: hold,
    StepKind.ANALYSIS: analyse,
    StepKind.QUALITY: assess,
    StepKind.APPROVAL: await_approval,
    StepKind.PROMOTE: promote,
    StepKind.FREEZE: freeze,
    StepKind.FINISH: finish,
    StepKind.DRAIN: drain,
    StepKind.REST: rest,
    StepKind.RESTORE: restore,
    StepKind.REVERT: revert,
    StepKind.VERIFY: verify,
    StepKind.BACKUP: back_up,
    StepKind.STEADY: steady,
}

_PHASE_EVENT: Mapping[StepKind, Event] = {
    StepKind.PREVIEW: Event.PROGRESS,
    StepKind.TEST: Event.PROGRESS,
    StepKind.WEIGHT: Event.PROGRESS,
    StepKind.HOLD: Event.PROGRESS,
    StepKind.ANALYSIS: Event.PROGRESS,
    StepKind.QUALITY: Event.PROGRESS,
    StepKind.APPROVAL: Event.PAUSE,
    StepKind.PROMOTE: Event.PROMOTE,
    StepKind.STEADY: Event.PROMOTE,
}

_PHASE_OF: Mapping[Event, Phase] = {
    Event.PROGRESS: Phase.PROGRESSING,
    Event.PAUSE: Phase.PAUSED,
    Event.PROMOTE: Phase.PROMOTING,
}

_STAYS = frozenset({Phase.ABORTING, Phase.ROLLING_BACK, Phase.PROMOTING})


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
        return _fall_back(rollout, f"aborted by {wish.by if wish else ''}{detail}", strategy, now)
    if rollout.step is None:
        return _finish(rollout, now)
    look = Look(rollout, seen, strategy, now)
    if seen.failure and _is_final(rollout, seen.failure) and not look.is_tidying:
        return _fall_back(rollout, seen.failure.message, strategy, now)
    full = _skip_gates(look)
    if full is not None:
        return Decision(_enter(full, now), reason="all gates that were left are passed")
    progress = _answer_meddling(look) or keep_traffic(look) or keep_up(look) or _WORK[rollout.step.kind](look)
    return _follow(rollout, progress, strategy, now)


def _answer_meddling(look: Look) -> Progress | None:
    """Put right what somebody else did, or give up; the answer is recorded once for each thing that was done."""
    found = find_meddling(look)
    if found is None:
        return None
    rollout, remedy = look.rollout, found.remedy
    is_again = remedy is not None and rollout.count_tries(str(remedy)) > 1
    answer = "aborted" if remedy is None or is_again else str(remedy)
    noted = rollout.interfered(found.what, found.by, answer, look.now).interferences
    if remedy is None or is_again:
        return Progress(State.FAILED, str(found), changes={"interferences": noted})
    return Progress(State.ACT, f"{found}: {remedy}", remedy, {"interferences": noted})


def _skip_gates(look: Look) -> Rollout | None:
    """Return the rollout at its promotion when a person asked for that and the candidate is installed."""
    rollout, wish = look.rollout, look.seen.wish
    if wish is None or wish.verb != PROMOTE_FULL or wish.rollout != rollout.id:
        return None
    kinds = [step.kind for step in rollout.steps]
    switch = kinds.index(StepKind.PROMOTE) if StepKind.PROMOTE in kinds else 0
    whole = max((at for at in range(switch) if _is_whole(rollout.steps[at])), default=0)
    installed = max((at for at in range(switch) if kinds[at] is StepKind.INSTALL), default=switch)
    # the candidate's pods come first: nobody may pass over them
    goal = whole if rollout.index < whole else switch
    if rollout.phase in _STAYS or not installed < rollout.index < goal or rollout.index == whole:
        return None
    traced = rollout.traced(look.now, is_done=True, reason=f"passed by {wish.by}")
    return replace(traced, index=goal, step_started_at=look.now, approvals=note_approval(look), baseline=None)


def _is_whole(step: Step) -> bool:
    """Whether the step brings the candidate to what all traffic needs."""
    return step.kind is StepKind.SCALE and step.target is Target.CANDIDATE and step.share == 100


def _follow(rollout: Rollout, progress: Progress, strategy: Strategy, now: float) -> Decision:
    changed = replace(rollout, **progress.changes) if progress.changes else rollout
    if progress.state is State.FAILED:
        return _fall_back(changed, progress.reason, strategy, now)
    if progress.state is State.ACT:
        undone = _find_undone(changed, progress.action)
        if undone:
            return _fall_back(changed, undone, strategy, now)
        return Decision(changed, action=progress.action, reason=progress.reason)
    if progress.state is State.WAIT:
        paused = _pause(changed, now, is_for_person=progress.is_for_person)
        return Decision(paused, wait=progress.every, reason=progress.reason)
    traced = changed.traced(now, is_done=True, reason=progress.reason)
    following = replace(traced, index=traced.index + 1, step_started_at=now)
    if following.step is None:
        return _finish(following, now, progress.reason)
    return Decision(_enter(following, now), reason=progress.reason)


def _pause(rollout: Rollout, now: float, *, is_for_person: bool) -> Rollout:
    """Have the phase say whether a person is waited for; the step goes on."""
    if rollout.phase is Phase.PROGRESSING and is_for_person:
        return replace(rollout.after(Event.PAUSE, now), step_started_at=rollout.step_started_at)
    if rollout.phase is Phase.PAUSED and not is_for_person and _is_judged(rollout):
        return replace(rollout.after(Event.PROGRESS, now), step_started_at=rollout.step_started_at)
    return rollout


def _is_judged(rollout: Rollout) -> bool:
    return rollout.step is not None and _PHASE_EVENT.get(rollout.step.kind) is Event.PROGRESS


def _enter(rollout: Rollout, now: float) -> Rollout:
    """Move to the phase that the step belongs to."""
    step = rollout.step
    if step is None or rollout.phase in _STAYS:
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
    verified = rollout.verified if rollout.is_base else note_verified(rollout.verified, _prove(rollout))
    return Decision(rollout.after(Event.COMPLETE, now, verified=verified), reason=reason)


def _prove(rollout: Rollout) -> Verified:
    return Verified(
        rollout.candidate,
        rollout.installed_revision,
        rollout.target.digest,
        rollout.target.label,
        rollout.id,
        rollout.snapshot.required,
        rollout.number,
        rollout.target,
    )


def _find_undone(rollout: Rollout, action: Action | None) -> str:
    """Say that somebody else undoes an action each time that it was done; empty where nobody does."""
    if action is None or isinstance(action, WarmUp | Scale) or rollout.count_done(str(action)) < MOST_TRIES:
        return ""
    return f"somebody else keeps undoing this: {action}"


def _is_final(rollout: Rollout, failure: Failure) -> bool:
    """Whether a failed action will not work at another look either; one refusal alone never ends an abort."""
    if not failure.is_retryable and rollout.phase is Phase.ABORTING:
        return rollout.count_failures() >= LEAST_TRIES
    return not failure.is_retryable or _is_hopeless(rollout)


def _is_hopeless(rollout: Rollout) -> bool:
    """Whether one action was tried too often; warming up has a deadline of its own.

    A bad candidate's traffic is taken back however long the API says no.
    """
    last = rollout.journal[-1].action if rollout.journal else ""
    is_returning = rollout.phase is Phase.ABORTING and rollout.index == 0 and not rollout.is_base
    return rollout.count_failures() >= MOST_TRIES and last != str(WarmUp(rollout.candidate)) and not is_returning


def _wants_abort(rollout: Rollout, seen: Observation) -> bool:
    return bool(
        seen.wish
        and seen.wish.verb == "abort"
        and seen.wish.rollout == rollout.id
        and rollout.phase is not Phase.ABORTING
    )


def _fall_back(rollout: Rollout, reason: str, strategy: Strategy, now: float) -> Decision:
    """Back out, or, when backing out itself fails, stop and call a person."""
    traced = rollout.traced(now, is_done=False, reason=reason)
    if rollout.phase is Phase.ABORTING:
        together = f"{rollout.reason}; backing out failed: {reason}"
        return Decision(traced.after(Event.FAIL, now, reason=together), reason=together)
    steps: tuple[Step, ...] = plan_base_backout(strategy) if rollout.is_base else plan_backout(strategy)
    aborting = traced.after(Event.ABORT, now, reason=reason, steps=steps, index=0, verdict_at=now)
    return Decision(aborting, reason=reason)
