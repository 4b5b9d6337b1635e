"""The report of lint for people: findings below their objects, what was waived, and the totals."""

from __future__ import annotations

from decimal import Decimal

import click

from tooling.cli.wording import colour, count, plain
from tooling.core.finding import Finding, Severity
from tooling.core.lint import Report
from tooling.core.policies.requests import MEMORY
from tooling.core.policies.totals import STORAGE, Amount, Totals
from tooling.core.quantity import format_bytes

_IN_BYTES = frozenset({MEMORY, STORAGE})


def show_report(report: Report, subject: str) -> None:
    """Print findings below the object that they are of, then what was looked at and what it all asks for."""
    groups: dict[tuple[str, str], list[Finding]] = {}
    for finding in report.findings:
        name, separator, _ = finding.path.partition(": ")
        groups.setdefault((finding.file, name if separator or "/" in name else ""), []).append(finding)
    for (file, name), findings in groups.items():
        head = (click.style(plain(name), bold=True) if name else "", plain(file))
        click.echo("  ".join(part for part in head if part))
        for finding in findings:
            click.echo(f"  {_write(finding, name)}")
    for one in report.waived:
        told = f"{one.finding.path}: {one.finding.message} [{one.finding.rule}]"
        click.echo(click.style(plain(f"waived: {told} Reason: {one.reason}"), dim=True))
    if report.totals.amounts:
        click.echo(plain(f"{subject} asks for {write_totals(report.totals, report.currency)}"))
    if report.totals.apis:
        metrics = ", ".join(report.totals.apis)
        click.echo(plain(f"{subject} scales by metrics that an adapter has to serve: {metrics}"))
    errors = sum(one.severity is Severity.ERROR for one in report.findings)
    counts = [count(errors, "error"), count(len(report.findings) - errors, "warning")]
    counts += [f"{len(report.waived)} waived"] if report.waived else []
    what = f"{count(report.objects, 'object')} for Kubernetes {', '.join(report.versions)}"
    click.echo(f"{subject}: {what}: {', '.join(counts)}")


def write_totals(totals: Totals, currency: str) -> str:
    """Say in one line what all pods ask for, at the least and at the most, and what that costs an hour."""
    pods = _span(str(totals.least_pods), str(totals.most_pods))
    amounts = [f"{_write_amount(one)} {one.resource}" for one in totals.amounts]
    text = f"{', '.join(amounts)} in {pods} pod{'' if pods == '1' else 's'}"
    if totals.unknown:
        text += f" (counted once, as only the cluster knows their number: {', '.join(totals.unknown)})"
    if totals.least_cost is None or totals.most_cost is None:
        return f"{text}; without lint.prices nobody knows what that costs."
    cost = f"{_span(f'{totals.least_cost:.2f}', f'{totals.most_cost:.2f}')} {currency}".strip()
    without = f", {', '.join(totals.unpriced)} not counted" if totals.unpriced else ""
    return f"{text}: {cost} an hour{without}."


def _write_amount(amount: Amount) -> str:
    def write(number: Decimal) -> str:
        return format_bytes(number) if amount.resource in _IN_BYTES else f"{number.normalize():f}"

    return _span(write(amount.least), write(amount.most))


def _span(least: str, most: str) -> str:
    return least if least == most else f"{least} to {most}"


def _write(finding: Finding, name: str) -> str:
    place = ":".join(str(part) for part in (finding.line, finding.column) if part)
    path = finding.path.removeprefix(name).removeprefix(": ")
    text = f"{path}: {finding.told}" if path else finding.told
    return f"{f'{place} ' if place else ''}{colour(finding.severity)} {plain(text)} [{finding.rule}]"
