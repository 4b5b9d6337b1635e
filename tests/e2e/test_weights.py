"""Weights from a hub: downloaded once onto a shared claim, read and never written by pods, kept at the end."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.e2e.conftest import CHECKOUT, Stack, wait_until
from tests.e2e.plain import run_helm
from tests.images.weight_servers import COMMIT
from tooling.local.folders import ClusterFolder

pytestmark = pytest.mark.e2e

NAMESPACE = "weights"
TOKEN = "hf_open_sesame"
SERVER = f"""
import sys
sys.path.insert(0, "/script")
from http.server import ThreadingHTTPServer
from pathlib import Path
from weight_servers import HubHandler, Store

class Telling(HubHandler):
    found = [*Path("/weights").glob("*.gguf"), *Path("/script").glob("*.gguf")]
    files = {{path.name: path.read_bytes() for path in found}}
    store = Store({{**files, "README.md": b"-"}}, token="{TOKEN}")

    def log_message(self, *_):
        print(self.command, self.path, flush=True)

ThreadingHTTPServer(("0.0.0.0", 8080), Telling).serve_forever()
"""
SECURITY = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}


@dataclass(frozen=True)
class Place:
    """The namespace of this test: its objects, the images there are, and the hub that holds a model."""

    stack: Stack
    images: dict[str, Any]
    file: Path

    def kubectl(self, *arguments: str) -> str:
        return self.stack.kubectl("--namespace", NAMESPACE, *arguments)

    def count_downloads(self) -> int:
        asked = self.kubectl("logs", "hub").splitlines()
        return sum(line.startswith("GET") and line.endswith("/model.gguf") for line in asked)

    def list_jobs(self) -> dict[str, str]:
        """What each finished prefetch Job said, by name."""
        jobs = json.loads(self.kubectl("get", "jobs", "--output", "json"))["items"]
        ended = [job["metadata"]["name"] for job in jobs if job["status"].get("succeeded")]
        return {name: self.kubectl("logs", f"job/{name}") for name in ended}

    def is_ready(self) -> bool:
        found = json.loads(self.kubectl("get", "deployment", "--output", "json"))["items"]
        states = [(each["status"].get("readyReplicas"), each["status"].get("updatedReplicas")) for each in found]
        return states == [(1, 1)]

    def install(self, *settings: str) -> None:
        """A plain install of inference alone, or an upgrade of it."""
        where = ["--namespace", NAMESPACE, "--kubeconfig", self.stack.cluster.kubeconfig]
        images = ClusterFolder.of(self.stack.cluster.name).images
        files = ["--values", "values/local.yaml", "--values", str(images), "--values", str(self.file)]
        run_helm("upgrade", "--install", "genai", "charts/genai-stack", *files, *where, *settings)


def make_values() -> dict[str, Any]:
    hub = {"repository": "owner/small", "revision": COMMIT, "files": ["*.gguf"]}
    source = {"image": None, "hf": {**hub, "existingSecret": "hub"}}
    return {
        **{key: {"enabled": False} for key in ("gateway", "vectordb", "evals", "route")},
        "inference": {
            "fetch": {"extraEnv": [{"name": "HF_ENDPOINT", "value": "http://hub:8080"}]},
            "weights": {"enabled": True, "accessMode": "ReadWriteOnce", "singleNode": True, "size": "1Gi"},
            "models": {"smollm2": {"source": source}},
        },
    }


def make_hub(images: dict[str, Any], files: Mapping[str, bytes] = {}) -> list[dict[str, Any]]:
    """A pod that holds the model of the local environment, and more files, and speaks like the hub."""
    registry = images["global"]["image"]["registry"]
    model = images["inference"]["models"]["smollm2"]["source"]["image"]["tag"]
    fetch = images["inference"]["fetch"]["image"]["tag"]
    mounts = [{"name": "weights", "mountPath": "/weights"}]
    copy = {"name": "copy", "image": f"{registry}/model-smollm2:{model}", "securityContext": SECURITY}
    serve = {"name": "hub", "image": f"{registry}/fetch:{fetch}", "securityContext": SECURITY}
    pod = {
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": 10001,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "initContainers": [{**copy, "command": ["cp", "/model/model.gguf", "/weights/"], "volumeMounts": mounts}],
        "containers": [
            {
                **serve,
                "command": ["python3", "-u", "/script/main.py"],
                "volumeMounts": [*mounts, {"name": "script", "mountPath": "/script"}],
                "readinessProbe": {"tcpSocket": {"port": 8080}, "periodSeconds": 1},
            }
        ],
        "volumes": [{"name": "weights", "emptyDir": {}}, {"name": "script", "configMap": {"name": "script"}}],
    }
    script = {"main.py": SERVER, "weight_servers.py": (CHECKOUT / "tests/images/weight_servers.py").read_text()}
    labels = {"app": "hub"}
    more = {name: base64.b64encode(content).decode() for name, content in files.items()}
    return [
        {"kind": "ConfigMap", "metadata": {"name": "script"}, "data": script, "binaryData": more},
        {"kind": "Secret", "metadata": {"name": "hub"}, "stringData": {"token": TOKEN}},
        {"kind": "Pod", "metadata": {"name": "hub", "labels": labels}, "spec": pod},
        {"kind": "Service", "metadata": {"name": "hub"}, "spec": {"selector": labels, "ports": [{"port": 8080}]}},
    ]


@pytest.fixture
def place(stack: Stack, tmp_path: Path) -> Iterator[Place]:
    images = yaml.safe_load(ClusterFolder.of(stack.cluster.name).images.read_text())
    values, hub = tmp_path / "values.yaml", tmp_path / "hub.json"
    values.write_text(yaml.safe_dump(make_values()))
    items = [{"apiVersion": "v1", **each} for each in make_hub(images)]
    hub.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": items}))
    place = Place(stack, images, values)
    stack.kubectl("create", "namespace", NAMESPACE)
    try:
        place.kubectl("apply", "--filename", str(hub))
        place.kubectl("wait", "--for=condition=Ready", "pod/hub", "--timeout=60s")
        yield place
    finally:
        stack.kubectl("delete", "namespace", NAMESPACE, "--wait=false")


def test_weights_come_once_and_outlive_the_release(place: Place) -> None:
    place.install()
    wait_until(place.is_ready, 120, "a completion with weights from the hub")
    (first,) = place.list_jobs()
    assert place.count_downloads() == 1
    pod = ("exec", "deployment/genai-inference-smollm2", "--", "sh", "-c")
    assert "model.gguf" in place.kubectl(*pod, "ls /models")
    assert place.kubectl(*pod, "touch /models/x 2>/dev/null || echo refused").strip() == "refused"
    assert TOKEN not in place.kubectl("get", "pods,jobs,deployments", "--output", "yaml")

    place.install(
        "--set", "inference.fetch.terminationGracePeriodSeconds=20", "--set-string", "global.podLabels.v=2"
    )
    wait_until(
        lambda: any("there already" in said for said in place.list_jobs().values()), 60, "another Job's end"
    )
    wait_until(place.is_ready, 60, "new pods")
    assert first not in place.list_jobs(), "a Job with other pods is another Job"
    assert place.count_downloads() == 1, "neither another Job nor another pod downloads again"

    run_helm("uninstall", "genai", "--namespace", NAMESPACE, "--kubeconfig", place.stack.cluster.kubeconfig)
    claim = json.loads(place.kubectl("get", "persistentvolumeclaim", "genai-weights", "--output", "json"))
    assert claim["status"]["phase"] == "Bound"
    assert "deletionTimestamp" not in claim["metadata"]
