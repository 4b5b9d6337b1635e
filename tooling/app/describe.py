"""A rollout as plain data for people and programs: what status, history and reports have in common."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tooling.core.analysis import Verdict
from tooling.core.notice import describe_numbers
from tooling.core.rollout import Rollout
from tooling.core.trail import StepRecord, TargetVersion

Data = Mapping[str, Any]


def describe(rollout: Rollout) -> Data:
    """Return everything that the audit of one rollout holds; times are seconds since the epoch."""
    return {
        **summarize(rollout),
        "was": describe_version(rollout.was),
        "version": describe_version(rollout.target),
        "trail": [
            {
                "step": one.step,
                "started_at": one.started_at,
                "ended_at": one.ended_at,
                "done": one.is_done,
                "reason": one.reason,
            }
            for one in rollout.trail
        ],
        "verdicts": [describe_record(one) for one in rollout.records],
        "approvals": describe_approvals(rollout),
        "interferences": describe_interferences(rollout),
        "cut_streams": rollout.cut_streams,
        "compared": rollout.compared,
        "differences": list(rollout.differences),
    }


def summarize(rollout: Rollout) -> Data:
    """Return who, when, what and how it ended."""
    return {
        "rollout": rollout.id,
        "number": rollout.number,
        "kind": name_kind(rollout),
        "phase": rollout.phase.value,
        "target": rollout.target.label,
        "by": rollout.by,
        "started_at": rollout.started_at,
        "ended_at": rollout.ended_at,
        "stable": rollout.stable,
        "candidate": rollout.candidate,
        "reason": rollout.reason,
    }


def name_kind(rollout: Rollout) -> str:
    """Name what a rollout does: base, rollback, install, canary or blueGreen."""
    if rollout.is_base:
        return "base"
    if rollout.is_rollback:
        return "rollback"
    if not rollout.stable:
        return "install"
    return rollout.kind


def describe_version(version: TargetVersion | None) -> Data | None:
    """Return chart, digest of the values and images; None where there was no version."""
    if version is None:
        return None
    return {
        "label": version.label,
        "digest": version.digest,
        "chart": version.chart,
        "values": version.values,
        "images": list(version.images),
    }


def describe_verdict(verdict: Verdict) -> Data:
    """Return a verdict with the numbers that it rests on."""
    return {
        "verdict": verdict.result.value,
        "reason": verdict.reason,
        "candidate": describe_numbers(verdict.candidate),
        "stable": describe_numbers(verdict.stable),
    }


def describe_record(record: StepRecord) -> Data:
    """Return a verdict with the step that it was about."""
    return {
        "step": record.step,
        "weight": record.weight,
        "started_at": record.started_at,
        "ended_at": record.ended_at,
        **describe_verdict(record.verdict),
    }


def describe_approvals(rollout: Rollout) -> list[Data]:
    """Return who let it go on, where, when and why."""
    return [
        {"step": one.step, "by": one.by, "reason": one.reason, "at": one.at, "verb": one.verb}
        for one in rollout.approvals
    ]


def describe_interferences(rollout: Rollout) -> list[Data]:
    """Return what somebody else did meanwhile, who that was, and what was done about it."""
    return [{"at": one.at, "what": one.what, "by": one.by, "answer": one.answer} for one in rollout.interferences]
