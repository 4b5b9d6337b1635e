"""Rules between keys: each row changes one thing in values that are right."""

import pytest

from tooling.core.rules import find_rule_findings
from tooling.core.values import Layered, Origin, merge

GOOD = {
    "gateway": {"models": {"smollm2": {}}, "defaultModel": "smollm2"},
    "inference": {"models": {"smollm2": {"replicas": 1}}},
    "rollout": {
        "contexts": ["prod"],
        "strategy": "canary",
        "steps": [{"weight": 10, "hold": "1m"}, {"approval": {"timeout": "2h"}}, {"weight": 50, "hold": "1m"}],
        "analysis": {"minRequests": 20, "maxHold": "30m"},
        "readyTimeout": "10m",
        "scaleDownDelay": "10m",
        "load": {"enabled": True, "rate": 8},
    },
}

TABLE = [
    ({}, []),
    ({"rollout": {"contexts": []}}, ["warning rollout.contexts"]),
    ({"rollout": {"contexts": None}}, ["warning rollout.contexts"]),
    ({"rollout": {"readyTimeout": "soon"}}, ["error rollout.readyTimeout"]),
    ({"rollout": {"analysis": {"maxHold": "1 m"}}}, ["error rollout.analysis.maxHold"]),
    ({"rollout": {"steps": [{"weight": 5, "hold": "x"}]}}, ["error rollout.steps[0].hold"]),
    ({"rollout": {"steps": [{"approval": {"timeout": "x"}}]}}, ["error rollout.steps[0].approval.timeout"]),
    ({"rollout": {"steps": [{"weight": 50}, {"weight": 10}]}}, ["error rollout.steps"]),
    ({"rollout": {"steps": []}}, ["error rollout.steps"]),
    ({"rollout": {"steps": [], "strategy": "blueGreen"}}, []),
    ({"rollout": {"steps": [{"weight": "much"}]}}, []),
    ({"rollout": {"steps": "none"}}, []),
    ({"rollout": {"load": {"rate": 0.05}}}, ["warning rollout.steps[0]"]),
    ({"rollout": {"load": {"rate": 0.001, "enabled": False}}}, []),
    ({"gateway": {"models": {"big": {}}}}, ["error gateway.models.big"]),
    ({"gateway": {"models": {"big": None}}}, ["error gateway.models.big"]),
    ({"gateway": {"models": {"far": {"url": "http://elsewhere"}}}}, []),
    ({"gateway": {"defaultModel": "big"}}, ["error gateway.defaultModel"]),
    ({"gateway": {"defaultModel": "", "models": None}}, ["warning inference.models.smollm2"]),
    ({"gateway": {"defaultModel": "x", "models": {}, "enabled": False}}, []),
    ({"gateway": "broken"}, ["warning inference.models.smollm2"]),
    ({"inference": {"enabled": False}}, ["error gateway.models.smollm2"]),
    ({"inference": {"models": {"idle": {}}}}, ["warning inference.models.idle"]),
    ({"gateway": {"models": {"tone": {"model": "smollm2"}}}}, []),
    ({"gateway": {"models": {"tone": {"model": "gone"}}}}, ["error gateway.models.tone"]),
    ({"global": {"role": "base"}}, ["warning global.role"]),
    ({"route": {"serving": ""}}, []),
]


@pytest.mark.parametrize(("change", "expected"), TABLE)
def test_a_rule_finds_what_breaks_it(change, expected):
    values = merge(GOOD, change)
    origins = {("global", "role"): Origin("mine.yaml", 3), ("route", "serving"): Origin("mine.yaml", 4)}
    found = find_rule_findings(Layered(values, origins))
    assert [f"{one.severity} {one.path}" for one in found] == expected


def test_no_models_at_all_name_no_candidates():
    values = merge(GOOD, {"gateway": {"models": None}, "inference": {"models": None}})
    (found,) = find_rule_findings(Layered(values))
    assert (found.path, found.hint) == ("gateway.defaultModel", "")


def test_a_finding_points_at_the_line_and_says_what_to_write():
    values = merge(GOOD, {"gateway": {"models": {"big": {}}}})
    (found,) = find_rule_findings(Layered(values, {("gateway", "models", "big"): Origin("values/prod.yaml", 12)}))
    assert str(found) == (
        "values/prod.yaml:12: error: gateway.models.big: has no url, and inference.models has no model big."
        " Write gateway: {models: {big: {url: ...}}} or add it to inference.models. [model-unserved]"
    )


def test_the_charts_own_defaults_are_not_warned_of():
    layered = Layered(merge(GOOD, {"global": {"role": "all"}}), {("global", "role"): Origin("chart.yaml", 1)})
    assert find_rule_findings(layered, chart_layers=frozenset({"chart.yaml"})) == ()
