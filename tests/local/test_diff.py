"""`diff` against a real API server, with the real helm 3 and 4: no change is no change, and a change is named."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.local.conftest import Kubectl
from tooling.cli.main import run
from tooling.local.binaries import build

pytestmark = pytest.mark.local

ROOT = Path(__file__).parents[2]
VALUES = """
rollout: {contexts: [], instance: INSTANCE, namespace: NAMESPACE}
gateway: {autoscaling: {enabled: false}, replicas: 2}
inference:
  weights: {enabled: false}
  models: {qwen: {autoscaling: {enabled: false}, replicas: 2}}
vectordb: {auth: {existingSecret: ""}, backup: {enabled: false}}
observability: {monitors: {enabled: false}, alerts: {enabled: false}}
"""
OTHER = """
gateway:
  extraEnv: [{name: MY_TOKEN, value: very-secret}]
inference: {models: {qwen: {context: 8192}}}
evals: {enabled: false}
"""


@dataclass
class Instance:
    """An instance of its own in a namespace of its own, put there by plain helm."""

    kubectl: Kubectl
    helm: Path
    namespace: str
    folder: Path
    capfd: pytest.CaptureFixture[str]

    def write(self, name: str, text: str) -> str:
        file = self.folder / name
        file.write_text(text.replace("INSTANCE", "chat").replace("NAMESPACE", self.namespace))
        return str(file)

    def install(self, release: str, **role: str) -> None:
        """Install a role as a rollout would, less the waiting for pods that no simulated node answers with."""
        settings = ",".join(f"global.{key}={value}" for key, value in role.items())
        command = [str(self.helm), "install", release, "charts/genai-stack", "--namespace", self.namespace]
        command += ["--kubeconfig", str(self.kubectl.kubeconfig), "-f", "values/prod.yaml"]
        command += ["-f", self.write("own.yaml", VALUES), *(["--set", settings] if settings else [])]
        subprocess.run(command, cwd=ROOT, check=True, capture_output=True)

    def command(self, verb: str, *more: str) -> tuple[int, str]:
        """Run one of our commands on the values that were installed and on `more`."""
        code = run([verb, "--env", "prod", "-f", self.write("own.yaml", VALUES), *more])
        return code, self.capfd.readouterr().out

    def diff(self, *more: str) -> tuple[int, dict[str, Any]]:
        code, out = self.command("diff", "--kubeconfig", str(self.kubectl.kubeconfig), "--output", "json", *more)
        return code, json.loads(out)

    def edit(self, *arguments: str, stdin: str | None = None) -> None:
        self.kubectl("--namespace", self.namespace, *arguments, stdin=stdin)


@pytest.fixture(params=["helm", "helm4"])
def instance(
    request: pytest.FixtureRequest,
    gpu_kubectl: Kubectl,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> Iterator[Instance]:
    binary = build([request.param], print)[request.param]
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "helm").symlink_to(binary)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"), prepend=":")
    monkeypatch.chdir(ROOT)
    namespace = f"diff-{request.node.originalname.replace('_', '-')[:40]}-{request.param}"
    gpu_kubectl("create", "namespace", namespace)
    capfd.readouterr()
    yield Instance(gpu_kubectl, tmp_path / "bin" / "helm", namespace, tmp_path, capfd)
    gpu_kubectl("delete", "namespace", namespace, "--wait=false")


def list_changes(section: dict[str, Any]) -> dict[str, str]:
    return {one["object"]: one["change"] for one in section["objects"]}


def test_a_plain_install(instance: Instance) -> None:
    code, found = instance.diff()
    assert (code, found["mode"], found["notes"]) == (1, "absent", [])
    assert {change for section in found["sections"] for change in list_changes(section).values()} == {"added"}
    assert found["gpus"] == {"now": {}, "afterwards": {"nvidia.com/gpu": 2}, "peak": {"nvidia.com/gpu": 2}}

    instance.install("chat")
    code, found = instance.diff()
    assert (code, found["changed"], found["mode"]) == (0, False, "plain"), found

    instance.edit("set", "env", "deployment/chat-gateway", "BY_HAND=1")
    instance.edit("delete", "serviceaccount", "chat-evals")
    code, found = instance.diff("--against", "live")
    assert code == 1
    assert {one["object"]: [field["path"] for field in one["fields"]] for one in found["drift"]} == {
        "Deployment/chat-gateway": ["spec.template.spec.containers[gateway].env"],
        "ServiceAccount/chat-evals": [],
    }

    code, found = instance.diff("--against", "release", "-f", instance.write("other.yaml", OTHER))
    assert (code, found["drift"]) == (1, [])
    (section,) = found["sections"]
    changes = list_changes(section)
    assert changes["Deployment/chat-inference-qwen"] == changes["Deployment/chat-gateway"] == "changed"
    assert changes["ServiceAccount/chat-evals"] == "removed"
    assert "very-secret" not in json.dumps(found)
    (gateway,) = (one for one in section["objects"] if one["object"] == "Deployment/chat-gateway")
    assert [effect["text"] for effect in gateway["effects"]] == ["restarts 2 pods"]


def test_base_and_slots(instance: Instance) -> None:
    instance.install("chat", role="base", instance="chat")
    instance.install("chat-green", role="slot", slot="green", instance="chat")
    for deployment in ("chat-green-gateway", "chat-green-inference-qwen"):
        instance.edit("scale", f"deployment/{deployment}", "--replicas=2")
    _, route = instance.command("render", "--role", "route", "--slot", "green")
    instance.edit("apply", "--server-side", "-f", "-", stdin=route)
    code, found = instance.diff()
    assert (code, found["serving"], found["target"]) == (0, "green", "blue"), found

    code, found = instance.diff("-f", instance.write("other.yaml", OTHER))
    base, slot, edge = found["sections"]
    assert (code, found["drift"], list_changes(edge)) == (1, [], {})
    assert list_changes(base)["CronJob/chat-evals"] == "removed"
    assert list_changes(slot) == {
        "Deployment/chat-green-gateway": "changed",
        "Deployment/chat-green-inference-qwen": "changed",
    }
    assert found["starts"] == 4
    assert {key: count["nvidia.com/gpu"] for key, count in found["gpus"].items()} == {
        "now": 2,
        "afterwards": 2,
        "peak": 4,
    }

    instance.edit("patch", "httproute", "chat", "--type=merge", "-p", '{"spec": {"hostnames": ["by.hand"]}}')
    code, found = instance.diff("--against", "live")
    assert (code, list_changes(found["sections"][0])) == (1, {"HTTPRoute/chat": "changed"})


def test_every_environment_that_was_just_installed_is_without_drift(instance: Instance) -> None:
    """The API server rewrites much of what it is given; none of that is drift."""
    for env in ("dev", "staging"):
        name = f"{env}-chat"
        command = [str(instance.helm), "install", name, "charts/genai-stack", "--namespace", instance.namespace]
        command += ["--kubeconfig", str(instance.kubectl.kubeconfig), "-f", f"values/{env}.yaml"]
        subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
        more = ["--set", f"rollout.instance={name}", "--namespace", instance.namespace]
        code = run(["diff", "--env", env, *more, "--kubeconfig", str(instance.kubectl.kubeconfig)])
        assert code == 0, instance.capfd.readouterr().out
