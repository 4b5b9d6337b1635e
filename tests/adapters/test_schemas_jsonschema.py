"""What the schema's findings say and where they point."""

import json
from dataclasses import replace

import pytest

from tooling.adapters.schemas_jsonschema import JsonSchemas
from tooling.core.finding import Finding, Severity
from tooling.core.values import Layered, Origin
from tooling.errors import StateError, ValuesError

DURATION = {"type": "string", "pattern": "^[0-9]+(s|m|h)$", "description": "A duration such as 90s or 10m."}
SCHEMA = {
    "$schema": "http://json-schema.org/draft-07/schema#",
    "type": "object",
    "additionalProperties": False,
    "required": ["gateway"],
    "definitions": {"name": {"type": "string", "minLength": 2, "maxLength": 4}},
    "properties": {
        "gateway": {
            "type": "object",
            "additionalProperties": False,
            "required": ["replicas"],
            "properties": {
                "replicas": {"type": "integer", "minimum": 1, "maximum": 9},
                "enabled": {"type": "boolean"},
                "password": {"type": "string", "pattern": "^x"},
                "models": {
                    "type": "object",
                    "propertyNames": {"pattern": "^[a-z]+$", "description": "A model's name."},
                    "additionalProperties": {"type": ["object", "null"]},
                },
                "labels": {
                    "type": "object",
                    "patternProperties": {"^x-": {"type": "string"}},
                    "additionalProperties": False,
                },
            },
        },
        "name": {"$ref": "#/definitions/name"},
        "kind": {"enum": ["canary", "blueGreen"]},
        "fixed": {"const": 5},
        "share": {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1},
        "tags": {"type": "array", "minItems": 1, "maxItems": 2, "uniqueItems": True},
        "some": {"type": "object", "minProperties": 1, "maxProperties": 1},
        "both": {"not": {"type": "integer"}},
        "steps": {
            "type": "array",
            "items": {
                "oneOf": [
                    {
                        "type": "object",
                        "additionalProperties": False,
                        "required": ["weight"],
                        "properties": {"weight": {"type": "integer", "maximum": 100}, "hold": DURATION},
                    },
                    {
                        "type": "object",
                        "additionalProperties": False,
                        "required": ["approval"],
                        "properties": {"approval": {"type": "object"}},
                    },
                ]
            },
        },
    },
}

TABLE = [
    ({}, []),
    ({"gatway": {}}, ["gatway: is not a known key. Did you mean `gateway`?"]),
    ({"gateway": {"replica": 2}}, ["gateway.replica: is not a known key. Did you mean `replicas`?"]),
    (
        {"gateway": {"replicas": 1, "zzz": 2}},
        ["gateway.zzz: is not a known key. Known are: enabled, labels, models, password, replicas."],
    ),
    (
        {"gateway": {"replicas": "2"}},
        ['gateway.replicas: must be a whole number, not "2". Write it without quotes.'],
    ),
    (
        {"gateway": {"replicas": True}},
        ["gateway.replicas: must be a whole number, not true. Write a number, such as `replicas: 1`."],
    ),
    ({"gateway": {"replicas": 0}}, ["gateway.replicas: must be at least 1, not 0."]),
    ({"gateway": {"replicas": 10}}, ["gateway.replicas: must be at most 9, not 10."]),
    (
        {"gateway": {"replicas": 1, "enabled": "yes please"}},
        ['gateway.enabled: must be true or false, not "yes please". Write `enabled: true` or `enabled: false`.'],
    ),
    ({"gateway": {"replicas": 1, "password": "hunter2"}}, ["gateway.password: does not match ^x."]),
    (
        {"gateway": {"replicas": 1, "password": 12345678}},
        ["gateway.password: must be text. Write it in quotes: without that it is read as a number."],
    ),
    (
        {"gateway": {"replicas": 1, "models": {"Big": {}}}},
        ['gateway.models.Big: the name does not match ^[a-z]+$: "Big". Did you mean `big`?'],
    ),
    ({"gateway": {"replicas": 1, "models": {"big": 1}}}, ["gateway.models.big: must be a map or null, not 1."]),
    ({"gateway": {"replicas": 1, "labels": {"x-a": "1", "b": "2"}}}, ["gateway.labels.b: is not a known key."]),
    (
        {"gateway": []},
        ["gateway: must be a map, not a list. Its keys are: enabled, labels, models, password, replicas."],
    ),
    (
        {"gateway": None},
        [
            "gateway: must be a map, not null."
            " There is nothing below the key: write what belongs there, or take the key out.",
        ],
    ),
    ({"name": "abcde"}, ["name: must have at most 4 characters, not 5."]),
    ({"name": "a"}, ["name: must have at least 2 characters, not 1."]),
    ({"kind": "canry"}, ['kind: must be one of "canary", "blueGreen", not "canry". Did you mean `canary`?']),
    (
        {"kind": "bluegreen"},
        ['kind: must be one of "canary", "blueGreen", not "bluegreen". Did you mean `blueGreen`?'],
    ),
    ({"kind": {}}, ['kind: must be one of "canary", "blueGreen", not a map.']),
    ({"fixed": 6}, ["fixed: must be 5, not 6."]),
    ({"share": 0}, ["share: must be greater than 0, not 0."]),
    ({"share": 1}, ["share: must be less than 1, not 1."]),
    ({"tags": []}, ["tags: must not be empty."]),
    ({"tags": [1, 1]}, ["tags: has 1 twice."]),
    ({"some": {}}, ["some: must not be empty."]),
    ({"both": 1}, ["both: must not be 1."]),
    (
        {"steps": [{"weight": 200, "hold": "1d"}]},
        [
            'steps[0].hold: does not match ^[0-9]+(s|m|h)$: "1d". Did you mean `24h`?',
            "steps[0].weight: must be at most 100, not 200.",
        ],
    ),
    (
        {"steps": [{"approvl": {}}]},
        [
            "steps[0].approvl: is not a known key. Did you mean `approval`?",
            "steps[0]: the key `weight` is missing.",
        ],
    ),
    ({"steps": [{"approval": 1}]}, ["steps[0].approval: must be a map, not 1."]),
    (
        {"name": "x" * 100},
        ["name: must have at most 4 characters, not 100."],
    ),
    (
        {"kind": "x" * 100},
        ['kind: must be one of "canary", "blueGreen", not "' + "x" * 39 + '...".'],
    ),
]


