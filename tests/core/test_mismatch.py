"""What a mismatch says to a person."""

from __future__ import annotations

from typing import Any

import pytest

from tooling.core.mismatch import Mismatch, explain, merge_choice

CONTAINER = ("spec", "template", "spec", "containers", 0)


@pytest.mark.parametrize(
    ("mismatch", "rule", "message", "hint"),
    [
        (
            Mismatch(("spec", "replica"), "additionalProperties", ("replicas", "selector", "template")),
            "field-unknown",
            "is not a field that Kubernetes knows here.",
            "Did you mean `replicas`?",
        ),
        (
            Mismatch(("spec", "x"), "additionalProperties", ("b", "a")),
            "field-unknown",
            "is not a field that Kubernetes knows here.",
            "Known are: a, b.",
        ),
        (Mismatch(("spec", "x"), "additionalProperties", ()), "field-unknown", "is not a field", ""),
        (
            Mismatch(("spec", "replicas" * 20), "additionalProperties", ("a",)),
            "field-unknown",
            "is not a field",
            "",
        ),
        (Mismatch(("spec", "selector"), "required"), "field-missing", "is missing.", ""),
        (
            Mismatch(("spec", "replicas"), "type", ["integer", "null"], "2"),
            "field-wrong",
            'must be a whole number, not "2".',
            "Write it without quotes.",
        ),
        (
            Mismatch(("spec", "hostNetwork"), "type", ["boolean"], "true"),
            "field-wrong",
            "must be true or false",
            "Write it without quotes.",
        ),
        (
            Mismatch(("spec", "n"), "type", ["number"], "2.5"),
            "field-wrong",
            "must be a number",
            "Write it without",
        ),
        (Mismatch(("spec", "replicas"), "type", ["integer"], "two"), "field-wrong", "must be a whole number", ""),
        (
            Mismatch(("metadata", "labels", "tier"), "type", ["string"], 1),
            "field-wrong",
            "must be text, not 1.",
            "Write it in quotes.",
        ),
        (
            Mismatch(("spec", "replicas"), "type", ["integer"], None),
            "field-wrong",
            "must be a whole number, not null.",
            "Write a value after the colon, or take the key out.",
        ),
        (
            Mismatch(("spec", "containers"), "type", ["array"], {"a": 1}),
            "field-wrong",
            "must be a list, not a map.",
            "Begin each entry with a dash.",
        ),
        (
            Mismatch(("args",), "type", ["array"], 5),
            "field-wrong",
            "must be a list.",
            "Write `args:`, and below it a dash before each entry.",
        ),
        (Mismatch(("spec",), "type", ["object"], ["a"]), "field-wrong", "must be a map, not a list.", ""),
        (
            Mismatch(("port", "protocol"), "enum", ["TCP", "UDP", None], "tcp"),
            "field-wrong",
            'must be one of "TCP", "UDP", not "tcp".',
            "Did you mean `TCP`?",
        ),
        (Mismatch(("a",), "enum", [1, 2], 3), "field-wrong", "must be one of 1, 2, not 3.", ""),
        (Mismatch(("a",), "minimum", 1, 0), "field-wrong", "must be at least 1, not 0.", ""),
        (Mismatch(("a",), "maxItems", 1, ["x", "y"]), "field-wrong", "must have at most 1 item, not 2.", ""),
        (Mismatch(("a",), "maxLength", 2, "xyz"), "field-wrong", "must have at most 2 characters, not 3.", ""),
        (Mismatch(("a",), "maxLength", 1, 5), "field-wrong", "must have at most 1 character.", ""),
        (Mismatch(("a",), "pattern", "^a", "b"), "field-wrong", 'must match `^a`, not "b".', ""),
        (Mismatch(("a",), "oneRequired", ("b", "c"), {}), "field-missing", "one of `b`, `c` is missing.", ""),
        (Mismatch(("a",), "anyOf", None, {}), "field-wrong", "none of the forms that are allowed here.", ""),
        (Mismatch(("a",), "anyOf", None, 5), "field-wrong", "none of the forms that are allowed here, not 5.", ""),
        (
            Mismatch(("a",), "uniqueItems", True, [1, 1]),
            "field-wrong",
            "does not fit the schema's `uniqueItems`",
            "",
        ),
        (Mismatch((), "JSON"), "field-wrong", "holds text or numbers that JSON cannot.", ""),
    ],
)
def test_it_says_what_is_wrong_and_what_to_write(mismatch: Mismatch, rule: str, message: str, hint: str) -> None:
    found = explain(mismatch)
    assert found[0] == rule
    assert message in found[1]
    assert found[2].startswith(hint) if hint else not found[2]


