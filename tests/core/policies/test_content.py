"""Policies on what manifests hold. The secrets here are made up, in the shape of real ones."""

from __future__ import annotations

import time

import pytest

from tests.core.policies.sample import find
from tooling.core.policies.literals import find_named_secret, find_secret_lines, find_secret_shape

WEB = "Deployment/web"
AT = "spec.template.spec.containers[0]"
RANDOM = "q8Zr4" * 5  # letters and digits in one part, as keys have them
KEY = "-----BEGIN RSA PRIVATE KEY-----"


@pytest.mark.parametrize(
    ("rule", "name", "edits", "path", "text"),
    [
        (
            "image-not-pinned",
            WEB,
            (f"{WEB} container.image: 'registry:5000/web:latest'",),
            f"{AT}.image",
            "registry:5000/web:latest has the tag latest: a rollback starts the same image again."
            " Write registry:5000/web:VERSION or registry:5000/web@sha256:DIGEST.",
        ),
        (
            "image-not-pinned",
            WEB,
            (f"{WEB} container.image: 'registry:5000/web'",),
            f"{AT}.image",
            "registry:5000/web has no tag, which means latest",
        ),
        (
            "image-not-pinned",
            WEB,
            (f"{WEB} pod.volumes: [{{name: notes, image: {{reference: weights}}}}]",),
            "spec.template.spec.volumes[0].image.reference",
            "weights has no tag",
        ),
        (
            "secret-in-configmap",
            "ConfigMap/notes",
            (f"ConfigMap/notes data: {{key.pem: '{KEY}'}}",),
            'data."key.pem"',
            "holds what looks like a private key; whoever can list ConfigMaps reads it."
            " Put it into a Secret and write a secretKeyRef.",
        ),
        (
            "secret-in-configmap",
            "ConfigMap/notes",
            ('ConfigMap/notes data: {app.yaml: "a: 1\\ndb:\\n  password: hunter22\\n"}',),
            'data."app.yaml"',
            "holds what looks like a password in line 3;",
        ),
        (
            "secret-in-configmap",
            "ConfigMap/notes",
            ("ConfigMap/notes data: {DB_PASSWORD: hunter22, more: 5}",),
            "data.DB_PASSWORD",
            "holds what looks like a password;",
        ),
        (
            "secret-in-pod",
            WEB,
            (f"{WEB} container.env: [{{name: A}}, {{name: HF_TOKEN, value: {RANDOM}}}]",),
            f"{AT}.env[1].value",
            "holds what looks like a token; whoever can read the object, or its logs, has it.",
        ),
        (
            "secret-in-pod",
            WEB,
            (f"{WEB} container.args: [--dsn, 'postgres://app:hunter2@db/app']",),
            f"{AT}.args",
            "holds what looks like a password in a URL;",
        ),
        (
            "secret-in-pod",
            WEB,
            (f"{WEB} container.args: [--verbose, --admin-password, hunter22]",),
            f"{AT}.args",
            "holds what looks like a password;",
        ),
        (
            "secret-in-pod",
            WEB,
            (f"{WEB} spec.template.metadata.annotations: {{example.com/n: 1, example.com/api-key: {RANDOM}}}",),
            'spec.template.metadata.annotations."example.com/api-key"',
            "holds what looks like a key;",
        ),
        (
            "secret-in-pod",
            "Pod/one",
            (f"Pod/one: {{apiVersion: v1, metadata: {{annotations: {{note: hf_{'a1' * 17}}}}}}}",),
            "metadata.annotations.note",
            "holds what looks like a Hugging Face token;",
        ),
    ],
)
def test_what_is_wrong_is_found(rule: str, name: str, edits: tuple[str, ...], path: str, text: str) -> None:
    (found,) = find(*edits)
    assert found[:3] == (rule, name, path)
    assert text in found[3]
    assert not any(secret in found[3] for secret in ("hunter2", RANDOM, "a1a1a1"))


