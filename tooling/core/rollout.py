"""The state of one rollout and the only ways it may change.

Rules of this file: every legal change of phase is a row of TRANSITIONS, and the diagram in the docs is drawn from
that table. A pair that is not in it raises IllegalTransition and changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from tooling.core.analysis import Measurement, Verdict
from tooling.core.plan import Step
from tooling.errors import IllegalTransition

JOURNAL_LENGTH = 100
DONE = "done"
UNKNOWN = "unknown: "
"""How the outcome of an action begins whose effect may have taken place or not."""
VERIFIED_LENGTH = 6


class Phase(StrEnum):
    """Where a rollout stands."""

    PENDING = "Pending"
    PREPARING = "Preparing"
    PROGRESSING = "Progressing"
    PAUSED = "Paused"
    PROMOTING = "Promoting"
    SUCCEEDED = "Succeeded"
    ABORTING = "Aborting"
    ABORTED = "Aborted"
    ROLLING_BACK = "RollingBack"
    ROLLED_BACK = "RolledBack"
    FAILED = "Failed"

    @property
    def is_terminal(self) -> bool:
        """Whether nothing follows."""
        return self in TERMINAL


class Event(StrEnum):
    """What moves a rollout from phase to phase."""

    START = "start"
    START_ROLLBACK = "start rollback"
    PROGRESS = "progress"
    PAUSE = "pause"
    PROMOTE = "promote"
    COMPLETE = "complete"
    ABORT = "abort"
    BACKED_OUT = "backed out"
    FAIL = "fail"


TERMINAL = frozenset({Phase.SUCCEEDED, Phase.ABORTED, Phase.ROLLED_BACK, Phase.FAILED})

TRANSITIONS: Mapping[tuple[Phase, Event], Phase] = {
    (Phase.PENDING, Event.START): Phase.PREPARING,
    (Phase.PENDING, Event.START_ROLLBACK): Phase.ROLLING_BACK,
    (Phase.PENDING, Event.ABORT): Phase.ABORTING,
    (Phase.PREPARING, Event.PROGRESS): Phase.PROGRESSING,
    (Phase.PREPARING, Event.PAUSE): Phase.PAUSED,
    (Phase.PREPARING, Event.PROMOTE): Phase.PROMOTING,
    (Phase.PREPARING, Event.ABORT): Phase.ABORTING,
    (Phase.PROGRESSING, Event.PAUSE): Phase.PAUSED,
    (Phase.PROGRESSING, Event.PROMOTE): Phase.PROMOTING,
    (Phase.PROGRESSING, Event.ABORT): Phase.ABORTING,
    (Phase.PAUSED, Event.PROGRESS): Phase.PROGRESSING,
    (Phase.PAUSED, Event.PROMOTE): Phase.PROMOTING,
    (Phase.PAUSED, Event.ABORT): Phase.ABORTING,
    (Phase.PROMOTING, Event.COMPLETE): Phase.SUCCEEDED,
    (Phase.PROMOTING, Event.ABORT): Phase.ABORTING,
    (Phase.ROLLING_BACK, Event.COMPLETE): Phase.ROLLED_BACK,
    (Phase.ROLLING_BACK, Event.ABORT): Phase.ABORTING,
    (Phase.ABORTING, Event.BACKED_OUT): Phase.ABORTED,
    (Phase.ABORTING, Event.FAIL): Phase.FAILED,
}


def find_phase(phase: Phase, event: Event) -> Phase:
    """Return the phase after the event. Raises IllegalTransition for a pair that is not in the table."""
    try:
        return TRANSITIONS[phase, event]
    except KeyError:
        raise IllegalTransition(phase, event) from None


@dataclass(frozen=True, slots=True)
class Verified:
    """A version that proved itself in a rollout that succeeded; `required` is the pods that it then ran with."""

    slot: str
    revision: int
    digest: str
    label: str
    rollout: str
    required: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TargetVersion:
    """What is released: a digest over chart and values, and a label that a person recognises."""

    digest: str
    label: str


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What stood before the first effect: the serving slot ("" for none), Helm revisions (0: absent).

    `required` is the number of pods that all traffic needs, `stable` what the serving slot was asked for,
    both by workload key.
    """

    serving: str = ""
    base_revision: int = 0
    candidate_revision: int = 0
    required: Mapping[str, int] = field(default_factory=dict)
    stable: Mapping[str, int] = field(default_factory=dict)


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
    """How one judged step went, for the table at the end."""

    step: str
    weight: int
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Rollout:
    """One run of a strategy. Times are seconds since the epoch."""

    id: str
    instance: str
    candidate: str
    target: TargetVersion
    steps: tuple[Step, ...]
    snapshot: Snapshot
    phase: Phase = Phase.PENDING
    index: int = 0
    started_at: float = 0.0
    step_started_at: float = 0.0
    is_rollback: bool = False
    is_warm: bool = False
    installed_revision: int = 0
    baseline: Measurement | None = None
    problem_since: float = 0.0
    epoch: int = 0
    by: str = ""
    reason: str = ""
    ended_at: float = 0.0
    verdict_at: float = 0.0
    records: tuple[StepRecord, ...] = ()
    journal: tuple[Entry, ...] = ()
    verified: tuple[Verified, ...] = ()

    @property
    def stable(self) -> str:
        """The slot that served when the rollout began; empty for a first install."""
        return self.snapshot.serving

    @property
    def step(self) -> Step | None:
        """The step that is worked on; None before the start and after the end."""
        return self.steps[self.index] if self.index < len(self.steps) else None

    def has_tried(self, action: str) -> bool:
        """Whether the journal holds that action."""
        return any(entry.action == action for entry in self.journal)

    def is_in_doubt(self, action: str) -> bool:
        """Whether the last try of that action has no known end: its driver died in it, or its reply was lost."""
        last = next((entry for entry in reversed(self.journal) if entry.action == action), None)
        return last is not None and (not last.outcome or last.outcome.startswith(UNKNOWN))

    def count_failures(self) -> int:
        """How often the last action was tried in a row without success."""
        count = 0
        for entry in reversed(self.journal):
            if entry.action != self.journal[-1].action or entry.outcome in {"", DONE}:
                break
            count += 1
        return count

    def after(self, event: Event, now: float, **changes: object) -> Rollout:
        """Return the rollout after the event. Raises IllegalTransition."""
        phase = find_phase(self.phase, event)
        ended = now if phase.is_terminal else 0.0
        return replace(self, phase=phase, step_started_at=now, ended_at=ended, **changes)  # type: ignore[arg-type]

    def intend(self, action: str, now: float) -> Rollout:
        """Return the rollout with one more journal entry, whose nonce no other entry ever had."""
        number = self.journal[-1].number + 1 if self.journal else 1
        entry = Entry(number, f"{self.id}.{self.epoch}.{number}", action, now)
        return replace(self, journal=(*self.journal, entry)[-JOURNAL_LENGTH:])

    def conclude(self, outcome: str, now: float) -> Rollout:
        """Return the rollout with the last journal entry done."""
        last = replace(self.journal[-1], done_at=now, outcome=outcome)
        return replace(self, journal=(*self.journal[:-1], last))


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
