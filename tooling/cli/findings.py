"""Findings for programs: one JSON document, SARIF 2.1.0, or annotations of GitHub Actions."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any, Protocol
from urllib.parse import quote

from tooling.core.finding import Finding, Severity
from tooling.core.values import Origin

_SARIF_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_FINGERPRINT = "genaiStackFinding/v1"
_NO_TEXT = re.compile("[\ud800-\udfff]")
"""How Python holds the bytes of a file's name that are no text; nothing can be written with them in it."""


class RuleText(Protocol):
    """What a reader is told of a rule."""

    @property
    def id(self) -> str:
        """Kebab-case name."""
        ...

    @property
    def severity(self) -> Severity:
        """How bad its findings are."""
        ...

    @property
    def reason(self) -> str:
        """Why it is there."""
        ...

    @property
    def fix(self) -> str:
        """What to do about a finding."""
        ...


def write_findings(
    findings: Sequence[Finding],
    style: str,
    *,
    rules: Sequence[RuleText] = (),
    waived: Sequence[tuple[Finding, str]] = (),
    extra: Mapping[str, Any] | None = None,
) -> str:
    """Return findings as `json`, `sarif` or `github`, ready to print.

    `rules` describes those that readers may want explained; `waived` are findings with the reason for which
    they do not count; `extra` are further keys of the JSON document. GitHub is shown only what counts.
    """
    if style == "json":
        left_out = [{**to_json(finding), "reason": reason} for finding, reason in waived]
        document = {"findings": [to_json(finding) for finding in findings]}
        return json.dumps({**document, **({"waived": left_out} if waived else {}), **(extra or {})}, indent=2)
    if style == "sarif":
        return json.dumps(_make_sarif(findings, rules, waived), indent=2)
    return "\n".join(_annotate(finding) for finding in findings)


def to_json(finding: Finding) -> dict[str, Any]:
    """Return a finding as plain data, all fields by name."""
    return {**asdict(finding), "severity": str(finding.severity)}


def _annotate(finding: Finding) -> str:
    """One workflow command; what would end it or start another is escaped as the runner expects."""
    place = {"file": _find_file(finding), "line": finding.line, "col": finding.column, "title": finding.rule}
    known = ",".join(f"{name}={_escape(str(value), ':,')}" for name, value in place.items() if value)
    return f"::{finding.severity} {known}::{_escape(_tell(finding))}"


def _tell(finding: Finding) -> str:
    path = f"{finding.path}: " if finding.path else ""
    return f"{path}{finding.told}"


def _escape(text: str, more: str = "") -> str:
    text = _NO_TEXT.sub("\N{REPLACEMENT CHARACTER}", text)
    for sign in f"%\r\n{more}":
        text = text.replace(sign, f"%{ord(sign):02X}")
    return text


def _make_sarif(
    findings: Sequence[Finding], rules: Sequence[RuleText], waived: Sequence[tuple[Finding, str]]
) -> dict[str, Any]:
    known = {rule.id: rule for rule in rules}
    every = (*findings, *(finding for finding, _ in waived))
    ids = sorted({*known, *(finding.rule for finding in every)})
    results = [_make_result(finding, ids) for finding in findings]
    for finding, reason in waived:
        suppression = {"kind": "external", "justification": reason}
        results.append({**_make_result(finding, ids), "suppressions": [suppression]})
    prints = _number_prints(every)
    for result, fingerprint in zip(results, prints, strict=True):
        result["partialFingerprints"] = {_FINGERPRINT: fingerprint}
    from importlib.metadata import version  # noqa: PLC0415 - slow to import, and needed here alone

    driver = {"name": "genai-stack", "version": version("genai-stack")}
    driver_rules = [_make_rule(one, known.get(one)) for one in ids]
    run = {
        "tool": {"driver": {**driver, "rules": driver_rules}},
        "results": results,
        "columnKind": "unicodeCodePoints",
    }
    return {"$schema": _SARIF_SCHEMA, "version": "2.1.0", "runs": [run]}


def _make_rule(rule_id: str, rule: RuleText | None) -> dict[str, Any]:
    if rule is None:
        return {"id": rule_id}
    return {
        "id": rule_id,
        "shortDescription": {"text": rule.reason},
        "help": {"text": f"{rule.reason} {rule.fix}"},
        "defaultConfiguration": {"level": str(rule.severity)},
    }


def _make_result(finding: Finding, ids: Sequence[str]) -> dict[str, Any]:
    result = {
        "ruleId": finding.rule,
        "ruleIndex": ids.index(finding.rule),
        "level": str(finding.severity),
        "message": {"text": _tell(finding)},
    }
    location: dict[str, Any] = {}
    file = _find_file(finding)
    if file:
        place: dict[str, Any] = {"artifactLocation": {"uri": _locate(file)}}
        if finding.line:
            place["region"] = {"startLine": finding.line} | (
                {"startColumn": finding.column} if finding.column else {}
            )
        location["physicalLocation"] = place
    if finding.path:
        location["logicalLocations"] = [{"fullyQualifiedName": finding.path}]
    return {**result, **({"locations": [location]} if location else {})}


def _find_file(finding: Finding) -> str:
    """Return the file of a finding; values that a flag has set, and standard input, are in none."""
    return "" if finding.file == "-" or Origin(finding.file).is_flag else finding.file


def _locate(file: str) -> str:
    """Write a file as a URI: relative to the checkout, or `file:` for one outside of it."""
    path = quote(file.replace("\\", "/"), errors="surrogateescape")
    return f"file://{path}" if path.startswith("/") else path


def _number_prints(findings: Sequence[Finding]) -> Iterator[str]:
    """Name each finding by what it says and of what, not by its line: a line moves when others are added."""
    seen: dict[str, int] = {}
    for finding in findings:
        text = "\0".join((finding.rule, finding.file, finding.path, finding.message))
        digest = hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:32]
        seen[digest] = seen.get(digest, 0) + 1
        yield f"{digest}:{seen[digest]}"
