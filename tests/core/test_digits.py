"""Whole numbers from text: short ASCII digits only, and never an error."""

import pytest

from tooling.core.digits import read_digits


@pytest.mark.parametrize(("text", "number"), [("0", 0), ("007", 7), ("80", 80), ("9" * 18, 10**18 - 1)])
def test_digits_are_read(text, number):
    assert read_digits(text) == number


@pytest.mark.parametrize("text", ["", "-1", "+1", " 1", "1\n", "1_0", "1.0", "²", "\u0664", "9" * 19, "9" * 5000])
def test_anything_else_is_none(text):
    assert read_digits(text) is None