@pytest.mark.parametrize(
    ("mismatch", "is_secret"),
    [
        (Mismatch(("data", "key"), "type", ["string"], "hunter2"), True),
        (Mismatch(("env", "password"), "type", ["integer"], "hunter2"), False),
        (Mismatch(("data", "key"), "enum", ["hunter3"], "hunter2"), True),
        (Mismatch((*CONTAINER, "env", 0, "value"), "type", ["string"], "hunter2"), False),
        (Mismatch((*CONTAINER, "env", 0), "type", ["object"], "DB_PASSWORD=hunter2"), False),
        (Mismatch((*CONTAINER, "env"), "type", ["array"], "DB_PASSWORD=hunter2"), False),
        (Mismatch((*CONTAINER, "args", 1), "type", ["string"], "hunter2"), False),
        (Mismatch((*CONTAINER, "args"), "type", ["array"], "--api-key=hunter2"), False),
        (Mismatch((*CONTAINER, "readinessProbe", "exec", "command", 2), "type", ["string"], "hunter2"), False),
        (Mismatch(("spec", "env", "DB"), "enum", ["hunter3"], "hunter2"), False),
    ],
)
def test_a_secret_is_not_shown(mismatch: Mismatch, is_secret: bool) -> None:
    assert "hunter2" not in " ".join(explain(mismatch, is_secret=is_secret))


def test_the_name_of_a_variable_is_shown() -> None:
    mismatch = Mismatch((*CONTAINER, "env", 0, "name"), "type", ["string"], 5)
    assert explain(mismatch)[1] == "must be text, not 5."


def test_a_choice_between_types_names_them_all() -> None:
    path = ("port",)
    branches = [(Mismatch(path, "type", ("string",), {}),), (Mismatch(path, "type", ("integer",), {}),)]
    merged = merge_choice(path, "oneOf", branches, {})
    assert explain(merged)[1] == "must be text or a whole number, not a map."


@pytest.mark.parametrize(
    ("branches", "keyword"),
    [
        ([(Mismatch(("a", "b"), "required"),), (Mismatch(("a",), "x"), Mismatch(("a",), "y"))], "required"),
        ([(Mismatch(("a",), "x"), Mismatch(("a",), "y"))], "anyOf"),
        ([()], "anyOf"),
        ([], "anyOf"),
    ],
)
def test_the_branch_that_says_least_is_told(branches: list[tuple[Any, ...]], keyword: str) -> None:
    assert merge_choice(("a",), "anyOf", branches, {}).keyword == keyword


NULL = (Mismatch(("a",), "type", ("null",), {}),)


@pytest.mark.parametrize(
    ("branches", "message"),
    [
        ([NULL], "fits none of the forms that are allowed here, or more than one."),
        (
            [(Mismatch(("a", "b"), "required"),), (Mismatch(("a", "c"), "required"),), NULL],
            "one of `b`, `c` is missing.",
        ),
        ([(Mismatch(("a", "b"), "required"),), NULL], "is missing."),
        (
            [
                (Mismatch(("a",), "type", ("string",), {}),),
                (Mismatch(("a",), "type", ("array", "null"), {}),),
                NULL,
            ],
            "must be text or a list, not a map.",
        ),
    ],
)
def test_that_a_field_may_be_null_is_no_form_of_its_own(
    branches: list[tuple[Mismatch, ...]], message: str
) -> None:
    assert explain(merge_choice(("a",), "oneOf", branches, {}))[1] == message
