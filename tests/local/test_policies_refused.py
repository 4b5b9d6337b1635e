"""What a policy says that the API server refuses, a real one refuses; the sound release it takes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
import yaml

from tests.core.policies.sample import NAMESPACE, find, make
from tests.local.conftest import Kubectl

pytestmark = pytest.mark.local
CHAT, WEB, HPA = "Deployment/chat", "Deployment/web", "HorizontalPodAutoscaler/chat"
METRICS = f"{HPA} spec.metrics:"
GOAL = "target: {type: AverageValue, averageValue: 4}"


@pytest.fixture(scope="module")
def api(gpu_kubectl: Kubectl) -> Kubectl:
    # What the pods may do is no matter here.
    labels = {"pod-security.kubernetes.io/enforce": "privileged"}
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE, "labels": labels}}
    gpu_kubectl("apply", "-f", "-", stdin=yaml.safe_dump(namespace))
    gpu_kubectl("wait", "--for=create", "serviceaccount/default", "-n", NAMESPACE, "--timeout=60s")
    return gpu_kubectl


def pick(*edits: str, name: str = "") -> list[Mapping[str, Any]]:
    """The objects of Kubernetes' own kinds after some edits, or the one of that name."""
    entries = make(*edits).entries
    return [one.manifest for one in entries if one.ref.kind != "HTTPRoute" and name in ("", str(one.ref))]


def try_out(api: Kubectl, objects: list[Mapping[str, Any]]) -> str:
    """What the API server says against them, empty where it takes all."""
    done = api.run("apply", "--server-side", "--dry-run=server", "-f", "-", stdin=yaml.safe_dump_all(objects))
    return "" if done.returncode == 0 else done.stderr


def test_the_sound_release_is_taken(api: Kubectl) -> None:
    assert try_out(api, pick()) == ""


@pytest.mark.parametrize(
    ("rule", "name", "edits", "said"),
    [
        (
            "gpu-without-limit",
            CHAT,
            (f"{CHAT} container.resources.limits: {{memory: 48Gi}}",),
            "Limit must be set for non overcommitable resources",
        ),
        (
            "gpu-without-limit",
            CHAT,
            (f"{CHAT} container.resources.limits: {{memory: 48Gi, nvidia.com/gpu: 4}}",),
            "must be equal to nvidia.com/gpu limit",
        ),
        (
            "gpu-not-whole",
            CHAT,
            (f"{CHAT} container.resources: {{limits: {{memory: 48Gi, cpu: 1, nvidia.com/gpu: 500m}}}}",),
            "must be an integer",
        ),
        (
            "scaler-bounds",
            "HorizontalPodAutoscaler/chat",
            ("HorizontalPodAutoscaler/chat spec.minReplicas: 5",),
            "must be greater than or equal to `minReplicas`",
        ),
        (
            "selector-mismatch",
            WEB,
            (f"{WEB} spec.selector.matchLabels: {{app: web, tier: front}}",),
            "`selector` does not match template `labels`",
        ),
        ("mount-without-volume", WEB, (f"{WEB} pod.volumes: null",), "volumeMounts[0].name: Not found"),
        (
            "scaler-without-metric",
            HPA,
            (f"{METRICS} [{{type: External, external: {{metric: {{name: ''}}, {GOAL}}}}}]",),
            "must specify a metric name",
        ),
        (
            "scaler-without-metric",
            HPA,
            (f"{METRICS} [{{type: Pods, pods: {{metric: {{name: ''}}, {GOAL}}}}}]",),
            "must specify a metric name",
        ),
        (
            "scaler-without-metric",
            HPA,
            (f"{METRICS} [{{type: Resource, resource: {{name: cpu, target: {{type: Utilization}}}}}}]",),
            "must set either a target raw value or a target utilization",
        ),
        ("service-without-ports", "Service/web", ("Service/web spec.ports: []",), "spec.ports: Required value"),
        (
            "route-without-backend",
            "Ingress/web",
            ("Ingress/web spec: {}",),
            "either `defaultBackend` or `rules` must be specified",
        ),
        (
            "port-refused",
            WEB,
            (f"{WEB} container.ports: [{{containerPort: 99999}}]",),
            "must be between 1 and 65535",
        ),
        (
            "port-refused",
            WEB,
            (f"{WEB} container.readinessProbe: {{tcpSocket: {{port: 0}}}}",),
            "must be between 1 and 65535",
        ),
        (
            "port-refused",
            "Service/web",
            ("Service/web spec.ports: [{port: 80, targetPort: 99999}]",),
            "must be between 1 and 65535",
        ),
    ],
)
def test_what_is_said_to_be_refused_is(
    api: Kubectl, rule: str, name: str, edits: tuple[str, ...], said: str
) -> None:
    assert rule in [one[0] for one in find(*edits)]
    assert said in try_out(api, pick(*edits, name=name))


def test_a_pod_of_two_budgets_cannot_be_evicted(api: Kubectl) -> None:
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "twice", "namespace": NAMESPACE, "labels": {"app": "twice"}},
        "spec": {"containers": [{"name": "one", "image": "docker.io/library/one:1"}]},
    }
    budgets = [
        {
            "apiVersion": "policy/v1",
            "kind": "PodDisruptionBudget",
            "metadata": {"name": name, "namespace": NAMESPACE},
            "spec": {"maxUnavailable": 1, "selector": {"matchLabels": {"app": "twice"}}},
        }
        for name in ("first", "second")
    ]
    api("apply", "-f", "-", stdin=yaml.safe_dump_all([pod, *budgets]))
    api("wait", "--for=condition=Ready", "pod/twice", "-n", NAMESPACE, "--timeout=60s")
    eviction = {
        "apiVersion": "policy/v1",
        "kind": "Eviction",
        "metadata": {"name": "twice", "namespace": NAMESPACE},
    }
    path = f"/api/v1/namespaces/{NAMESPACE}/pods/twice/eviction"
    done = api.run("create", "--raw", path, "-f", "-", stdin=json.dumps(eviction))
    assert done.returncode != 0
    assert "more than one PodDisruptionBudget" in done.stderr
