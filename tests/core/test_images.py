"""References of images as container runtimes read them."""

import pytest

from tooling.core.images import name_credentials, parse_reference, read_challenge

DIGEST = "sha256:" + "0" * 64


@pytest.mark.parametrize(
    ("text", "host", "path"),
    [
        ("python", "registry-1.docker.io", "/v2/library/python/manifests/latest"),
        ("acme/app:1.2", "registry-1.docker.io", "/v2/acme/app/manifests/1.2"),
        ("docker.io/library/python:3.13-slim", "registry-1.docker.io", "/v2/library/python/manifests/3.13-slim"),
        ("docker.io/python", "registry-1.docker.io", "/v2/library/python/manifests/latest"),
        ("ghcr.io/acme/app:1", "ghcr.io", "/v2/acme/app/manifests/1"),
        ("127.0.0.1:5000/a/b", "127.0.0.1:5000", "/v2/a/b/manifests/latest"),
        ("127.0.0.1:5000/a/b:7", "127.0.0.1:5000", "/v2/a/b/manifests/7"),
        (f"ghcr.io/acme/app:1@{DIGEST}", "ghcr.io", f"/v2/acme/app/manifests/{DIGEST}"),
        (f"ghcr.io/acme/app@{DIGEST}", "ghcr.io", f"/v2/acme/app/manifests/{DIGEST}"),
    ],
)
def test_a_reference_names_host_repository_and_version(text, host, path):
    found = parse_reference(text)
    assert found is not None
    assert (found.host, found.path) == (host, path)
    assert found.scope == f"repository:{found.repository}:pull"


@pytest.mark.parametrize("text", ["", "a b:1", "ghcr.io/", "a\r\nHost: b", f"a@{DIGEST}x!"])
def test_what_is_no_reference_is_none(text):
    assert parse_reference(text) is None


@pytest.mark.parametrize(
    ("text", "is_local", "is_loopback"),
    [
        ("localhost/genai-stack/gateway:1", True, True),
        ("localhost:5000/a:1", False, True),
        ("127.0.0.1:5000/a:1", False, True),
        ("127.evil.example/a:1", False, False),
        ("ghcr.io/a/b:1", False, False),
    ],
)
def test_what_is_on_this_machine(text, is_local, is_loopback):
    found = parse_reference(text)
    assert found is not None
    assert (found.is_local, found.is_loopback) == (is_local, is_loopback)


def test_credentials_have_several_names():
    assert name_credentials("registry-1.docker.io")[0] == "https://index.docker.io/v1/"
    assert name_credentials("ghcr.io")[:2] == ("ghcr.io", "https://ghcr.io")


def test_a_challenge_is_read():
    header = 'Bearer realm="https://auth.example/token",service="registry.example",scope="repository:a:pull"'
    scheme, parameters = read_challenge(header)
    assert scheme == "bearer"
    assert parameters["realm"] == "https://auth.example/token"
    assert read_challenge("") == ("", {})
