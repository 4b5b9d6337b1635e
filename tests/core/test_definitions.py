"""Custom kinds out of their definitions."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest

from tooling.core.definitions import TYPES, read_definitions, translate_root

DEFINITION: dict[str, Any] = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "spec": {
        "group": "example.com",
        "names": {"kind": "Widget"},
        "versions": [
            {"name": "v1", "served": True, "schema": {"openAPIV3Schema": {"type": "object"}}},
            {"name": "v1beta1", "served": True, "deprecated": True},
            {"name": "v1alpha1", "served": False, "deprecated": True, "deprecationWarning": "Write v1"},
            {"name": 7},
            "v9",
        ],
    },
}


def accepts(schema: dict[str, Any], spec: Any) -> bool:
    """Whether an object with this spec fits a schema, in which any `metadata` may be anything."""
    root = translate_root({"type": "object", "properties": {"spec": schema}})
    meta = json.dumps(root["properties"]["metadata"])
    whole = json.loads(json.dumps(root).replace(meta, "{}"))
    return bool(jsonschema.Draft202012Validator(whole).is_valid({"apiVersion": "a/v1", "spec": spec}))


def test_each_version_of_a_definition_is_a_kind_of_its_own() -> None:
    found = {one.api_version: one for one in read_definitions(DEFINITION)}
    assert set(found) == {"example.com/v1", "example.com/v1beta1", "example.com/v1alpha1"}
    assert {one.kind for one in found.values()} == {"Widget"}
    assert found["example.com/v1"].is_served
    assert not found["example.com/v1"].deprecation
    assert found["example.com/v1"].schema is not None
    assert found["example.com/v1beta1"].schema is None
    assert "deprecated" in found["example.com/v1beta1"].deprecation
    assert found["example.com/v1alpha1"].deprecation == "Write v1"
    assert not found["example.com/v1alpha1"].is_served


def test_definitions_of_the_first_format_are_read_too() -> None:
    spec = {
        "group": "example.com",
        "version": "v1",
        "names": {"kind": "Widget"},
        "validation": {"openAPIV3Schema": {"type": "object"}},
        "preserveUnknownFields": True,
    }
    (found,) = read_definitions({"kind": "CustomResourceDefinition", "spec": spec})
    assert found.api_version == "example.com/v1"
    assert found.schema is not None
    assert found.schema["additionalProperties"] is True


@pytest.mark.parametrize(
    "manifest",
    [
        {"kind": "Pod", "spec": {}},
        {"kind": "CustomResourceDefinition"},
        {"kind": "CustomResourceDefinition", "spec": {"group": "g", "names": {}}},
        {"kind": "CustomResourceDefinition", "spec": {"names": {"kind": "A"}}},
        {"kind": "CustomResourceDefinition", "spec": {"group": "g", "names": {"kind": "A"}, "versions": 3}},
    ],
)
def test_what_defines_no_kind_gives_none(manifest: dict[str, Any]) -> None:
    assert list(read_definitions(manifest)) == []


def test_the_root_has_what_every_object_has() -> None:
    schema = translate_root({"type": "object", "properties": {"metadata": {"type": "object"}}})
    assert schema["properties"]["metadata"]["$ref"].startswith(TYPES)
    assert {"apiVersion", "kind"} <= set(schema["properties"])


OBJECT = {"type": "object", "properties": {"a": {"type": "integer"}}}


@pytest.mark.parametrize(
    ("schema", "spec", "fits"),
    [
        (OBJECT, {"a": 1}, True),
        (OBJECT, {"a": "1"}, False),
        (OBJECT, {"b": 1}, False),
        (OBJECT, {"a": None}, True),
        ({**OBJECT, "x-kubernetes-preserve-unknown-fields": True}, {"b": 1}, True),
        ({**OBJECT, "required": ["a"]}, {"a": None}, False),
        ({**OBJECT, "required": ["a"]}, {}, False),
        (
            {"type": "object", "properties": {"a": {"type": "integer", "default": 1}}, "required": ["a"]},
            {"a": None},
            True,
        ),
        (
            {"type": "object", "properties": {"a": {"type": "integer", "nullable": True}}, "required": ["a"]},
            {"a": None},
            True,
        ),
        ({"type": "object", "properties": {"a": {"type": "string", "enum": ["x"]}}}, {"a": None}, True),
        ({"type": "object", "properties": {"a": {"type": "string", "enum": ["x"]}}}, {"a": "y"}, False),
        ({"type": "object"}, {"b": 1}, False),
        ({"type": "object", "additionalProperties": True}, {"b": 1}, True),
        ({"type": "object", "additionalProperties": {"type": "string"}}, {"b": "x", "c": None}, True),
        ({"type": "object", "additionalProperties": {"type": "string"}}, {"b": 1}, False),
        ({"type": "array", "items": OBJECT}, [{"a": 1}], True),
        ({"type": "array", "items": OBJECT}, [{"b": 1}], False),
        ({"type": "array", "items": OBJECT}, [None], False),
        ({"x-kubernetes-int-or-string": True, "anyOf": [{"type": "integer"}, {"type": "string"}]}, "80%", True),
        ({"x-kubernetes-int-or-string": True}, 80, True),
        ({"x-kubernetes-int-or-string": True}, None, True),
        ({"x-kubernetes-int-or-string": True}, 1.5, False),
        ({"x-kubernetes-int-or-string": True, "pattern": "^[0-9]+%$"}, "80", False),
        ({"type": "object", "x-kubernetes-embedded-resource": True}, {"kind": "A", "metadata": {}}, True),
        ({"type": "object", "x-kubernetes-embedded-resource": True}, {"spec": {}}, False),
        ({"type": "integer", "minimum": 1, "exclusiveMinimum": True}, 1, False),
        ({"type": "integer", "minimum": 1, "exclusiveMinimum": False}, 1, True),
        ({"type": "integer", "maximum": 5, "exclusiveMaximum": True}, 5, False),
        ({"type": "string", "maxLength": 2}, "abc", False),
        ({"type": "string", "maxLength": "2"}, "abc", True),
        ({**OBJECT, "anyOf": [{"required": ["a"]}]}, {}, False),
        ({**OBJECT, "oneOf": [{"properties": {"a": {"minimum": 3}}}]}, {"a": 2}, False),
        ({**OBJECT, "oneOf": [{"properties": {"a": {"minimum": 3}}}]}, {"a": 3}, True),
        ({**OBJECT, "not": {"required": ["a"]}}, {"a": 1}, False),
        ({"type": "array", "items": {"type": "string"}, "allOf": [{"items": {"minLength": 2}}]}, ["a"], False),
        ({**OBJECT, "anyOf": ["nonsense"]}, {"a": 1}, True),
        ({**OBJECT, "anyOf": "nonsense"}, {"a": 1}, True),
        ("nonsense", {"a": 1}, True),
        ({"type": "nonsense"}, {"a": 1}, True),
        (
            {"type": "object", "properties": {"a": {"type": "string", "anyOf": [{"minLength": 1}]}}},
            {"a": None},
            True,
        ),
        ({"type": "object", "properties": {"a": {"x-kubernetes-int-or-string": True}}}, {"a": None}, True),
    ],
)
def test_fields_are_read_as_the_api_server_reads_them(schema: Any, spec: Any, fits: bool) -> None:
    assert accepts(schema, spec) is fits
