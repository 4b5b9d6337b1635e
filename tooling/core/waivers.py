"""Waivers of lint findings, as the values say under `lint.waivers`: which rule, on which objects, and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from tooling.core.finding import Finding, Severity
from tooling.core.schema.nearest import suggest_word
from tooling.core.values import Layered, pick, place_finding, table

UNKNOWN_RULE, UNUSED = "waiver-unknown-rule", "waiver-unused"
_PLACE = ("lint", "waivers")
_SEPARATOR = ": "


@dataclass(frozen=True, slots=True)
class Waiver:
    """Findings of a rule do not count on objects (`Deployment/genai-*`) that fit any pattern."""

    rule: str
    reason: str
    objects: tuple[str, ...] = ("*",)

    def covers(self, finding: Finding) -> bool:
        """Whether a finding is one of these."""
        name = finding.path.partition(_SEPARATOR)[0]
        return finding.rule == self.rule and any(fnmatchcase(name, pattern) for pattern in self.objects)


@dataclass(frozen=True, slots=True)
class Waived:
    """A finding that does not count, and why."""

    finding: Finding
    reason: str


def read_waivers(values: Mapping[str, Any]) -> tuple[Waiver, ...]:
    """Return the waivers of values; what the schema refuses is passed over."""
    waivers = []
    for rule, told in table(values, *_PLACE).items():
        reason = pick(told, "reason") if isinstance(told, Mapping) else None
        if isinstance(reason, str) and reason.strip():
            objects = pick(told, "objects")
            patterns = tuple(map(str, objects)) if isinstance(objects, list) and objects else ("*",)
            waivers.append(Waiver(str(rule), reason, patterns))
    return tuple(waivers)


def apply_waivers(
    findings: Iterable[Finding], waivers: Sequence[Waiver]
) -> tuple[tuple[Finding, ...], tuple[Waived, ...]]:
    """Part findings into those that count and those that are waived, each in their order."""
    counted: list[Finding] = []
    waived: list[Waived] = []
    for finding in findings:
        waiver = next((one for one in waivers if one.covers(finding)), None)
        if waiver is None:
            counted.append(finding)
        else:
            waived.append(Waived(finding, waiver.reason))
    return tuple(counted), tuple(waived)


def find_waiver_findings(
    layered: Layered, waivers: Sequence[Waiver], waived: Sequence[Waived], rules: Iterable[str]
) -> tuple[Finding, ...]:
    """Return a finding for each waiver of a rule that does not exist, and for each that waives nothing."""
    known = sorted(rules)
    used = {one.finding.rule for one in waived}
    found = []
    for waiver in waivers:
        path = (*_PLACE, waiver.rule)
        if waiver.rule not in known:
            message = "waives a rule that does not exist."
            hint = suggest_word(waiver.rule, known, is_listed=False) or "genai-stack lint --rules lists all."
            found.append(place_finding(layered.origins, path, message, rule=UNKNOWN_RULE, hint=hint))
        elif waiver.rule not in used:
            message, hint = "waives nothing: no object breaks this rule any more.", "Take the waiver out."
            place = place_finding(
                layered.origins, path, message, rule=UNUSED, hint=hint, severity=Severity.WARNING
            )
            found.append(place)
    return tuple(found)
