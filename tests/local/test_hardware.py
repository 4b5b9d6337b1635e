"""Models of the chart on simulated GPU nodes: profiles find their hardware, updates need no spare GPU."""

from __future__ import annotations

import json
import secrets
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.charts.rendering import CHART
from tests.local.conftest import Kubectl
from tooling.local import containers
from tooling.local.binaries import find_helm

pytestmark = pytest.mark.local

SOURCE = {"image": {"repository": "weights"}}
WHOLE_NODES = {"profile": "a100-80g", "gpu": {"count": 8}, "replicas": 2, "source": SOURCE}
"""Every GPU that the cluster has unshared."""


@dataclass(frozen=True)
class Place:
    """A namespace of its own, installed into by Helm."""

    kubectl: Kubectl
    namespace: str
    file: Path

    def install(self, models: dict[str, Any], **inference: Any) -> None:
        """Inference alone, or an upgrade of it."""
        off = {key: {"enabled": False} for key in ("gateway", "vectordb", "evals", "route")}
        values = {**off, "inference": {"models": {"smollm2": None, **models}, **inference}}
        self.file.write_text(json.dumps(values))
        where = ["--namespace", self.namespace, "--kubeconfig", str(self.kubectl.kubeconfig)]
        command = [
            str(find_helm()),
            "upgrade",
            "--install",
            "genai",
            str(CHART),
            "--values",
            str(self.file),
            *where,
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr

    def run(self, *arguments: str) -> str:
        return self.kubectl("--namespace", self.namespace, *arguments)

    def wait(self, model: str) -> None:
        """Until every pod of the model is the newest and ready."""
        self.run("rollout", "status", f"deployment/genai-inference-{model}", "--timeout=60s")

    def wait_for_refusal(self) -> str:
        """What the scheduler says of the first pod that it finds no place for."""
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            pods = json.loads(self.run("get", "pods", "--output", "json"))["items"]
            conditions = [one for pod in pods for one in pod["status"].get("conditions", ())]
            said = [
                one["message"] for one in conditions if (one["type"], one["status"]) == ("PodScheduled", "False")
            ]
            if said:
                return str(said[0])
            time.sleep(0.5)
        raise AssertionError("every pod has a place")

    def list_nodes(self, model: str) -> list[dict[str, str]]:
        """Labels of the nodes that the model's pods are on."""
        pods = json.loads(self.run("get", "pods", "--selector", f"genai-stack/model={model}", "--output", "json"))
        names = [pod["spec"]["nodeName"] for pod in pods["items"] if "deletionTimestamp" not in pod["metadata"]]
        nodes = [json.loads(self.kubectl("get", "node", name, "--output", "json")) for name in names]
        return [node["metadata"]["labels"] for node in nodes]


@pytest.fixture
def place(gpu_cluster: containers.Cluster, gpu_kubectl: Kubectl, tmp_path: Path) -> Iterator[Place]:
    place = Place(gpu_kubectl, f"hardware-{secrets.token_hex(4)}", tmp_path / "values.json")
    gpu_kubectl("create", "namespace", place.namespace)
    yield place
    # The nodes are shared: the next test has to find them empty.
    place.run("delete", "deployments,pods", "--all", "--wait=true", "--grace-period=0", "--force")
    gpu_kubectl("delete", "namespace", place.namespace, "--wait=false")


def test_each_profile_finds_its_hardware(place: Place) -> None:
    profiles = {
        "a100-80g": {"nodeSelector": {"nvidia.com/gpu.product": "NVIDIA-A100-SXM4-80GB"}},
        "t4": {
            "gpu": {"resource": "nvidia.com/gpu", "count": 1},
            "nodeSelector": {"nvidia.com/gpu.sharing-strategy": "time-slicing"},
            "tolerations": [{"key": "nvidia.com/gpu", "operator": "Exists"}],
        },
    }
    models = {
        "whole": {"profile": "a100-80g", "source": SOURCE, "runtimeClassName": "nvidia"},
        "slice": {"profile": "mig-1g-10gb", "source": SOURCE},
        "shared": {"profile": "t4", "source": SOURCE},
        "plain": {"source": SOURCE},
    }
    place.install(models, profiles=profiles)
    for model in models:
        place.wait(model)
    assert place.list_nodes("whole")[0]["nvidia.com/gpu.product"] == "NVIDIA-A100-SXM4-80GB"
    assert place.list_nodes("slice")[0]["nvidia.com/mig.strategy"] == "mixed"
    assert place.list_nodes("shared")[0]["nvidia.com/gpu.sharing-strategy"] == "time-slicing"
    assert "nvidia.com/gpu.product" not in place.list_nodes("plain")[0]


def test_an_update_ends_when_every_gpu_is_taken(place: Place) -> None:
    profiles = {"a100-80g": {"nodeSelector": {"nvidia.com/gpu.product": "NVIDIA-A100-SXM4-80GB"}}}
    place.install({"large": WHOLE_NODES}, profiles=profiles)
    place.wait("large")
    place.install({"large": {**WHOLE_NODES, "context": 4096}}, profiles=profiles)
    place.wait("large")
    assert len(place.list_nodes("large")) == 2


def test_a_surge_without_a_spare_gpu_waits_and_says_why(place: Place) -> None:
    # What the default spares users: the other test would pass on an empty cluster too.
    profiles = {"a100-80g": {"nodeSelector": {"nvidia.com/gpu.product": "NVIDIA-A100-SXM4-80GB"}}}
    greedy = {**WHOLE_NODES, "strategy": {"maxSurge": 1, "maxUnavailable": 0}}
    place.install({"large": greedy}, profiles=profiles)
    place.wait("large")
    place.install({"large": {**greedy, "context": 4096}}, profiles=profiles)
    assert "Insufficient nvidia.com/gpu" in place.wait_for_refusal()
