"""Replicas follow the queue: the real HPA controller, metrics adapter and Prometheus around the chart."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.local.conftest import Kubectl
from tests.local.scaling import SERIES, Engines, ScaledModel, list_pods, run_adapter, run_prometheus
from tests.waiting import wait_until
from tooling.local import simulated
from tooling.local.binaries import build, find_helm

pytestmark = pytest.mark.local

CHECKOUT = Path(__file__).resolve().parents[2]
NAMESPACE = "scaling"
DEPLOYMENT = "genai-inference-smollm2"
AT_ONCE = {"stabilizationWindowSeconds": 0}
SCALING = {
    "enabled": True,
    "minReplicas": 1,
    "maxReplicas": 5,
    "metrics": {"queueDepth": 5},
    "behavior": {"scaleUp": AT_ONCE, "scaleDown": AT_ONCE},
}


def helm(*arguments: str, others: tuple[str, ...] = ("gateway", "vectordb", "evals", "route")) -> str:
    """Run helm without the `others`, by default with the inference component alone, and insist on success."""
    off = [f"--set={component}.enabled=false" for component in others]
    done = subprocess.run([str(find_helm()), *arguments, *off], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@dataclass(frozen=True)
class Scene(ScaledModel):
    """A cluster with the chart's Deployment and HPA, and everything that the HPA reads through."""

    namespace = NAMESPACE

    def install(self, **globals_: str) -> None:
        """Install or upgrade the release."""
        settings = ["--set-json", f"inference.models.smollm2.autoscaling={json.dumps(SCALING)}"]
        settings += [f"--set=global.{key}={value}" for key, value in globals_.items()]
        where = ["--namespace", NAMESPACE, "--create-namespace", "--kubeconfig", str(self.kubectl.kubeconfig)]
        helm("upgrade", "--install", "genai", str(CHECKOUT / "charts/genai-stack"), *settings, *where)

    def read_scaler(self) -> dict[str, Any]:
        """The HPA as the API server has it."""
        text = self.kubectl("-n", NAMESPACE, "get", "hpa", DEPLOYMENT, "-o", "json")
        found: dict[str, Any] = json.loads(text)
        return found

    def describe(self) -> str:
        """What is, for the message of a failure."""
        log = (self.folder / "adapter.log").read_text()[-2000:]
        return f"replicas {self.replicas()}, scaler {json.dumps(self.read_scaler().get('status'))}, adapter: {log}"


@pytest.fixture
def scene(tmp_path: Path, new_name: Callable[[str], str]) -> Iterator[Scene]:
    """Everything up, and the model installed."""
    cluster = simulated.up(new_name("scaling"))
    kubectl = Kubectl(build(["kubectl"])["kubectl"], cluster.kubeconfig)
    engines = Engines(NAMESPACE, "smollm2", lambda: list_pods(kubectl, NAMESPACE))
    engines.foreign = [
        SERIES.format("smollm2", NAMESPACE, "genai-green-inference-smollm2-7d9f8c6b5-x2x4z", 500),
        SERIES.format("smollm2", "elsewhere", f"{DEPLOYMENT}-7d9f8c6b5-x2x4z", 500),
    ]
    with (
        engines.serve(),
        run_prometheus(tmp_path, engines.port) as prometheus,
        run_adapter(tmp_path, cluster.kubeconfig, prometheus) as objects,
    ):
        kubectl("apply", "-f", "-", stdin=objects)
        scene = Scene(kubectl, engines, prometheus, tmp_path)
        scene.install()
        yield scene


def test_replicas_follow_the_queue_up_and_down_and_a_frozen_scaler_never_goes_down(scene: Scene) -> None:
    scene.engines.waiting = 20
    scene.wait_for_replicas(4)
    scene.engines.waiting = 1000
    scene.wait_for_replicas(5)

    check_what_keda_would_ask(scene)

    scene.turn("freeze")
    scene.engines.waiting = 0
    scene.install()
    assert scene.replicas() == 5, "an upgrade took the scale away from its owner"
    wait_until(lambda: sees_an_empty_queue(scene), scene.describe, timeout=60, pause=0.5)
    assert scene.replicas() == 5

    scene.turn("restore")
    scene.wait_for_replicas(1)


def sees_an_empty_queue(scene: Scene) -> bool:
    """Whether the HPA has looked, would go down, and does not."""
    status = scene.read_scaler()["status"]
    values = [
        each["pods"]["current"]["averageValue"] for each in status.get("currentMetrics") or () if each.get("pods")
    ]
    return values == ["0"] and status["desiredReplicas"] == status["currentReplicas"] == 5


def check_what_keda_would_ask(scene: Scene) -> None:
    """The queries of the ScaledObject give the queue of this Deployment, and wake a model at its first request."""
    metrics = {"queueDepth": 5, "timeToFirstTokenSeconds": 1}
    prometheus = {"serverAddress": scene.prometheus.url}
    keda = {**SCALING, "provider": "keda", "minReplicas": 0, "metrics": metrics, "keda": prometheus}
    text = helm(
        *("template", "genai", str(CHECKOUT / "charts/genai-stack"), "--namespace", NAMESPACE),
        *("--set-json", f"inference.models.smollm2.autoscaling={json.dumps(keda)}"),
        *("--set", "gateway.models.smollm2.required=false"),
        *("--show-only", "charts/inference/templates/autoscaler.yaml"),
        others=("vectordb", "evals", "route"),  # the gateway has to be there: its requests wake the model
    )
    triggers = yaml.safe_load(text)["spec"]["triggers"]
    queries = {trigger["name"]: trigger["metadata"]["query"] for trigger in triggers}
    queue, ask = queries["queueDepth"], scene.prometheus.ask
    wait_until(
        lambda: ask(queue) == [pytest.approx(1000)], lambda: f"{queue} is {ask(queue)}", timeout=30, pause=0.5
    )
    assert ask(re.sub("model_name=", "model=", queue)) == [], "vLLM has no label named model"
    assert ask(queries["timeToFirstTokenSeconds"]) == [0], "nothing tells it here"
    assert ask(queries["wake"]) == [0]
    labels = f'namespace="{NAMESPACE}",pod="genai-gateway-7d9f8c6b5-x2x4z",model="smollm2",code="502"'
    scene.engines.foreign.append(f"genai_gateway_requests_total{{{labels}}} 1")
    wait_until(
        lambda: ask(queries["wake"]) == [1], lambda: f"wake is {ask(queries['wake'])}", timeout=30, pause=0.5
    )
