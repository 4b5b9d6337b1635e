"""Findings of rules that only follow from what the schema refuses: the values as if that had not been written."""

import pytest

from tooling.core.finding import Finding, Severity
from tooling.core.rules.cascade import keep_independent, restore
from tooling.core.values import Layer, Layered, Origin

CHART = Layer("chart.yaml", {"gateway": {"models": {"small": {}}, "replicas": 1}, "steps": [{"weight": 5}]})
PROD = Layer("prod.yaml", {"gateway": {"models": {"small": None, "big": {"timeout": 9}}, "replicas": 3}})
MODELS = {"small": None, "big": {"timeout": 9}}


def restored(values, path, layer="mine.yaml"):
    return restore(Layered(values, {path: Origin(layer)}), [path], (CHART, PROD))


@pytest.mark.parametrize(
    ("values", "path", "expected"),
    [
        ({"gateway": False, "a": 1}, ("gateway",), {"gateway": {"models": MODELS, "replicas": 3}, "a": 1}),
        ({"gateway": {"models": []}}, ("gateway", "models"), {"gateway": {"models": MODELS}}),
        ({"gateway": {"replicas": "x"}}, ("gateway", "replicas"), {"gateway": {"replicas": 3}}),
        ({"gateway": {"replcas": 2}}, ("gateway", "replcas"), {"gateway": {}}),
        ({}, ("gateway", "replicas"), {}),
        (
            {"steps": [{"weight": "x", "hold": "1m"}, {"weight": 9}]},
            ("steps", 0, "weight"),
            {"steps": [{"hold": "1m"}, {"weight": 9}]},
        ),
        ({"steps": ["x"]}, ("steps", 0), {"steps": ["x"]}),
        ({"steps": "x"}, ("steps", 0, "weight"), {"steps": "x"}),
        ({"steps": ["x"]}, ("steps", "weight", "y"), {"steps": ["x"]}),
    ],
)
def test_a_broken_part_is_as_the_other_layers_have_it(values, path, expected):
    assert restored(values, path) == expected


def test_the_layer_that_wrote_it_is_not_asked():
    assert restored({"gateway": {"replicas": "x"}}, ("gateway", "replicas"), "prod.yaml") == {
        "gateway": {"replicas": 1}
    }


def test_what_nobody_wrote_is_asked_of_all():
    found = restore(Layered({"gateway": {"replicas": "x"}}), [("gateway", "replicas")], (CHART,))
    assert found == {"gateway": {"replicas": 1}}


def test_what_is_found_either_way_counts():
    one, two = (Finding("rule", Severity.ERROR, "is wrong.", path) for path in ("a", "b"))
    other = Finding("rule", Severity.ERROR, "is wrong otherwise.", "b")
    assert keep_independent((one, two), (other,)) == (two,)
