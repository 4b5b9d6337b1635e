"""What is told of a plan and of how a rollout ended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

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


def report_plan(reporter: Reporter, rollout: Rollout) -> None:
    """Show the ordered steps before anything is written."""
    where = (
        f"{rollout.stable} serves, the target goes into {rollout.candidate}" if rollout.stable else "first install"
    )
    reporter.say(f"plan for {rollout.instance}: {rollout.target.label} ({where})", rollout=rollout.id)
    rows = tuple({"step": number, "does": str(step)} for number, step in enumerate(rollout.steps, 1))
    reporter.table("plan", rows)


def report_result(reporter: Reporter, rollout: Rollout, load: LoadReport, *, hints: str) -> Result:
    """Show the table of judged steps, what the load saw, and the last word."""
    if rollout.records:
        reporter.table("judged steps", tuple(_row(rollout, number) for number in range(len(rollout.records))))
    if load.requests:
        reporter.table("load of this release", tuple(_load_rows(load)))
        for example in load.examples:
            reporter.say(f"load: {example}")
    facts = find_facts(rollout, load)
    if "verdict_to_last_request_seconds" in facts:
        late = facts["verdict_to_last_request_seconds"]
        when = f"{late:.2f} s after" if late >= 0 else "before"
        reporter.say(f"the last request at {rollout.candidate} began {when} the verdict")
    reporter.say(_last_word(rollout, hints), phase=rollout.phase.value, **facts)
    return Result(rollout, EXIT_CODES.get(rollout.phase, 4), facts)


def find_facts(rollout: Rollout, load: LoadReport) -> Mapping[str, Any]:
    """Figures of the rollout: seconds it took, requests and errors of its load, seconds from verdict to quiet."""
    facts: dict[str, Any] = {
        "rollout": rollout.id,
        "seconds": round(rollout.ended_at - rollout.started_at, 1),
        "load_requests": load.requests,
        "load_errors": load.errors,
    }
    candidate = load.slots.get(rollout.candidate)
    if rollout.verdict_at and candidate and candidate.last_started_at:
        facts["verdict_to_last_request_seconds"] = round(candidate.last_started_at - rollout.verdict_at, 3)
    return facts


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
            return f"Succeeded {took}: {rollout.candidate} serves {rollout.target.label}"
        case Phase.ROLLED_BACK:
            return f"RolledBack {took}: {rollout.candidate} serves {rollout.target.label} again"
        case Phase.ABORTED:
            serving = f"{rollout.stable} serves all traffic" if rollout.stable else "nothing is installed"
            return f"Aborted {took}, {serving}. Reason: {rollout.reason}"
        case Phase.FAILED:
            return f"Failed {took}: {rollout.reason}. Look with: genai-stack status {hints}"
    return f"{rollout.phase}. Go on with: genai-stack resume {hints}"
