"""What a push says when it is refused, and the values that it leaves."""

from __future__ import annotations

import pytest

from tooling.local.images import ALL_IMAGES
from tooling.local.publishing import Destination, PushedImage, digest_values, explain_push

DESTINATION = Destination("ghcr.io/acme", "1.4.0")


def pushed(name: str) -> PushedImage:
    return PushedImage(name, DESTINATION.reference(name), f"sha256:{name}", 1)


def test_a_reference_is_registry_name_and_tag():
    assert DESTINATION.reference("gateway") == "ghcr.io/acme/gateway:1.4.0"


def test_values_pin_by_digest_what_the_chart_uses_and_add_no_model():
    values = digest_values(DESTINATION, [pushed(image.name) for image in ALL_IMAGES])
    assert "global" not in values
    gateway = {"registry": "ghcr.io/acme", "repository": "gateway", "tag": "1.4.0", "digest": "sha256:gateway"}
    assert values["gateway"] == {"image": gateway}
    assert values["inference"]["engines"]["llamacpp"]["image"]["digest"] == "sha256:inference-cpu"
    assert "models" not in values["inference"]
    assert "driver" not in str(values)


@pytest.mark.parametrize(
    ("output", "advice"),
    [
        ("unauthorized: authentication required", "buildah login ghcr.io "),
        ("denied: requested access to the resource is denied", "buildah login ghcr.io "),
        ("dial tcp 10.0.0.1:443: connect: connection refused", "can be reached"),
        ("dial tcp: lookup ghcr.io: no such host", "can be reached"),
        ("http: server gave HTTP response to HTTPS client", "--plain-http"),
        ("blob upload unknown", "Try again"),
        ("", "Try again"),
    ],
)
def test_a_refused_push_says_why_and_what_to_do(output, advice):
    error = explain_push("ghcr.io/acme/gateway:1.4.0", f"Getting image\n{output}\n")
    assert "pushing ghcr.io/acme/gateway:1.4.0 failed: " in error.message
    assert advice in error.hint
