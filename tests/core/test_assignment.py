"""The grammar of --set and its sisters. tests/adapters/test_values_fuzz.py holds it against the real helm."""

import re

import pytest

from tooling.core.assignment import (
    FILE,
    FLAGS,
    JSON,
    LITERAL,
    MAX_TEXT,
    STRING,
    TYPED,
    Assignment,
    Setting,
    read_assignments,
)

TYPED_READ = [
    ("a=1", [(("a",), 1)]),
    ("a.b=x,c=y", [(("a", "b"), "x"), (("c",), "y")]),
    ("a=1,", [(("a",), 1)]),
    ("a=", [(("a",), "")]),
    ("a=,b=1", [(("a",), ""), (("b",), 1)]),
    ("a=b=c", [(("a",), "b=c")]),
    ("a=True,b=FALSE,c=null,d=fal\u017fe", [(("a",), True), (("b",), False), (("c",), None), (("d",), False)]),
    ("a=0,b=007,c=-5,d=1.5,e=1e3", [(("a",), 0), (("b",), "007"), (("c",), -5), (("d",), "1.5"), (("e",), "1e3")]),
    ("a=9223372036854775807,b=9223372036854775808", [(("a",), 2**63 - 1), (("b",), "9223372036854775808")]),
    (f"a={'1' * 30}", [(("a",), "1" * 30)]),
    (r"a=x\,y", [(("a",), "x,y")]),
    (r"a\.b/c=x", [(("a.b/c",), "x")]),
    (r"a\=b=x", [(("a=b",), "x")]),
    (r"a=x\\y", [(("a",), r"x\y")]),
    ("a=x\\", [(("a",), "x")]),
    ("a={x,1,true},b=2", [(("a",), ["x", 1, True]), (("b",), 2)]),
    ("a={x}", [(("a",), ["x"])]),
    ("a={}", [(("a",), [""])]),
    ("a[0]=x,a[1].b[2]=y", [(("a", 0), "x"), (("a", 1, "b", 2), "y")]),
    ("a[0][+1]=x", [(("a", 0, 1), "x")]),
]


@pytest.mark.parametrize(("text", "expected"), TYPED_READ)
def test_typed_settings_are_read(text, expected):
    assert [(one.path, one.value) for one in read_assignments(Setting(TYPED, text))] == expected


@pytest.mark.parametrize(
    ("flag", "text", "expected"),
    [
        (STRING, "a=1,b=true,c={1,x}", [(("a",), "1"), (("b",), "true"), (("c",), ["1", "x"])]),
        (JSON, 'a=1,b={"c": [1]},d=', [(("a",), 1), (("b",), {"c": [1]}), (("d",), None)]),
        (JSON, ' {"a": {"b": 1}} ', [((), {"a": {"b": 1}})]),
        (FILE, "a=one,b={two,three}", [(("a",), "<one>"), (("b",), ["<two>", "<three>"])]),
        (LITERAL, r"a.b[0]=x,y={\,}", [(("a", "b", 0), r"x,y={\,}")]),
        (LITERAL, r"a\.b=", [(("a\\", "b"), "")]),
    ],
)
def test_each_flag_reads_values_its_own_way(flag, text, expected):
    found = read_assignments(Setting(flag, text), lambda name: f"<{name}>")
    assert [(one.path, one.value) for one in found] == expected


def test_an_empty_end_is_marked_because_helm_may_drop_it():
    assert [one.ends_empty for one in read_assignments(Setting(TYPED, "a=,b="))] == [False, True]


@pytest.mark.parametrize(
    ("flag", "text", "message"),
    [
        (TYPED, "", "it is empty"),
        (TYPED, "a", "it has no value; write key=value"),
        (TYPED, "a.b", "it has no value"),
        (TYPED, "a=1,b", "after character 4 comes no key=value"),
        (TYPED, "a,b=1", "it has no value"),
        (TYPED, "=1", "a key is empty at character 1"),
        (TYPED, "a.=1", "a key is empty"),
        (TYPED, "a[x]=1", "no index such as [0]"),
        (TYPED, "a[-1]=1", "the index -1 is negative"),
        (TYPED, "a[0=1", "no index such as [0]"),
        (TYPED, "a[65537]=1", "greater than 65536"),
        (TYPED, f"a[{'9' * 30}]=1", "no index"),
        (TYPED, "a[0]b=1", "after an index at character 6"),
        (TYPED, "a[0]", "after an index"),
        (TYPED, "a={x", "a list has no end"),
        (TYPED, ".".join("k" * 32) + "=1", "deeper than 30 names"),
        (TYPED, f"a{'[0]' * 101}=1", "deeper than 100 levels"),
        (TYPED, "a[65000]=1,b[35000]=1", "make more than 100000 list items"),
        (TYPED, "a=\udcff", "not UTF-8 text at character 3"),
        (LITERAL, "a=" + "x" * MAX_TEXT, "longer than 1024 KiB"),
        (LITERAL, "a", "it has no value"),
        (JSON, "a=x", "no JSON value at character 3"),
    ],
)
def test_what_cannot_be_read_is_said(flag, text, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        read_assignments(Setting(flag, text))


@pytest.mark.parametrize("flag", FLAGS)
@pytest.mark.parametrize(
    "text", ["password=hunter2,x,hunter2", "password[hunter2]=1", "hunter2", "a={hunter2", "=hunter2"]
)
def test_no_message_repeats_a_value(flag, text):
    try:
        read_assignments(Setting(flag, text))
    except ValueError as error:
        assert "hunter2" not in str(error)  # noqa: PT017 - some flags take some of them


@pytest.mark.parametrize(
    ("setting", "shown"),
    [
        (Setting(TYPED, "a.b=hunter2"), "--set a.b"),
        (Setting(TYPED, "hunter2"), "--set"),
        (Setting(TYPED, f"{'[' * 200}=1"), "--set"),
        (Setting(JSON, '{"a=": "hunter2"}'), "--set-json"),
    ],
)
def test_a_setting_is_named_without_its_value(setting, shown):
    assert str(setting) == shown


def test_flags_are_in_the_order_in_which_helm_applies_them():
    assert FLAGS == ("--set-json", "--set", "--set-string", "--set-file", "--set-literal")
    assert Assignment(("a",), 1) == Assignment(("a",), 1, ends_empty=False)
