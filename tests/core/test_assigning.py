"""Assignments put into values: what is made on the way, what is in the way, and what stays as it was."""

import re

import pytest

from tooling.core.assigning import assign
from tooling.core.assignment import Assignment


@pytest.mark.parametrize(
    ("values", "path", "expected"),
    [
        ({}, ("a", "b"), {"a": {"b": 9}}),
        ({"a": {"c": 1}}, ("a", "b"), {"a": {"c": 1, "b": 9}}),
        ({"a": {"b": 1}}, ("a",), {"a": 9}),
        ({}, ("a", 1), {"a": [None, 9]}),
        ({"a": [1, 2, 3]}, ("a", 1), {"a": [1, 9, 3]}),
        ({"a": [{"b": 1, "c": 2}]}, ("a", 0, "b"), {"a": [{"b": 9, "c": 2}]}),
        ({"a": ["x"]}, ("a", 0, "b"), {"a": [{"b": 9}]}),
        ({"a": [None]}, ("a", 0, 1), {"a": [[None, 9]]}),
        ({"a": [[1]]}, ("a", 0, 0), {"a": [[9]]}),
        ({}, ("a", 1, "b", 0), {"a": [None, {"b": [9]}]}),
    ],
)
def test_what_is_missing_is_made_and_the_rest_stays(values, path, expected):
    before = repr(values)
    assert assign(values, [Assignment(path, 9)]) == expected
    assert repr(values) == before


def test_assignments_build_on_each_other_and_change_nothing_that_was_given():
    value = {"k": 1}
    made = assign({}, [Assignment(("a",), value), Assignment(("a", "l"), 2), Assignment(("a", "k"), 3)])
    assert (made, value) == ({"a": {"k": 3, "l": 2}}, {"k": 1})


def test_a_whole_object_is_merged():
    below = {"a": {"b": 1}, "c": 2}
    assert assign(below, [Assignment((), {"a": {"d": 3}}), Assignment(("a", "b"), 4)]) == {
        "a": {"b": 4, "d": 3},
        "c": 2,
    }
    assert below == {"a": {"b": 1}, "c": 2}


@pytest.mark.parametrize(
    ("values", "path", "message"),
    [
        ({"a": 1}, ("a", "b"), "a is no map in the layers below; set the whole map"),
        ({"a": None}, ("a", "b"), "a is null in the layers below"),
        ({"a": {"b": 1}}, ("a", "b", 0), "a.b is no list"),
        ({"a": None}, ("a", 0), "a is null"),
        ({"a": [{}]}, ("a", 0, 0), "a[0] is no list"),
    ],
)
def test_what_is_of_another_kind_is_in_the_way_as_for_helm(values, path, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        assign(values, [Assignment(path, 9)])


def test_the_empty_value_that_helm_drops_is_refused():
    empty = Assignment(("a", 0, "b"), "", ends_empty=True)
    with pytest.raises(
        ValueError, match=re.escape("Helm drops an empty value for a new a[0]; end it with a comma")
    ):
        assign({}, [empty])
    assert assign({"a": [{}]}, [empty]) == {"a": [{"b": ""}]}
