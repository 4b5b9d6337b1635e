"""What a rollout leaves behind for people: versions, steps with their verdicts, approvals, interference."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from tooling.core.analysis import Verdict

VERIFIED_LENGTH = 6


@dataclass(frozen=True, slots=True)
class TargetVersion:
    """What is released: a digest over chart and values, and a label that a person recognises.

    `chart` is its name and version, `values` a digest (SHA-256) of the released values, `images` every reference.
    """

    digest: str
    label: str
    chart: str = ""
    values: str = ""
    images: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Verified:
    """A version that proved itself in a rollout that succeeded; `required` is the pods that it then ran with."""

    slot: str
    revision: int
    digest: str
    label: str
    rollout: str
    required: Mapping[str, int] = field(default_factory=dict)
    number: int = 0
    version: TargetVersion | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """One intended action of the journal. `done_at` is 0 until it was done; seconds since the epoch."""

    number: int
    nonce: str
    action: str
    intended_at: float
    done_at: float = 0.0
    outcome: str = ""


@dataclass(frozen=True, slots=True)
class StepRecord:
    """How one judged step went, for the table at the end. Times are seconds since the epoch."""

    step: str
    weight: int
    verdict: Verdict
    started_at: float = 0.0
    ended_at: float = 0.0


@dataclass(frozen=True, slots=True)
class Trace:
    """One step that ended, and how. Times are seconds since the epoch."""

    step: str
    started_at: float
    ended_at: float
    is_done: bool
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Approval:
    """Who let a rollout go on, at which step (its index and text), why and when (seconds since the epoch)."""

    index: int
    step: str
    by: str
    reason: str
    at: float
    verb: str = "promote"


@dataclass(frozen=True, slots=True)
class Interference:
    """What somebody else did to the objects of a rollout, who that was, and what was done about it."""

    at: float
    what: str
    by: str = ""
    answer: str = ""


def note_verified(verified: tuple[Verified, ...], new: Verified) -> tuple[Verified, ...]:
    """Put a version on top of those that proved themselves; the oldest is forgotten."""
    rest = tuple(one for one in verified if (one.slot, one.revision) != (new.slot, new.revision))
    return (*rest, new)[-VERIFIED_LENGTH:]


def move_verified(verified: tuple[Verified, ...], slot: str, before: int, now: int) -> tuple[Verified, ...]:
    """Follow a version to the revision that taking a release back made of it: helm prunes the older one."""
    return tuple(
        replace(one, revision=now) if (one.slot, one.revision) == (slot, before) else one for one in verified
    )


def find_verified(verified: tuple[Verified, ...], slot: str) -> Verified | None:
    """Return the last verified version that the slot held."""
    return next((one for one in reversed(verified) if one.slot == slot), None)
