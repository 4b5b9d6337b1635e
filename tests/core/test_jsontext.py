"""JSON inside --set-json, as Go reads it."""

import pytest

from tooling.core.jsontext import read_json, read_object


@pytest.mark.parametrize(
    ("text", "value", "rest"),
    [
        ("1,b=2", 1, "b=2"),
        (" 1 , b=2", 1, " b=2"),
        ("1 b=2", 1, "b=2"),
        ("", None, ""),
        (",b=1", None, "b=1"),
        (" \u00a0", None, ""),
        ("01", 0, "1"),
        ("1.0", 1, ""),
        ("1e2", 100, ""),
        ("9007199254740993", 2**53, ""),
        ("1" + "0" * 305, 1e305, ""),
        ('"\\ud800x"', "\ufffdx", ""),
        ('["\\udfff", {"\\ud800": 1}]', ["\ufffd", {"\ufffd": 1}], ""),
        ('"\\ud83d\\ude00"', "\U0001f600", ""),
        ("null", None, ""),
        ("true]", True, "]"),
        ('{"a": 1, "a": 2}', {"a": 2}, ""),
    ],
)
def test_one_value_is_read_and_what_follows_is_left(text, value, rest):
    found, position = read_json(text, 0)
    assert (found, type(found), text[position:]) == (value, type(value), rest)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x", "no JSON value at character 1"),
        ("\x1c1", "no JSON value"),
        ("1.", "no JSON number at character 2"),
        ("1ex=2", "no JSON number"),
        ("1e400", "beyond what Helm can hold"),
        ("1" * 400, "beyond what Helm can hold"),
        ("NaN", "NaN is no JSON"),
        ('"\n"', "Invalid control character"),
        ("[" * 200 + "]" * 200, "deeper than 100 levels"),
        ("[" * 100_000, "deeper than 100 levels"),
    ],
)
def test_what_is_no_json_is_said(text, message):
    with pytest.raises(ValueError, match=message):
        read_json(text, 0)


def test_a_whole_object_stands_alone():
    assert read_object('{"a": 1} ') == {"a": 1}
    with pytest.raises(ValueError, match="more text at character 9"):
        read_object('{"a": 1},b=2')
