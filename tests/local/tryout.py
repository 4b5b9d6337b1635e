"""A real API server is asked whether it would take manifests; nothing but accounts is kept."""

from __future__ import annotations

import json

import yaml

from tests.charts.definitions import list_definition_files
from tests.local.conftest import Kubectl

NAMESPACE = "genai-ns"
RESTRICTED = [f"pod-security.kubernetes.io/{mode}=restricted" for mode in ("enforce", "warn")]
CLUSTER_WIDE = [
    {"apiVersion": "node.k8s.io/v1", "kind": "RuntimeClass", "metadata": {"name": "nvidia"}, "handler": "nvidia"},
    *(
        {"apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "metadata": {"name": name}, "value": value}
        for name, value in {"high": 1000, "low": 10}.items()
    ),
]
"""What the cases refer to and a cluster's owner provides."""


def prepare(kubectl: Kubectl) -> None:
    """Teach a cluster the custom resources, and make a namespace that admits restricted pods only."""
    files = [part for file in list_definition_files() for part in ("-f", str(file))]
    kubectl("apply", "--server-side", *files)
    kubectl("wait", "--for=condition=Established", "crd", "--all", "--timeout=60s")
    kubectl("create", "namespace", NAMESPACE)
    kubectl("label", "namespace", NAMESPACE, *RESTRICTED)
    kubectl("apply", "-f", "-", stdin=json.dumps({"apiVersion": "v1", "kind": "List", "items": CLUSTER_WIDE}))


def try_out(api: Kubectl, text: str) -> None:
    """Apply on the server's side without keeping it; a warning of the API server is a fault too."""
    documents = [document for document in yaml.load_all(text, Loader=yaml.CSafeLoader) if document]
    # A pod is admitted only when its account is there, so accounts are kept.
    accounts = [document for document in documents if document["kind"] == "ServiceAccount"]
    api("apply", "--server-side", "--force-conflicts", "-f", "-", stdin=yaml.safe_dump_all(accounts))
    done = api.run(
        "apply",
        "--server-side",
        "--force-conflicts",
        "--dry-run=server",
        "--field-manager=test",
        "-f",
        "-",
        stdin=text,
    )
    wanted = len(documents)
    assert done.returncode == 0, done.stderr
    assert "Warning" not in done.stderr, done.stderr
    assert done.stdout.count("serverside-applied") == wanted
