"""Waivers of lint findings."""

from __future__ import annotations

from typing import Any

import pytest

from tooling.core.finding import Finding, Severity
from tooling.core.values import Layered, Origin
from tooling.core.waivers import Waiver, apply_waivers, find_waiver_findings, read_waivers

GATEWAY = Finding("some-rule", Severity.ERROR, "is wrong.", "Deployment/genai-gateway: spec.replicas")
DATABASE = Finding("some-rule", Severity.ERROR, "is wrong.", "StatefulSet/genai-vectordb")
OTHER = Finding("other-rule", Severity.ERROR, "is wrong.", "Deployment/genai-gateway")


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({"reason": "because"}, [Waiver("some-rule", "because")]),
        ({"reason": "because", "objects": ["A/*", "B/b"]}, [Waiver("some-rule", "because", ("A/*", "B/b"))]),
        ({"reason": "because", "objects": []}, [Waiver("some-rule", "because")]),
        ({"reason": "  "}, []),
        ({}, []),
        (None, []),
    ],
)
def test_waivers_are_read_from_the_values(told: Any, expected: list[Waiver]) -> None:
    assert list(read_waivers({"lint": {"waivers": {"some-rule": told}}})) == expected


def test_a_waiver_covers_its_rule_on_its_objects() -> None:
    waivers = [Waiver("some-rule", "because", ("Deployment/*",))]
    counted, waived = apply_waivers([GATEWAY, DATABASE, OTHER], waivers)
    assert counted == (DATABASE, OTHER)
    assert [(one.finding, one.reason) for one in waived] == [(GATEWAY, "because")]


def test_waivers_that_waive_nothing_or_what_is_not_there_are_findings() -> None:
    waivers = [Waiver("some-rule", "a"), Waiver("other-rule", "b"), Waiver("som-rule", "c")]
    _, waived = apply_waivers([GATEWAY], waivers)
    layered = Layered({}, {("lint", "waivers", "som-rule"): Origin("values/prod.yaml", 7, 5)})
    unused, unknown = find_waiver_findings(layered, waivers, waived, ["some-rule", "other-rule"])
    assert (unused.rule, unused.severity, unused.path) == (
        "waiver-unused",
        Severity.WARNING,
        "lint.waivers.other-rule",
    )
    assert (unknown.rule, unknown.severity) == ("waiver-unknown-rule", Severity.ERROR)
    assert (unknown.file, unknown.line, unknown.hint) == ("values/prod.yaml", 7, "Did you mean `some-rule`?")
