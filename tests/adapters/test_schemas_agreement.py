"""The fast validator finds what the reference implementation of draft-07 finds, on this chart's own schema."""

import json
from functools import cache

import jsonschema
import jsonschema_rs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.charts.schemas import CHART, ROOT
from tooling.adapters.schemas_jsonschema import JsonSchemas
from tooling.core.masking import may_be_secret
from tooling.core.schema.keys import list_keys
from tooling.core.values import Layered

SCHEMA = json.loads((CHART / "values.schema.json").read_text(encoding="utf-8"))
KEYS = tuple(key.path for key in list_keys(SCHEMA))
HIDDEN = "Hunter2 hunter2"
SECRETS = tuple(path for path in KEYS if may_be_secret(path))
SCHEMAS = JsonSchemas(CHART / "values.schema.json", ROOT / "docs" / "values.md")
WORDS = [
    "",
    "a",
    "A b",
    "10m",
    "1Gi",
    "1.5",
    "latest",
    "all",
    "canary",
    "x" * 70,
    "a/b",
    "10.0.0.0/8",
    "https://a.b",
]
NAMES = [*WORDS[1:], "name", "key"]
"""Without the empty name, which the fast validator leaves out of the path that it reports."""

SCALARS = st.one_of(st.none(), st.booleans(), st.integers(-5, 2**40), st.floats(-5, 5), st.sampled_from(WORDS))
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner),
    max_leaves=5,
)


@cache
def validators():
    return jsonschema.Draft7Validator(SCHEMA), jsonschema_rs.Draft7Validator(SCHEMA)


def place(path, value):
    """Put a value at a path of the schema; names of one's own are `mine`."""
    for part in reversed(path):
        value = [value] if part == 0 else {"mine" if part == "<name>" else part: value}
    return value


def find_reference(values):
    found = set()
    for error in validators()[0].iter_errors(values):
        is_name = "propertyNames" in error.absolute_schema_path
        path = tuple(error.absolute_path)
        found.add((path, "propertyNames" if is_name else error.validator or "falseSchema"))
    return found


def find_ours(values):
    return {(tuple(error.instance_path), error.kind.name) for error in validators()[1].iter_errors(values)}


@settings(max_examples=300)
@given(st.sampled_from(KEYS), VALUES)
def test_both_find_the_same_at_every_key(path, value):
    values = place(path, value)
    assert find_ours(values) == find_reference(values)
    findings = SCHEMAS.check(Layered(values))
    assert bool(findings) == bool(find_reference(values))
    assert all(finding.message and finding.path and finding.doc for finding in findings)


@settings(max_examples=200)
@given(st.sampled_from(SECRETS), st.sampled_from([HIDDEN, [HIDDEN], {HIDDEN: 1}, {"a": [HIDDEN]}]))
def test_no_finding_shows_what_may_be_a_secret(path, value):
    for finding in SCHEMAS.check(Layered(place(path, value))):
        assert HIDDEN not in finding.message + finding.hint


@pytest.mark.parametrize("text", ["name\n", "na\nme"])
def test_a_line_break_at_the_end_does_not_pass_as_it_does_in_python(text):
    values = {"rollout": {"namespace": text}}
    assert find_ours(values) == {(("rollout", "namespace"), "pattern")}
