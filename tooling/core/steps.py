"""What each kind of step wants, and what is missing for it at one look."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from tooling.core.action import DeleteRoute, InstallBase, InstallSlot, RevertRelease, Scale, SetWeights, WarmUp
from tooling.core.analysis import Result, add_pods, judge
from tooling.core.gate import Progress, State, act, check_readiness, done, fail, wait
from tooling.core.observation import Observation, ReleaseState
from tooling.core.plan import Step, Target, find_replicas
from tooling.core.rollout import Rollout, StepRecord
from tooling.core.strategy import Strategy


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
    def troubled(self) -> float:
        """Seconds for which pods of the candidate have had a problem."""
        return self.now - self.rollout.problem_since if self.rollout.problem_since else 0.0

    @property
    def elapsed(self) -> float:
        """Seconds since the step began."""
        return self.now - self.rollout.step_started_at


def install(look: Look) -> Progress:
    """Have the target in a Helm release; a revision counts when its description carries this rollout's id."""
    rollout, seen = look.rollout, look.seen
    step = look.step
    release = seen.base if step.target is Target.BASE else seen.slot(rollout.candidate).release
    if release is not None and rollout.id in release.description and release.status == "deployed":
        changes = {} if step.target is Target.BASE else {"installed_revision": release.revision}
        return done(f"{release.name} is revision {release.revision}", **changes)
    if release is not None and release.is_pending:
        if not _is_ours(rollout, step, release):
            return fail(_name_holder(release))
        return act(_undo(rollout, step))
    return act(_do(rollout, step))


def scale(look: Look) -> Progress:
    """Have the replicas that a share of the traffic needs, ready; scaling down waits for nobody."""
    rollout, strategy, step = look.rollout, look.strategy, look.step
    name = rollout.stable if step.target is Target.STABLE else rollout.candidate
    slot = look.seen.slot(name)
    wanted = find_replicas(rollout.snapshot.required, share=step.share, floor=strategy.floor)
    for workload in slot.workloads:
        replicas = wanted.get(workload.key, min(step.share, 1))
        if workload.wanted == replicas:
            continue
        if look.elapsed >= strategy.ready_timeout:
            reason = f"somebody else keeps scaling {workload.name} to {workload.wanted}, not {replicas}"
            # The last step gives back what the old version held: no reason to leave the new one.
            return done(reason) if step.target is Target.STABLE else fail(reason)
        return act(Scale(name, workload.key, replicas), is_warm=False)
    return _await_readiness(look, wanted) if step.share > 0 else done()


def set_weight(look: Look) -> Progress:
    """Have the route as the step says; only a ready and warm candidate gets weight (promise P4)."""
    rollout = look.rollout
    step = look.step
    if step.target is Target.STABLE:
        return _return_traffic(look)
    weights = {rollout.stable: 100 - step.weight, rollout.candidate: step.weight}
    return _shift(look, weights, rollout.stable)


def promote(look: Look) -> Progress:
    """Have all traffic at the candidate."""
    rollout = look.rollout
    return _shift(look, {rollout.candidate: 100}, rollout.candidate)


def analyse(look: Look) -> Progress:
    """Judge the candidate against stable for the hold; missing evidence is waited for up to `max_hold`."""
    rollout, seen, strategy = look.rollout, look.seen, look.strategy
    step = look.step
    lost = _find_loss(look, {rollout.stable: 100 - step.weight, rollout.candidate: step.weight})
    if lost:
        return fail(lost)
    baseline = add_pods(rollout.baseline, seen.measurement, (rollout.stable, rollout.candidate))
    if rollout.baseline is None and baseline is not None:
        return wait("first measurement", baseline=baseline)
    settings = strategy.analysis
    verdict = judge(
        baseline, seen.measurement, stable=rollout.stable, candidate=rollout.candidate, settings=settings
    )
    elapsed = look.elapsed
    records = (*rollout.records, StepRecord(str(step), step.weight, verdict))
    if verdict.result is Result.FAILED:
        return fail(verdict.reason, records=records)
    if elapsed < step.seconds:
        return wait(f"{step.seconds - elapsed:.0f} s left: {verdict.reason}", baseline=baseline)
    if verdict.result is Result.SUCCESSFUL:
        return done(verdict.reason, records=records, baseline=None)
    if elapsed < max(settings.max_hold, step.seconds):
        return wait(f"undecided: {verdict.reason}", baseline=baseline)
    if settings.on_inconclusive == "abort":
        return fail(f"undecided after {elapsed:.0f} s: {verdict.reason}", records=records)
    return _await_person(look, f"undecided after {elapsed:.0f} s: {verdict.reason}", records)


