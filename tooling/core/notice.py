"""What is told to those who do not watch: Events on the objects, webhooks. Found by comparing two records.

A notice follows from what was recorded and from nothing else, so a driver that died tells nothing twice.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from tooling.core.analysis import Result, SlotNumbers
from tooling.core.plan import StepKind
from tooling.core.rollout import Phase, Rollout
from tooling.core.shapes import hide_shapes
from tooling.core.trail import Approval, Interference, StepRecord

LONGEST = 700
"""Characters of a text: an Event takes at most 1024 bytes."""


class NoticeKind(StrEnum):
    """What a notice is about; `rollout.notifications.<name>.events` chooses among these."""

    STARTED = "started"
    STEP = "step"
    VERDICT = "verdict"
    APPROVAL = "approval"
    INTERFERENCE = "interference"
    ABORT = "abort"
    ENDED = "ended"


CHOSEN = frozenset(NoticeKind) - {NoticeKind.STEP}
"""What a webhook gets that chooses nothing."""


class Severity(StrEnum):
    """Whether a person should look: `info` no, `warning` soon, `error` now."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


_ENDS: Mapping[Phase, Severity] = {
    Phase.SUCCEEDED: Severity.INFO,
    Phase.ROLLED_BACK: Severity.INFO,
    Phase.ABORTED: Severity.WARNING,
    Phase.FAILED: Severity.ERROR,
}


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing that happened to a rollout, in one line for people and as facts for programs.

    `at` is in seconds since the epoch. Texts hold nothing that looks like a secret.
    """

    kind: NoticeKind
    text: str
    instance: str
    rollout: str
    phase: Phase
    at: float
    severity: Severity = Severity.INFO
    facts: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Hide what looks like a secret in the text and the facts, and cut what is too long."""
        object.__setattr__(self, "text", _tidy(self.text))
        facts = {key: _tidy(one) if isinstance(one, str) else one for key, one in self.facts.items()}
        object.__setattr__(self, "facts", facts)


@dataclass(frozen=True, slots=True)
class Notification:
    """Who is told by webhook: at `url`, or at the address that lies under `key` of a Secret."""

    name: str
    url: str = ""
    secret: str = ""
    key: str = "url"
    kinds: frozenset[NoticeKind] = CHOSEN


def read_notifications(values: Mapping[str, Any]) -> tuple[Notification, ...]:
    """Take `rollout.notifications` out of values that fit the schema, sorted by name."""
    entries = (values.get("rollout") or {}).get("notifications") or {}
    return tuple(
        Notification(
            name,
            url=one.get("url") or "",
            secret=one.get("existingSecret") or "",
            key=one.get("key") or "url",
            kinds=frozenset(NoticeKind(kind) for kind in one.get("events") or CHOSEN),
        )
        for name, one in sorted(entries.items())
        if one is not None
    )


def find_notices(before: Rollout | None, after: Rollout, now: float) -> tuple[Notice, ...]:
    """Return what there is to tell once `after` was recorded over `before` (None: nothing was recorded)."""
    if before is None or before.id != after.id:
        return (_start(after, now),)
    return tuple(
        Notice(kind, text, after.instance, after.id, after.phase, now, severity, {**_name(after), **facts})
        for kind, text, severity, facts in _compare(before, after)
    )


_Told = tuple[NoticeKind, str, Severity, Mapping[str, Any]]


def _compare(before: Rollout, after: Rollout) -> Iterator[_Told]:
    yield from (_tell_verdict(one) for one in after.records[len(before.records) :])
    yield from (_tell_approval(one) for one in after.approvals[len(before.approvals) :])
    # the oldest of these are forgotten in time, so that their number does not grow
    known = set(before.interferences)
    yield from (_tell_interference(one) for one in after.interferences if one not in known)
    if after.phase is Phase.ABORTING and before.phase is not Phase.ABORTING:
        text = f"taking back {after.target.label}: {after.reason}"
        yield NoticeKind.ABORT, text, Severity.WARNING, {"reason": after.reason}
    if after.phase.is_terminal and not before.phase.is_terminal:
        facts = {"reason": after.reason, "seconds": round(after.ended_at - after.started_at, 1)}
        yield NoticeKind.ENDED, _tell_end(after), _ENDS[after.phase], facts
    elif after.step is not None and (after.index, after.steps, after.phase) != (
        before.index,
        before.steps,
        before.phase,
    ):
        yield _tell_step(after)


