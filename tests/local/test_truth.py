"""What a failed upgrade left is found and removed on a real API server, with Helm 3 and 4; what people did stays.

The story is helm#13346: an upgrade fails halfway, the next one compares itself with the version before, and so
nobody takes back what the failed one had added, not even a rollback.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.world import World
from tests.local.conftest import Kubectl
from tooling.adapters.cluster_kubernetes import KubernetesCluster
from tooling.adapters.helm_pyhelm3 import Pyhelm3Helm
from tooling.adapters.kube_client import connect
from tooling.app.compare import compare
from tooling.app.context import Ports, make_target
from tooling.core.comparison import Comparison
from tooling.core.plan import plan_backout
from tooling.core.rollout import Phase, Rollout, Snapshot
from tooling.errors import ConflictError, HelmError
from tooling.local.binaries import build
from tooling.ports.alarm import Timer

pytestmark = pytest.mark.local

CHART = {
    "Chart.yaml": "apiVersion: v2\nname: genai-stack\nversion: 0.1.0\n",
    "templates/all.yaml": """
apiVersion: v1
kind: ConfigMap
metadata:
  name: settings
data:
  a: "1"
  {{- if .Values.more }}
  b.txt: "2"
  {{- end }}
---
{{- if .Values.more }}
apiVersion: v1
kind: ConfigMap
metadata:
  name: extra
---
{{- end }}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: gateway
  {{- if .Values.more }}
  annotations: {"example.com/more": "yes"}
  {{- end }}
spec:
  selector: {matchLabels: {app: gateway}}
  template:
    metadata: {labels: {app: gateway}}
    spec:
      {{- if .Values.more }}
      initContainers: [{name: wait, image: "none/wait:1"}]
      volumes: [{name: scratch, emptyDir: {}}]
      {{- end }}
      containers:
        - name: main
          image: "none/main:1"
          env:
            - {name: A, value: "1"}
            {{- if .Values.more }}
            - {name: B, value: "2"}
            {{- end }}
        {{- if .Values.more }}
        - {name: extra, image: "none/extra:1", ports: [{containerPort: 9}]}
        {{- end }}
{{- if .Values.broken }}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: refused
spec: {rules: [{host: "not a host"}]}
{{- end }}
""",
}
RELEASE = "genai-green"


@dataclass
class Place:
    """A slot's release in a namespace of its own."""

    kubectl: Kubectl
    namespace: str
    ports: Ports

    def upgrade(self, **values: bool) -> None:
        self.ports.helm.upgrade(RELEASE, values, description="d")

    def compare(self) -> Comparison:
        """Compare after an abort of a rollout whose candidate is the slot."""
        values: Mapping[str, Any] = {"rollout": {"instance": "genai", "namespace": self.namespace, "steps": []}}
        target = make_target(self.ports.helm, values=values, effective=values)
        rollout = Rollout(
            id="genai-1",
            instance="genai",
            candidate="green",
            target=target.version,
            steps=plan_backout(target.strategy),
            snapshot=Snapshot(serving="blue", candidate_revision=1),
            phase=Phase.ABORTING,
        )
        return compare(self.ports, target, replace(rollout, is_rollback=True))

    def edit(self, *arguments: str) -> str:
        return self.kubectl("--namespace", self.namespace, *arguments)

    def read(self, kind: str, name: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.edit("get", kind, name, "-o", "json"))
        return found


@pytest.fixture(params=["helm", "helm4"])
def place(request: pytest.FixtureRequest, gpu_kubectl: Kubectl, tmp_path: Path) -> Iterator[Place]:
    for path, text in CHART.items():
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    namespace = f"truth-{request.node.originalname[-20:].replace('_', '-').strip('-')}-{request.param}"
    gpu_kubectl("create", "namespace", namespace)
    world = World()
    helm = Pyhelm3Helm(
        executable=str(build([request.param], print)[request.param]),
        chart=tmp_path,
        namespace=namespace,
        kubeconfig=str(gpu_kubectl.kubeconfig),
    )
    ports = Ports(
        helm=helm,
        cluster=KubernetesCluster(connect(str(gpu_kubectl.kubeconfig))),
        route=world.route,
        metrics=world.metrics,
        store=world.store,
        lease=world.lease,
        clock=world.clock,
        reporter=world.reporter,
        load=world.load,
        alarm=Timer(world.clock),
        scalers=world.scalers,
        quality=world.quality,
    )
    yield Place(gpu_kubectl, namespace, ports)
    gpu_kubectl("delete", "namespace", namespace, "--wait=false")


