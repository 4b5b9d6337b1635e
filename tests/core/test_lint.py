"""Rules of lint that are no policies, and findings of single objects."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tooling.core.finding import Severity
from tooling.core.lint import RULES, find_gaps, find_mismatches
from tooling.core.located import Located
from tooling.core.mismatch import Mismatch

POD = Located({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}}, "pod.yaml", 4)


def test_rules_have_a_name_a_reason_and_a_fix_each() -> None:
    assert len({rule.id for rule in RULES}) == len(RULES)
    for rule in RULES:
        assert re.fullmatch(r"[a-z]+(-[a-z]+)+", rule.id)
        assert rule.reason.endswith(".")
        assert rule.fix.endswith(".")


@pytest.mark.parametrize(
    ("manifest", "told"),
    [
        ({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}}, []),
        ({"apiVersion": "v1", "kind": "Pod", "metadata": {"generateName": "a-"}}, []),
        ({"kind": "Pod", "metadata": {"name": "a"}}, ["Pod/a: apiVersion: is missing."]),
        (
            {"apiVersion": 1, "kind": "Pod", "metadata": {"name": "a"}},
            ["Pod/a: apiVersion: must be text of at most 253 characters."],
        ),
        (
            {"apiVersion": "v1", "kind": "P" * 254, "metadata": {"name": "a"}},
            [f"{'P' * 253}/a: kind: must be text of at most 253 characters."],
        ),
        ({"apiVersion": "v1", "kind": "Pod"}, ["Pod/without-a-name: metadata.name: is missing."]),
        (
            {"replicas": 2},
            [f"object/without-a-name: {key}: is missing." for key in ("apiVersion", "kind", "metadata.name")],
        ),
    ],
)
def test_gaps_are_named(manifest: dict[str, Any], told: list[str]) -> None:
    assert [f"{one.path}: {one.message}" for one in find_gaps(Located(manifest))] == told


def test_versions_are_named_where_they_differ() -> None:
    unknown = Mismatch(("spec", "x"), "additionalProperties", ("y",))
    missing = Mismatch(("spec", "y"), "required")
    told = {"1.33": (unknown, missing), "1.34": (missing,)}
    new, always = find_mismatches(POD, told, ("1.33", "1.34"))
    assert new.message.endswith("In Kubernetes 1.33.")
    assert (always.path, always.message) == ("Pod/a: spec.y", "is missing.")
    assert (new.file, new.line, new.severity) == ("pod.yaml", 4, Severity.ERROR)


def test_a_custom_kind_is_of_no_version() -> None:
    (found,) = find_mismatches(POD, {"": (Mismatch(("spec", "y"), "required"),)}, ("1.33", "1.34"))
    assert found.message == "is missing."


def test_of_very_many_only_the_number_is_told() -> None:
    told = {"1.34": tuple(Mismatch(("spec", f"x{number}"), "required") for number in range(60))}
    found = list(find_mismatches(POD, told, ("1.34",)))
    assert len(found) == 51
    assert found[-1].message == "has 10 more fields that do not fit."


def test_what_a_secret_holds_is_not_shown() -> None:
    secret = Located({"kind": "Secret", "metadata": {"name": "a"}})
    told = {"1.34": (Mismatch(("data", "key"), "type", ["string"], 123456),)}
    (found,) = find_mismatches(secret, told, ("1.34",))
    assert "123456" not in str(found)
