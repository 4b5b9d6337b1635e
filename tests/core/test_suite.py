"""Suites out of values: what is read, what is refused with its place, and what makes an answer right."""

from __future__ import annotations

from typing import Any

import pytest

from tooling.core.suite import Expectation, Suite, read_suite


def read(expect: Any = "4", **suite: Any) -> Suite:
    prompts = [{"id": "sum", "prompt": "What is 2+2?", "expect": expect}]
    return read_suite({"evals": {"suites": {"golden": {"prompts": prompts, **suite}, "off": None}}}, "golden")


def expectation(expect: Any, **suite: Any) -> Expectation:
    return read(expect, **suite).prompts[0].expect


@pytest.mark.parametrize(
    ("expect", "right", "wrong"),
    [
        ("Four", "it is FOUR", "it is five"),
        ({"contains": "STRASSE"}, "stra\u00dfe", "weg"),
        ({"exact": " 4 "}, "\n4\n", "4."),
        ({"regex": r"\b4\b"}, "it is 4", "it is 44"),
        ({"numeric": 4}, "3 - 7 is -4, so 4", "4 or 5"),
        ({"numeric": -1000.5, "tolerance": 0.5}, "it is -1,000", "1,000"),
        ({"numeric": "4"}, "4", "none"),
        ({"contains": "4", "regex": "^it"}, "it is 4", "4"),
    ],
)
def test_rules(expect: Any, right: str, wrong: str) -> None:
    assert expectation(expect).is_met(right)
    assert not expectation(expect).is_met(wrong)


def test_an_expectation_that_is_one_value_is_judged_by_the_suites_rule() -> None:
    assert expectation("4", scorer="exact").exact == "4"
    assert expectation(4, scorer="numeric").numeric == 4.0


def test_tokens_model_and_digest() -> None:
    suite = read(maxTokens=7, model="smollm2")
    assert (suite.name, suite.model, suite.prompts[0].max_tokens) == ("golden", "smollm2", 7)
    assert (read().model, read().prompts[0].max_tokens) == ("", 64)
    own = {"id": "a", "prompt": "b", "expect": "c", "max_tokens": 3}
    assert read(prompts=[own], maxTokens=7).prompts[0].max_tokens == 3
    assert read().digest == read().digest != suite.digest


@pytest.mark.parametrize(
    ("suite", "message"),
    [
        ({"enabled": False}, "there is no suite evals.suites.golden; there are: none"),
        (
            {"dataset": {"configMap": {"name": "a", "key": "b"}}},
            "evals.suites.golden.dataset: a rollout asks",
        ),
        ({"prompts": None}, "evals.suites.golden has no prompts"),
        ({"prompts": [{"id": "a", "prompt": "b", "expect": "c"}] * 2}, "evals.suites.golden.prompts: the id a is"),
    ],
)
def test_a_suite_that_cannot_be_asked(suite: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read(**suite)


def test_a_suite_that_is_not_there_is_told_with_those_that_are() -> None:
    suites = {"b": {}, "a": {"dataset": {"url": None}}, "off": {"enabled": False}, "none": None}
    with pytest.raises(ValueError, match=r"there is no suite evals\.suites\.golden; there are: a, b"):
        read_suite({"evals": {"suites": suites}}, "golden")
    with pytest.raises(ValueError, match="there are: none"):
        read_suite({}, "golden")


@pytest.mark.parametrize(
    ("expect", "message"),
    [
        ({"json": "{}"}, "expect.json: a rollout cannot judge by a JSON Schema"),
        ({"tolerance": 1}, "expect: needs at least one of contains, exact, regex, numeric, json"),
        ({"contains": ""}, "expect.contains: must be a text that is not empty"),
        (4, "expect.contains: must be a text that is not empty"),
        ({"regex": "("}, "expect.regex: missing"),
        ({"numeric": "four"}, "expect.numeric: must be a number"),
        ({"numeric": 1, "tolerance": "nan"}, "expect.tolerance: must be a number"),
    ],
)
def test_an_expectation_that_is_none(expect: Any, message: str) -> None:
    with pytest.raises(ValueError, match=r"^evals\.suites\.golden\.prompts\[0\]\.") as caught:
        read(expect)
    assert message in str(caught.value)
