"""Values drawn at random out of the chart's schema: some settings on top of a case of `ci/`."""

from __future__ import annotations

import json
import string
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from random import Random
from typing import Any

import jsonschema
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from tests.charts.rendering import ALL, BASE, BLUE, ROUTE, Case, View, list_cases
from tests.charts.test_schema import read_schema
from tests.charts.values_doc import layer, read_defaults
from tooling.core.values import KeyPath, format_path, pick

Node = Mapping[str, Any]

NOT_DRAWN = frozenset(
    {
        ("common",),
        ("rollout",),
        ("vectordb", "collections"),
        ("global", "role"),
        ("global", "slot"),
        ("global", "autoscaler"),
    }
)
"""What no template reads, and what the CLI sets."""
TRIES = 30

QUANTITIES = ("1", "0", "2", "100m", "1500m", "0.5", "64Mi", "1Gi", "2Gi", "500M", "10k", "1.5Gi", "3m", "100Ti")
WORDS = ("a", "x-1", "smollm2", "golden", "genai", "0", "true", "default", "n" * 63)
FREE = (
    *("", " ", " x", "x ", "a b", "1", "true", "-", "\u00e4", "a\nb", "{{ x }}", "$(HOME)", "%", "x" * 300),
    *("/x", "../x", "#", "a/b"),
)
LABELS = ("app", "example.com/team", "kubernetes.io/arch", "x_y", "nvidia.com/gpu", "A", "a..b/c", "x" * 64)
RESOURCES = (
    "cpu",
    "memory",
    "ephemeral-storage",
    "nvidia.com/gpu",
    "hugepages-2Mi",
    "storage",
    "gpu",
    "example.com/x",
)
POOLS: Mapping[str, tuple[str, ...]] = {
    "schedule": (
        "17 3 * * *",
        "@daily",
        "*/5 0-4 1,15 * 1-5",
        "0 25 * * *",
        "61 * * * *",
        "a b c d e",
        "0 0 31 2 *",
    ),
    "timeZone": ("Etc/UTC", "Europe/Berlin", "America/New_York", "UTC", "CET"),
    "mountPath": ("/x", "/tmp", "/etc/genai", "/", "/a/../b", "/x:y", "/models"),
    "subPath": ("", "a", "a/b", "../a", "/a"),
    "fieldPath": ("status.podIP", "metadata.name", "metadata.labels['a']", "spec.nope", ""),
    "hostnames": ("genai.example.com", "*.example.com", "localhost", "10.0.0.1", "x" * 64),
    "cidrs": ("10.0.0.0/8", "10.0.0.10/32", "fd00::/8", "10.0.0.1/8", "999.0.0.0/8", "10.0.0.0/64"),
    "sourceRanges": ("203.0.113.0/24", "0.0.0.0/0", "10.0.0.1/8", "1.2.3.4/99"),
    "blocked": ("169.254.0.0/16", "fd00:ec2::254/128", "1.2.3/8"),
    "hard": (
        "pods",
        "requests.cpu",
        "limits.memory",
        "requests.nvidia.com/gpu",
        "requests.storage",
        "services",
        "x",
    ),
    "priorityClassName": ("", "high", "low"),
    "interval": ("30s", "1m", "1h30m", "10s"),
    "scrapeTimeout": ("10s", "1m"),
}
ONLY = frozenset({"priorityClassName", "timeZone"})
"""What has to be there, or to have a name that is known."""
OF_RESOURCES = frozenset({"requests", "limits", "default", "defaultRequest", "min", "max"})


@dataclass(frozen=True, slots=True)
class Drawn:
    """A case, what is set on top of it in order, and the parts to render: the whole or what the CLI releases."""

    case: Case
    settings: tuple[tuple[KeyPath, Any], ...]
    views: tuple[View, ...] = (ALL,)

    @property
    def overlay(self) -> dict[str, Any]:
        """What a user's file has: the case's values and the settings."""
        values: dict[str, Any] = json.loads(json.dumps(self.case.values))
        for path, value in self.settings:
            _put(values, path, value)
        return values

    def __str__(self) -> str:
        return "\n  ".join(
            [str(self.case), *(f"{format_path(path)}={json.dumps(value)}" for path, value in self.settings)]
        )


def draw(number: int, most: int = 8) -> Drawn:
    """Draw a case with up to `most` settings; the same number gives the same values."""
    dice = Random(number)
    case = dice.choice([case for case in list_cases() if case.name.startswith("ci/")])
    below = layer(_defaults(), case.values)
    chosen: list[tuple[KeyPath, Any]] = []
    for _ in range(dice.randint(1, most)):
        path, node = _descend(dice, below)
        value = _value(dice, node, path)
        if value is not _NOTHING:
            chosen.append((path, value))
    return Drawn(case, tuple(chosen), (ALL,) if number % 2 else (BASE, BLUE, ROUTE))


class _Nothing:
    """No value that fits was found."""


_NOTHING = _Nothing()


@cache
def _whole_schema() -> Node:
    return read_schema()


@cache
def _defaults() -> Node:
    return read_defaults()


