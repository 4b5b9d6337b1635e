"""The state of one rollout and the only ways it may change.

Rules of this file: every legal change of phase is a row of TRANSITIONS, and the diagram in the docs is drawn from
that table. A pair that is not in it raises IllegalTransition and changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from tooling.core.analysis import Measurement
from tooling.core.plan import Step
from tooling.core.trail import Approval, Entry, Interference, StepRecord, TargetVersion, Trace, Verified
from tooling.errors import IllegalTransition

JOURNAL_LENGTH = 100
DONE = "done"
UNKNOWN = "unknown: "
"""How the outcome of an action begins whose effect may have taken place or not."""
_BUSY = "another operation (install/upgrade/rollback) is in progress"
TRAIL_LENGTH = 100
INTERFERENCES_LENGTH = 20


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
class Snapshot:
    """What stood before the first effect: the serving slot ("" for none), Helm revisions (0: absent).

    `required` is the number of pods that all traffic needs, `stable` what the serving slot was asked for,
    both by workload key. `gpus` and `stable_gpus` are GPUs per pod of candidate and stable, `templates` digests of
    stable's pod templates, by workload key too. `most_gpus` is what both slots may take together (None: no bound).
    """

    serving: str = ""
    base_revision: int = 0
    candidate_revision: int = 0
    required: Mapping[str, int] = field(default_factory=dict)
    stable: Mapping[str, int] = field(default_factory=dict)
    stable_revision: int = 0
    gpus: Mapping[str, int] = field(default_factory=dict)
    stable_gpus: Mapping[str, int] = field(default_factory=dict)
    most_gpus: int | None = None
    templates: Mapping[str, str] = field(default_factory=dict)


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
    number: int = 0
    """Counts the rollouts of an instance: `rollback --to` and `history` name them by it."""
    strategy: str = ""
    """Digest of the strategy's settings."""
    kind: str = "canary"
    """The strategy that it was planned with: canary or blueGreen."""
    is_base: bool = False
    """Whether base alone is released; such a rollout has no candidate."""
    backup: str = ""
    """Name of the CronJob that base is backed up with first."""
    base_revision: int = 0
    """Helm revision of base that this rollout made; 0 before."""
    templates: Mapping[str, str] = field(default_factory=dict)
    """Digests of the candidate's pod templates, by workload key, once it was ready."""
    is_tested: bool = False
    given: int = 0
    """Percent of the traffic that the last step which moved any gave the candidate."""
    route: str = ""
    """Kind of the object that splits its traffic."""
    was_scaled_down: bool = False
    """Whether this rollout took pods away from stable: it may need some before it can take all traffic back."""
    recalled: int = 0
    """Helm revision that a rollback brings back where the slot holds another one; 0 for none."""
    was: TargetVersion | None = None
    """What stable ran when the rollout began."""
    approvals: tuple[Approval, ...] = ()
    trail: tuple[Trace, ...] = ()
    interferences: tuple[Interference, ...] = ()
    cut_streams: int | None = None
    """Requests that were under way when their slot was scaled down; None where that was never counted."""
    compared: int = 0
    differences: tuple[str, ...] = ()
    """Where live objects differ from their manifests after all was taken back."""

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
        """Whether the last try of that action may have left something pending: it is not known to have succeeded.

        Helm that ended with an error may have failed to write that down. Only its word that somebody else was at
        work before it (helm 3.22 and 4.3, pkg/action/upgrade.go) says that it did not begin.
        """
        last = next((entry for entry in reversed(self.journal) if entry.action == action), None)
        return last is not None and last.outcome != DONE and _BUSY not in last.outcome

    def has_done(self, action: str) -> bool:
        """Whether that action was tried since the step began, and the last try succeeded."""
        tries = [one for one in self.journal if one.action == action and one.intended_at >= self.step_started_at]
        return bool(tries) and tries[-1].outcome == DONE

    def count_tries(self, action: str) -> int:
        """How often that action was tried since the step began."""
        return sum(one.action == action and one.intended_at >= self.step_started_at for one in self.journal)

    def count_done(self, action: str) -> int:
        """How often that action was done since the step began."""
        return sum(
            one.action == action and one.outcome == DONE and one.intended_at >= self.step_started_at
            for one in self.journal
        )

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

    def traced(self, now: float, *, is_done: bool, reason: str = "") -> Rollout:
        """Return the rollout with the step at hand in its trail; nothing changes where there is none."""
        if self.step is None:
            return self
        trace = Trace(str(self.step), self.step_started_at, now, is_done, reason)
        return replace(self, trail=(*self.trail, trace)[-TRAIL_LENGTH:])

    def interfered(self, what: str, by: str, answer: str, now: float) -> Rollout:
        """Return the rollout with one more thing that somebody else did, and what was done about it."""
        one = Interference(now, what, by, answer)
        return replace(self, interferences=(*self.interferences, one)[-INTERFERENCES_LENGTH:])