def fail_and_go_back(place: Place) -> None:
    """Revision 1 runs, 2 fails after it added much, 3 mends that, and all is taken back to 1."""
    place.upgrade()
    with pytest.raises(HelmError):
        place.upgrade(more=True, broken=True)
    place.upgrade()
    place.ports.helm.rollback(RELEASE, 1)


def test_what_a_failed_upgrade_added_is_removed(place: Place) -> None:
    fail_and_go_back(place)
    found = place.compare()
    told = {str(one.name): set(one.fields) for one in found.leftovers}
    assert "ConfigMap/extra" in told, "helm has learned to take back what a failed upgrade made: this may go"
    assert found.differences == ()
    for leftover in found.leftovers:
        place.ports.cluster.remove_leftover(leftover)

    assert str(place.compare()) == "2 objects equal their manifests"
    assert "extra" not in place.edit("get", "configmaps", "-o", "name")
    deployment = place.read("deployment", "gateway")
    pod = deployment["spec"]["template"]["spec"]
    assert [one["name"] for one in pod["containers"]] == ["main"]
    assert pod["containers"][0]["env"] == [{"name": "A", "value": "1"}]
    assert not {"initContainers", "volumes"} & set(pod)
    assert "example.com/more" not in deployment["metadata"]["annotations"]
    assert place.read("configmap", "settings")["data"] == {"a": "1"}
    for leftover in found.leftovers:  # what is gone already is no error
        if not leftover.operations:
            place.ports.cluster.remove_leftover(leftover)


def test_what_somebody_changed_is_told_with_their_name_and_kept(place: Place) -> None:
    fail_and_go_back(place)
    place.edit("set", "env", "deployment/gateway", "--containers=main", "BY_HAND=1", "A=9")
    place.edit("patch", "configmap", "settings", "--type=merge", "-p", '{"data": {"theirs": "x"}}')
    found = place.compare()
    for leftover in found.leftovers:
        place.ports.cluster.remove_leftover(leftover)
    told = place.compare()
    assert told.leftovers == ()
    main = "Deployment/gateway: spec.template.spec.containers[main]"
    assert [text.partition("; written by ")[0] for text in told.differences] == [
        "ConfigMap/settings: data.theirs is x, and not in the manifest",
        f'{main}.env[A].value is "9", recorded is "1"',
        f'{main}.env[BY_HAND] is name: BY_HAND value: "1", and not in the manifest',
    ]
    assert [text.partition("; written by ")[2].split(" ")[0] for text in told.differences] == [
        "kubectl-patch",
        "kubectl-set",
        "kubectl-set",
    ]
    env = place.read("deployment", "gateway")["spec"]["template"]["spec"]["containers"][0]["env"]
    assert env == [{"name": "A", "value": "9"}, {"name": "BY_HAND", "value": "1"}]


def test_what_changed_since_the_look_is_not_removed(place: Place) -> None:
    fail_and_go_back(place)
    leftovers = {str(one.name): one for one in place.compare().leftovers}
    place.edit("patch", "configmap", "extra", "--type=merge", "-p", '{"data": {"theirs": "x"}}')
    with pytest.raises(ConflictError):
        place.ports.cluster.remove_leftover(leftovers["ConfigMap/extra"])
    place.edit("patch", "configmap", "settings", "--type=merge", "-p", '{"data": {"b.txt": "theirs"}}')
    if "ConfigMap/settings" in leftovers:
        with pytest.raises(ConflictError):
            place.ports.cluster.remove_leftover(leftovers["ConfigMap/settings"])
    assert place.read("configmap", "extra")["data"] == {"theirs": "x"}


def test_a_rollback_that_helm_gets_right_needs_nothing(place: Place) -> None:
    place.upgrade()
    place.upgrade(more=True)
    place.ports.helm.rollback(RELEASE, 1)
    assert str(place.compare()) == "2 objects equal their manifests"
