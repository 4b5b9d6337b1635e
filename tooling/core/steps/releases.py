"""Steps that Helm does: have a release at the target, or at what it was."""

from __future__ import annotations

from tooling.core.action import Action, FinishSlot, InstallBase, InstallSlot, RevertRelease
from tooling.core.gate import Progress, act, done, fail
from tooling.core.observation import ReleaseState
from tooling.core.plan import Step, Target
from tooling.core.rollout import Rollout
from tooling.core.steps.look import Look

FINAL = "final"
"""Stands after the rollout's id in the description of its last upgrade."""


def install(look: Look) -> Progress:
    """Have the target in a Helm release; a revision counts when its description carries this rollout's id."""
    rollout, step, release = look.rollout, look.step, _find_release(look)
    if release is not None and rollout.id in release.description and release.status == "deployed":
        name = "base_revision" if step.target is Target.BASE else "installed_revision"
        return done(f"{release.name} is revision {release.revision}", **{name: release.revision})
    if release is not None and release.is_pending:
        if not _is_ours(rollout, step, release):
            return fail(_name_holder(release))
        return act(_undo(rollout, step))
    return act(_do(rollout, step))


def finish(look: Look) -> Progress:
    """Have the candidate's autoscalers on: the last upgrade, which leaves pod templates as they are."""
    rollout, release = look.rollout, _find_release(look)
    action = FinishSlot(rollout.candidate)
    if release is not None and f"{rollout.id} {FINAL}" in release.description and release.status == "deployed":
        return done(f"{release.name} is revision {release.revision}", installed_revision=release.revision)
    if release is not None and release.is_pending:
        if not rollout.is_in_doubt(str(action)):
            return fail(_name_holder(release))
        return act(RevertRelease(rollout.candidate, rollout.installed_revision))
    return act(action)


def recall(look: Look) -> Progress:
    """Have an older revision of the slot's release as its newest one."""
    rollout, step, release = look.rollout, look.step, _find_release(look)
    action = RevertRelease(rollout.candidate, step.revision)
    if release is None:
        return fail(f"{rollout.candidate} is not installed any more")
    # Helm's own words (helm 3.22 and 4.3, pkg/action/rollback.go): they cannot carry ours.
    if release.description == f"Rollback to {step.revision}" and release.status == "deployed":
        return done(f"{release.name} is revision {release.revision}", installed_revision=release.revision)
    if release.is_pending and not rollout.is_in_doubt(str(action)):
        return fail(_name_holder(release))
    return act(action)


def revert(look: Look) -> Progress:
    """Have the Helm release that was there before the rollout, or none."""
    rollout, step, release = look.rollout, look.step, _find_release(look)
    if release is None:
        return done()
    if _is_ours(rollout, step, release):
        return act(_undo(rollout, step))
    if release.is_pending:
        return fail(_name_holder(release))
    return done() if step.target is Target.BASE else done(installed_revision=release.revision)


def _find_release(look: Look) -> ReleaseState | None:
    return look.seen.base if look.step.target is Target.BASE else look.slot.release


def _is_ours(rollout: Rollout, step: Step, release: ReleaseState) -> bool:
    """Whether this rollout made the newest revision.

    Helm keeps our description only when it succeeds (helm 3.22, pkg/action/{install,upgrade,rollback}.go), so for
    pending and failed revisions the journal has to tell.
    """
    if rollout.id in release.description:
        return True
    undo = _undo(rollout, step)
    back = RevertRelease(rollout.candidate, rollout.installed_revision)
    recall = RevertRelease(rollout.candidate, rollout.recalled)
    tries = {str(_do(rollout, step)), str(undo)}
    if step.target is not Target.BASE:
        tries |= {str(FinishSlot(rollout.candidate)), str(back), *([str(recall)] if rollout.recalled else ())}
    if release.is_pending:
        return any(rollout.is_in_doubt(one) for one in tries)
    if release.revision <= undo.revision:
        return False
    # a last upgrade that died was taken back to what this rollout had installed, in Helm's own words
    for done_before in (back, recall):
        is_tried = done_before != undo and step.target is not Target.BASE and rollout.has_tried(str(done_before))
        if is_tried and release.description == f"Rollback to {done_before.revision}":
            return True
    return release.status == "failed" and any(rollout.has_tried(one) for one in tries)


def _name_holder(release: ReleaseState) -> str:
    return f"helm is at work on {release.name} for somebody else ({release.status})"


def _do(rollout: Rollout, step: Step) -> Action:
    return InstallBase() if step.target is Target.BASE else InstallSlot(rollout.candidate)


def _undo(rollout: Rollout, step: Step) -> RevertRelease:
    snapshot = rollout.snapshot
    if step.target is Target.BASE:
        return RevertRelease("", snapshot.base_revision)
    return RevertRelease(rollout.candidate, snapshot.candidate_revision)
