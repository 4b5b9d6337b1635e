"""All findings on the values of an environment."""

from __future__ import annotations

from tooling.app.values import LoadedValues
from tooling.core.finding import Finding, Severity
from tooling.core.rules import find_rule_findings
from tooling.ports.schemas import Schemas


def validate(schemas: Schemas, loaded: LoadedValues) -> tuple[Finding, ...]:
    """Return what the schema and the rules between keys find, errors first.

    Where the schema has found something, a rule would only say it again: it is left out.
    """
    shape = schemas.check(loaded.layered)
    rules = find_rule_findings(loaded.layered, chart_layers=loaded.chart_layers)
    news = [rule for rule in rules if not any(_overlap(rule.path, one.path) for one in shape)]
    return tuple(sorted((*shape, *news), key=lambda one: (one.severity is not Severity.ERROR, one.file, one.line)))


def has_errors(findings: tuple[Finding, ...]) -> bool:
    """Whether any finding stops a release."""
    return any(finding.severity is Severity.ERROR for finding in findings)


def _overlap(one: str, other: str) -> bool:
    """Whether two paths are the same, or one lies in the other."""
    short, long = sorted((one, other), key=len)
    return long == short or long.startswith((f"{short}.", f"{short}["))
