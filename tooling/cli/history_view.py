"""How past rollouts are drawn for people: a list, and one of them whole."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from tooling.cli.status_view import cut, show_numbers, show_seconds

Data = Mapping[str, Any]

_REASON = 60
"""Characters of a reason in the list; one rollout by itself has all of it."""


def make_rows(rollouts: list[Data]) -> tuple[Data, ...]:
    """Return one row of a table for each rollout."""
    return tuple(
        {
            "no": one["number"] or "",
            "ended": show_time(one["ended_at"]),
            "rollout": one["rollout"],
            "kind": one["kind"],
            "target": one["target"],
            "phase": one["phase"],
            "by": one["by"],
            "reason": cut(one["reason"], _REASON),
        }
        for one in rollouts
    )


def tell(one: Data) -> Iterator[str]:
    """Return the lines of one rollout with everything that is kept of it."""
    number = f" (number {one['number']})" if one["number"] else ""
    yield f"rollout {one['rollout']}{number}: {one['kind']}, {one['phase']}"
    took = show_seconds(one["ended_at"] - one["started_at"])
    yield f"  by       {one['by'] or 'nobody known'}"
    yield f"  when     {show_time(one['started_at'])} to {show_time(one['ended_at'])}, {took}"
    yield f"  slots    {one['stable'] or 'none'} served, {one['candidate'] or 'base alone'} was the candidate"
    if one["reason"]:
        yield f"  reason   {one['reason']}"
    yield from _tell_versions(one)
    yield from _tell_steps(one)
    yield from _tell_verdicts(one)
    for approval in one["approvals"]:
        why = f": {approval['reason']}" if approval["reason"] else ""
        yield f"approval   {show_time(approval['at'])} {approval['verb']} by {approval['by']}{why}"
    for other in one["interferences"]:
        who = f" ({other['by']})" if other["by"] else ""
        yield f"interfered {show_time(other['at'])} {other['what']}{who}: {other['answer'] or 'noted'}"
    if one["cut_streams"] is not None:
        yield f"streams    {one['cut_streams']} were cut"
    if one["compared"]:
        yield f"compared   {one['compared']} objects, {len(one['differences'])} differ from their manifests"
    for difference in one["differences"]:
        yield f"  {difference}"


def show_time(at: float) -> str:
    """Write a time (seconds since the epoch) in UTC; nothing for 0."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds") if at else ""


def _tell_versions(one: Data) -> Iterator[str]:
    was, now = one["was"], one["version"]
    if was:
        yield f"  from     {was['label']}{_tell_digest(was)}"
    yield f"  to       {now['label']}{_tell_digest(now)}"
    old, new = set(was["images"] if was else ()), set(now["images"])
    if was and old and new:
        yield from (f"  - image  {image}" for image in sorted(old - new))
        yield from (f"  + image  {image}" for image in sorted(new - old))
    else:
        yield from (f"  image    {image}" for image in sorted(new))


def _tell_digest(version: Data) -> str:
    return f", values {version['values'][:12]}" if version["values"] else ""


def _tell_steps(one: Data) -> Iterator[str]:
    if one["trail"]:
        yield "steps"
    for step in one["trail"]:
        took = show_seconds(step["ended_at"] - step["started_at"])
        end = f"{'done' if step['done'] else 'FAILED'}{_colon(step['reason'])}"
        yield f"  {show_time(step['started_at'])[11:19]} {took:>7}  {step['step']}: {end}"


def _tell_verdicts(one: Data) -> Iterator[str]:
    if one["verdicts"]:
        yield "verdicts"
    for verdict in one["verdicts"]:
        when, numbers = show_time(verdict["ended_at"])[11:19], (verdict["candidate"], verdict["stable"])
        yield f"  {when} at {verdict['weight']} %: {verdict['verdict']}{_colon(verdict['reason'])}"
        if show_numbers(numbers[0]) not in verdict["reason"]:
            yield f"           candidate: {show_numbers(numbers[0])}; stable: {show_numbers(numbers[1])}"


def _colon(text: str) -> str:
    return f", {text}" if text else ""
