"""How findings and counts are written for people, in every command that shows them."""

from __future__ import annotations

import click

from tooling.core.finding import Finding, Severity

_COLOURS = {Severity.ERROR: "red", Severity.WARNING: "yellow"}


def write_finding(finding: Finding) -> str:
    """Write the place and what is wrong, and below it what to do and where the key is described."""
    place = plain(":".join(str(part) for part in (finding.file, finding.line, finding.column) if part))
    key = f"{click.style(plain(finding.path), bold=True)}: " if finding.path else ""
    told = f"{key}{plain(finding.message)} [{finding.rule}]"
    first = f"{place}{place and ': '}{colour(finding.severity)}: {told}"
    doc = f"({finding.doc})" if finding.doc else ""
    below = " ".join(part for part in (finding.hint, doc) if part)
    return f"{first}\n    {plain(below)}" if below else first


def colour(severity: Severity) -> str:
    """Write a severity as it is shown in a terminal; click takes the colour out elsewhere."""
    return click.style(str(severity), fg=_COLOURS[severity], bold=True)


def count(number: int, noun: str) -> str:
    """Write a number of things: `no errors`, `1 error`, `2 errors`."""
    return f"{number or 'no'} {noun}{'' if number == 1 else 's'}"


def plain(text: str) -> str:
    """Write out, in one line, what a terminal would act upon: names in a file are anybody's."""
    return "".join(one if one.isprintable() else f"\\x{ord(one):02x}" for one in text)
