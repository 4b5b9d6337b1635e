"""Evals keep their results across upgrades; `helm test` passes where the stack works and fails elsewhere."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import CHECKOUT, Stack
from tooling.local.binaries import build
from tooling.local.folders import ClusterFolder

pytestmark = pytest.mark.e2e

# A whole stack of its own but for the model: its gateway asks the one that `stack` has released.
SETTINGS = {
    "inference": {"enabled": False},
    "gateway": {"replicas": 1, "models": {"smollm2": {"url": "http://genai.genai", "servedName": "smollm2"}}},
    "vectordb": {"persistence": {"enabled": False}},
    "route": {"enabled": False},
    "evals": {
        "results": {"persistence": {"enabled": True}, "history": 2},
        "onDemand": {"now": {"limit": 1}},
        "suites": {"golden": {"scorer": "regex", "threshold": 1, "prompts": [
            {"id": "any", "prompt": "Say hello.", "expect": ".", "max_tokens": 4},
            {"id": "other", "prompt": "Name a color.", "expect": ".", "max_tokens": 4},
        ]}},
    },
}  # fmt: skip


@dataclass(frozen=True)
class Installed:
    """The instance `genai` in a namespace of its own, installed by helm alone."""

    stack: Stack
    folder: Path
    namespace: str = "tested"

    def helm(self, *arguments: str, program: str = "helm") -> subprocess.CompletedProcess[str]:
        """Run one of the pinned helms, whatever comes of it."""
        where = ("--namespace", self.namespace, "--kubeconfig", self.stack.cluster.kubeconfig)
        command = [str(build([program])[program]), *arguments, *where]
        return subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=False, timeout=300)

    def apply(self, *settings: str, program: str = "helm") -> None:
        """Install, or upgrade with other settings (key=JSON), and wait for the pods that answer."""
        file = self.folder / "values.json"
        file.write_text(json.dumps(SETTINGS))
        images = str(ClusterFolder.of(self.stack.cluster.name).images)
        files = [part for name in ("values/local.yaml", images, str(file)) for part in ("--values", name)]
        flags = [part for setting in settings for part in ("--set-json", setting)]
        upgrade = ("upgrade", "--install", "genai", "charts/genai-stack", "--create-namespace")
        done = self.helm(*upgrade, *files, *flags, program=program)
        assert done.returncode == 0, done.stderr
        for workload in ("deployment/genai-gateway", "statefulset/genai-vectordb"):
            self.kubectl("rollout", "status", workload, "--timeout=120s")

    def kubectl(self, *arguments: str) -> str:
        """Run kubectl in the namespace."""
        return self.stack.kubectl("--namespace", self.namespace, *arguments)

    def wait_for_job(self) -> str:
        """Wait until the one Job on demand is complete; return its name."""
        self.kubectl("wait", "job", "--all", "--for=condition=complete", "--timeout=120s")
        (job,) = json.loads(self.kubectl("get", "jobs", "-o", "json"))["items"]
        name: str = job["metadata"]["name"]
        return name

    def read_results(self) -> dict[str, Any]:
        """The summaries in the ConfigMap, by suite."""
        found = json.loads(self.kubectl("get", "configmap", "genai-evals-results", "-o", "json"))
        return {key: json.loads(text) for key, text in found.get("data", {}).items()}


@pytest.fixture(scope="module")
def installed(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installed]:
    one = Installed(stack, tmp_path_factory.mktemp("tested"))
    try:
        one.apply()
        yield one
    finally:
        one.helm("uninstall", "genai")
        stack.kubectl("delete", "namespace", one.namespace, "--wait=false", "--ignore-not-found")


def test_a_job_on_demand_leaves_its_results_and_upgrades_keep_them(installed: Installed) -> None:
    first = installed.wait_for_job()
    before = installed.read_results()
    summary = before["golden.json"]
    assert (summary["total"], summary["accuracy"], summary["threshold"]) == (1, 1.0, 1.0)
    assert summary["slots"]
    assert summary["failed"] == []
    # A key that no chart ever set, as every result is: neither Helm may take it away.
    installed.kubectl("patch", "configmap", "genai-evals-results", "-p", '{"data": {"other.json": "{}"}}')
    installed.apply("evals.onDemand.now=null", 'evals.podAnnotations.note="a"')
    assert installed.kubectl("get", "jobs", "-o", "name") == ""
    assert installed.read_results() == {**before, "other.json": {}}
    installed.apply("evals.onDemand.now.limit=2", program="helm4")
    assert installed.wait_for_job() != first
    after = installed.read_results()
    assert (after["golden.json"]["total"], after["other.json"]) == (2, {})
    claim = json.loads(installed.kubectl("get", "pvc", "genai-evals-results", "-o", "json"))
    folder = ClusterFolder.of(installed.stack.cluster.name).volumes / claim["spec"]["volumeName"][-2:]
    files = sorted(folder.glob("golden/*.json"))
    assert [json.loads(file.read_text())["total"] for file in files] == [1, 2]


def test_helm_test_passes_in_base_and_slot(installed: Installed) -> None:
    slot = f"genai-{installed.stack.status()['serving']}"
    released = Installed(installed.stack, installed.folder, "genai")
    for release in ("genai", slot):
        done = released.helm("test", release)
        assert done.returncode == 0, f"{release}: {done.stdout}{done.stderr}"
    read = "import urllib.request as u; print(u.urlopen('http://genai-vectordb:8080/v1/schema').read())"
    schema = released.kubectl("exec", f"deploy/{slot}-gateway", "--", "python3", "-c", read)
    assert "classes" in schema
    assert "GenaiStackCheck" not in schema


def test_helm_test_fails_when_the_model_does_not_answer(installed: Installed) -> None:
    try:
        installed.apply('gateway.models.smollm2.servedName="nobody"')
        done = installed.helm("test", "genai", "--timeout", "120s")
        assert done.returncode != 0
        # The database is asked first and still works; what is broken is named, and its pod stays to be looked at.
        assert "genai-gateway-test" in done.stdout + done.stderr
        pods = installed.kubectl("get", "pods", "-o", "name").split()
        assert [pod for pod in pods if pod.endswith("-test")] == ["pod/genai-gateway-test"]
        assert "completion 1 of 3: status 502" in installed.kubectl("logs", "genai-gateway-test")
    finally:  # the tests share what is installed, in any order
        installed.apply()
