"""Steps of what both slots share, and the comparison after all was taken back."""

from __future__ import annotations

from tooling.core.action import RemoveLeftovers, StartBackup
from tooling.core.gate import Progress, act, done, fail, wait
from tooling.core.rollout import Rollout
from tooling.core.steps.look import Look

_MOST_TRIES = 3
_LONGEST_BACKUP = 6 * 3600.0
"""Seconds after which a backup counts as stuck; the chart's own Job has a deadline of its own."""


def name_backup(rollout: Rollout) -> str:
    """Name the Job of the backup that is made for a rollout, in at most 63 characters."""
    return f"{rollout.backup[:50]}-{rollout.number}"


def back_up(look: Look) -> Progress:
    """Have a backup of the vector DB that was made for this rollout."""
    rollout, backup = look.rollout, look.seen.backup
    if backup is None:
        return act(StartBackup(rollout.backup, name_backup(rollout)))
    if backup.problem:
        return fail(f"the backup failed: {backup.problem}")
    if backup.is_done:
        return done(f"backup {backup.name} is done")
    left = max(look.step.seconds, _LONGEST_BACKUP) - look.elapsed
    return wait(f"backup {backup.name} runs") if left > 0 else fail(f"backup {backup.name} did not end in time")


def steady(look: Look) -> Progress:
    """Have every pod of base ready."""
    late = [one for one in look.seen.base_workloads if not one.has(one.wanted)]
    if not late:
        return done("base is ready")
    first = late[0]
    detail = first.problem or first.waiting
    reason = f"{first.name} has {first.ready} of {first.wanted} pods ready{f' ({detail})' if detail else ''}"
    return wait(reason) if look.elapsed < look.step.seconds else fail(f"{reason}, after {look.elapsed:.0f} s")


def verify(look: Look) -> Progress:
    """Compare live objects with their manifests, and remove what the version that was taken back left behind."""
    found = look.seen.comparison
    if found is None:
        return wait("comparing live objects with their manifests")
    action = RemoveLeftovers(found.leftovers)
    if found.leftovers and look.rollout.count_tries(str(action)) < _MOST_TRIES:
        return act(action)
    left = tuple(f"{one.what} could not be removed" for one in found.leftovers)
    return done(str(found), compared=found.checked, differences=found.differences + left)
