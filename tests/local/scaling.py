"""The parts of real autoscaling around a cluster: engines with a queue, Prometheus, and the metrics adapter."""

from __future__ import annotations

import json
import socket
import subprocess
import threading
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import yaml

from tests.local.conftest import Kubectl
from tests.waiting import wait_until
from tooling.adapters.kube_client import connect
from tooling.adapters.scalers_kubernetes import KubernetesScalers
from tooling.local.binaries import build

RULES = Path(__file__).resolve().parents[2] / "charts/genai-stack/charts/inference/files/prometheus-adapter.yaml"
SERIES = 'vllm:num_requests_waiting{{model_name="{}",namespace="{}",pod="{}"}} {}'
API = """
apiVersion: v1
kind: Service
metadata: {{name: metrics-adapter, namespace: default}}
spec: {{type: ExternalName, externalName: localhost, ports: [{{port: {port}}}]}}
---
apiVersion: apiregistration.k8s.io/v1
kind: APIService
metadata: {{name: v1beta1.custom.metrics.k8s.io}}
spec:
  service: {{name: metrics-adapter, namespace: default, port: {port}}}
  group: custom.metrics.k8s.io
  version: v1beta1
  insecureSkipTLSVerify: true
  groupPriorityMinimum: 100
  versionPriority: 100
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {{name: custom-metrics-reader}}
rules: [{{apiGroups: [custom.metrics.k8s.io], resources: ["*"], verbs: [get, list]}}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {{name: custom-metrics-reader}}
roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: custom-metrics-reader}}
subjects: [{{kind: ServiceAccount, name: horizontal-pod-autoscaler, namespace: kube-system}}]
"""
"""What the adapter's own Helm chart applies, with the adapter on this machine's loopback."""


@dataclass
class Engines:
    """Stands for the engines of one model: `waiting` requests, shared out among the pods that there are."""

    namespace: str
    model: str
    list_pods: Callable[[], list[str]]
    waiting: float = 0
    port: int = 0
    foreign: list[str] = field(default_factory=list)
    """Series of others, which must not count."""

    def expose(self) -> str:
        """What one scrape gets."""
        pods = self.list_pods()
        own = [SERIES.format(self.model, self.namespace, pod, self.waiting / len(pods)) for pod in pods]
        other = [SERIES.format("other", self.namespace, pod, 500) for pod in pods]
        return "\n".join([*own, *other, *self.foreign, ""])

    @contextmanager
    def serve(self) -> Iterator[None]:
        """Answer scrapes on loopback."""
        engines = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("content-type", "text/plain; version=0.0.4")
                self.end_headers()
                self.wfile.write(engines.expose().encode())

            def log_message(self, *_: object) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = server.server_address[1]
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield
        finally:
            server.shutdown()
            server.server_close()


def find_port() -> int:
    """A port that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def running(command: list[str], log: Path, world: Mapping[str, str] | None = None) -> Iterator[None]:
    """Run a process as long as the block lasts; its output goes to `log`. `world` is its environment."""
    with log.open("w") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, cwd=log.parent, env=world)
        try:
            yield
        finally:
            process.terminate()
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                raise


@dataclass(frozen=True)
class Prometheus:
    """A real Prometheus that scrapes one target every second."""

    port: int

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    def ask(self, query: str) -> list[float]:
        """The values of an instant query."""
        text = urllib.parse.urlencode({"query": query})
        with urllib.request.urlopen(f"{self.url}/api/v1/query?{text}", timeout=10) as answer:
            found = json.loads(answer.read())["data"]["result"]
        return [float(each["value"][1]) for each in found]

    def is_ready(self) -> bool:
        """Whether it answers."""
        try:
            with urllib.request.urlopen(f"{self.url}/-/ready", timeout=2) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False


@contextmanager
def run_prometheus(folder: Path, target: int) -> Iterator[Prometheus]:
    """Scrape what listens at port `target` until the block ends."""
    jobs = [
        {"job_name": "engines", "honor_labels": True, "static_configs": [{"targets": [f"127.0.0.1:{target}"]}]}
    ]
    config = folder / "prometheus.yml"
    config.write_text(yaml.safe_dump({"global": {"scrape_interval": "1s"}, "scrape_configs": jobs}))
    found = Prometheus(find_port())
    command = [str(build(["prometheus"])["prometheus"]), f"--config.file={config}", "--log.level=warn"]
    where = [f"--web.listen-address=127.0.0.1:{found.port}", f"--storage.tsdb.path={folder / 'tsdb'}"]
    log = folder / "prometheus.log"
    with running([*command, *where], log):
        wait_until(found.is_ready, log.read_text, timeout=60, pause=0.5)
        yield found


@contextmanager
def run_adapter(folder: Path, kubeconfig: Path, prometheus: Prometheus) -> Iterator[str]:
    """Run the metrics adapter with the rules that the chart ships; gives what has to be applied for it."""
    config = folder / "adapter.yaml"
    rules = yaml.safe_load(RULES.read_text(encoding="utf-8"))["rules"]["custom"]
    config.write_text(yaml.safe_dump({"rules": rules}))
    port = find_port()
    kubeconfigs = [f"--{each}-kubeconfig={kubeconfig}" for each in ("lister", "authentication", "authorization")]
    command = [
        str(build(["prometheus-adapter"])["prometheus-adapter"]),
        *kubeconfigs,
        f"--prometheus-url={prometheus.url}",
        f"--config={config}",
        "--metrics-relist-interval=2s",
        "--metrics-max-age=1m",
        "--bind-address=127.0.0.1",
        f"--secure-port={port}",
        f"--cert-dir={folder}",
    ]
    with running(command, folder / "adapter.log"):
        yield API.format(port=port)


@dataclass(frozen=True)
class ScaledModel:
    """The chart's model in a cluster, engines that say what the test says, and the Prometheus that asks them."""

    namespace: ClassVar[str]
    deployment: ClassVar[str] = "genai-inference-smollm2"
    kubectl: Kubectl
    engines: Engines
    prometheus: Prometheus
    folder: Path

    def turn(self, verb: str) -> None:
        """Freeze, rest or restore its autoscaler, as a rollout does."""
        client = connect(str(self.kubectl.kubeconfig))
        getattr(KubernetesScalers(client), verb)(self.namespace, "genai", "all")
        client.close()

    def replicas(self) -> int:
        """Pods that the Deployment wants."""
        wanted = self.kubectl(
            "-n", self.namespace, "get", "deploy", self.deployment, "-o", "jsonpath={.spec.replicas}"
        )
        return int(wanted)

    def describe(self) -> str:
        """What is, for the message of a failure."""
        return f"replicas {self.replicas()}"

    def wait_for_replicas(self, count: int) -> None:
        """Wait until so many pods are wanted."""
        wait_until(
            lambda: self.replicas() == count,
            lambda: f"{count} replicas; {self.describe()}",
            timeout=120,
            pause=0.5,
        )


def list_pods(kubectl: Kubectl, namespace: str) -> list[str]:
    """Names of the model's pods."""
    label = "genai-stack/model=smollm2"
    done = kubectl.run("-n", namespace, "get", "pods", "-l", label, "-o", "jsonpath={.items[*].metadata.name}")
    return done.stdout.split()
