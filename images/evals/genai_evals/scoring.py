"""What makes an answer right: the rules of `expect`, checked when a suite is read and applied to each answer."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError
from jsonschema.protocols import Validator

RULES = ("contains", "exact", "regex", "numeric", "json")
DEFAULT_RULE = "contains"
LONGEST_SHOWN = 60

# The sign counts only where a number begins: "3-4" ends in 4, "is -4" in -4.
_NUMBER = re.compile(r"(?<![\w.])-?\d[\d,]*(?:\.\d+)?(?:[eE][-+]?\d+)?")
_FENCE = re.compile(r"\A\s*```[a-zA-Z]*\s*\n(.*?)\n?\s*```\s*\Z", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Expectation:
    """What makes an answer right: every rule that is given has to hold."""

    contains: str | None = None
    exact: str | None = None
    regex: re.Pattern[str] | None = None
    numeric: float | None = None
    tolerance: float = 0.0
    json: Validator | None = None

    def is_met(self, answer: str) -> bool:
        """Judge one answer.

        `contains` ignores case; `exact` ignores space around the text; `numeric` looks at the last number of the
        answer; `json` wants JSON that fits the schema, with or without a code fence around it.
        """
        if self.contains is not None and self.contains.casefold() not in answer.casefold():
            return False
        if self.exact is not None and self.exact.strip() != answer.strip():
            return False
        if self.regex is not None and self.regex.search(answer) is None:
            return False
        if self.numeric is not None and not self._is_near(answer):
            return False
        return self.json is None or _fits(self.json, answer)

    def _is_near(self, answer: str) -> bool:
        numbers = _NUMBER.findall(answer)
        if not numbers or self.numeric is None:
            return False
        found = float(numbers[-1].replace(",", ""))
        return math.isclose(found, self.numeric, rel_tol=1e-9, abs_tol=self.tolerance)


def parse_expectation(document: object, rule: str = DEFAULT_RULE) -> Expectation:
    """Read `expect`: an object of rules, or one value that `rule` judges by. ValueError says what is wrong."""
    if isinstance(document, (str, int, float)) and not isinstance(document, bool):
        document = {rule: document}
    rules = read_mapping(document, "expect", {*RULES, "tolerance"})
    if not set(rules) - {"tolerance"}:
        raise ValueError(f"expect: needs at least one of {', '.join(RULES)}")
    for name in ("contains", "exact", "regex"):
        if name in rules and (not isinstance(rules[name], str) or not rules[name]):
            raise ValueError(f"expect.{name}: must be a text that is not empty")
    return Expectation(
        contains=rules.get("contains"),
        exact=rules.get("exact"),
        regex=_compile(rules["regex"]) if "regex" in rules else None,
        numeric=_number("numeric", rules["numeric"]) if "numeric" in rules else None,
        tolerance=_number("tolerance", rules.get("tolerance", 0)),
        json=_schema(rules["json"]) if "json" in rules else None,
    )


def read_mapping(document: object, where: str, known: set[str]) -> Mapping[str, Any]:
    """Return `document` if it is an object with no other fields than `known`; ValueError otherwise."""
    if not isinstance(document, dict):
        raise ValueError(f"{where}: must be an object")  # noqa: TRY004 - one error for a bad line
    unknown = sorted(set(document) - known)
    if unknown:
        raise ValueError(f"{where}: unknown field {unknown[0]!r}; known are {', '.join(sorted(known))}")
    return document


def _compile(text: str) -> re.Pattern[str]:
    try:
        return re.compile(text)
    except re.error as error:
        raise ValueError(f"expect.regex: {error}") from error


def _number(name: str, value: object) -> float:
    try:
        number = math.nan if isinstance(value, bool) else float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):  # the last: a whole number beyond what a float holds
        number = math.nan
    if not math.isfinite(number) or (name == "tolerance" and number < 0):
        raise ValueError(
            f"expect.{name}: must be a number{' of 0 or more' * (name == 'tolerance')}, is {_shorten(value)}"
        )
    return number


def _shorten(value: object) -> str:
    """`value` for a message; one number may fill a page."""
    shown = repr(value)
    return shown if len(shown) <= LONGEST_SHOWN else f"{shown[:LONGEST_SHOWN]}..."


def _schema(value: object) -> Validator:
    """Read a JSON Schema, given as an object or as JSON text."""
    try:
        schema = json.loads(value) if isinstance(value, str) else value
    except ValueError as error:
        raise ValueError(f"expect.json: is not JSON: {error}") from error
    if not isinstance(schema, dict):
        raise ValueError("expect.json: must be a JSON Schema, as an object or as JSON text")  # noqa: TRY004
    # A reference could lead to another file or host, and is known to be bad only when it is followed.
    if any(key in ("$ref", "$dynamicRef") for key in _walk_keys(schema)):
        raise ValueError("expect.json: $ref is not supported; write out what it stands for")
    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        raise ValueError(f"expect.json: is not a JSON Schema: {error.message}") from error
    return Draft202012Validator(schema)


def _walk_keys(node: object) -> Iterator[str]:
    if isinstance(node, dict):
        for key, child in node.items():
            yield key
            yield from _walk_keys(child)
    elif isinstance(node, list):
        for child in node:
            yield from _walk_keys(child)


def _fits(validator: Validator, answer: str) -> bool:
    fenced = _FENCE.match(answer)
    try:
        return bool(validator.is_valid(json.loads(fenced[1] if fenced else answer)))
    except (ValueError, RecursionError, OverflowError):  # the last: a number beyond what a float holds
        return False
