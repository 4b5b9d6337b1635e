"""Gates: conditions that must be open to go on, and what a step reports."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from tooling.core.action import Action
from tooling.core.observation import SlotState

PROBLEM_GRACE = 10.0
"""Seconds that a pod may have a problem that does not go away by itself, before it counts."""


class State(StrEnum):
    """What a step reports at one look."""

    DONE = "done"
    ACT = "act"
    WAIT = "wait"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Progress:
    """A step's report.

    `changes` are fields of the rollout to record with it, `every` is seconds until the next look,
    `is_for_person` says that only a person can end the wait.
    """

    state: State
    reason: str = ""
    action: Action | None = None
    changes: Mapping[str, Any] = field(default_factory=dict)
    every: float = 1.0
    is_for_person: bool = False


def done(reason: str = "", **changes: object) -> Progress:
    """Report that the step's condition holds."""
    return Progress(State.DONE, reason, changes=changes)


def act(action: Action, **changes: object) -> Progress:
    """Report that one action is needed."""
    return Progress(State.ACT, str(action), action, changes)


def wait(reason: str, *, every: float = 1.0, is_for_person: bool = False, **changes: object) -> Progress:
    """Report that time is needed, and that nothing is to be looked at for `every` seconds."""
    return Progress(State.WAIT, reason, changes=changes, every=every, is_for_person=is_for_person)


def fail(reason: str, **changes: object) -> Progress:
    """Report that the step cannot succeed."""
    return Progress(State.FAILED, reason, changes=changes)


def check_readiness(
    slot: SlotState, name: str, wanted: Mapping[str, int], *, elapsed: float, timeout: float, troubled: float
) -> Progress:
    """Open when every workload has its pods ready; failed at a lasting problem or after `timeout` seconds.

    `troubled` is for how many seconds some pod has had a problem.
    """
    present = {workload.key: workload for workload in slot.workloads}
    for key, replicas in wanted.items():
        workload = present.get(key)
        if workload is not None and workload.has(replicas):
            continue
        if workload is None:
            reason = f"{name}: {key} is not there"
        elif workload.problem and troubled >= PROBLEM_GRACE:
            return fail(f"{name}: {key}: {workload.problem}")
        else:
            detail = workload.problem or workload.waiting
            reason = f"{name}: {key} has {workload.ready} of {replicas} pods ready" + (
                f" ({detail})" if detail else ""
            )
        if elapsed >= timeout:
            return fail(f"{reason}, after {elapsed:.0f} s")
        return wait(reason)
    return done(f"{name}: ready")
