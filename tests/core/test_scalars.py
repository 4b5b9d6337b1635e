"""Unquoted scalars as Helm reads them. tests/adapters/test_helm_values.py holds the same against the real helm."""

import pytest

from tooling.core.scalars import narrow, read_exact, read_key, read_scalar

READ = [
    ("", None), ("~", None), ("null", None), ("NULL", None), ("nUlL", "nUlL"),
    ("y", True), ("YES", True), ("On", True), ("n", False), ("off", False), ("tRuE", "tRuE"),
    ("x", "x"), ("=", "="), ("<<", "<<"), ("12:30", "12:30"), ("2024-01-01", "2024-01-01"), ("1.2.3", "1.2.3"),
    ("0", 0), ("7", 7), ("-7", -7), ("+7", 7), ("007", 7), ("08", 8), ("-08", -8), ("1_000", 1000), ("_1", "_1"),
    ("0x1F", 31), ("0X1f", 31), ("-0x1F", -31), ("0o17", 15), ("0b11", 3), ("-0b11", -3), ("0b-11", -3),
    ("0b12", "0b12"),
    ("0x", "0x"), ("0xg", "0xg"), ("1e3", 1000), ("1.5", 1.5), ("1.10", 1.1), ("1.", 1), (".5", 0.5),
    ("-.5", -0.5),
    (".5_0", 0.5), ("._5", "._5"), (".5e", ".5e"), ("1e400", "1e400"), ("1e", "1e"), ("-", "-"), (".", "."),
    ("9007199254740993", 2**53), ("-9007199254740993", -(2**53)), ("9223372036854775807", 2**63),
    ("18446744073709551615", 2**64), ("18446744073709551616", float(2**64)),
    ("-9223372036854775809", -float(2**63)),
    ("0xffffffffffffffffff", "0xffffffffffffffffff"), ("0777777777777777777777777", 7.77777777777777777777777e23),
    ("1" * 500, "1" * 500), ("\u0663", "\u0663"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "value"), READ)
def test_an_unquoted_scalar_is_what_helm_makes_of_it(text, value):
    found = read_scalar(text)
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize("text", [".inf", "-.Inf", "+.INF", ".nan", ".NaN"])
def test_what_json_cannot_hold_is_refused(text):
    with pytest.raises(ValueError, match="no number that Helm can hand on"):
        read_scalar(text)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("a", "a"), ("y", "true"), ("Off", "false"), ("1", "1"), ("007", "7"), ("0x10", "16"), ("-3", "-3"),
        ("9223372036854775807", "9223372036854775807"), ("1.10", "1.1"), ("1.0", "1"), ("1e3", "1000"),
        ("1e6", "1e+06"), ("123456.0", "123456"), ("1e-5", "1e-05"), ("0.0001", "0.0001"), ("-2.5", "-2.5"),
        ("123456789.5", "1.2345679e+08"), ("1e39", ".inf"), ("-3.4028236e38", "-.inf"),
        ("1e-46", "0"), ("3.4028235e38", "3.4028235e+38"),
    ],
)  # fmt: skip
def test_a_key_is_written_as_helm_writes_it(text, key):
    assert read_key(text) == key


@pytest.mark.parametrize(
    ("text", "message"),
    [("~", "must be text"), ("", "must be text"), ("9223372036854775808", "does not take as a key")],
)
def test_a_key_that_helm_refuses_is_refused(text, message):
    with pytest.raises(ValueError, match=message):
        read_key(text)


def test_exact_reading_keeps_digits_and_kind():
    assert read_exact("9007199254740993") == 9007199254740993
    assert type(read_exact("1.0")) is float


@pytest.mark.parametrize(
    ("number", "kept"),
    [(1.0, 1), (1.5, 1.5), (2**53, 2**53), (2**53 + 1, 2**53), (2**65, float(2**65)), (1e20, 1e20)],
)
def test_numbers_are_64_bit_floats(number, kept):
    assert (narrow(number), type(narrow(number))) == (kept, type(kept))