def _tell_step(after: Rollout) -> _Told:
    position = f"{after.index + 1}/{len(after.steps)}"
    facts = {"step": str(after.step), "position": position}
    if after.phase is Phase.PAUSED or (after.step is not None and after.step.kind is StepKind.APPROVAL):
        text = f"step {position} waits for a person: {after.step}. Go on with: genai-stack promote"
        return NoticeKind.APPROVAL, text, Severity.WARNING, facts
    return NoticeKind.STEP, f"step {position}: {after.step}", Severity.INFO, facts


def _start(after: Rollout, now: float) -> Notice:
    who = f" by {after.by}" if after.by else ""
    where = f"into {after.candidate}, {after.stable} serves" if after.stable else "first install"
    verb = "rollback to" if after.is_rollback else "rollout of"
    text = f"{verb} {after.target.label} begins{who} ({where})"
    if after.is_base:
        text = f"base alone goes to {after.target.label}{who}"
    facts = {**_name(after), "by": after.by, "steps": len(after.steps)}
    return Notice(NoticeKind.STARTED, text, after.instance, after.id, after.phase, now, facts=facts)


def _tell_verdict(record: StepRecord) -> _Told:
    verdict = record.verdict
    facts = {
        "step": record.step,
        "weight": record.weight,
        "verdict": verdict.result.value,
        "candidate": describe_numbers(verdict.candidate),
        "stable": describe_numbers(verdict.stable),
    }
    severity = Severity.INFO if verdict.result is Result.SUCCESSFUL else Severity.WARNING
    return NoticeKind.VERDICT, f"{verdict.result} at {record.weight} %: {verdict.reason}", severity, facts


def _tell_approval(approval: Approval) -> _Told:
    why = f": {approval.reason}" if approval.reason else ""
    facts = {"step": approval.step, "by": approval.by, "reason": approval.reason, "verb": approval.verb}
    return NoticeKind.APPROVAL, f"{approval.verb} by {approval.by}{why} ({approval.step})", Severity.INFO, facts


def _tell_interference(one: Interference) -> _Told:
    who, answer = f" ({one.by})" if one.by else "", f": {one.answer}" if one.answer else ""
    facts = {"what": one.what, "by": one.by, "answer": one.answer}
    return NoticeKind.INTERFERENCE, f"{one.what}{who}{answer}", Severity.WARNING, facts


def _tell_end(after: Rollout) -> str:
    seconds = f"after {after.ended_at - after.started_at:.0f} s"
    match after.phase:
        case Phase.SUCCEEDED:
            done = "base is" if after.is_base else f"{after.candidate} serves"
            return f"{after.phase} {seconds}: {done} {after.target.label}"
        case Phase.ROLLED_BACK:
            return f"{after.phase} {seconds}: {after.candidate} serves {after.target.label} again"
        case Phase.ABORTED:
            serving = f"{after.stable} serves all traffic" if after.stable else "nothing is installed"
            if after.is_base:
                serving = "base is as before"
            return f"{after.phase} {seconds}, {serving}: {after.reason}"
    return f"{after.phase} {seconds}, a person is needed: {after.reason}"


def describe_numbers(numbers: SlotNumbers) -> Mapping[str, Any]:
    """Return requests, failed ones and p95 (seconds, None without requests) as plain data."""
    p95 = None if numbers.p95 is None else round(numbers.p95, 4)
    return {"requests": round(numbers.requests), "errors": round(numbers.errors), "p95": p95}


def _name(after: Rollout) -> Mapping[str, Any]:
    return {"target": after.target.label, "stable": after.stable, "candidate": after.candidate}


def _tidy(text: str) -> str:
    line = " ".join(hide_shapes(text).split())
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 3]}..."
