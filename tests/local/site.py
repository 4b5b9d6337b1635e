"""A namespace of a simulated cluster, and commands in it as whoever they are run by."""

from __future__ import annotations

import json
import math
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from tests.fakes.reporter import FakeReporter
from tests.local.conftest import Kubectl
from tooling import bootstrap
from tooling.adapters.cluster_kubernetes import KubernetesCluster
from tooling.adapters.kube_client import KubeClient, connect
from tooling.app.context import Ports, Target
from tooling.app.values import ValuesRequest
from tooling.core.access import Permission
from tooling.core.analysis import Histogram, Measurement, PodCounts

ACCOUNT = "genai-stack-releaser"
SMALL: dict[str, Any] = {
    "evals": {"enabled": False},
    "rollout": {
        "contexts": [],
        "load": {"enabled": False},
        "steps": [{"weight": 50, "hold": "1s"}],
        "analysis": {"minRequests": 1, "maxHold": "20s"},
        "scaleDownDelay": "1s",
    },
}


class AnsweringCluster(KubernetesCluster):
    """Simulated pods run nothing: what would be asked of a gateway is asked of the API server as a right."""

    def ask(self, namespace: str, service: str, model: str, prompt: str) -> str:
        asked = Permission("create", "", "services/proxy", namespace, f"http:{service}:80")
        assert not self.review_access(namespace, (asked,)).denied
        return "4"


class AnsweringMetrics:
    """The same for the gateways' metrics: every look finds more requests, all of them good."""

    def __init__(self, client: KubeClient) -> None:
        self._cluster = KubernetesCluster(client)
        self._looks = 0

    def measure(self, namespace: str, instance: str, slots: tuple[str, ...]) -> Measurement:
        asked = Permission("get", "", "pods/proxy", namespace)
        assert not self._cluster.review_access(namespace, (asked,)).denied
        self._looks += 100
        fast = Histogram((0.1, math.inf), (self._looks, self._looks))
        return {slot: {"pod": PodCounts(self._looks, 0.0, fast)} for slot in slots}

    def count_in_flight(self, namespace: str, instance: str, slots: tuple[str, ...]) -> dict[str, int]:
        return dict.fromkeys(slots, 0)


@dataclass(frozen=True)
class Site:
    """A namespace of a simulated cluster, and who works in it."""

    kubectl: Kubectl
    namespace: str
    folder: Path

    def run(self, *arguments: str, stdin: str | None = None) -> str:
        return self.kubectl("--namespace", self.namespace, *arguments, stdin=stdin)

    def write(self, *changes: dict[str, Any]) -> Path:
        """Write values of an environment: the small ones, with changes of whole sections."""
        values: dict[str, Any] = {**SMALL}
        for change in changes:
            values |= change
        file = self.folder / "values.yaml"
        file.write_text(json.dumps(values))
        return file

    def wire(self, *changes: dict[str, Any], kubeconfig: Path | None = None) -> tuple[Ports, Target, FakeReporter]:
        """What a command works with, as the administrator unless said otherwise."""
        request = ValuesRequest("local", "", (self.write(*changes),), ())
        path = str(kubeconfig or self.copy_of_admin())
        ports, target = bootstrap.rollout(
            request=request, output="json", namespace=self.namespace, context=None, kubeconfig=path
        )
        client, reporter = connect(path), FakeReporter(answer=target.instance)
        answering = {"cluster": AnsweringCluster(client), "metrics": AnsweringMetrics(client)}
        return replace(ports, reporter=reporter, **answering), target, reporter

    def copy_of_admin(self) -> Path:
        """A kubeconfig that lies elsewhere: the cluster's own is taken for that of the environment local."""
        copy = self.folder / "admin"
        copy.write_bytes(self.kubectl.kubeconfig.read_bytes())
        return copy

    def log_in(self, account: str) -> Path:
        """A kubeconfig with a token of a ServiceAccount."""
        config = yaml.safe_load(self.kubectl.kubeconfig.read_text())
        token = self.run("create", "token", account).strip()
        config["users"] = [{"name": one["name"], "user": {"token": token}} for one in config["users"]]
        path = self.folder / f"{account}.kubeconfig"
        path.write_text(yaml.safe_dump(config))
        return path


@contextmanager
def open_site(kubectl: Kubectl, folder: Path) -> Iterator[Site]:
    """Have a namespace until the block ends; the nodes are shared, so nothing is left running on them."""
    name = f"preflight-{secrets.token_hex(4)}"
    kubectl("create", "namespace", name)
    yield Site(kubectl, name, folder)
    kubectl("--namespace", name, "delete", "deployments,statefulsets,cronjobs,jobs,pods", "--all", "--wait=true")
    kubectl("delete", "namespace", name, "--wait=false")