@pytest.mark.parametrize(
    "edits",
    [
        (f"{WEB} container.image: 'web:latest@sha256:0123'",),
        (f"{WEB} container.image: ''",),
        (f"{WEB} container.env: [{{name: PASSWORD, value: $(OTHER)}}, {{name: HF_TOKEN, value: ''}}]",),
        (f"{WEB} container.args: [--password, --verbose, --api-key=$(KEY), --token-file=/run/token]",),
        (f"{WEB} container.args: [--password]",),
        (f"{WEB} spec.template.metadata.annotations: {{checksum/secret: {'0a1b' * 16}}}",),
        ("ConfigMap/notes data: {ca.pem: '-----BEGIN CERTIFICATE-----'}", "ConfigMap/notes binaryData: {a: AAAA}"),
        ("ConfigMap/notes data: [1]",),
    ],
    ids=str,
)
def test_what_is_right_is_not(edits: tuple[str, ...]) -> None:
    assert find(*edits) == []


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (KEY, "a private key"),
        ("-----BEGIN PRIVATE KEY-----", "a private key"),
        ("id AKIA" + "A1B2C3D4" * 2, "an AWS access key"),
        ("sk-proj-" + RANDOM, "an API key of OpenAI or Anthropic"),
        ("ghp_" + "a1" * 18, "a GitHub token"),
        ("glpat-" + RANDOM, "a GitLab token"),
        ("xoxb-" + RANDOM, "a Slack token"),
        ("AIza" + RANDOM + RANDOM[:10], "a Google API key"),
        ("nvapi-" + RANDOM * 3, "an NVIDIA API key"),
        (".".join(("eyJ" + RANDOM, "eyJ" + RANDOM, RANDOM)), "a signed token (JWT)"),
        ("redis://:secret@", ""),
        ("https://user:$(PASSWORD)@host", ""),
        ("sk-no-key-required-for-local-models", ""),
        ("desk-0123456789abcdefghijklmnop", ""),
        ("https://example.com:8080/a@b", ""),
    ],
)
def test_shapes_of_secrets(text: str, what: str) -> None:
    assert find_secret_shape(text) == what


@pytest.mark.parametrize("unit", ["-eyJ", "-sk-", "a://b:", "-eyJaaaaaaaaaa.", "\npassword="])
def test_looking_for_shapes_takes_time_in_proportion_to_the_text(unit: str) -> None:
    """A megabyte of beginnings of tokens took five seconds where each was read to its end."""
    began = time.process_time()
    assert find_secret_shape(unit * (2**20 // len(unit))) == ""
    assert time.process_time() - began < 1


@pytest.mark.parametrize(
    ("name", "text", "what"),
    [
        ("dbPassword", "postgres", "a password"),
        ("PGPASSWORD", "postgres", "a password"),
        ("redis.requirepass", "foobared", "a password"),
        ("password", "abc", ""),
        ("password", "/run/secrets/password", ""),
        ("password", "<given later>", ""),
        ("passwordFile", "plain-text", ""),
        ("apiKey", RANDOM, "a key"),
        ("publicKey", RANDOM, ""),
        ("key", RANDOM, ""),
        ("secretKey", "hub-token", ""),
        ("tokenizer", RANDOM, ""),
        ("max_tokens", "4096409640964096", ""),
        ("bos_token", "begin_of_text_128000", ""),
        ("token", "EMPTY", ""),
        ("", RANDOM, ""),
    ],
)
def test_names_of_secrets(name: str, text: str, what: str) -> None:
    assert find_named_secret(name, text) == what


def test_lines_of_secrets() -> None:
    text = f"a = 1\nclient_secret = '{RANDOM}'\n# password: none of this\nurl: https://u:pass99@h\n"
    assert list(find_secret_lines(text)) == [(4, "a password in a URL"), (2, "a secret")]
    assert not list(find_secret_lines("password: ${PASSWORD}\ntoken: abc\n"))
