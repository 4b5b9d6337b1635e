"""Kubeconfig files. Pure."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import yaml

if TYPE_CHECKING:
    from tooling.local.certificates import Pair


def context_of(cluster: str) -> str:
    """Return the name of the kube context of the embedded cluster `cluster`."""
    return f"genai-{cluster}"


def render_kubeconfig(*, cluster: str, server: str, authority: bytes, client: Pair) -> str:
    """Return a kubeconfig for the API server at the URL `server`; it carries its certificates in itself."""

    def encode(data: bytes) -> str:
        return base64.b64encode(data).decode()

    context = context_of(cluster)
    place = {"server": server, "certificate-authority-data": encode(authority)}
    user = {
        "client-certificate-data": encode(client.certificate),
        "client-key-data": encode(client.key),
    }
    return yaml.safe_dump(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": context, "cluster": place}],
            "users": [{"name": context, "user": user}],
            "contexts": [{"name": context, "context": {"cluster": context, "user": context}}],
            "current-context": context,
        },
        sort_keys=False,
    )
