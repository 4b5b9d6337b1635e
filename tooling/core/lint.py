"""The rules of lint that are no policies, and what was found on a set of manifests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from tooling.core.finding import Finding, Severity
from tooling.core.located import Located
from tooling.core.mismatch import Mismatch, explain
from tooling.core.policies.totals import Totals
from tooling.core.values import KeyPath, format_path
from tooling.core.waivers import Waived

UNREADABLE = "manifest-unreadable"
MOST_PER_OBJECT = 50
"""Findings that are told of the fields of one object; of the others only their number."""

LONGEST_NAME = 253
"""Characters of the longest name that Kubernetes allows anything to have."""

_SCHEMA_REASON = "The API server refuses the object, or drops the field without a word."


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule of lint: `reason` says what happens otherwise, `fix` what to do about a finding."""

    id: str
    severity: Severity
    reason: str
    fix: str


RULES: tuple[Rule, ...] = (
    Rule(
        UNREADABLE,
        Severity.ERROR,
        "What cannot be read as YAML or JSON is not applied.",
        "Mend the line that is named.",
    ),
    Rule(
        "manifest-incomplete",
        Severity.ERROR,
        "An object without apiVersion, kind and name cannot be applied.",
        "Add what is missing.",
    ),
    Rule("field-unknown", Severity.ERROR, _SCHEMA_REASON, "Mend the name, or move the field to where it belongs."),
    Rule("field-missing", Severity.ERROR, "The API server refuses the object.", "Add the field."),
    Rule(
        "field-wrong", Severity.ERROR, "The API server refuses the object.", "Write a value of the type it names."
    ),
    Rule("kind-unknown", Severity.ERROR, "The API server knows no such kind.", "Mend apiVersion or kind."),
    Rule(
        "kind-without-schema",
        Severity.WARNING,
        "Mistakes in objects of this kind show only in the cluster.",
        "Name a folder with its CustomResourceDefinition with --crd-dir.",
    ),
    Rule(
        "api-removed",
        Severity.ERROR,
        "The Kubernetes that is aimed at has this API no more.",
        "Write the apiVersion that is named.",
    ),
    Rule(
        "api-too-new",
        Severity.ERROR,
        "The Kubernetes that is aimed at has this API not yet.",
        "Write the apiVersion that is named, or aim at newer versions.",
    ),
    Rule(
        "api-deprecated",
        Severity.WARNING,
        "A later Kubernetes will have this API no more.",
        "Write the apiVersion that is named.",
    ),
    Rule(
        "waiver-unknown-rule",
        Severity.ERROR,
        "A waiver of a rule that does not exist waives nothing.",
        "Mend the rule's name: `genai-stack lint --rules` lists all.",
    ),
    Rule(
        "waiver-unused",
        Severity.WARNING,
        "A waiver that is not needed any more would hide the next finding.",
        "Take it out of the values.",
    ),
)
SEVERITIES: Mapping[str, Severity] = {rule.id: rule.severity for rule in RULES}


@dataclass(frozen=True, slots=True)
class Report:
    """What lint found: findings that count and those that are waived, on how many objects, for which versions.

    `totals` is what all pods ask for together; prices are in `currency`, which may be empty.
    """

    findings: tuple[Finding, ...]
    waived: tuple[Waived, ...]
    objects: int
    versions: tuple[str, ...]
    totals: Totals
    currency: str = ""


def make_finding(rule: str, found: Located, field: str, message: str, hint: str = "") -> Finding:
    """Return a finding of one of RULES on a field of an object, "" for the object itself."""
    return Finding(rule, SEVERITIES[rule], message, place(found.name, field), found.file, found.line, hint)


def place(name: str, field: str) -> str:
    """Write an object and a field in it: `Deployment/genai-gateway: spec.replicas`."""
    return f"{name}: {field}" if field else name


def is_name(value: object) -> bool:
    """Whether something can be an apiVersion or a kind."""
    return isinstance(value, str) and 0 < len(value) <= LONGEST_NAME


def find_gaps(found: Located) -> Iterator[Finding]:
    """Yield what an object lacks to be applied at all."""
    rule = "manifest-incomplete"
    for key in ("apiVersion", "kind"):
        value = found.manifest.get(key)
        if not value:
            hint = f"Add `{key}:`; a values file is no manifest."
            yield make_finding(rule, found, key, "is missing.", hint)
        elif not is_name(value):
            yield make_finding(rule, found, key, f"must be text of at most {LONGEST_NAME} characters.")
    metadata = found.manifest.get("metadata")
    own = metadata if isinstance(metadata, Mapping) else {}
    if not (own.get("name") or own.get("generateName")):
        yield make_finding(rule, found, "metadata.name", "is missing.", "Write `metadata: {name: NAME}`.")


def find_mismatches(
    found: Located, told: Mapping[str, Sequence[Mismatch]], targets: Sequence[str]
) -> Iterator[Finding]:
    """Yield a finding for each mismatch, by the version that told it; one that only some tell names them."""
    mismatches: dict[tuple[KeyPath, str], Mismatch] = {}
    by: dict[tuple[KeyPath, str], list[str]] = {}
    for version, each in told.items():
        for mismatch in each:
            key = (mismatch.path, mismatch.keyword)
            mismatches.setdefault(key, mismatch)
            by.setdefault(key, []).append(version)
    is_secret = found.manifest.get("kind") == "Secret"
    for key, mismatch in list(mismatches.items())[:MOST_PER_OBJECT]:
        rule, message, hint = explain(mismatch, is_secret=is_secret)
        versions = [one for one in by[key] if one]
        scope = f" In Kubernetes {', '.join(versions)}." if versions and len(versions) < len(targets) else ""
        yield make_finding(rule, found, format_path(mismatch.path), f"{message}{scope}", hint)
    more = len(mismatches) - MOST_PER_OBJECT
    if more > 0:
        yield make_finding("field-wrong", found, "", f"has {more} more fields that do not fit.")
