"""The grammar of `--set`. tests/adapters/test_helm_values.py holds it against the real helm."""

import re

import pytest

from tooling.core.assignment import Assignment, assign, read_assignments

READ = [
    ("a=1", [(("a",), 1)]),
    ("a.b=x,c=y", [(("a", "b"), "x"), (("c",), "y")]),
    ("a=1,", [(("a",), 1)]),
    ("a=", [(("a",), "")]),
    ("a=b=c", [(("a",), "b=c")]),
    ("a=True,b=FALSE,c=null", [(("a",), True), (("b",), False), (("c",), None)]),
    ("a=0,b=007,c=-5,d=1.5,e=1e3", [(("a",), 0), (("b",), "007"), (("c",), -5), (("d",), "1.5"), (("e",), "1e3")]),
    ("a=9223372036854775807,b=9223372036854775808", [(("a",), 2**63 - 1), (("b",), "9223372036854775808")]),
    (r"a=x\,y", [(("a",), "x,y")]),
    (r"a\.b/c=x", [(("a.b/c",), "x")]),
    (r"a\=b=x", [(("a=b",), "x")]),
    (r"a=x\\y", [(("a",), r"x\y")]),
    ("a=x\\", [(("a",), "x\\")]),
    ("a={x,1,true},b=2", [(("a",), ["x", 1, True]), (("b",), 2)]),
    ("a={}", [(("a",), [""])]),
    ("a[0]=x,a[1].b[2]=y", [(("a", 0), "x"), (("a", 1, "b", 2), "y")]),
    ("a[0][1]=x", [(("a", 0, 1), "x")]),
]


@pytest.mark.parametrize(("text", "expected"), READ)
def test_assignments_are_read(text, expected):
    assert [(one.path, one.value) for one in read_assignments(text)] == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "it is empty"),
        ("a", "a has no value"),
        ("a.b", "a.b has no value"),
        ("a=1,b", "b has no value"),
        ("a,b=1", "a has no value"),
        ("=1", "a key is empty"),
        ("a.=1", "a key is empty"),
        ("a[x]=1", "[x is not an index"),
        ("a[-1]=1", "[-1 is not an index"),
        ("a[0=1", "[0=1 is not an index"),
        ("a[65537]=1", "greater than 65536"),
        ("a[0]b=1", "'b' follows an index"),
        ("a[0]", "a[0] has no value"),
        ("a={x", "a list has no end"),
        (".".join("k" * 32) + "=1", "deeper than 30"),
    ],
)
def test_what_cannot_be_read_is_said(text, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        read_assignments(text)


@pytest.mark.parametrize(
    ("values", "path", "expected"),
    [
        ({}, ("a", "b"), {"a": {"b": 9}}),
        ({"a": {"c": 1}}, ("a", "b"), {"a": {"c": 1, "b": 9}}),
        ({"a": None}, ("a", "b"), {"a": {"b": 9}}),
        ({}, ("a", 1), {"a": [None, 9]}),
        ({"a": [{"b": 1, "c": 2}]}, ("a", 0, "b"), {"a": [{"b": 9, "c": 2}]}),
        ({"a": [1, 2, 3]}, ("a", 1), {"a": [1, 9, 3]}),
        ({"a": {"b": 1}}, ("a",), {"a": 9}),
    ],
)
def test_assigning_makes_what_is_missing_and_keeps_the_rest(values, path, expected):
    before = repr(values)
    assert assign(values, Assignment(path, 9)) == expected
    assert repr(values) == before


@pytest.mark.parametrize(
    ("values", "path", "message"),
    [({"a": 1}, ("a", "b"), "a is not a map"), ({"a": {"b": 1}}, ("a", "b", 0), "a.b is not a list")],
)
def test_assigning_below_a_scalar_is_refused(values, path, message):
    with pytest.raises(ValueError, match=message):
        assign(values, Assignment(path, 9))
