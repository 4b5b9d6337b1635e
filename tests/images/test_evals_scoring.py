"""Answers are judged by rules; what cannot be a rule is refused when the suite is read."""

from __future__ import annotations

import json

import pytest

LINE = {"id": "sum", "prompt": "2+2?"}
SCHEMA = {"type": "object", "required": ["n"], "properties": {"n": {"type": "integer"}}}


def read(expect, rule="contains"):
    from genai_evals.suite import Reading, parse_case

    return parse_case({**LINE, "expect": expect}, Reading(rule)).expect


@pytest.mark.parametrize(
    ("expect", "answer", "is_met"),
    [
        ({"contains": "four"}, "It is FOUR.", True),
        ({"contains": "four"}, "It is 4.", False),
        ({"contains": "x"}, "", False),
        ({"exact": "4"}, " 4\n", True),
        ({"exact": "4"}, "4.", False),
        ({"exact": "Paris"}, "paris", False),
        ({"regex": r"^\d+$"}, "42", True),
        ({"regex": r"^\d+$"}, "42 apples", False),
        ({"regex": "b+"}, "abc", True),
        ({"contains": "4", "regex": "^The"}, "The 4", True),
        ({"contains": "4", "regex": "^The"}, "A 4", False),
        ({"contains": "5", "regex": "^The"}, "The 4", False),
        ({"numeric": 4}, "2 + 2 = 4.", True),
        ({"numeric": 4}, "4 is 2 + 2", False),
        ({"numeric": 4}, "four", False),
        ({"numeric": -4}, "It is -4", True),
        ({"numeric": 4}, "3-4", True),
        ({"numeric": 1234.5}, "about 1,234.50 euros", True),
        ({"numeric": 3.14, "tolerance": 0.01}, "3.1459", True),
        ({"numeric": 3.14, "tolerance": 0.001}, "3.1459", False),
        ({"numeric": 1e6}, "1e6", True),
        ({"json": SCHEMA}, '{"n": 4}', True),
        ({"json": json.dumps(SCHEMA)}, '{"n": 4}', True),
        ({"json": SCHEMA}, '```json\n{"n": 4}\n```\n', True),
        ({"json": SCHEMA}, '{"n": "4"}', False),
        ({"json": SCHEMA}, 'Here you are: {"n": 4}', False),
        ({"json": SCHEMA}, "[" * 100_000, False),
        ({"json": {"multipleOf": 0.5}}, "9" * 400, False),
        ({"numeric": 4}, "9" * 400, False),
        ({"json": SCHEMA, "contains": "5"}, '{"n": 4}', False),
    ],
)
def test_an_answer_has_to_fulfil_every_rule(expect, answer, is_met):
    assert read(expect).is_met(answer) is is_met


@pytest.mark.parametrize(
    ("rule", "expect", "right", "wrong"),
    [
        ("contains", "4", "it is 4", "it is 5"),
        ("contains", 4, None, None),
        ("exact", "4", "4", "it is 4"),
        ("regex", "^4", "4 it is", "it is 4"),
        ("numeric", 4, "it is 4.0", "it is 5"),
        ("numeric", "4", "it is 4.0", "it is 5"),
        ("json", json.dumps(SCHEMA), '{"n": 1}', "{}"),
    ],
)
def test_one_value_is_judged_by_the_scorer_of_the_suite(rule, expect, right, wrong):
    if right is None:
        with pytest.raises(ValueError, match="must be a text"):
            read(expect, rule)
        return
    assert read(expect, rule).is_met(right)
    assert not read(expect, rule).is_met(wrong)


def test_rules_win_over_the_scorer():
    assert read({"exact": "4"}, "numeric").is_met("4")
    assert not read({"exact": "4"}, "numeric").is_met("4.0")


@pytest.mark.parametrize(
    ("expect", "said"),
    [
        ({"numeric": "many"}, "expect.numeric: must be a number, is 'many'"),
        ({"numeric": True}, "expect.numeric: must be a number"),
        ({"numeric": float("nan")}, "expect.numeric: must be a number"),
        ({"numeric": 1, "tolerance": -1}, "expect.tolerance: must be a number of 0 or more"),
        ({"numeric": 10**400}, r"expect.numeric: must be a number, is 1000+\.\.\."),
        ({"numeric": 1, "tolerance": 10**400}, r"expect.tolerance: must be a number of 0 or more, is 1000+\.\.\."),
        ({"tolerance": 1}, "needs at least one of"),
        ({"json": "{"}, "expect.json: is not JSON"),
        ({"json": "[]"}, "expect.json: must be a JSON Schema"),
        ({"json": {"type": "thing"}}, "expect.json: is not a JSON Schema"),
        ({"json": {"$ref": "https://example.com/x"}}, r"expect.json: \$ref is not supported"),
        ({"json": {"items": [{"$ref": "#/x"}]}}, r"expect.json: \$ref is not supported"),
        (True, "expect: must be an object"),
        ([], "expect: must be an object"),
    ],
)
def test_what_cannot_be_a_rule_is_refused(expect, said):
    with pytest.raises(ValueError, match=said):
        read(expect)
