"""Literals that Helm reads otherwise than a person means, and those about which nothing is said."""

import pytest

from tooling.core.literals import find_key_surprise, find_surprise, format_value, is_expected
from tooling.core.scalars import read_key, read_scalar

ODD = [
    # text, path, rule, what is said
    ("yes", ("a",), "literal-boolean", '`yes` is read as true. Write true, or "yes" for text.'),
    ("n", ("regions", 0), "literal-boolean", '`n` is read as false. Write false, or "n" for text.'),
    ("on", ("apiKey",), "literal-boolean", "this is read otherwise than it is written. Quote it."),
    ("1.10", ("image", "tag"), "literal-name", "`1.10` is read as the number 1.1."),
    ("1.0", ("appVersion",), "literal-name", "the number 1."),
    ("1e3", ("gitCommit",), "literal-name", "the number 1000."),
    ("20240101", ("imageTag",), "literal-name", "the number 2.0240101e+07."),
    ("0123", ("tag",), "literal-name", "the number 83."),
    ("3.10", ("versions", 1), "literal-name", "the number 3.1."),
    ("1e3", ("a",), "literal-exponent", "`1e3` is read as the number 1000."),
    ("20240101", ("a",), "literal-date", "which templates print as 2.0240101e+07."),
    ("0123", ("port",), "literal-octal", "`0123` is an octal number: 83. Write 83 or 0o123 if octal is meant"),
    ("-010", ("a",), "literal-octal", "an octal number: -8."),
    ("08", ("a",), "literal-zeros", "`08` loses its leading zeros: it is read as 8."),
    ("000", ("a",), "literal-zeros", "it is read as 0."),
    ("9007199254740993", ("a",), "literal-digits", "`9007199254740993` loses digits"),
    ("-9007199254740993", ("a",), "literal-digits", "loses digits"),
    ("123456789012345678901234567890", ("a",), "literal-digits", "loses digits"),
    ("9007199254740993", ("password",), "literal-digits", "this is read otherwise"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "path", "rule", "message"), ODD)
def test_what_reads_otherwise_is_told(text, path, rule, message):
    found = find_surprise(text, read_scalar(text), path)
    assert found is not None
    assert found.rule == rule
    assert message in f"{found.message} {found.hint}"


PLAIN = [
    ("true", ("a",)), ("False", ("a",)), ("~", ("tag",)), ("x", ("tag",)), ("v1.10", ("tag",)), ("12:30", ("a",)),
    ("2024-01-01", ("a",)), ("7", ("tag",)), ("1.5", ("version",)), ("0.05", ("a",)), ("0.50", ("a",)),
    ("1.0", ("a",)), ("8080", ("port",)), ("-1", ("a",)), ("1000000", ("bytes",)), ("10485760", ("bytes",)),
    ("9007199254740992", ("a",)), ("1e-3", ("a",)), ("0644", ("defaultMode",)), ("0400", ("mode",)),
    ("0644", ("permissions",)), ("0o644", ("a",)), ("0x1F", ("a",)), ("1e-6", ("a",)),
    ("1.5e3", ("a",)), ("20241301", ("a",)), ("1_000", ("a",)), ("0", ("a",)), ("00", ("fileMode",)),
    ("1e300", ("a", 0)),
]  # fmt: skip


@pytest.mark.parametrize(("text", "path"), PLAIN)
def test_what_reads_as_it_looks_is_not_told(text, path):
    assert find_surprise(text, read_scalar(text), path) is None


@pytest.mark.parametrize(
    ("text", "is_told"), [("on", True), ("1.10", True), ("007", True), ("a", False), ("1", False)]
)
def test_a_key_that_becomes_another_is_told(text, is_told):
    found = find_key_surprise(text, read_key(text))
    assert (found is not None) is is_told


@pytest.mark.parametrize(
    ("rule", "value", "default", "is_fine"),
    [
        ("literal-boolean", True, False, True),
        ("literal-boolean", True, "text", False),
        ("literal-boolean", True, None, False),
        ("literal-exponent", 1000, 5, True),
        ("literal-date", 20240101, 2.5, True),
        ("literal-name", 1.1, "1.10", False),
        ("literal-name", 1000, True, False),
        ("literal-octal", 83, 5, False),
        ("literal-key", None, 5, False),
    ],
)
def test_where_the_default_is_of_that_kind_nothing_is_odd(rule, value, default, is_fine):
    assert is_expected(rule, value, default) is is_fine


@pytest.mark.parametrize(
    ("value", "text"),
    [(True, "true"), (False, "false"), (1, "1"), (1.0, "1"), (999999, "999999"), (1000000, "1e+06"), (0.5, "0.5"),
     (1e-5, "1e-05"), (1234567.5, "1.2345675e+06"), (0.1, "0.1"), (-2, "-2")],
)  # fmt: skip
def test_values_are_written_as_templates_print_them(value, text):
    assert format_value(value) == text
