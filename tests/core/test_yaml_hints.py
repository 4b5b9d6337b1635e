"""Each thing that the reader of values files finds comes with what to do."""

import pytest

from tooling.core.yaml_hints import advise_reader


@pytest.mark.parametrize(
    ("message", "advice"),
    [
        ("it is not YAML: mapping values are not allowed in this context", "Align the keys of one map"),
        ("it is not YAML: a comma is missing before this place", "Write the bracket, or the comma"),
        ("the key is there twice, first in line 3", "Take one of the two out"),
        ("something that nobody has thought of", "Correct it here or in the lines before."),
    ],
)
def test_a_message_is_followed_by_what_to_do(message, advice):
    assert advise_reader(message).startswith(advice)
