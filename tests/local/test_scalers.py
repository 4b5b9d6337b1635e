"""Frozen autoscalers and Helm: what a rollout holds disturbs no helm, 3 or 4, and comes back as it was."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.local.conftest import Kubectl
from tests.waiting import wait_until
from tooling.adapters.helm_pyhelm3 import Pyhelm3Helm
from tooling.adapters.kube_client import KubeClient, connect, make_path
from tooling.adapters.scaler_states import FROZEN
from tooling.adapters.scalers_kubernetes import KubernetesScalers
from tooling.core.values import merge, role_values
from tooling.local.binaries import build

pytestmark = pytest.mark.local

CHART = Path(__file__).resolve().parents[2] / "charts" / "genai-stack"
HPA = ("autoscaling/v2", "horizontalpodautoscalers")
KINDS = {"plain": HPA, "paced": HPA, "sleeper": ("keda.sh/v1alpha1", "scaledobjects")}
"""Models with an autoscaler: without a pace of its own, with one, and one that scales to zero."""


def scaling(model: str, most: int, policy: str) -> dict[str, Any]:
    """Settings of the autoscaler of a model."""
    settings: dict[str, Any] = {"enabled": True, "minReplicas": 2, "maxReplicas": most}
    settings["metrics"] = {"queueDepth": 5}
    if model == "paced":
        settings["behavior"] = {"scaleDown": {"selectPolicy": policy, "stabilizationWindowSeconds": 60}}
    if model == "sleeper":
        settings |= {"provider": "keda", "minReplicas": 0, "keda": {"serverAddress": "http://localhost:9090"}}
    return settings


@dataclass(frozen=True)
class Scene:
    """The slot blue of an instance, installed by one helm, with autoscalers of every kind."""

    client: KubeClient
    helm: Pyhelm3Helm
    namespace: str

    def install(self, mode: str = "on", *, most: int = 5, policy: str = "Min") -> None:
        source = {"image": {"repository": "model-smollm2"}, "size": "256Mi"}
        models = {name: {"source": source, "autoscaling": scaling(name, most, policy)} for name in KINDS}
        own = {
            "inference": {"models": {**models, "smollm2": None}},
            "gateway": {
                "defaultModel": "plain",
                "models": {**{name: {"required": False} for name in models}, "smollm2": None},
            },
        }
        values = merge(own, role_values("genai", "slot", "blue"))
        self.helm.upgrade("genai-blue", merge(values, {"global": {"autoscaler": mode}}), description="d")

    def read(self, model: str) -> Mapping[str, Any]:
        path = make_path(*KINDS[model], self.namespace, f"genai-blue-inference-{model}")
        return self.client.get(path, what="the autoscaler")

    def read_specs(self) -> Mapping[str, Any]:
        return {model: self.read(model)["spec"] for model in KINDS}

    def read_notes(self) -> Mapping[str, Any]:
        return {model: self.read(model)["metadata"].get("annotations") for model in KINDS}

    def list_held(self) -> set[str]:
        """Those that never go down."""
        behaviors = {
            model: (spec.get("advanced", {}).get("horizontalPodAutoscalerConfig") or spec).get("behavior") or {}
            for model, spec in self.read_specs().items()
        }
        ways = {model: behavior.get("scaleDown", {}) for model, behavior in behaviors.items()}
        return {model for model, way in ways.items() if way.get("selectPolicy") == "Disabled"}

    def turn(self, verb: str) -> None:
        """Freeze, rest or restore, and again, which changes nothing."""
        call: Callable[[str, str, str], None] = getattr(KubernetesScalers(self.client), verb)
        call(self.namespace, "genai", "blue")
        before = self.read_specs(), self.read_notes()
        call(self.namespace, "genai", "blue")
        assert (self.read_specs(), self.read_notes()) == before
        for model in KINDS:
            managers = {entry["manager"] for entry in self.read(model)["metadata"]["managedFields"]}
            assert "genai-stack" not in managers, "our name stayed at fields that Helm sets"


@pytest.fixture(params=["helm", "helm4"])
def scene(api: Kubectl, request: pytest.FixtureRequest) -> Iterator[Scene]:
    """The slot, by helm 3 and by helm 4."""
    client = connect(str(api.kubeconfig))
    namespace = f"scalers-{request.param}"
    binary = build([request.param])[request.param]
    # The server takes a while until it keeps objects of a kind that is new to it.
    wait_until(lambda: api.run("get", "scaledobjects", "-A").returncode == 0, "ScaledObjects are kept", timeout=60)
    api("create", "namespace", namespace)
    helm = Pyhelm3Helm(executable=str(binary), chart=CHART, namespace=namespace, kubeconfig=str(api.kubeconfig))
    scene = Scene(client, helm, namespace)
    scene.install()
    yield scene
    api("delete", "namespace", namespace, "--wait=false")
    client.close()


def test_helm_and_frozen_autoscalers_do_not_disturb_each_other(scene: Scene) -> None:
    first, notes = scene.read_specs(), scene.read_notes()
    for verb in ("freeze", "rest"):
        scene.turn(verb)
        assert all(FROZEN in each for each in scene.read_notes().values())
        scene.turn("restore")
        assert (scene.read_specs(), scene.read_notes()) == (first, notes)
    scene.turn("rest")
    scene.turn("freeze")
    assert scene.list_held() == set(KINDS)

    scene.install(most=7, policy="Max")
    assert scene.list_held() == {"plain", "sleeper"}, "helm sets what its manifest sets, and nothing else"
    scene.turn("restore")
    second = scene.read_specs()
    assert second["paced"]["behavior"]["scaleDown"]["selectPolicy"] == "Max"
    assert {name: without_most(spec) for name, spec in second.items() if name != "paced"} == {
        name: without_most(spec) for name, spec in first.items() if name != "paced"
    }

    scene.turn("freeze")
    scene.helm.rollback("genai-blue", 1)
    scene.turn("restore")
    assert (scene.read_specs(), scene.read_notes()) == (first, notes)
    scene.install(most=7, policy="Max")
    assert scene.read_specs() == second

    scene.turn("freeze")
    scene.install("off")
    KubernetesScalers(scene.client).restore(scene.namespace, "genai", "blue")


def without_most(spec: Mapping[str, Any]) -> Mapping[str, Any]:
    """The spec without what the second revision sets otherwise."""
    return {key: value for key, value in spec.items() if key not in {"maxReplicas", "maxReplicaCount"}}
