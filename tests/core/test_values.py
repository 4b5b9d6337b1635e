"""Layering as Helm does it, who set what, and the overlay of a role."""

import pytest

from tooling.core.finding import Severity
from tooling.core.values import (
    Layer,
    Origin,
    coalesce,
    find_origin,
    find_release,
    format_path,
    layer,
    merge,
    place_finding,
    read_count,
    role_values,
)

MERGES = [
    # below, above, merged by helm -f -f, laid over a chart's defaults
    ({}, {}, {}, {}),
    ({"a": 1}, {"b": 2}, {"a": 1, "b": 2}, {"a": 1, "b": 2}),
    ({"a": 1}, {"a": 2}, {"a": 2}, {"a": 2}),
    ({"a": {"b": 1}}, {"a": {"c": 2}}, {"a": {"b": 1, "c": 2}}, {"a": {"b": 1, "c": 2}}),
    ({"a": [1, 2]}, {"a": [3]}, {"a": [3]}, {"a": [3]}),
    ({"a": {"b": 1}}, {"a": 2}, {"a": 2}, {"a": 2}),
    ({"a": 1}, {"a": {"b": 2}}, {"a": {"b": 2}}, {"a": {"b": 2}}),
    ({"a": 1}, {"a": None}, {"a": None}, {}),
    ({"a": {"b": 1, "c": 2}}, {"a": {"b": None}}, {"a": {"b": None, "c": 2}}, {"a": {"c": 2}}),
    ({}, {"a": None}, {"a": None}, {"a": None}),
    ({"a": None}, {"a": None}, {"a": None}, {"a": None}),
    ({"a": None}, {"a": {"b": 1}}, {"a": {"b": 1}}, {"a": {"b": 1}}),
]


@pytest.mark.parametrize(("below", "above", "merged", "coalesced"), MERGES)
def test_layers_are_laid_over_each_other(below, above, merged, coalesced):
    assert merge(below, above) == merged
    assert coalesce(below, above) == coalesced


def test_merging_changes_neither_side():
    below, above = {"a": {"b": 1}}, {"a": {"c": None}}
    merge(below, above)["a"]["x"] = 1
    coalesce(below, above)["a"]["x"] = 1
    assert (below, above) == ({"a": {"b": 1}}, {"a": {"c": None}})


def test_every_key_knows_who_set_it_last():
    layered = layer(
        [
            Layer("prod.yaml", {"a": {"b": 1, "c": 2}}, {("a",): (1, 1), ("a", "b"): (2, 3), ("a", "c"): (3, 3)}),
            Layer("mine.yaml", {"a": {"b": 5}}, {("a",): (7, 1), ("a", "b"): (8, 3)}),
        ]
    )
    assert layered.values == {"a": {"b": 5, "c": 2}}
    assert layered.origins[("a", "b")] == Origin("mine.yaml", 8, 3)
    assert layered.origins[("a", "c")] == Origin("prod.yaml", 3, 3)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ((), ""),
        (("a",), "a"),
        (("rollout", "steps", 0, "weight"), "rollout.steps[0].weight"),
        (("a", "b.c/d", "e"), 'a."b.c/d".e'),
        (("a.b",), '"a.b"'),
        (("", "x"), '"".x'),
    ],
)
def test_paths_are_written_as_people_write_them(path, text):
    assert format_path(path) == text


ORIGINS = {("a",): Origin("f", 1), ("a", "b"): Origin("g", 2)}


@pytest.mark.parametrize(
    ("path", "origin"),
    [
        (("a", "b"), Origin("g", 2)),
        (("a", "b", "missing", 0), Origin("g", 2)),
        (("a", "x"), Origin("f", 1)),
        (("z",), None),
        ((), None),
    ],
)
def test_the_origin_of_a_missing_key_is_the_nearest_map_around_it(path, origin):
    assert find_origin(ORIGINS, path) == origin


def test_a_finding_points_at_the_layer_and_line():
    found = place_finding(ORIGINS, ("a", "b"), "is odd.", rule="r", severity=Severity.WARNING, hint="Fix it.")
    assert str(found) == "g:2: warning: a.b: is odd. Fix it. [r]"
    nowhere = place_finding(ORIGINS, ("z",), "is odd.", rule="r")
    assert (nowhere.file, nowhere.line, nowhere.severity) == ("", 0, Severity.ERROR)


@pytest.mark.parametrize(
    ("arguments", "overlay", "release"),
    [
        (("genai", "base"), {"global": {"instance": "genai", "role": "base", "slot": ""}}, "genai"),
        (
            ("genai", "slot", "blue"),
            {"global": {"instance": "genai", "role": "slot", "slot": "blue"}},
            "genai-blue",
        ),
        (
            ("genai", "route", "", {"blue": 90, "green": 10}, "blue"),
            {
                "global": {"instance": "genai", "role": "route", "slot": ""},
                "route": {"weights": {"blue": 90, "green": 10}, "serving": "blue"},
            },
            "genai",
        ),
        (
            ("genai", "route", "", {}),
            {"global": {"instance": "genai", "role": "route", "slot": ""}, "route": {"weights": {}}},
            "genai",
        ),
    ],
)
def test_a_role_adds_its_few_keys(arguments, overlay, release):
    assert role_values(*arguments) == overlay
    assert find_release(*arguments[:3]) == release


@pytest.mark.parametrize(
    ("value", "count"),
    [
        (4, 4),
        (4.0, 4),
        ("4", 4),
        ("9" * 18, 10**18 - 1),
        (4.5, None),
        (True, None),
        (None, None),
        ([], None),
        ("4.0", None),
        ("-4", None),
        ("", None),
        ("²", None),
        ("\u0664", None),
        ("9" * 5000, None),
        (float("inf"), None),
        (float("nan"), None),
    ],
)
def test_a_count_is_a_whole_number_of_bounded_length(value, count):
    assert read_count(value) == count
