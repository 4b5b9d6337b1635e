"""Findings for programs: JSON, SARIF 2.1.0, and annotations of GitHub Actions."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest

from tooling.cli.findings import write_findings
from tooling.core.finding import Finding, Severity
from tooling.core.lint import RULES

FIELD = Finding(
    "field-unknown",
    Severity.ERROR,
    "is not a field, and 100 % wrong:\nreally.",
    "Deployment/genai: spec.replica",
    "charts/my chart/deployment.yaml",
    12,
    "Did you mean `replicas`?",
    3,
)
WARNING = Finding("api-deprecated", Severity.WARNING, "is deprecated.", "Endpoints/a: apiVersion", "/tmp/a.yaml")
FLAG = Finding("schema", Severity.ERROR, "must be a number.", "gateway.replicas", "--set gateway.replicas")

SARIF: dict[str, Any] = {
    "type": "object",
    "required": ["version", "runs"],
    "properties": {
        "version": {"const": "2.1.0"},
        "runs": {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/run"}},
    },
    "$defs": {
        "text": {
            "type": "object",
            "required": ["text"],
            "properties": {"text": {"type": "string", "minLength": 1}},
        },
        "level": {"enum": ["none", "note", "warning", "error"]},
        "rule": {
            "type": "object",
            "required": ["id"],
            "properties": {
                "shortDescription": {"$ref": "#/$defs/text"},
                "help": {"$ref": "#/$defs/text"},
                "defaultConfiguration": {"properties": {"level": {"$ref": "#/$defs/level"}}},
            },
        },
        "run": {
            "type": "object",
            "required": ["tool", "results"],
            "properties": {
                "columnKind": {"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
                "tool": {
                    "required": ["driver"],
                    "properties": {
                        "driver": {
                            "required": ["name"],
                            "properties": {
                                "rules": {"type": "array", "uniqueItems": True, "items": {"$ref": "#/$defs/rule"}}
                            },
                        }
                    },
                },
                "results": {"type": "array", "items": {"$ref": "#/$defs/result"}},
            },
        },
        "result": {
            "type": "object",
            "required": ["message"],
            "properties": {
                "ruleId": {"type": "string"},
                "ruleIndex": {"type": "integer", "minimum": 0},
                "level": {"$ref": "#/$defs/level"},
                "message": {"$ref": "#/$defs/text"},
                "partialFingerprints": {"type": "object", "additionalProperties": {"type": "string"}},
                "suppressions": {"items": {"required": ["kind"], "properties": {"kind": {"const": "external"}}}},
                "locations": {"items": {"$ref": "#/$defs/location"}},
            },
        },
        "location": {
            "properties": {
                "physicalLocation": {
                    "required": ["artifactLocation"],
                    "properties": {
                        "artifactLocation": {"required": ["uri"], "properties": {"uri": {"pattern": "^[^ ]+$"}}},
                        "region": {
                            "required": ["startLine"],
                            "properties": {"startLine": {"minimum": 1}, "startColumn": {"minimum": 1}},
                        },
                    },
                }
            },
        },
    },
}
"""What readers of SARIF 2.1.0 need of it, written from the standard's text."""


def read_sarif(*findings: Finding, **more: Any) -> dict[str, Any]:
    """The one run of a document that keeps to the standard."""
    document = json.loads(write_findings(findings, "sarif", **more))
    jsonschema.Draft202012Validator(SARIF).validate(document)
    (run,) = document["runs"]
    return dict(run)


def test_sarif_names_rules_levels_and_places() -> None:
    run = read_sarif(FIELD, WARNING, FLAG, rules=RULES)
    rules = run["tool"]["driver"]["rules"]
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
    unknown = next(rule for rule in rules if rule["id"] == "field-unknown")
    assert unknown["help"]["text"].endswith("belongs.")
    assert [result["level"] for result in run["results"]] == ["error", "warning", "error"]
    first, second, flag = (result["locations"][0] for result in run["results"])
    assert first["physicalLocation"] == {
        "artifactLocation": {"uri": "charts/my%20chart/deployment.yaml"},
        "region": {"startLine": 12, "startColumn": 3},
    }
    assert first["logicalLocations"] == [{"fullyQualifiedName": "Deployment/genai: spec.replica"}]
    assert second["physicalLocation"] == {"artifactLocation": {"uri": "file:///tmp/a.yaml"}}
    assert "physicalLocation" not in flag, "a flag is no file"


def test_sarif_shows_waived_findings_as_suppressed() -> None:
    run = read_sarif(WARNING, waived=[(FIELD, "We know.")])
    counted, waived = run["results"]
    assert "suppressions" not in counted
    assert waived["suppressions"] == [{"kind": "external", "justification": "We know."}]


def test_fingerprints_stay_when_lines_move_and_differ_between_findings() -> None:
    moved = Finding(FIELD.rule, FIELD.severity, FIELD.message, FIELD.path, FIELD.file, 99)
    prints = [
        [result["partialFingerprints"]["genaiStackFinding/v1"] for result in read_sarif(*some)["results"]]
        for some in ((FIELD, WARNING), (moved, WARNING), (FIELD, FIELD))
    ]
    assert prints[0] == prints[1]
    assert len({*prints[0], *prints[2]}) == 3


def test_annotations_are_one_line_each_with_nothing_that_the_runner_would_take_for_its_own() -> None:
    text = write_findings([FIELD, WARNING, FLAG], "github")
    first, second, flag = text.splitlines()
    assert first == (
        "::error file=charts/my chart/deployment.yaml,line=12,col=3,title=field-unknown::"
        "Deployment/genai: spec.replica: is not a field, and 100 %25 wrong:%0Areally. Did you mean `replicas`?"
    )
    assert second.startswith("::warning file=/tmp/a.yaml,title=api-deprecated::")
    assert flag == "::error title=schema::gateway.replicas: must be a number."


def test_annotations_escape_what_separates_properties() -> None:
    odd = Finding("x", Severity.ERROR, "bad.", file="a,b:c%d\n::error.yaml")
    assert write_findings([odd], "github").startswith(
        "::error file=a%2Cb%3Ac%25d%0A%3A%3Aerror.yaml,title=x::bad."
    )


@pytest.mark.parametrize("style", ["json", "sarif", "github"])
def test_what_is_no_unicode_can_be_written(style: str) -> None:
    odd = Finding("x", Severity.ERROR, "bad \ud800.", "a\udc80", "a\udcff.yaml")
    assert write_findings([odd], style).encode()


def test_a_file_that_begins_with_a_dash_is_a_file_and_flags_and_standard_input_are_none() -> None:
    names = ["-odd.yaml", "-", "--set gateway.replicas"]
    first, *others = (write_findings([Finding("x", Severity.ERROR, "bad.", file=one)], "github") for one in names)
    assert first == "::error file=-odd.yaml,title=x::bad."
    assert set(others) == {"::error title=x::bad."}


@pytest.mark.parametrize("style", ["json", "sarif", "github"])
def test_no_findings_are_a_document_too(style: str) -> None:
    text = write_findings([], style)
    assert text == "" if style == "github" else json.loads(text)


def test_json_has_all_fields_and_what_is_added() -> None:
    document = json.loads(write_findings([FIELD], "json", waived=[(WARNING, "why")], extra={"objects": 2}))
    assert document["findings"][0]["severity"] == "error"
    assert document["findings"][0]["line"] == 12
    assert (document["waived"][0]["reason"], document["objects"]) == ("why", 2)
