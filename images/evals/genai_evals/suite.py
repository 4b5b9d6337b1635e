"""Suites: JSON Lines, one prompt a line, checked completely before the first request."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from pathlib import Path

import httpx

from .scoring import DEFAULT_RULE, Expectation, parse_expectation, read_mapping

DEFAULT_MAX_TOKENS = 64
MOST_BYTES = 64 * 1024 * 1024
"""More than that is no suite that a job with a small memory limit could read."""


class SuiteError(Exception):
    """The suite can't be run; the text names file and line."""


@dataclass(frozen=True, slots=True)
class Case:
    """One prompt with what is expected of its answer."""

    id: str
    prompt: str
    expect: Expectation
    max_tokens: int


@dataclass(frozen=True, slots=True)
class Suite:
    """A valid suite: at least one case, ids unique. `digest` is the SHA-256 of its text."""

    name: str
    digest: str
    cases: tuple[Case, ...]

    def first(self, count: int | None) -> Suite:
        """Return the suite with its first `count` cases only; all of them for None."""
        return self if count is None else replace(self, cases=self.cases[:count])


@dataclass(frozen=True, slots=True)
class Reading:
    """How lines are read: the rule for an `expect` that is one value, and the tokens of a line that names none."""

    rule: str = DEFAULT_RULE
    max_tokens: int = DEFAULT_MAX_TOKENS


def load(path: Path, reading: Reading | None = None) -> Suite:
    """Read the file at `path`; its name without `.jsonl` is the suite's."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise SuiteError(f"{path}: cannot be read: {error.strerror or error}") from error
    return parse(raw, str(path), path.name.removesuffix(".jsonl"), reading)


def download(url: str, sha256: str, client: httpx.Client) -> bytes:
    """Return what `url` holds, which must have that digest: no other text is ever run as the suite."""
    read = bytearray()
    try:
        with client.stream("GET", url) as answer:
            if answer.status_code != 200:
                raise SuiteError(f"{url}: status {answer.status_code}")
            for piece in answer.iter_bytes():
                read += piece
                if len(read) > MOST_BYTES:
                    raise SuiteError(f"{url}: is larger than {MOST_BYTES} bytes")
    except httpx.HTTPError as error:
        raise SuiteError(f"{url}: {type(error).__name__}: {error}") from error
    found = hashlib.sha256(read).hexdigest()
    if found != sha256:
        raise SuiteError(f"{url}: its SHA-256 is {found}, expected is {sha256}")
    return bytes(read)


def parse(raw: bytes, where: str, name: str, reading: Reading | None = None) -> Suite:
    """Turn the text of a suite into one; `where` is what messages call it."""
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise SuiteError(f"{where}: is not UTF-8") from error
    cases: dict[str, Case] = {}
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            case = parse_case(json.loads(line), reading)
        except ValueError as error:
            raise SuiteError(f"{where}:{number}: {error}") from error
        except RecursionError as error:
            raise SuiteError(f"{where}:{number}: is nested too deeply") from error
        if case.id in cases:
            raise SuiteError(f"{where}:{number}: id {case.id!r} is there twice")
        cases[case.id] = case
    if not cases:
        raise SuiteError(f"{where}: has no prompts")
    return Suite(name, hashlib.sha256(raw).hexdigest(), tuple(cases.values()))


def parse_case(document: object, reading: Reading | None = None) -> Case:
    """Turn one line into a Case; ValueError says what is wrong with it."""
    reading = reading or Reading()
    keys = read_mapping(document, "a line", {"id", "prompt", "expect", "max_tokens"})
    for key in ("id", "prompt"):
        if not isinstance(keys.get(key), str) or not keys[key]:
            raise ValueError(f"{key}: must be a text that is not empty")
    most = keys.get("max_tokens", reading.max_tokens)
    if isinstance(most, bool) or not isinstance(most, int) or most < 1:
        raise ValueError(f"max_tokens: must be a whole number above 0, is {most!r}")
    return Case(keys["id"], keys["prompt"], parse_expectation(keys.get("expect"), reading.rule), most)
