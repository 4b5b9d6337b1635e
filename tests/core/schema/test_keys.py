"""What the schema says of a key: how people write it, where it is, what is around it."""

import pytest

from tooling.core.schema.keys import find_key, find_known, list_allowed, list_keys, list_types, read_path

TEXT = {"type": "string"}
SCHEMA = {
    "type": "object",
    "properties": {
        "global": {"type": "object", "properties": {"role": TEXT}},
        "common": {"type": "object", "properties": {"global": {"type": "object"}}},
        "gateway": {
            "properties": {
                "global": {"type": "object"},
                "replicas": {"type": ["integer", "null"]},
                "models": {"additionalProperties": {"properties": {"url": TEXT}}},
                "labels": {"patternProperties": {"^x-": TEXT}, "additionalProperties": False},
            }
        },
        "steps": {
            "items": {"properties": {"weight": TEXT}, "oneOf": [{"properties": {"hold": TEXT, "no": False}}, 1]}
        },
    },
}


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("gateway", ("gateway",)),
        ("gateway.replicas", ("gateway", "replicas")),
        ("rollout.steps[0].weight", ("rollout", "steps", 0, "weight")),
        ("a[1][2]", ("a", 1, 2)),
        ('gateway.podLabels."example.com/team"', ("gateway", "podLabels", "example.com/team")),
        (r"gateway.podLabels.example\.com/team", ("gateway", "podLabels", "example.com/team")),
        ('""', ("",)),
    ],
)
def test_a_key_is_read_as_people_write_it(text, path):
    assert read_path(text) == path


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "it is empty"),
        (".a", "'.a' does not begin with a key"),
        ("a..b", "'.b' does not begin with a key"),
        ("a.", "'a.' does not begin with a key"),
        ("a[x]", r"'\[x\]' does not begin with a key"),
        ("a[0]b", "a dot is missing before 'b'"),
    ],
)
def test_what_is_no_key_is_refused(text, message):
    with pytest.raises(ValueError, match=message):
        read_path(text)


@pytest.mark.parametrize(
    ("path", "name"),
    [
        (("gateway", "replicas"), "gateway.replicas"),
        (("gateway", "models", "mine", "url"), "gateway.models.<name>.url"),
        (("gateway", "labels", "x-team"), "gateway.labels.<name>"),
        (("steps", 7, "weight"), "steps[].weight"),
        (("steps", 7, "hold"), "steps[].hold"),
        (("gateway", "labels", "team"), None),
        (("gateway", 0), None),
        (("steps", "weight"), None),
        (("steps", 0, "no"), None),
    ],
)
def test_a_key_is_found_whatever_the_user_has_named_it(path, name):
    found = find_key(SCHEMA, path)
    assert (found and str(found)) == name


def test_the_known_beginning_of_a_path_is_found():
    assert find_known(SCHEMA, ("gateway", "models", "a", "ulr", "x")).path == ("gateway", "models", "<name>")
    assert find_known(SCHEMA, ("nothing",)).path == ()


def test_every_key_is_listed_but_what_is_there_for_helm():
    assert [str(key) for key in list_keys(SCHEMA)] == [
        "global",
        "global.role",
        "gateway",
        "gateway.replicas",
        "gateway.models",
        "gateway.models.<name>",
        "gateway.models.<name>.url",
        "gateway.labels",
        "steps",
        "steps[]",
        "steps[].weight",
    ]


def test_what_a_map_allows_is_listed_over_all_branches():
    assert list_allowed(SCHEMA) == ("gateway", "global", "steps")
    assert list_allowed(SCHEMA["properties"]["gateway"]) == ("labels", "models", "replicas")
    assert list_allowed(SCHEMA["properties"]["steps"]["items"]) == ("hold", "weight")
    assert list_types({"type": ["integer", "null"]}) == ("integer", "null")
    assert list_types(TEXT) == ("string",)
    assert list_types({}) == ()
