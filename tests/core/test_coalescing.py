"""Defaults of a chart and its subcharts under the user's values. The same is held against the real helm."""

import pytest

from tooling.core.coalescing import ChartValues, coalesce_chart

SUB = ChartValues({"a": 1, "m": {"x": 1, "y": 2}}, {})
TOP = ChartValues({"t": 1, "n": {"k": 1, "l": 2}, "s": {"a": 2, "own": 5}, "global": {"g": 1}}, {"s": SUB})

CASES = [
    ({}, {"t": 1, "n": {"k": 1, "l": 2}, "s": {"a": 2, "own": 5, "m": {"x": 1, "y": 2}}, "global": {"g": 1}}),
    ({"t": None}, {"t": ...}),
    ({"n": {"k": None}}, {"n": {"l": 2}}),
    ({"n": {"new": None}}, {"n": {"k": 1, "l": 2, "new": None}}),
    ({"new": None}, {"new": None}),
    ({"n": 5}, {"n": 5}),
    ({"t": {"x": 1}}, {"t": {"x": 1}}),
    ({"s": {"a": None}}, {"s": {"own": 5, "m": {"x": 1, "y": 2}}}),
    ({"s": {"m": {"x": None}}}, {"s": {"a": 2, "own": 5, "m": {"y": 2}}}),
    ({"s": {"own": None}}, {"s": {"a": 2, "own": None, "m": {"x": 1, "y": 2}}}),
    ({"s": None}, {"s": {"a": 1, "m": {"x": 1, "y": 2}}}),
    ({"s": 5}, {"s": 5}),
    ({"s": {"m": 3}}, {"s": {"a": 2, "own": 5, "m": 3}}),
]


@pytest.mark.parametrize(("values", "changed"), CASES)
def test_values_lie_on_the_defaults_of_chart_and_subcharts(values, changed):
    whole = {**coalesce_chart(TOP, {}, hands_down=False), **changed}
    expected = {key: value for key, value in whole.items() if value is not ...}
    assert coalesce_chart(TOP, values, hands_down=False) == expected


GLOBALS = [
    # global of the chart, of the subchart by the user, as the subchart sees it
    ({"g": 2}, {}, {"g": 2}),
    ({"g": 2}, {"g": 3}, {"g": 2}),
    ({"h": 2}, {"i": 3}, {"g": 1, "h": 2, "i": 3}),
    ({"g": {"x": 1}}, {"g": {"y": 2}}, {"g": {"x": 1, "y": 2}}),
    ({"h": {"x": 1}}, {"h": 5}, {"g": 1, "h": 5}),
    ({"h": 5}, {"h": {"x": 1}}, {"g": 1, "h": {"x": 1}}),
    ({"g": None}, {}, {"g": 1}),
    (None, {}, {"g": 1}),
    (5, {}, {"g": 1}),
    ({"g": 2}, 5, 5),
]


@pytest.mark.parametrize(("above", "own", "seen"), GLOBALS)
def test_global_is_handed_down_and_wins_over_the_subcharts_own(above, own, seen):
    values = {"global": above, **({"s": {"global": own}} if own != {} else {})}
    assert coalesce_chart(TOP, values)["s"]["global"] == seen


def test_a_chart_may_set_a_subchart_aside():
    assert coalesce_chart(ChartValues({"s": 5}, {"s": SUB}), {}) == {"s": 5}