@pytest.fixture(scope="module")
def schemas(tmp_path_factory):
    file = tmp_path_factory.mktemp("chart") / "values.schema.json"
    file.write_text(json.dumps(SCHEMA))
    return JsonSchemas(file)


@pytest.mark.parametrize(("change", "expected"), TABLE)
def test_a_finding_says_what_is_wrong_and_what_is_right(schemas, change, expected):
    values = {"gateway": {"replicas": 1}, **change}
    found = [f"{one.path}: {one.message} {one.hint}".rstrip() for one in schemas.check(Layered(values))]
    assert sorted(found) == sorted(expected)


def test_text_that_is_no_unicode_is_refused_without_a_traceback(schemas):
    with pytest.raises(ValuesError, match="the values hold what JSON cannot"):
        schemas.check(Layered({"name": "\ud800"}))


def test_a_finding_names_the_line_that_describes_its_key(tmp_path):
    (tmp_path / "schema.json").write_text(json.dumps(SCHEMA))
    page = tmp_path / "docs" / "values.md"
    page.parent.mkdir()
    page.write_text("## gateway\n\n| `gateway.replicas` | integer |\n| `gateway.labels.<name>` | text |\n")
    schemas = JsonSchemas(tmp_path / "schema.json", page)
    values = {"gateway": {"replcas": 0, "replicas": 0, "labels": {"b": 1}, "zzz": 1}, "kind": "x"}
    found = {one.path: one.doc for one in schemas.check(Layered(values))}
    assert found == {
        "gateway.replcas": "docs/values.md:3",
        "gateway.replicas": "docs/values.md:3",
        "gateway.labels.b": "docs/values.md:4",
        "gateway.zzz": "docs/values.md:1",
        "kind": "",
    }
    finding = Finding("a-rule", Severity.ERROR, "is wrong.", path="gateway.labels.x-y")
    assert schemas.point(finding).doc == "docs/values.md:4"
    assert schemas.point(replace(finding, path="")).doc == ""
    assert schemas.point(replace(finding, doc="elsewhere:1")).doc == "elsewhere:1"
    page.unlink()
    assert JsonSchemas(tmp_path / "schema.json", page).point(finding).doc == ""


def test_a_flag_is_told_of_flags(schemas):
    origins = {("gateway", "replicas"): Origin("--set-string gateway.replicas")}
    (found,) = schemas.check(Layered({"gateway": {"replicas": "2"}}, origins))
    assert found.hint == "Use --set instead of --set-string."


def test_everything_is_found_at_once_in_the_order_of_the_file(schemas):
    values = {"gateway": {"replicas": 0, "tyop": 1}, "kind": "x", "name": 5}
    origins = {
        ("gateway",): Origin("prod.yaml", 1),
        ("gateway", "replicas"): Origin("prod.yaml", 2),
        ("gateway", "tyop"): Origin("prod.yaml", 4),
        ("kind",): Origin("prod.yaml", 9),
        ("name",): Origin("--set name"),
    }
    found = schemas.check(Layered(values, origins))
    assert [(one.file, one.line, one.path) for one in found] == [
        ("--set name", 0, "name"),
        ("prod.yaml", 2, "gateway.replicas"),
        ("prod.yaml", 4, "gateway.tyop"),
        ("prod.yaml", 9, "kind"),
    ]


def test_a_missing_key_points_at_the_map_around_it(schemas):
    (found,) = schemas.check(Layered({"gateway": {}}, {("gateway",): Origin("prod.yaml", 7)}))
    assert (found.line, found.path) == (7, "gateway")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "cannot be read: No such file"),
        ("{", "is not a JSON schema"),
        ("[]", "is not a JSON schema: it is not a map"),
        ('{"pattern": "("}', "is not a JSON schema"),
        ('{"type": "thing"}', "is not a JSON schema"),
        ('{"properties": {"a": {"$ref": "https://example.com/x.json"}}}', "refers to https://example.com/x.json"),
        ('{"allOf": [{"$ref": "other.json#/a"}]}', "refers to other.json#/a"),
    ],
)
def test_a_schema_that_cannot_be_used_is_a_defect_of_the_chart(tmp_path, text, message):
    file = tmp_path / "values.schema.json"
    if text is not None:
        file.write_text(text)
    with pytest.raises(StateError, match=message):
        JsonSchemas(file).check(Layered({}))
