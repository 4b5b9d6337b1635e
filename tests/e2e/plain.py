"""A plain `helm install` of the chart, role `all`, in a namespace of its own."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tests.e2e.conftest import CHECKOUT, Stack
from tooling.local.binaries import find_helm
from tooling.local.folders import ClusterFolder


@contextmanager
def plain_install(stack: Stack, namespace: str) -> Iterator[Callable[[], bool]]:
    """Install without the CLI, give a way to ask whether all pods are ready, and take it away again."""
    images = ClusterFolder.of(stack.cluster.name).images
    where = ["--namespace", namespace, "--kubeconfig", stack.cluster.kubeconfig]
    install = ["install", "genai", "charts/genai-stack", "-f", "values/local.yaml", "-f", str(images)]
    # Another instance's route on the same edge, so this one gets a host name of its own.
    run_helm(*install, "--set", "route.hostnames={plain.example}", "--create-namespace", *where)

    def is_ready() -> bool:
        pods = json.loads(stack.kubectl("get", "pods", "--namespace", namespace, "-o", "json"))["items"]
        states = [state for pod in pods for state in pod["status"].get("containerStatuses", [])]
        return len(pods) == 3 and bool(states) and all(state["ready"] for state in states)

    try:
        yield is_ready
    finally:
        run_helm("uninstall", "genai", *where)
        stack.kubectl("delete", "namespace", namespace)


def run_helm(*arguments: str) -> str:
    """Run helm in the checkout, insist on success, and return what it printed."""
    done = subprocess.run(
        [str(find_helm()), *arguments], cwd=CHECKOUT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
