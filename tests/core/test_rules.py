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
    ({"rollout": {"steps": [{"weight": 50}, {"weight": 10}]}}, ["error rollout.steps[1].weight"]),
    ({"rollout": {"steps": []}}, ["error rollout.steps"]),
    (
        {"rollout": {"steps": [{"approval": {"timeout": "0s"}}, {"weight": 5}]}},
        ["error rollout.steps[0].approval.timeout"],
    ),
    ({"rollout": {"readyTimeout": "0s", "scaleDownDelay": "0s"}}, ["error rollout.readyTimeout"]),
    ({"rollout": {"steps": [{"weight": 5, "hold": "0m"}]}}, []),
    ({"rollout": {"steps": [], "strategy": "blueGreen"}}, []),
    ({"rollout": {"steps": [{"weight": "much"}]}}, []),
    ({"rollout": {"steps": "none"}}, []),
    ({"rollout": {"load": {"rate": 0.05}}}, ["warning rollout.steps[0]"]),
    ({"rollout": {"load": {"rate": 0.001, "enabled": False}}}, []),
    ({"gateway": {"models": {"big": {}}}}, ["error gateway.models.big"]),
    ({"gateway": {"models": {"big": None}}}, []),
    ({"gateway": {"models": {"far": {"url": "http://elsewhere"}}}}, []),
    ({"gateway": {"defaultModel": "big"}}, ["error gateway.defaultModel"]),
    (
        {"gateway": {"defaultModel": "", "models": None}},
        ["error gateway.models", "warning inference.models.smollm2"],
    ),
    ({"gateway": {"models": {"far": {"url": "http://far"}}, "defaultModel": ""}}, ["error gateway.defaultModel"]),
    ({"gateway": {"defaultModel": "x", "models": {}, "enabled": False}}, []),
    ({"gateway": "broken"}, ["error gateway.models", "warning inference.models.smollm2"]),
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
    found, empty = find_rule_findings(Layered(values))
    assert (found.path, found.hint, empty.path) == ("gateway.defaultModel", "", "gateway.models")


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


def test_of_two_models_without_a_default_the_users_own_is_pointed_at():
    values = merge(GOOD, {"gateway": {"models": {"far": {"url": "http://far"}}, "defaultModel": ""}})
    origins = {
        ("gateway", "models", "smollm2"): Origin("chart.yaml", 1),
        ("gateway", "models", "far"): Origin("mine.yaml", 7),
        ("gateway", "defaultModel"): Origin("chart.yaml", 2),
    }
    (found,) = find_rule_findings(Layered(values, origins), chart_layers=frozenset({"chart.yaml"}))
    assert (found.path, found.file, found.line) == ("gateway.models.far", "mine.yaml", 7)


@pytest.mark.parametrize(
    ("layer", "ingress", "path"),
    [("mine.yaml", False, "route.enabled"), ("chart.yaml", True, "rollout.contexts")],
)
def test_weights_need_the_route(layer, ingress, path):
    route = {"enabled": False, "ingress": {"enabled": ingress}, "tls": {"secretName": "cert"}}
    origins = {("route", "enabled"): Origin(layer, 1), ("rollout", "contexts"): Origin("mine.yaml", 3)}
    layered = Layered(merge(GOOD, {"route": route}), origins)
    (found,) = [
        one for one in find_rule_findings(layered, chart_layers=frozenset({"chart.yaml"})) if "rollout" in one.rule
    ]
    assert (found.path, found.file, "Ingress" in found.message) == (path, "mine.yaml", ingress)


def test_nobody_who_releases_nothing_is_told_of_the_route():
    layered = Layered(
        merge(GOOD, {"route": {"enabled": False}}), {("rollout", "contexts"): Origin("chart.yaml", 3)}
    )
    assert find_rule_findings(layered, chart_layers=frozenset({"chart.yaml"})) == ()


def test_a_default_that_is_wrong_points_at_what_the_user_wrote_around_it():
    values = merge(GOOD, {"gateway": {"resources": {"requests": {"cpu": "1"}, "limits": {"cpu": "500m"}}}})
    origins = {
        ("gateway",): Origin("mine.yaml", 1),
        ("gateway", "resources"): Origin("mine.yaml", 2),
        ("gateway", "resources", "requests", "cpu"): Origin("chart.yaml", 5),
    }
    (found,) = find_rule_findings(Layered(values, origins), chart_layers=frozenset({"chart.yaml"}))
    assert (found.path, found.file, found.line) == ("gateway.resources.requests.cpu", "mine.yaml", 2)


def test_where_a_user_wrote_nothing_the_chart_is_pointed_at():
    values = merge(
        GOOD, {"gateway": {"terminationGracePeriodSeconds": 10, "models": {"smollm2": {"timeoutSeconds": 60}}}}
    )
    origins = {("gateway", "models"): Origin("chart.yaml", 5)}
    (found,) = find_rule_findings(Layered(values, origins), chart_layers=frozenset({"chart.yaml"}))
    assert (found.file, found.line) == ("chart.yaml", 5)