def await_approval(look: Look) -> Progress:
    """Wait for a person, while readiness and route are still watched."""
    rollout, seen = look.rollout, look.seen
    step = look.step
    if step.weight:
        lost = _find_loss(look, {rollout.stable: 100 - step.weight, rollout.candidate: step.weight})
        if lost:
            return fail(lost)
    if _is_approved(look):
        return done(f"approved by {seen.wish.by if seen.wish else ''}")
    elapsed = look.elapsed
    if elapsed >= step.seconds:
        return fail(f"nobody approved within {step.seconds:.0f} s")
    return wait(f"waiting for approval, {step.seconds - elapsed:.0f} s left")


def hold(look: Look) -> Progress:
    """Keep stable as it is for a while after promotion: switching back is instant until then."""
    rollout = look.rollout
    lost = _find_loss(look, {rollout.candidate: 100})
    if lost:
        return fail(lost)
    left = look.step.seconds - look.elapsed
    return wait(f"{left:.0f} s until {rollout.stable} is scaled down") if left > 0 else done()


def revert(look: Look) -> Progress:
    """Have the Helm release that was there before the rollout, or none."""
    rollout, seen, step = look.rollout, look.seen, look.step
    release = seen.base if step.target is Target.BASE else seen.slot(rollout.candidate).release
    if release is None:
        return done()
    if _is_ours(rollout, step, release):
        return act(_undo(rollout, step))
    if release.is_pending:
        return fail(_name_holder(release))
    return done() if step.target is Target.BASE else done(installed_revision=release.revision)


def _await_readiness(look: Look, wanted: Mapping[str, int]) -> Progress:
    """Open the readiness gate of the candidate, and remember since when its pods have had a problem."""
    rollout, slot = look.rollout, look.seen.slot(look.rollout.candidate)
    gate = check_readiness(
        slot,
        rollout.candidate,
        wanted,
        elapsed=look.elapsed,
        timeout=look.strategy.ready_timeout,
        troubled=look.troubled,
    )
    has_problem = any(workload.problem for workload in slot.workloads)
    since = (rollout.problem_since or look.now) if has_problem else 0.0
    return gate if since == rollout.problem_since else replace(gate, changes={"problem_since": since})


def _shift(look: Look, weights: Mapping[str, int], serving: str) -> Progress:
    rollout, seen = look.rollout, look.seen
    if seen.route and seen.route.gives(weights) and seen.route.serving == serving:
        return done(baseline=None)
    share = weights[rollout.candidate]
    least = find_replicas(rollout.snapshot.required, share=share, floor=look.strategy.floor)
    asked = {workload.key: workload.wanted for workload in seen.slot(rollout.candidate).workloads}
    gate = _await_readiness(look, {key: max(asked.get(key, 0), count) for key, count in least.items()})
    if gate.state is not State.DONE:
        return gate
    if not rollout.is_warm:
        return _warm_up(look, gate.changes)
    return act(SetWeights(weights, serving), **{**gate.changes, "baseline": None})


