"""Suites: JSON Lines, one prompt a line, checked completely before the first request."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

RULES = ("contains", "exact", "regex")
DEFAULT_MAX_TOKENS = 64


class SuiteError(Exception):
    """The suite can't be run; the text names file and line."""


@dataclass(frozen=True, slots=True)
class Expectation:
    """What makes an answer right: every rule that is given has to hold."""

    contains: str | None = None
    exact: str | None = None
    regex: re.Pattern[str] | None = None

    def is_met(self, answer: str) -> bool:
        """Judge one answer. `contains` ignores case; `exact` ignores space around the text."""
        if self.contains is not None and self.contains.casefold() not in answer.casefold():
            return False
        if self.exact is not None and self.exact.strip() != answer.strip():
            return False
        return self.regex is None or self.regex.search(answer) is not None


@dataclass(frozen=True, slots=True)
class Case:
    """One prompt with what is expected of its answer."""

    id: str
    prompt: str
    expect: Expectation
    max_tokens: int


@dataclass(frozen=True, slots=True)
class Suite:
    """A valid suite: at least one case, ids unique."""

    name: str
    digest: str
    cases: tuple[Case, ...]


def load(path: Path) -> Suite:
    """Read the file at `path`; its name without `.jsonl` is the suite's."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise SuiteError(f"{path}: cannot be read: {error.strerror or error}") from error
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise SuiteError(f"{path}: is not UTF-8") from error
    cases: dict[str, Case] = {}
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            case = parse_case(json.loads(line))
        except ValueError as error:
            raise SuiteError(f"{path}:{number}: {error}") from error
        if case.id in cases:
            raise SuiteError(f"{path}:{number}: id {case.id!r} is there twice")
        cases[case.id] = case
    if not cases:
        raise SuiteError(f"{path}: has no prompts")
    return Suite(path.name.removesuffix(".jsonl"), hashlib.sha256(raw).hexdigest(), tuple(cases.values()))


def parse_case(document: object) -> Case:
    """Turn one line into a Case; ValueError says what is wrong with it."""
    keys = _mapping(document, "a line", {"id", "prompt", "expect", "max_tokens"})
    for key in ("id", "prompt"):
        if not isinstance(keys.get(key), str) or not keys[key]:
            raise ValueError(f"{key}: must be a text that is not empty")
    most = keys.get("max_tokens", DEFAULT_MAX_TOKENS)
    if isinstance(most, bool) or not isinstance(most, int) or most < 1:
        raise ValueError(f"max_tokens: must be a whole number above 0, is {most!r}")
    return Case(keys["id"], keys["prompt"], _expectation(keys.get("expect")), most)


def _expectation(document: object) -> Expectation:
    rules = _mapping(document, "expect", set(RULES))
    if not rules:
        raise ValueError(f"expect: needs at least one of {', '.join(RULES)}")
    for rule, value in rules.items():
        if not isinstance(value, str) or not value:
            raise ValueError(f"expect.{rule}: must be a text that is not empty")
    try:
        pattern = re.compile(rules["regex"]) if "regex" in rules else None
    except re.error as error:
        raise ValueError(f"expect.regex: {error}") from error
    return Expectation(rules.get("contains"), rules.get("exact"), pattern)


def _mapping(document: object, where: str, known: set[str]) -> Mapping[str, Any]:
    if not isinstance(document, dict):
        raise ValueError(f"{where}: must be an object")  # noqa: TRY004 - one error for a bad line
    unknown = sorted(set(document) - known)
    if unknown:
        raise ValueError(f"{where}: unknown field {unknown[0]!r}; known are {', '.join(sorted(known))}")
    return document
