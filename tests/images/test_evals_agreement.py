"""The rollout's quality gate and the evals image judge answers alike: one suite, one set of rules."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tooling.core.suite import read_suite

WORDS = st.lists(
    st.sampled_from(["4", "-4", "1,000", "0.5", "Four", "STRASSE", "stra\u00dfe", " ", "\n", ".", "e3"])
)
TEXTS = WORDS.map("".join)
RULES = st.fixed_dictionaries(
    {},
    optional={
        "contains": TEXTS.filter(bool),
        "exact": TEXTS.filter(bool),
        "regex": st.sampled_from([r"\d+", "^4", "[Ff]our$", r"(?i)strasse", "."]),
        "numeric": st.sampled_from([4, -4, 0.5, 1000]),
        "tolerance": st.sampled_from([0, 1, 3.5]),
    },
).filter(lambda rules: bool(rules.keys() - {"tolerance"}))


@settings(max_examples=200)
@given(expect=RULES, answer=TEXTS)
def test_both_judge_an_answer_alike(expect: dict[str, Any], answer: str) -> None:
    from genai_evals.suite import parse_case

    line = {"id": "sum", "prompt": "2+2?", "expect": expect}
    (prompt,) = read_suite({"evals": {"suites": {"golden": {"prompts": [line]}}}}, "golden").prompts
    case = parse_case(line)
    assert prompt.expect.is_met(answer) == case.expect.is_met(answer)
    assert (prompt.name, prompt.text, prompt.max_tokens) == (case.id, case.prompt, case.max_tokens)
