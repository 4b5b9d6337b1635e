"""Suites of prompts, out of `evals.suites` of the values, and what makes an answer right.

The rules are those of the evals image (images/evals/genai_evals/scoring.py); a test holds both to the same.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

DEFAULT_TOKENS = 64
"""Most tokens of an answer where neither prompt nor suite says anything, as in the evals image."""

_TEXTS = ("contains", "exact", "regex")
_RULES = (*_TEXTS, "numeric", "json")
# The sign counts only where a number begins: "3-4" ends in 4, "is -4" in -4.
_NUMBER = re.compile(r"(?<![\w.])-?\d[\d,]*(?:\.\d+)?(?:[eE][-+]?\d+)?")

Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Expectation:
    """What makes an answer right: every rule that is given has to hold."""

    contains: str | None = None
    exact: str | None = None
    regex: re.Pattern[str] | None = None
    numeric: float | None = None
    tolerance: float = 0.0

    def is_met(self, answer: str) -> bool:
        """Judge one answer: `contains` ignores case, `exact` space around it, `numeric` wants the last number."""
        return (
            (self.contains is None or self.contains.casefold() in answer.casefold())
            and (self.exact is None or self.exact.strip() == answer.strip())
            and (self.regex is None or self.regex.search(answer) is not None)
            and (self.numeric is None or self._is_near(answer, self.numeric))
        )

    def _is_near(self, answer: str, wanted: float) -> bool:
        numbers = _NUMBER.findall(answer)
        found = float(numbers[-1].replace(",", "")) if numbers else math.nan
        return math.isclose(found, wanted, rel_tol=1e-9, abs_tol=self.tolerance)


@dataclass(frozen=True, slots=True)
class Prompt:
    """One question, its name in the suite, what is expected of the answer, and the most tokens of it."""

    name: str
    text: str
    expect: Expectation
    max_tokens: int = DEFAULT_TOKENS


@dataclass(frozen=True, slots=True)
class Suite:
    """Prompts to ask of both slots, of `model` ("": the gateway's default). `digest` tells two suites apart."""

    name: str
    prompts: tuple[Prompt, ...] = field(repr=False)
    model: str = ""
    digest: str = ""


def read_suite(values: Values, name: str) -> Suite:
    """Read the suite of that name out of effective values that fit the schema.

    Raises ValueError, with the place in the values and what to write, for one that cannot be asked from here.
    """
    place = f"evals.suites.{name}"
    written: Values = (values.get("evals") or {}).get("suites") or {}
    suites = {key: one for key, one in written.items() if one is not None and one.get("enabled", True)}
    suite: Values | None = suites.get(name)
    if suite is None:
        raise ValueError(f"there is no suite {place}; there are: {', '.join(sorted(suites)) or 'none'}")
    if any(source is not None for source in (suite.get("dataset") or {}).values()):
        raise ValueError(
            f"{place}.dataset: a rollout asks only prompts that are written in the values; write them as prompts"
        )
    rule = suite.get("scorer", "contains")
    tokens = int(suite.get("maxTokens", DEFAULT_TOKENS))
    prompts = tuple(
        _read_prompt(entry, f"{place}.prompts[{index}]", rule, tokens)
        for index, entry in enumerate(suite.get("prompts") or ())
    )
    if not prompts:
        raise ValueError(f'{place} has no prompts; write prompts: [{{id: sum, prompt: "2+2?", expect: "4"}}]')
    twice = sorted({one.name for one in prompts if sum(one.name == other.name for other in prompts) > 1})
    if twice:
        raise ValueError(f"{place}.prompts: the id {twice[0]} is there twice")
    digest = hashlib.sha256(json.dumps(suite, sort_keys=True, default=str).encode()).hexdigest()
    return Suite(name, prompts, suite.get("model", ""), digest)


def _read_prompt(entry: Values, place: str, rule: str, tokens: int) -> Prompt:
    expect = entry["expect"]
    rules: Values = expect if isinstance(expect, Mapping) else {rule: expect}
    most = int(entry.get("max_tokens", tokens))
    return Prompt(str(entry["id"]), str(entry["prompt"]), _read_expectation(rules, f"{place}.expect"), most)


def _read_expectation(rules: Values, place: str) -> Expectation:
    if "json" in rules:
        raise ValueError(f"{place}.json: a rollout cannot judge by a JSON Schema; write contains, exact or regex")
    if not any(name in rules for name in _RULES):
        raise ValueError(f"{place}: needs at least one of {', '.join(_RULES)}")
    for name in _TEXTS:
        if name in rules and (not isinstance(rules[name], str) or not rules[name]):
            raise ValueError(f"{place}.{name}: must be a text that is not empty")
    return Expectation(
        contains=rules.get("contains"),
        exact=rules.get("exact"),
        regex=_compile(rules["regex"], place) if "regex" in rules else None,
        numeric=_read_number(rules["numeric"], f"{place}.numeric") if "numeric" in rules else None,
        tolerance=_read_number(rules.get("tolerance", 0), f"{place}.tolerance"),
    )


def _compile(text: str, place: str) -> re.Pattern[str]:
    try:
        return re.compile(text)
    except re.error as error:
        raise ValueError(f"{place}.regex: {error}") from error


def _read_number(value: object, place: str) -> float:
    try:
        number = float(str(value))
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise ValueError(f"{place}: must be a number")
    return number
