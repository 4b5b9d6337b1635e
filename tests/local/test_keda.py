"""A model sleeps and is woken: KEDA's real operator, the HPA controller and Prometheus around the chart."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.local.conftest import Kubectl
from tests.local.keda import run_keda
from tests.local.scaling import Engines, ScaledModel, list_pods, run_prometheus
from tests.waiting import wait_until
from tooling.local import simulated
from tooling.local.binaries import build, find_helm

pytestmark = pytest.mark.local

CHECKOUT = Path(__file__).resolve().parents[2]
NAMESPACE = "sleeping"
DEPLOYMENT = "genai-inference-smollm2"
AT_ONCE = {"stabilizationWindowSeconds": 0}
WAKE = "genai_gateway_requests_total"
LABELS = f'namespace="{NAMESPACE}",pod="genai-gateway-7d9f8c6b5-x2x4z",model="smollm2",code="502"'


@dataclass(frozen=True)
class Scene(ScaledModel):
    """A cluster with KEDA, and the chart's model with a scale to zero; Prometheus tells what the test says."""

    namespace = NAMESPACE

    def install(self, **globals_: str) -> None:
        """Install or upgrade the release."""
        scaling = {
            "enabled": True,
            "provider": "keda",
            "minReplicas": 0,
            "maxReplicas": 5,
            "metrics": {"queueDepth": 5},
            "behavior": {"scaleUp": AT_ONCE, "scaleDown": AT_ONCE},
            "keda": {"serverAddress": self.prometheus.url, "pollingSeconds": 1, "cooldownSeconds": 5},
        }
        model = {"smollm2": {"autoscaling": scaling, "startupSeconds": 1}}
        command = [str(find_helm()), "upgrade", "--install", "genai", str(CHECKOUT / "charts/genai-stack")]
        command += ["--namespace", NAMESPACE, "--create-namespace", "--kubeconfig", str(self.kubectl.kubeconfig)]
        command += ["--set-json", f"inference.models={json.dumps(model)}"]
        command += ["--set", "gateway.models.smollm2.required=false"]
        command += [f"--set={component}.enabled=false" for component in ("vectordb", "evals", "route")]
        command += [f"--set=global.{key}={value}" for key, value in globals_.items()]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr

    def ask_the_gateway(self) -> None:
        """One request came in since the gateway's pod started, as the gateway counts it while nobody serves it."""
        self.engines.foreign[:] = [f"{WAKE}{{{LABELS}}} 1"]

    def is_paused(self) -> bool:
        """Whether KEDA has seen that it is to leave the scale alone."""
        path = 'jsonpath={.items[*].status.conditions[?(@.type=="Paused")].status}'
        return self.kubectl("-n", NAMESPACE, "get", "scaledobject", "-o", path) == "True"

    def fall_silent(self) -> None:
        """The gateway's pod was replaced, and nobody has asked the new one; nothing waits any more."""
        self.engines.foreign.clear()
        self.engines.waiting = 0

    def describe(self) -> str:
        """What is, for the message of a failure."""
        status = self.kubectl.run("-n", NAMESPACE, "get", "scaledobject,hpa", "-o", "jsonpath={..status}").stdout
        logs = [(self.folder / f"keda-{each}.log").read_text()[-1500:] for each in ("operator", "adapter")]
        return f"replicas {self.replicas()}, scalers {status}, operator: {logs[0]}, adapter: {logs[1]}"


@pytest.fixture
def scene(tmp_path: Path, new_name: Callable[[str], str]) -> Iterator[Scene]:
    """Everything up, and the model installed."""
    cluster = simulated.up(new_name("keda"))
    kubectl = Kubectl(build(["kubectl"])["kubectl"], cluster.kubeconfig)
    engines = Engines(NAMESPACE, "smollm2", lambda: list_pods(kubectl, NAMESPACE))
    with (
        engines.serve(),
        run_prometheus(tmp_path, engines.port) as prometheus,
        run_keda(tmp_path, kubectl),
    ):
        scene = Scene(kubectl, engines, prometheus, tmp_path)
        scene.install()
        yield scene


def test_a_model_sleeps_until_it_is_asked_for_grows_with_its_queue_and_sleeps_again(scene: Scene) -> None:
    scene.wait_for_replicas(0)
    wait_until(lambda: not list_pods(scene.kubectl, NAMESPACE), "its pods are gone", timeout=60)

    scene.turn("rest")
    wait_until(scene.is_paused, scene.describe, timeout=60, pause=0.2)
    scene.ask_the_gateway()
    asked = f"sum({WAKE})"
    wait_until(lambda: scene.prometheus.ask(asked) == [1], "the request is counted", timeout=30, pause=0.2)
    assert scene.replicas() == 0, "a slot that rests was woken"
    scene.turn("restore")
    scene.wait_for_replicas(1)
    scene.engines.waiting = 20
    scene.wait_for_replicas(4)

    scene.fall_silent()
    scene.wait_for_replicas(0)


def test_a_frozen_model_neither_sleeps_nor_shrinks(scene: Scene) -> None:
    scene.wait_for_replicas(0)
    scene.install(autoscaler="frozen")
    scene.wait_for_replicas(1)
    scene.engines.waiting = 20
    scene.wait_for_replicas(4)

    scene.fall_silent()
    wait_until(lambda: sees_an_empty_queue(scene), scene.describe, timeout=60, pause=0.5)
    assert scene.replicas() == 4

    scene.install()
    scene.wait_for_replicas(0)


def sees_an_empty_queue(scene: Scene) -> bool:
    """Whether KEDA's HPA has looked, would go down, and does not."""
    text = scene.kubectl("-n", NAMESPACE, "get", "hpa", f"keda-hpa-{DEPLOYMENT}", "-o", "json")
    status = json.loads(text)["status"]
    values = {each["external"]["current"]["averageValue"] for each in status.get("currentMetrics") or ()}
    return values == {"0"} and status["desiredReplicas"] == status["currentReplicas"] == 4
