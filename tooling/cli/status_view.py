"""How a status is drawn for people: lines that fit a terminal of 80 columns, and one line where there is none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from textwrap import wrap
from typing import Any, NamedTuple

Data = Mapping[str, Any]

_COLUMNS = 79
_MOST_LINES = 3
_BAR = 10
_RESULTS = {"Successful": "good", "Failed": "bad", "Inconclusive": "warn"}
_PHASES = {
    "Succeeded": "good",
    "RolledBack": "good",
    "Paused": "warn",
    "Aborting": "warn",
    "Aborted": "warn",
    "Failed": "bad",
}
_LATEST = 4
"""Verdicts, approvals and the like that are shown; older ones are in the history."""


class Line(NamedTuple):
    """One line and how it looks: good, warn, bad, title, or nothing."""

    text: str
    style: str = ""


def draw(state: Data, width: int = 0) -> list[Line]:
    """Return the whole picture, made for 80 columns; with `width` what is longer is cut, else nothing is."""
    return [Line(cut(line.text, width) if width else line.text, line.style) for line in _draw(state)]


def tell_line(state: Data) -> str:
    """Return what there is to know in one line, for logs."""
    rollout = state["rollout"]
    parts = [_clock(state["at"])]
    if "silent" in state:
        return f"{parts[0]} no answer for {show_seconds(state['silent']['seconds'])}: {state['silent']['reason']}"
    if rollout is None:
        return f"{parts[0]} {state['instance']} has no rollout"
    step = f" step {rollout['position']} {rollout['step']}" if rollout["step"] else ""
    parts.append(f"{rollout['phase']}{step}")
    parts += [f"{slot} {_share(one)} {_pods(state, slot)}" for slot, one in state["traffic"].items()]
    problems = [text for slot in state["slots"] if (text := _problem(state, slot))]
    verdict = rollout["verdict"]
    parts += problems
    parts += [f"{verdict['verdict']}: {verdict['reason']}"] if verdict else []
    parts += [rollout["reason"]] if rollout["reason"] else []
    return f"{parts[0]} {', '.join(parts[1:])}"


def find_shape(state: Data) -> object:
    """Return what a log has a new line for when it changes: everything but counts, shares and clocks."""
    rollout = state["rollout"]
    if "silent" in state:
        return state["silent"]["reason"]
    pods = [(one["wanted"], one["ready"], one["problem"]) for slot in state["slots"].values() for one in slot]
    if rollout is None:
        return pods
    verdict = rollout["verdict"]["verdict"] if rollout["verdict"] else ""
    names = ("id", "phase", "position", "step", "reason")
    counts = [len(rollout[name]) for name in ("verdicts", "approvals", "interferences")]
    return ([rollout[name] for name in names], dict(state["weights"]), pods, verdict, counts, state["driver"])


def show_seconds(seconds: float) -> str:
    """Write a duration as 8s, 3m05s or 2h05m."""
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole}s"
    if whole < 3600:
        return f"{whole // 60}m{whole % 60:02}s"
    return f"{whole // 3600}h{whole % 3600 // 60:02}m"


def show_numbers(numbers: Data) -> str:
    """Write requests, failed ones and p95 shortly."""
    p95 = "-" if numbers["p95"] is None else f"{numbers['p95']:.2f} s"
    return f"{numbers['errors']} of {numbers['requests']} failed, p95 {p95}"


def _draw(state: Data) -> Iterator[Line]:
    rollout = state["rollout"]
    yield Line(f"{state['instance']} in namespace {state['namespace']}, {_clock(state['at'])} UTC", "title")
    if "silent" in state:
        silent = state["silent"]
        yield Line(f"no answer for {show_seconds(silent['seconds'])}: {silent['reason']}", "bad")
    if rollout is None:
        yield Line("no rollout is recorded")
    else:
        yield from _draw_rollout(state, rollout)
    yield Line("")
    yield from _draw_traffic(state)
    yield from _draw_pods(state)
    if rollout is not None:
        yield from _draw_past(rollout)


def _draw_rollout(state: Data, rollout: Data) -> Iterator[Line]:
    was = f" from {rollout['was']}" if rollout["was"] else ""
    number = f" {rollout['number']}" if rollout["number"] else ""
    yield Line(f"{rollout['kind']}{number} to {rollout['target']}{was}")
    ended = rollout["ended_at"]
    took = show_seconds((ended or state["at"]) - rollout["started_at"])
    begun = f"begun {_clock(rollout['started_at'])} UTC by {rollout['by'] or 'nobody known'}"
    yield Line(f"{begun}, {'took' if ended else 'for'} {took}")
    yield Line("")
    index, _, count = rollout["position"].partition("/")
    done = int(count) if ended else int(index) - 1
    bar = _draw_bar(done, int(count))
    step = f" step {rollout['position']}: {rollout['step']}" if rollout["step"] else ""
    style = _PHASES.get(rollout["phase"], "")
    yield Line(f"{rollout['phase']:<12} {bar}{step}", style)
    if rollout["next"]:
        yield Line(f"{'next':<12} {rollout['next']['what']} in {show_seconds(rollout['next']['seconds'])}")
    if rollout["reason"]:
        yield from _wrap(f"{'reason':<12} ", rollout["reason"], style or "warn")
    if not ended:
        yield Line(f"{'driver':<12} {state['driver'] or 'nobody'}", "" if state["driver"] else "warn")


def _draw_traffic(state: Data) -> Iterator[Line]:
    roles = _find_roles(state)
    yield Line(f"{'traffic':<18}{'asked':>7}{'measured':>10}  requests", "title")
    if not state["traffic"]:
        yield Line("  no route")
    for slot, one in state["traffic"].items():
        measured = "-" if one["measured"] is None else f"{one['measured']:.1f} %"
        numbers = show_numbers(one) if "requests" in one else ""
        name = f"  {slot:<6}{roles.get(slot, '')}"
        yield Line(f"{name:<18}{one['asked']:>5} %{measured:>10}  {numbers}".rstrip())


def _draw_pods(state: Data) -> Iterator[Line]:
    yield Line("")
    gpus = ", ".join(f"{slot} {count}" for slot, count in state["gpus"].items())
    yield Line(f"{'pods':<34}{'ready':>7}  {f'GPUs: {gpus}' if gpus else ''}".rstrip(), "title")
    rows = [(slot, one) for slot, workloads in state["slots"].items() for one in workloads]
    if not rows:
        yield Line("  none")
    for slot, one in rows:
        is_short = one["ready"] < one["wanted"] or one["problem"]
        ready = f"{one['ready']}/{one['wanted']}"
        name = cut(f"  {slot:<6}{one['workload']}", 33)
        yield Line(f"{name:<34}{ready:>7}", "warn" if is_short else "")
        if one["problem"]:
            yield from _wrap(" " * 8, one["problem"], "warn")


def _draw_past(rollout: Data) -> Iterator[Line]:
    verdicts = list(rollout["verdicts"])
    if verdicts or rollout["verdict"]:
        yield Line("")
        yield Line("verdicts", "title")
    for one in verdicts[-_LATEST:]:
        yield from _draw_verdict(f"{one['weight']:>4} %", one, "")
    if rollout["verdict"]:
        yield from _draw_verdict("   now", rollout["verdict"], " so far")
    yield from _draw_audit(rollout)


def _draw_audit(rollout: Data) -> Iterator[Line]:
    rows = [
        *(("approval", _tell_approval(one), "") for one in rollout["approvals"][-_LATEST:]),
        *(("interference", _tell_interference(one), "warn") for one in rollout["interferences"][-_LATEST:]),
        *(("difference", one, "warn") for one in rollout["differences"][:_LATEST]),
    ]
    if rollout["cut_streams"]:
        rows.append(("cut streams", str(rollout["cut_streams"]), "warn"))
    if rows:
        yield Line("")
    for name, text, style in rows:
        yield from _wrap(f"{name:<12} ", text, style)


def _draw_verdict(where: str, one: Data, suffix: str) -> Iterator[Line]:
    yield from _wrap(f"{where}  ", f"{one['verdict']}{suffix}: {one['reason']}", _RESULTS.get(one["verdict"], ""))
    candidate, stable = one["candidate"], one["stable"]
    is_told = show_numbers(candidate) in one["reason"]
    if (candidate["requests"] or stable["requests"]) and not is_told:
        yield from _wrap(" " * 8, f"candidate: {show_numbers(candidate)}; stable: {show_numbers(stable)}")


def _tell_approval(one: Data) -> str:
    why = f": {one['reason']}" if one["reason"] else ""
    return f"{_clock(one['at'])} {one['verb']} by {one['by']}{why}"


def _tell_interference(one: Data) -> str:
    who = f" ({one['by']})" if one["by"] else ""
    return f"{_clock(one['at'])} {one['what']}{who}: {one['answer'] or 'noted'}"


def _wrap(head: str, text: str, style: str = "") -> Iterator[Line]:
    """Write a long text below itself, three lines of it at most."""
    room = _COLUMNS - len(head)
    lines = wrap(text, room) or [""]
    if len(lines) > _MOST_LINES:
        lines = [*lines[: _MOST_LINES - 1], f"{lines[_MOST_LINES - 1][: room - 3].rstrip()}..."]
    for number, line in enumerate(lines):
        yield Line(f"{head if not number else ' ' * len(head)}{line}", style)


def _draw_bar(done: int, count: int) -> str:
    filled = _BAR * done // count if count else 0
    return f"[{'#' * filled}{'.' * (_BAR - filled)}]"


def _find_roles(state: Data) -> Mapping[str, str]:
    rollout = state["rollout"]
    if rollout is None:
        return {state["serving"]: "serves"} if state["serving"] else {}
    if rollout["ended_at"]:
        return {state["serving"]: "serves"}
    return {rollout["candidate"]: "candidate", rollout["stable"]: "stable"}


def _share(one: Data) -> str:
    measured = "" if one["measured"] is None else f" ({one['measured']:.1f} %)"
    return f"{one['asked']} %{measured}"


def _pods(state: Data, slot: str) -> str:
    workloads = state["slots"].get(slot, ())
    return f"{sum(one['ready'] for one in workloads)}/{sum(one['wanted'] for one in workloads)} pods"


def _problem(state: Data, slot: str) -> str:
    found = [f"{one['workload']}: {one['problem']}" for one in state["slots"][slot] if one["problem"]]
    return f"{slot} {', '.join(found)}" if found else ""


def _clock(at: float) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%H:%M:%S}"


def cut(text: str, width: int) -> str:
    """Return a text as one line of at most that many characters."""
    line = " ".join(text.split("\n"))
    return line if len(line) <= width else f"{line[: width - 3]}..."
