"""Access to a cluster from a CI job, without a stored secret.

`kubeconfig` prints a kubeconfig whose user has no credential: kubectl, helm and genai-stack run `token` for one
each time the last has expired, so that a rollout of hours outlives them. The cluster has to trust the issuer:
docs/ci/README.md.

Environment: KUBE_SERVER (https://...), KUBE_CA (PEM), KUBE_CONTEXT, KUBE_AUDIENCE (default: kubernetes). GitHub
gives ACTIONS_ID_TOKEN_REQUEST_URL and _TOKEN to jobs with `id-token: write`; GitLab a KUBE_ID_TOKEN.
"""

from __future__ import annotations

import base64
import json
import os
import sys
import urllib.parse
import urllib.request
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

SECONDS = 30


def make_kubeconfig(environ: dict[str, str]) -> dict[str, Any]:
    """Return a kubeconfig with one context, that of KUBE_CONTEXT."""
    name = environ["KUBE_CONTEXT"]
    authority = base64.b64encode(environ["KUBE_CA"].encode()).decode()
    user = {
        "apiVersion": "client.authentication.k8s.io/v1",
        "interactiveMode": "Never",
        "command": sys.executable,
        "args": [str(Path(__file__).resolve()), "token"],
        "env": [{"name": "KUBE_AUDIENCE", "value": environ.get("KUBE_AUDIENCE") or "kubernetes"}],
    }
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": name,
        "clusters": [
            {"name": name, "cluster": {"server": environ["KUBE_SERVER"], "certificate-authority-data": authority}}
        ],
        "users": [{"name": "ci", "user": {"exec": user}}],
        "contexts": [{"name": name, "context": {"cluster": name, "user": "ci"}}],
    }


def make_credential(token: str) -> dict[str, Any]:
    """Return what clients of Kubernetes expect of a plugin: the token, and when to ask again."""
    payload = token.split(".")[1]
    expires = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))["exp"]
    until = datetime.fromtimestamp(expires, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {
        "apiVersion": "client.authentication.k8s.io/v1",
        "kind": "ExecCredential",
        "status": {"token": token, "expirationTimestamp": until},
    }


def fetch_token(environ: dict[str, str]) -> str:
    """Return the job's own token: GitLab's from the environment, GitHub's from its service."""
    if environ.get("KUBE_ID_TOKEN"):
        return environ["KUBE_ID_TOKEN"]
    audience = urllib.parse.quote(environ.get("KUBE_AUDIENCE") or "kubernetes", safe="")
    request = urllib.request.Request(  # noqa: S310 - the runner's own address
        f"{environ['ACTIONS_ID_TOKEN_REQUEST_URL']}&audience={audience}",
        headers={"Authorization": f"Bearer {environ['ACTIONS_ID_TOKEN_REQUEST_TOKEN']}"},
    )
    with urllib.request.urlopen(request, timeout=SECONDS) as answer:  # noqa: S310
        found: str = json.load(answer)["value"]
    return found


def main(arguments: list[str]) -> int:
    """Print what is asked for; 2 for what is missing."""
    environ = dict(os.environ)
    try:
        if arguments == ["kubeconfig"]:
            sys.stdout.write(json.dumps(make_kubeconfig(environ), indent=2) + "\n")
        elif arguments == ["token"]:
            sys.stdout.write(json.dumps(make_credential(fetch_token(environ))) + "\n")
        else:
            sys.stderr.write("usage: cluster_access.py kubeconfig|token\n")
            return 2
    except KeyError as missing:
        sys.stderr.write(f"{missing.args[0]} is not set; see the top of {__file__}.\n")
        return 2
    except OSError as error:
        sys.stderr.write(f"no token: {error}. Does the job have `id-token: write`?\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
