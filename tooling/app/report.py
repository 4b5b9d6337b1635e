"""What is told of a plan and of how a rollout ended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tooling.app.context import Target
from tooling.app.describe import describe_approvals, describe_interferences, name_kind
from tooling.app.plan_table import make_capacity, make_notes, make_rows
from tooling.core.capacity import CapacityPlan
from tooling.core.rollout import Phase, Rollout
from tooling.ports.load import LoadReport
from tooling.ports.reporter import Reporter

EXIT_CODES: Mapping[Phase, int] = {
    Phase.SUCCEEDED: 0,
    Phase.ROLLED_BACK: 0,
    Phase.ABORTED: 3,
    Phase.FAILED: 4,
}


@dataclass(frozen=True, slots=True)
class Result:
    """How a command on a rollout ended; `facts` are the measured figures."""

    rollout: Rollout
    exit_code: int
    facts: Mapping[str, Any] = field(default_factory=dict)


def report_plan(
    reporter: Reporter, rollout: Rollout, target: Target, capacity: CapacityPlan | None = None
) -> None:
    """Show the ordered steps before anything is written; without a `capacity`, with GPUs as they were recorded."""
    where = (
        f"{rollout.stable} serves, the target goes into {rollout.candidate}" if rollout.stable else "first install"
    )
    reporter.say(f"plan for {rollout.instance}: {rollout.target.label} ({where})", rollout=rollout.id)
    plan = capacity or make_capacity(rollout, target)
    slots = "" if rollout.is_base else "weights in percent; slots: pods / GPUs" if plan.peak else "slots: pods"
    reporter.table(f"plan ({slots})" if slots else "plan", make_rows(rollout, plan))
    for note in make_notes(rollout, plan):
        reporter.say(note)


def report_result(reporter: Reporter, rollout: Rollout, load: LoadReport, *, hints: str) -> Result:
    """Show the table of judged steps, what the load saw, and the last word."""
    if rollout.records:
        reporter.table("judged steps", tuple(_row(rollout, number) for number in range(len(rollout.records))))
    if load.requests:
        reporter.table("load of this release", tuple(_load_rows(load)))
        for example in load.examples:
            reporter.say(f"load: {example}")
    facts = find_facts(rollout, load)
    late = _find_late(rollout, load)
    if late is not None:
        when = f"{late:.2f} s after" if late >= 0 else "before"
        reporter.say(f"the last request at {rollout.candidate} began {when} the verdict")
    _tell_audit(reporter, rollout)
    reporter.say(_last_word(rollout, hints), phase=rollout.phase.value, **facts)
    return Result(rollout, EXIT_CODES.get(rollout.phase, 4), facts)


def find_facts(rollout: Rollout, load: LoadReport) -> Mapping[str, Any]:
    """Figures of the rollout: seconds it took, requests and errors of its load, seconds from verdict to quiet."""
    facts: dict[str, Any] = {
        "rollout": rollout.id,
        "seconds": round(rollout.ended_at - rollout.started_at, 1),
        "load_requests": load.requests,
        "load_errors": load.errors,
        "number": rollout.number,
        "kind": name_kind(rollout),
        "approvals": describe_approvals(rollout),
        "interferences": describe_interferences(rollout),
        "cut_streams": rollout.cut_streams,
        "compared": rollout.compared,
        "differences": list(rollout.differences),
    }
    late = _find_late(rollout, load)
    if late is not None:
        facts["verdict_to_last_request_seconds"] = max(0.0, late)
    return facts


def _find_late(rollout: Rollout, load: LoadReport) -> float | None:
    """Return seconds from the verdict to the last request that began at the candidate; below 0 before it."""
    candidate = load.slots.get(rollout.candidate)
    if not rollout.verdict_at or not candidate or not candidate.last_started_at:
        return None
    return round(candidate.last_started_at - rollout.verdict_at, 3)


def _tell_audit(reporter: Reporter, rollout: Rollout) -> None:
    """Say what somebody else did meanwhile, which requests were cut, and what is not as its manifest has it."""
    if rollout.interferences:
        rows = tuple(
            {"by": one.by or "not known", "what": one.what, "answer": one.answer} for one in rollout.interferences
        )
        reporter.table("interference", rows)
    if rollout.cut_streams is not None:
        cut = rollout.cut_streams
        text = f"{cut} request{' was' if cut == 1 else 's were'} cut" if cut else "no request was cut"
        reporter.say(f"{text} when pods were taken away", failed=bool(cut))
    if rollout.compared:
        count = len(rollout.differences)
        objects = f"{rollout.compared} objects" if rollout.compared > 1 else "1 object"
        text = f"compared with their manifests, {count} difference{'' if count == 1 else 's'}:"
        verb = "equal their manifests" if rollout.compared > 1 else "equals its manifest"
        reporter.say(f"{objects} {text if count else verb}", failed=bool(count))
    for difference in rollout.differences:
        reporter.say(f"  {difference}", failed=True)


def _row(rollout: Rollout, number: int) -> Mapping[str, Any]:
    record = rollout.records[number]
    stable, candidate = record.verdict.stable, record.verdict.candidate
    return {
        "step": number + 1,
        "weight": f"{record.weight} %",
        "requests": f"{candidate.requests:.0f} / {stable.requests:.0f}",
        "errors": f"{candidate.errors:.0f} / {stable.errors:.0f}",
        "p95 candidate": _seconds(candidate.p95),
        "p95 stable": _seconds(stable.p95),
        "verdict": record.verdict.result.value,
    }


def _load_rows(load: LoadReport) -> list[Mapping[str, Any]]:
    return [
        {
            "slot": slot or "(none answered)",
            "requests": numbers.requests,
            "errors": numbers.errors,
            "p95": _seconds(numbers.p95),
        }
        for slot, numbers in sorted(load.slots.items())
    ]


def _seconds(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f} s"


def _last_word(rollout: Rollout, hints: str) -> str:
    took = f"after {rollout.ended_at - rollout.started_at:.0f} s"
    match rollout.phase:
        case Phase.SUCCEEDED:
            done = "base is" if rollout.is_base else f"{rollout.candidate} serves"
            return f"Succeeded {took}: {done} {rollout.target.label}"
        case Phase.ROLLED_BACK:
            return f"RolledBack {took}: {rollout.candidate} serves {rollout.target.label} again"
        case Phase.ABORTED:
            serving = f"{rollout.stable} serves all traffic" if rollout.stable else "nothing is installed"
            serving = "base is as before" if rollout.is_base else serving
            return f"Aborted {took}, {serving}. Reason: {rollout.reason}"
        case Phase.FAILED:
            return f"Failed {took}: {rollout.reason}. Look with: genai-stack status {hints}"
    return f"{rollout.phase}. Go on with: genai-stack resume {hints}"
