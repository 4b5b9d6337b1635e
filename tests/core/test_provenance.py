"""What each layer says of a key, and what of it is shown."""

from tooling.core.masking import hide_user, is_secret, may_be_secret
from tooling.core.provenance import find_statements, hide_secrets
from tooling.core.schema.nulls import find_null_findings
from tooling.core.values import Layer, Layered, Mark, Origin

LAYERS = (
    Layer("chart", {"a": {"b": 1, "c": [1, 2]}}, {("a", "b"): Mark(2, 3)}),
    Layer("dev.yaml", {"x": 1}),
    Layer("mine.yaml", {"a": {"b": 2}}, {("a", "b"): Mark(7, 5)}),
)


def list_statements(*path, layers=LAYERS):
    return [
        (one.layer, one.path, one.value, one.line, one.wins, one.takes_away)
        for one in find_statements(layers, path)
    ]


def test_every_layer_that_says_something_is_there_and_the_last_one_wins():
    assert list_statements("a", "b") == [
        ("chart", ("a", "b"), 1, 2, False, False),
        ("mine.yaml", ("a", "b"), 2, 7, True, False),
    ]
    assert list_statements("a", "c", 1) == [("chart", ("a", "c", 1), 2, 0, True, False)]
    assert list_statements("nowhere") == []


def test_a_map_is_shown_with_what_each_layer_adds():
    assert [one[2] for one in list_statements("a")] == [{"b": 1, "c": [1, 2]}, {"b": 2}]


def test_what_replaces_the_map_around_a_key_takes_it_away():
    layers = (*LAYERS, Layer("more.yaml", {"a": None}), Layer("list.yaml", {"a": {"c": []}}))
    assert list_statements("a", "b", layers=layers)[-1] == ("more.yaml", ("a",), None, 0, True, True)
    assert list_statements("a", "c", 0, layers=layers)[-1] == ("list.yaml", ("a", "c"), [], 0, True, True)
    assert list_statements("a", layers=layers)[2] == ("more.yaml", ("a",), None, 0, False, True)


def test_secrets_are_hidden_at_every_depth():
    values = {"password": "x", "list": [{"token": "y"}], "empty": {"password": ""}, "url": "http://u:p@h/", "n": 1}
    assert hide_secrets(values, ()) == {
        "password": "<hidden>",
        "list": [{"token": "<hidden>"}],
        "empty": {"password": ""},
        "url": "http://***@h/",
        "n": 1,
    }


def test_what_may_be_a_secret():
    assert is_secret(("a", "apiKey"))
    assert is_secret(("gateway", "extraEnv", 0, "value"))
    assert is_secret(("gateway", "extraArgs", 0))
    assert not is_secret(("gateway", "extraEnv", 0, "name"))
    assert not is_secret(("auth", "existingSecret"))
    assert may_be_secret(("auth", "existingSecret"))
    assert not may_be_secret(("limits", "maxTokens"))
    assert not is_secret((0,))
    assert hide_user("at https://me:pass@example.com/x") == "at https://***@example.com/x"


def test_a_null_over_a_default_with_a_fixed_name_is_an_error():
    number = {"type": "integer"}
    schema = {
        "properties": {
            "gateway": {
                "properties": {
                    "replicas": number,
                    "free": {"type": ["integer", "null"]},
                    "gone": number,
                    "labels": {"additionalProperties": number},
                }
            }
        }
    }
    values = {
        "gateway": {"replicas": None, "free": None, "gone": None, "labels": {"a": None}, "other": None},
        "b": 1,
    }
    layered = Layered({"gateway": {"gone": None}}, {("gateway", "replicas"): Origin("mine.yaml", 3, 2)})
    (found,) = find_null_findings(schema, values, layered)
    assert (found.path, found.file, found.line, found.rule) == ("gateway.replicas", "mine.yaml", 3, "null-default")
    for effective in ({}, {"gateway": {"replicas": 1}}):
        (found,) = find_null_findings(schema, {"gateway": None}, Layered(effective))
        assert found.path == "gateway"
    assert [one.path for one in find_null_findings(schema, values, Layered({}))] == [
        "gateway.replicas",
        "gateway.gone",
    ]
