"""A mistake in YAML is told where it was made."""

import pytest
import yaml

from tooling.adapters.yaml_problems import explain_problem

SPACE = "a space is missing after a colon"
QUOTE = "the quote that begins here is not closed"
BRACKET = "the bracket that begins here is not closed, or a comma is missing in it"


@pytest.mark.parametrize(
    ("text", "message", "place"),
    [
        ('a: "x\nb: 2\n', QUOTE, (1, 4)),
        ("b: 1\na: 'x\n---\nb: 1\n", f"{QUOTE} before the next document", (2, 4)),
        ("a: {b: 1\nc: 2\n", BRACKET, (1, 4)),
        ("a:\n  b: [1, 2\n  c: 3\nd: 4\n", BRACKET, (2, 6)),
        ("a: [1", BRACKET, (1, 4)),
        (
            "a: {\n  b: 1\n  c: 2\n}\n",
            "a comma is missing before this place, or the bracket around it is not closed",
            (3, 4),
        ),
        (
            "a: {b: 1 c: 2}\n",
            "a comma is missing before this place, or the bracket of column 4 is not closed",
            (1, 11),
        ),
        ("replicas:2\nb: 1\n", SPACE, (1, 9)),
        ("g:\n  replicas:2 # two\n\n  b: 1\n", SPACE, (2, 11)),
        ("b: 1\nreplicas:2\n", SPACE, (2, 1)),
        ("- a: 1\n  b:2\n", SPACE, (2, 3)),
        ("b: 1\nhttp://x.y\n", "while scanning a simple key could not find expected ':'", (3, 1)),
        ("a: b: c\n", "mapping values are not allowed in this context", (1, 5)),
        ("a: 1\n b: 2\n", "mapping values are not allowed in this context", (2, 3)),
    ],
)
def test_the_place_is_where_it_was_made(text, message, place):
    with pytest.raises(yaml.MarkedYAMLError) as caught:
        yaml.load(text, Loader=yaml.CSafeLoader)
    assert explain_problem(caught.value, text) == (message, *place)


def test_an_error_without_a_place_is_told_all_the_same():
    assert explain_problem(yaml.MarkedYAMLError(problem="it is odd"), "") == ("it is odd", 0, 0)
