"""What is hidden: the data of Secrets, and what is called like one."""

import time

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
        (
            {"apiKeys": ["a1", "", None, {"name": "b"}], "password": 12345678, "token": True},
            {
                "apiKeys": ["<hidden: 2 bytes>", "", None, {"name": "b"}],
                "password": "<hidden: 8 bytes>",
                "token": "<hidden: 4 bytes>",
            },
        ),
        ({"passwords": [["a1"], [2]]}, {"passwords": [["<hidden: 2 bytes>"], ["<hidden: 1 bytes>"]]}),
        (
            {"env": [{"name": "DB_PASSWORD", "value": 87654321}, {"name": "A", "value": 1}]},
            {"env": [{"name": "DB_PASSWORD", "value": "<hidden: 8 bytes>"}, {"name": "A", "value": 1}]},
        ),
        (
            {"args": ["--api-key", 87654321, "--token", None, "--token", ["x"]]},
            {"args": ["--api-key", "<hidden: 8 bytes>", "--token", None, "--token", ["x"]]},
        ),
    ],
)
def test_a_masked_manifest_hides_and_can_still_be_compared(manifest, masked):
    assert texts(mask(manifest)) == masked
    assert mask(manifest) == mask(manifest)


def test_a_hidden_value_is_in_no_text_of_it():
    assert "abc" not in repr(mask({"password": "abc"}))
    assert mask({"password": "abc"}) != mask({"password": "abd"})
    assert mask({"password": "1"}) != mask({"password": 1}), "text and a number are not the same"
    assert mask({"password": 1}) != mask({"password": True})


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("a: 1\n  apiKey: xyz\n", "a: 1\n  apiKey: <hidden>\n"),
        ("- password = 'x y'", "- password = <hidden>"),
        ('"token": "x",', '"token": <hidden>'),
        ("apiKey:\n", "apiKey:\n"),
        ("maxTokens: 5", "maxTokens: 5"),
        ("url: http://u:p@h/x\n", "url: http://***@h/x\n"),
        ("-   export TOKEN=x", "-   export TOKEN=<hidden>"),
        ("# password: x\n    b: 1\n", "# password: <hidden>\n    b: 1\n"),
        ("exec x --api-key abc --n 1", "exec x --api-key <hidden> --n 1"),
        ("x --token='a b' --db-password  \"c\"", "x --token=<hidden> --db-password  <hidden>"),
        ("x --token --max-tokens 5", "x --token --max-tokens 5"),
        ("a: 1\rpassword: x\u2028b: 2", "a: 1\rpassword: <hidden>\u2028b: 2"),
    ],
)
def test_lines_that_set_a_secret_are_covered(text, masked):
    assert mask_text(text) == masked


KEY = "-----BEGIN RSA PRIVATE KEY-----"


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("a:\n  password: |-\n    x: 1\n\n   y\n  b: 2\n", "a:\n  password: <hidden>\n  b: 2\n"),
        ("- password: >\n    x\n  b: 2\n- c\n", "- password: <hidden>\n  b: 2\n- c\n"),
        ("password: |\n  x\n\n\nb: 2\n", "password: <hidden>\n\n\nb: 2\n"),
        ("password: 'x\n  y'\nb: 2\n", "password: <hidden>\nb: 2\n"),
        ("password:\n  x:y\nb: 2\n", "password:\n  <hidden>\nb: 2\n"),
        ("password:\n\n  eHk=\nb: 2\n", "password:\n\n  <hidden>\nb: 2\n"),
        ("password:\nb: 2\n", "password:\nb: 2\n"),
        ("secret:\n  name: x\n  b: 2\n", "secret:\n  name: x\n  b: 2\n"),
        ("apiKeys:\n- a1\n- b2\nc:\n- d\n", "apiKeys:\n- <hidden>\n- <hidden>\nc:\n- d\n"),
        ("apiKeys:\n  - a1\nc:\n  - d\n", "apiKeys:\n  - <hidden>\nc:\n  - d\n"),
        ('  "apiKeys": [\n    "a1"\n  ],\n  "b": 2\n', '  "apiKeys": [\n    <hidden>\n  ],\n  "b": 2\n'),
        ('  "secret": {\n    "name":"x"\n  }\n', '  "secret": {\n    "name":"x"\n  }\n'),
        (f"tls.key: |\n  {KEY}\n  x\n  -----END RSA PRIVATE KEY-----\nb: 2\n", "tls.key: |\n  <hidden>\nb: 2\n"),
        (f'{{"a": "{KEY}\\nx"}}', '{"a": "<hidden>'),
    ],
)
def test_a_secret_of_several_lines_is_covered(text, masked):
    assert mask_text(text) == masked


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        (
            "- name: HF_TOKEN\n  value: hf_new\n- name: A\n  value: b\n",
            "- name: HF_TOKEN\n  value: <hidden>\n- name: A\n  value: b\n",
        ),
        ("- value: |\n    x\n  name: 'HF_TOKEN' # ours\n", "- value: <hidden>\n  name: 'HF_TOKEN' # ours\n"),
        (
            "- name: api-key\n  env:\n  - name: A\n    value: b\n  value: x\n",
            "- name: api-key\n  env:\n  - name: A\n    value: b\n  value: <hidden>\n",
        ),
        (
            '[\n  {\n    "name": "HF_TOKEN",\n\n    "value": "x"\n  },\n  {\n    "value": "y"\n  }\n]\n',
            '[\n  {\n    "name": "HF_TOKEN",\n\n    "value": <hidden>\n  },\n  {\n    "value": "y"\n  }\n]\n',
        ),
        ('{"a": 1, "token": "x, y", "b": "z"}', '{"a": 1, "token": <hidden>, "b": "z"}'),
        ('{"apiKeys": ["a", "b"], "secret": {"b": 1}}', '{"apiKeys": <hidden>, "secret": {"b": 1}}'),
        ("{token: x, n: 1}", "{token: <hidden>, n: 1}"),
        ("env: [{name: HF_TOKEN, value: 'x y'}]", "env: [{name: HF_TOKEN, value: <hidden>}]"),
        ("env: [{name: A, value: 'x y'}]", "env: [{name: A, value: 'x y'}]"),
    ],
)
def test_the_value_of_a_variable_is_covered_by_its_name(text, masked):
    assert mask_text(text) == masked


@pytest.mark.parametrize(
    "unit",
    [
        "\n",
        " ",
        "- ",
        "#",
        "{",
        ", ",
        "{a:",
        '{a:"',
        "a",
        KEY,
        "password:\n ",
        "\t:",
        "--a ",
        '--a "',
        "token: x\n\n\n",
    ],
)
def test_covering_takes_time_in_proportion_to_the_text(unit):
    """200,000 characters took a minute where each line looked at all that follow."""
    began = time.process_time()
    mask_text("password: x\n" + unit * (200_000 // len(unit)))
    assert time.process_time() - began < 5
