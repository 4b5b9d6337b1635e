"""Values of any shape, which the schema tells of, never end a rule with an error."""

import copy
from pathlib import Path

import yaml

from tooling.core.rules import find_rule_findings
from tooling.core.values import Layered, Origin, merge

CHART = Path(__file__).parents[2] / "charts" / "genai-stack"
ODD = (None, 5, -0.5, "x", True, [], {}, [None], [[]], {"a": None}, {"enabled": True}, ["x", {"name": []}])
EVERY = 41
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
    changed[path[0]] = put(values[path[0]], path[1:], odd)
    return changed


def test_no_shape_ends_a_rule():
    values = read_values()
    places = list(walk(values))
    origins = {path: Origin("mine.yaml", 1) for path in places}
    assert len(places) > 700
    broken = []
    for number, path in enumerate(places):
        for turn, odd in enumerate(ODD):
            if (number + turn) % (3 if len(path) <= 2 else EVERY):
                continue
            try:
                find_rule_findings(Layered(put(values, path, odd), origins))
            except (TypeError, ValueError, KeyError, AttributeError, IndexError) as error:
                broken.append(f"{'.'.join(map(str, path))} = {odd}: {type(error).__name__}: {error}")
    assert broken == []
