"""Weights made of gateway pods: what the values declare has to be able to make them."""

import pytest

from tests.core.test_rules import GOOD
from tooling.core.rules import find_rule_findings
from tooling.core.values import Layered, Origin, merge

SERVICE = {"route": {"kind": "service"}}


def find(change, origins=None):
    values = merge(merge(GOOD, SERVICE), change)
    return [one for one in find_rule_findings(Layered(values, origins or {})) if one.rule == "rollout-ratio"]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"gateway": {"replicas": 3}}, ["error rollout.steps[0].weight"]),
        ({"gateway": {"replicas": 9}}, []),
        ({"gateway": {"replicas": 1}, "rollout": {"steps": [{"weight": 50}]}}, []),
        ({"gateway": {"autoscaling": {"enabled": True, "minReplicas": 3}}}, ["warning rollout.steps[0].weight"]),
        ({"gateway": {"replicas": 3}, "route": {"kind": "gatewayApi"}}, []),
        ({"gateway": {"replicas": 3}, "rollout": {"strategy": "blueGreen"}}, []),
        ({"gateway": {"enabled": False}}, []),
        ({"gateway": {"replicas": 1}, "rollout": {"steps": [{"weight": 100}, {"weight": 0}]}}, []),
    ],
)
def test_weights_of_pods(change, expected):
    assert [f"{one.severity} {one.path}" for one in find(change)] == expected


def test_the_finding_says_what_one_pod_gets_and_what_would_do():
    origin = Origin("values/prod.yaml", 7)
    (found,) = find({"gateway": {"replicas": 3}}, {("rollout", "steps", 0, "weight"): origin})
    assert str(found) == (
        "values/prod.yaml:7: error: rollout.steps[0].weight: is 10, and route.kind service makes weights of"
        " gateway pods: one of the candidate's beside 3 of stable's gets 25 %."
        " Write a weight of 25 or more, or gateway: {replicas: 9}. [rollout-ratio]"
    )


def test_no_httproute_is_needed():
    layered = Layered(
        merge(GOOD, {"route": {"kind": "service", "enabled": False}}), {("rollout", "x"): Origin("a")}
    )
    assert "rollout-route" not in [one.rule for one in find_rule_findings(layered)]