def _warm_up(look: Look, changes: Mapping[str, Any]) -> Progress:
    rollout, seen, strategy = look.rollout, look.seen, look.strategy
    elapsed = look.elapsed
    if elapsed >= strategy.ready_timeout:
        detail = seen.failure.message if seen.failure else "no answer"
        return fail(f"{rollout.candidate} is ready but answers no question after {elapsed:.0f} s: {detail}")
    return act(WarmUp(rollout.candidate), **changes)


def _return_traffic(look: Look) -> Progress:
    rollout, seen, strategy = look.rollout, look.seen, look.strategy
    if not rollout.stable:
        return act(DeleteRoute()) if seen.route else done()
    weights = {rollout.stable: 100}
    if seen.route and seen.route.gives(weights) and seen.route.serving == rollout.stable:
        return done()
    slot = seen.slot(rollout.stable)
    for workload in slot.workloads:
        before = rollout.snapshot.stable.get(workload.key, 0)
        if workload.wanted < before and (not workload.wanted or not slot.can_serve):
            return act(Scale(rollout.stable, workload.key, before))
    if slot.can_serve:
        return act(SetWeights(weights, rollout.stable))
    elapsed = look.elapsed
    if elapsed < strategy.ready_timeout and slot.workloads:
        return wait(f"waiting for {rollout.stable} to be ready")
    if seen.slot(rollout.candidate).can_serve:
        return fail(f"{rollout.stable} is not ready, so {rollout.candidate} keeps the traffic it has")
    return fail(f"neither {rollout.stable} nor {rollout.candidate} is ready after {elapsed:.0f} s")


def _find_loss(look: Look, weights: Mapping[str, int]) -> str:
    """Say what broke under the rollout: the candidate's pods, or a route that somebody else wrote."""
    rollout, seen = look.rollout, look.seen
    slot = seen.slot(rollout.candidate)
    if not slot.can_serve:
        detail = next((f" ({one.problem})" for one in slot.workloads if one.problem), "")
        return f"{rollout.candidate} lost its ready pods{detail}"
    if seen.route is None:
        return "somebody else deleted the route"
    if not seen.route.gives(weights):
        return f"somebody else changed the route to {dict(seen.route.weights)}; it should be {dict(weights)}"
    return ""


def _await_person(look: Look, reason: str, records: tuple[StepRecord, ...]) -> Progress:
    seen = look.seen
    if _is_approved(look):
        return done(f"{reason}; passed by {seen.wish.by if seen.wish else ''}", records=records)
    return wait(f"{reason}; waiting for promote or abort")


def _is_approved(look: Look) -> bool:
    rollout, seen = look.rollout, look.seen
    return bool(seen.wish and seen.wish.verb == "promote" and seen.wish.is_for(rollout.id, rollout.index))


def _is_ours(rollout: Rollout, step: Step, release: ReleaseState) -> bool:
    """Whether this rollout made the newest revision.

    Helm keeps our description only when it succeeds (helm 3.22, pkg/action/{install,upgrade,rollback}.go), so for
    pending and failed revisions the journal has to tell.
    """
    if rollout.id in release.description:
        return True
    install_text, undo_text = str(_do(rollout, step)), str(_undo(rollout, step))
    if release.is_pending:
        return rollout.is_in_doubt(install_text) or rollout.is_in_doubt(undo_text)
    is_newer = release.revision > _find_revision(rollout, step)
    return release.status == "failed" and is_newer and rollout.has_tried(install_text)


def _name_holder(release: ReleaseState) -> str:
    return f"helm is at work on {release.name} for somebody else ({release.status})"


def _do(rollout: Rollout, step: Step) -> InstallBase | InstallSlot:
    return InstallBase() if step.target is Target.BASE else InstallSlot(rollout.candidate)


def _undo(rollout: Rollout, step: Step) -> RevertRelease:
    slot = "" if step.target is Target.BASE else rollout.candidate
    return RevertRelease(slot, _find_revision(rollout, step))


def _find_revision(rollout: Rollout, step: Step) -> int:
    snapshot = rollout.snapshot
    return snapshot.base_revision if step.target is Target.BASE else snapshot.candidate_revision
