"""Rules on times: cron lines, time zones, and spans that have to fit into each other."""

from __future__ import annotations

from collections.abc import Iterator

from tooling.core.durations import parse_duration
from tooling.core.finding import Finding, Severity
from tooling.core.rules.cron import find_cron_fault
from tooling.core.rules.workloads import is_on
from tooling.core.values import KeyPath, Layered, Values, pick, place_finding, table

_ZONES: tuple[KeyPath, ...] = (("evals", "timeZone"), ("vectordb", "backup", "timeZone"))


def find_time_findings(layered: Layered, *, unknown_zones: frozenset[str] = frozenset()) -> tuple[Finding, ...]:
    """Check effective values; a part whose shape the schema refuses is passed over without an error.

    `unknown_zones` are those of `find_zones` that do not exist.
    """
    return (
        *_check_crons(layered),
        *_check_zones(layered, unknown_zones),
        *_check_monitors(layered),
        *_check_runs(layered),
    )


def _check_crons(layered: Layered) -> Iterator[Finding]:
    suites = table(layered.values, "evals", "suites")
    paths: list[KeyPath] = [("evals", "schedule"), *(("evals", "suites", name, "schedule") for name in suites)]
    if pick(layered.values, "vectordb", "backup", "enabled") is True:
        paths.append(("vectordb", "backup", "schedule"))
    for path in paths:
        line = pick(layered.values, *path)
        fault = (
            find_cron_fault(line) if isinstance(line, str) and line and is_on(layered.values, str(path[0])) else ""
        )
        if fault:
            message = f"is `{line}`, which is no cron line: {fault}."
            hint = 'Write, for example, "17 3 * * *" for every day at 3:17.'
            yield place_finding(layered.origins, path, message, rule="cron", hint=hint)


def find_zones(values: Values) -> frozenset[str]:
    """Return every time zone that the values name."""
    named = [pick(values, *path) for path in _ZONES]
    return frozenset(zone for zone in named if isinstance(zone, str) and zone)


def _check_zones(layered: Layered, unknown: frozenset[str]) -> Iterator[Finding]:
    for path in _ZONES:
        zone = pick(layered.values, *path)
        if isinstance(zone, str) and zone in unknown:
            message = f"is `{zone}`, which is no time zone."
            hint = "Write, for example, Etc/UTC or Europe/Berlin."
            yield place_finding(layered.origins, path, message, rule="time-zone", hint=hint)


def _check_monitors(layered: Layered) -> Iterator[Finding]:
    monitors = table(layered.values, "observability", "monitors")
    interval, timeout = _read_span(monitors.get("interval")), _read_span(monitors.get("scrapeTimeout"))
    if monitors.get("enabled") is True and interval is not None and timeout is not None and timeout > interval:
        message = f"is {monitors['scrapeTimeout']}, longer than interval, which is {monitors['interval']}."
        hint = f"Write observability: {{monitors: {{interval: {monitors['scrapeTimeout']}}}}}, or less here."
        path: KeyPath = ("observability", "monitors", "scrapeTimeout")
        yield place_finding(layered.origins, path, message, rule="scrape-timeout", hint=hint)


def _check_runs(layered: Layered) -> Iterator[Finding]:
    """An alert on a run that still runs has to wait longer than a run may take."""
    alerts, evals = table(layered.values, "observability", "alerts"), table(layered.values, "evals")
    limit, wait = evals.get("activeDeadlineSeconds"), _read_span(table(alerts, "for").get("evalsFailing"))
    is_used = alerts.get("enabled") is True and is_on(layered.values, "evals")
    is_silenced = pick(alerts, "silenced", "GenaiEvalsFailing") is True
    if is_used and not is_silenced and isinstance(limit, int) and wait is not None and wait < limit:
        message = f"is {wait:.0f} s, and a run may take {limit} s: the alert would fire while one still runs."
        path: KeyPath = ("observability", "alerts", "for", "evalsFailing")
        hint = f"Write observability: {{alerts: {{for: {{evalsFailing: {limit}s}}}}}}."
        yield place_finding(
            layered.origins, path, message, rule="alert-span", severity=Severity.WARNING, hint=hint
        )


def _read_span(text: object) -> float | None:
    """Read `1d12h` as seconds, as Prometheus does; None for anything else."""
    try:
        return parse_duration(text, has_days=True) if isinstance(text, str) else None
    except ValueError:
        return None
