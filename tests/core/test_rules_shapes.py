"""Values of any shape, which the schema tells of, never end a rule with an error."""

import copy
from pathlib import Path

import pytest
import yaml

from tooling.core.rules import find_rule_findings
from tooling.core.values import Layered, Origin, merge

CHART = Path(__file__).parents[2] / "charts" / "genai-stack"
LONG = "9" * 5000
"""More digits than `int` reads."""

ODD = (
    *(None, 5, -0.5, "x", True, [], {}, [None], [[]], {"a": None}, {"enabled": True}, ["x", {"name": []}]),
    *(LONG, f"{LONG}s", f"{LONG} * * * *", f"{LONG}%", 10**400, float("inf"), float("nan"), "²"),
)
EVERY = 211
"""Which share of the places gets each odd value: all of them would take minutes, and find the same."""


def read(*parts):
    return yaml.load(CHART.joinpath(*parts).read_text(encoding="utf-8"), Loader=yaml.CSafeLoader) or {}


def read_values():
    subcharts = {
        folder.name: read("charts", folder.name, "values.yaml")
        for folder in (CHART / "charts").iterdir()
        if (folder / "values.yaml").exists()
    }
    values = merge(subcharts, read("values.yaml"))
    for name in ("full", "models", "autoscaling", "backup", "evals", "downloads"):
        values = merge(values, read("ci", f"{name}-values.yaml"))
    return values


def walk(values, path=()):
    for key, value in values.items() if isinstance(values, dict) else enumerate(values):
        yield (*path, key)
        if isinstance(value, dict | list):
            yield from walk(value, (*path, key))


def put(values, path, odd):
    if not path:
        return odd
    changed = copy.copy(values)
    below = values[path[0]] if isinstance(values, list) else values.get(path[0]) or {}
    changed[path[0]] = put(below, path[1:], odd)
    return changed


def test_no_shape_ends_a_rule():
    values = read_values()
    places = list(walk(values))
    origins = {path: Origin("mine.yaml", 1) for path in places}
    assert len(places) > 700
    broken = []
    for number, path in enumerate(places):
        for turn, odd in enumerate(ODD):
            if (number + turn) % (7 if len(path) <= 2 else EVERY):
                continue
            try:
                find_rule_findings(Layered(put(values, path, odd), origins))
            except (TypeError, ValueError, KeyError, AttributeError, IndexError, ArithmeticError) as error:
                broken.append(f"{'.'.join(map(str, path))} = {str(odd)[:20]}: {type(error).__name__}: {error}")
    assert broken == []


@pytest.mark.parametrize(
    "path",
    [
        ("evals", "schedule"),
        ("evals", "activeDeadlineSeconds"),
        ("observability", "monitors", "interval"),
        ("observability", "alerts", "for", "evalsFailing"),
        ("rollout", "readyTimeout"),
        ("rollout", "steps", 0, "weight"),
        ("rollout", "steps", 0, "hold"),
        ("rollout", "load", "rate"),
        ("rollout", "analysis", "minRequests"),
        ("rollout", "analysis", "maxHold"),
        ("route", "requestTimeout"),
        ("gateway", "terminationGracePeriodSeconds"),
        ("gateway", "models", "smollm2", "timeoutSeconds"),
        ("inference", "modelDefaults", "gpu", "count"),
        ("inference", "modelDefaults", "terminationGracePeriodSeconds"),
        ("quota", "resourceQuota", "hard"),
    ],
)
def test_no_number_is_too_long_for_a_rule(path):
    values = merge(read_values(), {"rollout": {"load": {"enabled": True}}, "route": {"enabled": True}})
    values = merge(values, {"observability": {"monitors": {"enabled": True}, "alerts": {"enabled": True}}})
    for odd in ODD:
        changed = put(values, path, {"cpu": odd, "nvidia.com/gpu": odd} if path[-1] == "hard" else odd)
        find_rule_findings(Layered(changed, {}))
