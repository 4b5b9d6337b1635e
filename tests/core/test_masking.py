"""What is hidden: the data of Secrets, and what is called like one."""

import pytest

from tooling.core.masking import Hidden, hide_secret, mask, mask_text, sounds_secret


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("HF_TOKEN", True),
        ("password", True),
        ("API_KEY", True),
        ("api-key", True),
        ("aws_secret_access_key", True),
        ("existingSecret", False),
        ("secretName", False),
        ("MAX_TOKENS", False),
        ("tokenizer", False),
        ("automountServiceAccountToken", False),
        ("replicas", False),
    ],
)
def test_a_name_sounds_like_a_secret(name, expected):
    assert sounds_secret(name) is expected


def test_a_secret_shows_the_size_of_its_data_only():
    secret = {
        "kind": "Secret",
        "metadata": {"name": "s"},
        "data": {"a": "aGVsbG8=", "b": "%"},
        "stringData": {"c": "h\u00e9"},
    }
    assert hide_secret(secret) == {
        "kind": "Secret",
        "metadata": {"name": "s"},
        "data": {"a": "<hidden: 5 bytes>", "b": "<hidden: not base64>"},
        "stringData": {"c": "<hidden: 3 bytes>"},
    }
    assert secret["data"]["a"] == "aGVsbG8=", "what was given is as it was"


@pytest.mark.parametrize(
    "manifest", [{"kind": "ConfigMap", "data": {"password": "x"}}, {"kind": "Secret", "data": None}]
)
def test_other_manifests_are_as_they_were(manifest):
    assert hide_secret(manifest) == manifest


def texts(node):
    """The same tree with what is hidden as text."""
    if isinstance(node, dict):
        return {key: texts(value) for key, value in node.items()}
    if isinstance(node, list):
        return [texts(value) for value in node]
    return str(node) if isinstance(node, Hidden) else node


@pytest.mark.parametrize(
    ("manifest", "masked"),
    [
        (
            {"kind": "Secret", "data": {"a": "aGVsbG8="}, "stringData": {"b": "xy"}},
            {"kind": "Secret", "data": {"a": "<hidden: 5 bytes>", "b": "<hidden: 2 bytes>"}},
        ),
        ({"kind": "Secret", "data": {"a": "%"}}, {"kind": "Secret", "data": {"a": "<hidden: 1 bytes>"}}),
        ({"kind": "Secret", "data": None}, {"kind": "Secret", "data": None}),
        (
            {"env": [{"name": "HF_TOKEN", "value": "abc"}, {"name": "A", "value": "abc"}]},
            {"env": [{"name": "HF_TOKEN", "value": "<hidden: 3 bytes>"}, {"name": "A", "value": "abc"}]},
        ),
        (
            {"env": [{"name": "HF_TOKEN", "valueFrom": {"secretKeyRef": {"name": "s", "key": "token"}}}]},
            {"env": [{"name": "HF_TOKEN", "valueFrom": {"secretKeyRef": {"name": "s", "key": "token"}}}]},
        ),
        (
            {"args": ["--api-key=abc", "--api-key", "abc", "--model", "abc", "--token", "--x", 1]},
            {
                "args": [
                    "<hidden: 13 bytes>",
                    "--api-key",
                    "<hidden: 3 bytes>",
                    "--model",
                    "abc",
                    "--token",
                    "--x",
                    1,
                ]
            },
        ),
        (
            {"data": {"password": "", "db-password": "x"}},
            {"data": {"password": "", "db-password": "<hidden: 1 bytes>"}},
        ),
        (
            {"a": "http://u:p@h/x", "b": "http://h/x@y", "c": "x\nhttp://u:p@h"},
            {"a": "<hidden: 14 bytes>", "b": "http://h/x@y", "c": "x\nhttp://u:p@h"},
        ),
        ({"token": "a\nb"}, {"token": "<hidden: 3 bytes>"}),
        ({"a": {"value": "x", "name": {"b": 1}}}, {"a": {"value": "x", "name": {"b": 1}}}),
    ],
)
def test_a_masked_manifest_hides_and_can_still_be_compared(manifest, masked):
    assert texts(mask(manifest)) == masked
    assert mask(manifest) == mask(manifest)


def test_a_hidden_value_is_in_no_text_of_it():
    assert "abc" not in repr(mask({"password": "abc"}))
    assert mask({"password": "abc"}) != mask({"password": "abd"})


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("a: 1\n  apiKey: xyz\n", "a: 1\n  apiKey: <hidden>\n"),
        ("- password = 'x y'", "- password = <hidden>"),
        ('"token": "x",', '"token": <hidden>'),
        ("apiKey:\n", "apiKey:\n"),
        ("maxTokens: 5", "maxTokens: 5"),
        ("url: http://u:p@h/x\n", "url: http://***@h/x\n"),
    ],
)
def test_lines_that_set_a_secret_are_covered(text, masked):
    assert mask_text(text) == masked
