"""Policies on what manifests hold. The secrets here are made up, in the shape of real ones."""

from __future__ import annotations

import base64
import time

import pytest

from tests.core.policies.sample import assert_found, find
from tooling.core.policies.literals import find_named_secret, find_secret_lines, find_secret_shape

WEB = "Deployment/web"
AT = "spec.template.spec.containers[0]"
RANDOM = "q8Zr4" * 5  # letters and digits in one part, as keys have them
KEY = "-----BEGIN RSA PRIVATE KEY-----"


def encode(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


LOGIN = encode("user:hunter22")


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
            "secret-in-configmap",
            "ConfigMap/notes",
            (f"ConfigMap/notes binaryData: {{id: {encode(KEY)}, logo: /w==, no: A}}",),
            "binaryData.id",
            "holds what looks like a private key;",
        ),
        (
            "secret-in-annotation",
            "ServiceAccount/one",
            (f"ServiceAccount/one: {{apiVersion: v1, metadata: {{annotations: {{n: ghp_{'a1' * 18}}}}}}}",),
            "metadata.annotations.n",
            "holds what looks like a GitHub token; whoever can list the object reads it.",
        ),
        (
            "secret-in-pod",
            WEB,
            (f"{WEB} container.env: [{{name: DSN, value: host=db password=hunter22}}]",),
            f"{AT}.env[0].value",
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
    message = assert_found(rule, name, edits, path, text)
    assert not any(secret in message for secret in ("hunter2", RANDOM, "a1a1a1"))


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
        (encode(KEY), "a private key"),
        ("sk_live_" + RANDOM, "a Stripe key"),
        ("//registry.npmjs.org/:_authToken=" + RANDOM, "an npm token"),
        ("AccountName=a;AccountKey=" + RANDOM, "an Azure key"),
        ("admin:$apr1$salt$" + RANDOM, "a password hash"),
        ("redis://:hunter22@db", "a password in a URL"),
        ("//registry.npmjs.org/:_authToken=${NPM_TOKEN}", ""),
        ("cost: $2.50, $1$", ""),
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
        ("LITELLM_MASTER_KEY", "sk-1234567890", "a key"),
        ("SECRET_KEY_BASE", "0123456789abcdef" * 4, "a key"),
        ("SECRET_KEY_BASE", "0123456789" * 4, "a key"),
        ("DB_PASS", "postgres", "a password"),
        ("pass", "hunter22", "a password"),
        ("first_pass", "quick", ""),
        ("pass", "1000", ""),
        ("auth", LOGIN, "a user with a password"),
        ("auth", "required", ""),
        ("auth", "\u00e9" * 4, ""),
        ("api_key", "sk-dummy", ""),
        ("password", 'os.environ["PASSWORD"]', ""),
        ("password", "vault:secret/data/db#password", ""),
        ("self.password", "password", ""),
        ("password", "password", "a password"),
        ("password", "Password", ""),
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


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ('{"db": {"password": "hunter22"}}', "a password"),
        (r'body = "{\"password\": \"hunter22\"}"', "a password"),
        ("auth: {user: a, password: hunter22}", "a password"),
        (f'{{"auths": {{"ghcr.io": {{"auth": "{LOGIN}"}}}}}}', "a user with a password"),
        ("jdbc:postgresql://db/app?user=a&password=hunter22", "a password"),
        ("Server=db;User Id=sa;Password=Hunter22;", "a password"),
        ("host=db user=app password=hunter22", "a password"),
        ("mysql --password=hunter22", "a password"),
        ("export DB_PASSWORD=hunter22", "a password"),
        ("- password: hunter22", "a password"),
        ('connect("a", password="hunter22")', "a password"),
        (f"Authorization: Bearer {RANDOM}", "a token"),
        (f"Bearer {RANDOM}", "a token"),
        (f'proxy_set_header Authorization "Basic {LOGIN}";', "a user with a password"),
        ("requirepass hunter22", "a password"),
        ("<db><password>hunter22</password></db>", "a password"),
        ("machine a login b password hunter22", "a password"),
        ("CREATE USER a IDENTIFIED BY 'hunter22';", "a password"),
        # What a program does, what tells people, and what stands elsewhere.
        ('password = os.environ["PASSWORD"]', ""),
        ("password: vault:secret/data/db#password", ""),
        ("password: !vault abcdef", ""),
        ("{password: !vault abcdef}", ""),
        ("connect(user, password=db_password)", ""),
        ('connect(user, "x", password=password)', ""),
        ("usage: tool --password=PASSWORD", ""),
        ("# begin with --password=hunter22", ""),
        ("port: 1 # or {password: hunter22}", ""),
        ("For the user, password: choose what you like", ""),
        ('{"password": {"type": "string"}}', ""),
        ('{"password": "Password"}', ""),
        ("s/password=[^&]+/password=***/", ""),
        ("Authorization: Bearer your-token-goes-here", ""),
        ("Authorization: Bearer ${TOKEN}", ""),
        ("Basic authentication is off", ""),
        ("requirepass ${REDIS_PASSWORD}", ""),
    ],
)
def test_a_secret_within_a_line(line: str, what: str) -> None:
    assert [found for _, found in find_secret_lines(line)] == [what] * bool(what)


@pytest.mark.parametrize("unit", ['"password":"', "{password=", "auth: {auth: ", "login a password ", "basic "])
def test_looking_through_a_line_takes_time_in_proportion_to_it(unit: str) -> None:
    began = time.process_time()
    list(find_secret_lines(unit * (2**20 // len(unit))))
    assert time.process_time() - began < 2
