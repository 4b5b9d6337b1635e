"""Steps that wait for time, evidence, tests or a person."""

from __future__ import annotations

from dataclasses import replace

from tooling.core.action import RunTests
from tooling.core.analysis import Result, Verdict, add_pods, judge, judge_alone
from tooling.core.gate import Progress, act, done, fail, wait
from tooling.core.quality import judge_quality
from tooling.core.rollout import Rollout
from tooling.core.steps.look import Look
from tooling.core.steps.traffic import find_loss
from tooling.core.trail import Approval, StepRecord

_ASK_EVERY = 5.0
"""Seconds between two looks at how far the prompts are."""


def analyse(look: Look) -> Progress:
    """Judge the candidate for the step's seconds; missing evidence is waited for up to `max_hold`.

    Beside stable where both have traffic; after a switch nothing is left to compare with, and limits alone count.
    """
    rollout, seen, settings, step = look.rollout, look.seen, look.strategy.analysis, look.step
    lost = find_loss(look)
    if lost:
        return fail(lost)
    slots = (rollout.candidate,) if step.weight == 100 else (rollout.stable, rollout.candidate)
    if step.weight < 100 and not seen.slot(rollout.stable).can_serve:
        verdict = Verdict(Result.INCONCLUSIVE, f"{rollout.stable}, which has traffic, lost its ready pods")
        return _settle_undecided(look, verdict, max(settings.max_hold, step.seconds))
    baseline = add_pods(rollout.baseline, seen.measurement, slots)
    if rollout.baseline is None and baseline is not None:
        return wait("first measurement", baseline=baseline)
    if step.weight == 100:
        verdict = judge_alone(baseline, seen.measurement, candidate=rollout.candidate, settings=settings)
    else:
        verdict = judge(
            baseline, seen.measurement, stable=rollout.stable, candidate=rollout.candidate, settings=settings
        )
    progress = _settle(look, verdict, step.seconds)
    return replace(progress, changes={"baseline": baseline, **progress.changes})


def assess(look: Look) -> Progress:
    """Compare the answers of both slots to the same prompts."""
    step, run = look.step, look.seen.quality
    lost = find_loss(look)
    if lost:
        return fail(lost)
    if run is None:
        return wait("the first prompts are on their way", every=_ASK_EVERY)
    verdict = judge_quality(run, max_drop=step.max_drop, min_prompts=step.min_prompts)
    if verdict.result is Result.SUCCESSFUL and run.is_done:
        return done(verdict.reason, records=_note(look, verdict))
    if verdict.result is Result.FAILED:
        return fail(verdict.reason, records=_note(look, verdict))
    if not run.is_done and not run.problem:
        return wait(f"{len(run.answers)} of {run.total} prompts answered: {verdict.reason}", every=_ASK_EVERY)
    return _settle_undecided(look, verdict, 0.0 if run.is_done else look.strategy.analysis.max_hold)


def await_approval(look: Look) -> Progress:
    """Wait for a person, while readiness and route are still watched."""
    seen, step = look.seen, look.step
    lost = find_loss(look)
    if lost:
        return fail(lost)
    if _is_approved(look):
        return done(f"approved by {seen.wish.by if seen.wish else ''}", approvals=note_approval(look))
    left = step.seconds - look.elapsed
    if left <= 0:
        return fail(f"nobody approved within {step.seconds:.0f} s")
    reason = f"waiting for approval, {left:.0f} s left"
    return wait(reason, every=look.pause(step.seconds), is_for_person=True)


def hold(look: Look) -> Progress:
    """Keep everything as it is for a while; after promotion, switching back is instant until then."""
    lost = find_loss(look)
    if lost:
        return fail(lost)
    left = look.step.seconds - look.elapsed
    if left <= 0:
        return done()
    until = f"until {look.rollout.stable} is scaled down" if look.step.weight == 100 else "left"
    return wait(f"{left:.0f} s {until}", every=look.pause(look.step.seconds))


def run_tests(look: Look) -> Progress:
    """Have the chart's own tests pass at the candidate, past the route."""
    return done() if look.rollout.is_tested else act(RunTests(look.rollout.candidate))


def note_approval(look: Look) -> tuple[Approval, ...]:
    """Return the approvals with the wish at hand among them."""
    rollout, wish = look.rollout, look.seen.wish
    if wish is None:
        return rollout.approvals
    new = Approval(rollout.index, str(look.step), wish.by, wish.reason, look.now, wish.verb)
    return (*rollout.approvals, new)


def _settle(look: Look, verdict: Verdict, seconds: float) -> Progress:
    if verdict.result is Result.FAILED:
        return fail(verdict.reason, records=_note(look, verdict))
    left = seconds - look.elapsed
    if left > 0:
        return wait(f"{left:.0f} s left: {verdict.reason}", every=look.pause(seconds))
    if verdict.result is Result.SUCCESSFUL:
        return done(verdict.reason, records=_note(look, verdict), baseline=None)
    return _settle_undecided(look, verdict, max(look.strategy.analysis.max_hold, seconds))


def _settle_undecided(look: Look, verdict: Verdict, most: float) -> Progress:
    """Wait for more evidence, then do what the values say: missing data is never good and never bad (P6)."""
    reason = f"undecided after {look.elapsed:.0f} s: {verdict.reason}"
    records = _note(look, verdict)
    is_pausing = look.strategy.analysis.on_inconclusive == "pause"
    if is_pausing and _is_approved(look):
        by = look.seen.wish.by if look.seen.wish else ""
        return done(f"{reason}; passed by {by}", records=records, approvals=note_approval(look), baseline=None)
    if look.elapsed < most:
        return wait(f"undecided: {verdict.reason}", every=look.pause(most))
    if not is_pausing:
        return fail(reason, records=records)
    return wait(f"{reason}; waiting for promote or abort", every=look.pause(most), is_for_person=True)


def _note(look: Look, verdict: Verdict) -> tuple[StepRecord, ...]:
    rollout, step = look.rollout, look.step
    return (*rollout.records, StepRecord(str(step), step.weight, verdict, rollout.step_started_at, look.now))


def _is_approved(look: Look) -> bool:
    rollout: Rollout = look.rollout
    wish = look.seen.wish
    return bool(wish and wish.verb == "promote" and wish.is_for(rollout.id, rollout.index))
