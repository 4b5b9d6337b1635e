import pytest

from tooling.core.shapes import hide_shapes, looks_secret, shorten, show_name

SECRETS = {
    "sk-SUPERSECRETzz": "<hidden>",
    "hf_SUPERSECRET": "<hidden>",
    "is hf_SUPERSECRET, a name": "is <hidden>, a name",
    "AKIAIOSFODNN7EXAMPLE": "<hidden>",
    "Bearer SUPERSECRET": "<hidden>",
    "OPENAI_API_KEY=sk-SUPERSECRETzz": "OPENAI_API_KEY=<hidden>",
    "DB_PASSWORD=hunter2": "DB_PASSWORD=<hidden>",
    "password:hunter2": "password:<hidden>",
    "https://u:SUPERSECRET@ghcr.io/x": "https://***@ghcr.io/x",
    "is aB3dE5fG7hI9kL1mN3oP5q.": "is <hidden>.",
    "a\n-----BEGIN RSA PRIVATE KEY-----\nb": "<hidden>",
}
PLAIN = (
    "Qwen/Qwen2.5-7B-Instruct-GPTQ-Int4",
    "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0ff9d1e1c4f6d1f0a8b9c2",
    "disk-1234567",
    "sk-",
    "hf_endpoint",
    "Basic settings, such as these.",
    "Bearer tokens",
    "Write gateway: {existingSecret: {name: a}}",
    "DB_PASSWORD=$(OTHER)",
    "maxTokens=100000",
    "name=value",
    "npm_config_cache",
    "gateway.extraEnv[0].valueFrom.secretKeyRef",
)


@pytest.mark.parametrize(("text", "shown"), SECRETS.items())
def test_what_looks_like_a_secret_is_hidden(text, shown):
    assert hide_shapes(text) == shown
    assert hide_shapes(shown) == shown
    assert looks_secret(text)


@pytest.mark.parametrize("text", PLAIN)
def test_names_and_sentences_are_shown(text):
    assert hide_shapes(text) == text
    assert not looks_secret(text)


def test_what_is_longer_than_a_message_is_not_read():
    assert looks_secret("a" * 5_000)
    assert not looks_secret("a" * 4_000)


def test_names_are_cut():
    assert shorten("abc", 3) == "abc"
    assert shorten("abcd", 3) == "abc..."
    assert show_name("k" * 500) == "k" * 120 + "..."
    assert show_name("hf_SUPERSECRET" + "k" * 500) == "<hidden>..."