def _descend(dice: Random, values: Mapping[str, Any]) -> tuple[KeyPath, Node]:
    """Go down the schema until a place is set as a whole: a leaf, a list, or a new entry of a map."""
    node = _whole_schema()
    path: KeyPath = ()
    while True:
        known, rest = node.get("properties"), node.get("additionalProperties")
        there = pick(values, *path)
        if known and not (node.get("required") and not isinstance(there, Mapping)):
            names = [name for name in known if (*path, name) not in NOT_DRAWN and (name != "global" or not path)]
            name = dice.choice(names)
            node = known[name]
        elif isinstance(rest, Mapping):
            existing = sorted(there) if isinstance(there, Mapping) else []
            name = dice.choice(existing) if existing and dice.random() < 0.7 else _name(dice, node, path)
            node = rest
        else:
            return path, node
        path = (*path, name)


def _value(dice: Random, node: Node, path: KeyPath, depth: int = 0) -> Any:
    """A value that the schema of one place takes."""
    checker = _checker(json.dumps(node))
    for _ in range(TRIES):
        value = _guess(dice, node, path, depth)
        if value is not _NOTHING and checker.is_valid(value):
            return value
    return _NOTHING


@cache
def _checker(node: str) -> jsonschema.Draft7Validator:
    return jsonschema.Draft7Validator(json.loads(node))


def _guess(dice: Random, node: Node, path: KeyPath, depth: int) -> Any:
    if "enum" in node:
        return dice.choice(node["enum"])
    kinds = node.get("type", "string")
    kind = dice.choice([kinds] if isinstance(kinds, str) else kinds)
    makers: Mapping[str, Callable[[], Any]] = {
        "null": lambda: None,
        "boolean": lambda: dice.random() < 0.5,
        "integer": lambda: _whole(dice, node),
        "number": lambda: _whole(dice, node) if dice.random() < 0.5 else round(dice.uniform(0, 20), 3),
        "array": lambda: _list(dice, node, path, depth),
        "object": lambda: _object(dice, node, path, depth),
        "string": lambda: _text(dice, node, path),
    }
    return makers[kind]()


def _whole(dice: Random, node: Node) -> int:
    low, high = int(node.get("minimum", 0)), int(node.get("maximum", 10**9))
    return dice.choice((low, high, dice.randint(low, high), dice.randint(low, min(high, low + 20))))


def _list(dice: Random, node: Node, path: KeyPath, depth: int) -> Any:
    items = [_value(dice, node["items"], path, depth + 1) for _ in range(dice.randint(node.get("minItems", 0), 3))]
    return [item for item in items if item is not _NOTHING]


def _object(dice: Random, node: Node, path: KeyPath, depth: int) -> Any:
    known = node.get("properties")
    if known is None:
        names = {_name(dice, node, path) for _ in range(dice.randint(0, 3))}
        made = {
            name: _value(dice, node["additionalProperties"], (*path, "*"), depth + 1) for name in sorted(names)
        }
    else:
        needed = node.get("required", [])
        rest = [name for name in known if name not in needed and name != "global"]
        chosen = [*needed, *dice.sample(rest, min(len(rest), dice.randint(0, max(1, 4 - depth))))]
        made = {name: _value(dice, known[name], (*path, name), depth + 1) for name in chosen}
    return {name: value for name, value in made.items() if value is not _NOTHING}


def _name(dice: Random, node: Node, path: KeyPath) -> str:
    """A key that a map of the user's own names takes."""
    rule = node.get("propertyNames", {})
    last = str(path[-1])
    pool = RESOURCES if last in OF_RESOURCES else POOLS.get(last, WORDS if rule.get("maxLength") == 63 else LABELS)
    for _ in range(TRIES):
        name = dice.choice(_matching(rule["pattern"]) if "pattern" in rule and dice.random() < 0.2 else pool)
        if _checker(json.dumps(rule)).is_valid(name):
            return name
    return "x"


def _text(dice: Random, node: Node, path: KeyPath) -> str:
    last = next((step for step in reversed(path) if isinstance(step, str) and step != "*"), "")
    pattern = str(node.get("pattern", ""))
    if last in ONLY:
        return dice.choice(POOLS[last])
    if pattern and dice.random() < 0.2:
        return dice.choice(_matching(pattern))
    if last in POOLS:
        return dice.choice(POOLS[last])
    if "Ki|M|Mi" in pattern:
        return dice.choice(QUANTITIES)
    if not pattern and dice.random() < 0.1:
        return "".join(dice.choices(string.printable, k=dice.randint(0, 20)))
    return dice.choice((*WORDS, *FREE) if dice.random() < 0.5 else WORDS)


@cache
def _matching(pattern: str) -> tuple[str, ...]:
    """Some texts that a pattern of the schema matches."""
    found: list[str] = []

    @seed(0)
    @settings(
        max_examples=40,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.from_regex(pattern, alphabet=st.characters(max_codepoint=0x2FF), fullmatch=True))
    def collect(text: str) -> None:
        found.append(text)

    collect()
    return tuple(sorted({text for text in found if not text.endswith("\n")}))


def _put(values: dict[str, Any], path: KeyPath, value: Any) -> None:
    for step in path[:-1]:
        below = values.get(str(step))
        if not isinstance(below, dict):
            below = values[str(step)] = {}
        values = below
    values[str(path[-1])] = value
