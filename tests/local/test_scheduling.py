"""GPU pods on simulated nodes, placed by the real scheduler and counted by the real quota controller."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.local.conftest import GPU_NODES, Kubectl
from tooling.local import containers
from tooling.local.binaries import build
from tooling.local.gpus import gpu_nodes
from tooling.local.preparation import PLAIN_FAKE_NODES

pytestmark = pytest.mark.local

GPU = "nvidia.com/gpu"
SLICE = "nvidia.com/mig-1g.10gb"
TOLERATION = {"key": GPU, "operator": "Exists", "effect": "NoSchedule"}
RESTRICTED = {
    "allowPrivilegeEscalation": False,
    "runAsNonRoot": True,
    "runAsUser": 10001,
    "capabilities": {"drop": ["ALL"]},
    "seccompProfile": {"type": "RuntimeDefault"},
}


def pod(name: str, limits: dict[str, int], **spec: Any) -> dict[str, Any]:
    main = {"name": "main", "image": "none:1", "securityContext": RESTRICTED, "resources": {"limits": limits}}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name},
        "spec": {"containers": [main], "tolerations": [TOLERATION], **spec},
    }


@pytest.fixture
def namespace(gpu_kubectl: Callable[..., str]) -> Iterator[str]:
    name = f"gpus-{secrets.token_hex(4)}"
    gpu_kubectl("create", "namespace", name)
    yield name
    # The nodes are shared: the next test has to find them empty. A whole namespace would take 10 s to go.
    gpu_kubectl("-n", name, "delete", "deployments,jobs,pods", "--all", "--wait=true")
    gpu_kubectl("delete", "namespace", name, "--wait=false")


@pytest.fixture
def create(gpu_kubectl: Callable[..., str], namespace: str) -> Callable[..., None]:
    def apply(*items: dict[str, Any]) -> None:
        document = {"apiVersion": "v1", "kind": "List", "items": list(items)}
        gpu_kubectl("-n", namespace, "create", "-f", "-", stdin=json.dumps(document))

    return apply


@pytest.fixture
def place(gpu_kubectl: Callable[..., str], namespace: str) -> Callable[[str], dict[str, str]]:
    """Wait until a pod runs; return the labels of its node."""

    def wait(name: str) -> dict[str, str]:
        gpu_kubectl("-n", namespace, "wait", "--for=condition=Ready", f"pod/{name}", "--timeout=30s")
        node = gpu_kubectl("-n", namespace, "get", "pod", name, "-o", "jsonpath={.spec.nodeName}")
        labels: dict[str, str] = json.loads(gpu_kubectl("get", "node", node, "-o", "json"))["metadata"]["labels"]
        return labels

    return wait


@pytest.fixture
def refusal(gpu_kubectl: Callable[..., str], namespace: str) -> Callable[[str], str]:
    """Wait until the scheduler has said that a pod has no place; return its reason."""

    def wait(name: str) -> str:
        condition = "--for=jsonpath={.status.conditions[?(@.type=='PodScheduled')].status}=False"
        gpu_kubectl("-n", namespace, "wait", condition, f"pod/{name}", "--timeout=30s")
        path = "jsonpath={.status.conditions[?(@.type=='PodScheduled')].message}"
        return gpu_kubectl("-n", namespace, "get", "pod", name, "-o", path)

    return wait


def test_a_pod_that_asks_for_gpus_gets_a_node_that_has_them(
    create: Callable[..., None], place: Callable[[str], dict[str, str]]
) -> None:
    create(
        pod("whole", {GPU: 8}, nodeSelector={f"{GPU}.product": "NVIDIA-A100-SXM4-80GB"}, runtimeClassName="nvidia")
    )

    labels = place("whole")

    assert labels["nvidia.com/gpu.product"] == "NVIDIA-A100-SXM4-80GB"
    assert labels["nvidia.com/gpu.sharing-strategy"] == "none"


def test_mig_slices_are_resources_of_their_own(
    create: Callable[..., None], place: Callable[[str], dict[str, str]], refusal: Callable[[str], str]
) -> None:
    create(pod("most", {SLICE: 27}), pod("last", {SLICE: 1}))
    assert place("most")["nvidia.com/mig.strategy"] == "mixed"
    assert place("last")["nvidia.com/mig.strategy"] == "mixed"

    create(pod("none-left", {SLICE: 1}))

    assert f"Insufficient {SLICE}" in refusal("none-left")


def test_a_time_sliced_gpu_counts_as_often_as_it_is_shared(
    create: Callable[..., None], place: Callable[[str], dict[str, str]], refusal: Callable[[str], str]
) -> None:
    shared = {"nvidia.com/gpu.sharing-strategy": "time-slicing"}
    create(pod("sixteen", {GPU: 16}, nodeSelector=shared))
    assert place("sixteen")["nvidia.com/gpu.replicas"] == "4"

    create(pod("one-more", {GPU: 1}, nodeSelector=shared))

    assert f"Insufficient {GPU}" in refusal("one-more")


def test_without_its_toleration_a_pod_stays_pending_and_the_reason_is_said(
    create: Callable[..., None], refusal: Callable[[str], str]
) -> None:
    create(pod("intolerant", {GPU: 1}, tolerations=[]))

    reason = refusal("intolerant")

    assert "untolerated taint" in reason
    assert GPU in reason


def test_more_gpus_than_any_node_has_are_refused_by_every_node(
    create: Callable[..., None], refusal: Callable[[str], str]
) -> None:
    create(pod("giant", {GPU: 17}))

    assert f"0/{len(gpu_nodes(GPU_NODES)) + PLAIN_FAKE_NODES} nodes are available" in refusal("giant")


def test_a_quota_refuses_what_goes_beyond_it(
    create: Callable[..., None], gpu_kubectl: Any, namespace: str, place: Callable[[str], dict[str, str]]
) -> None:
    quota = {
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": {"name": "gpus"},
        "spec": {"hard": {f"requests.{GPU}": "8"}},
    }
    create(quota)
    gpu_kubectl("-n", namespace, "wait", "--for=jsonpath={.status.hard}", "resourcequota/gpus", "--timeout=30s")
    create(pod("fits", {GPU: 8}))
    place("fits")

    beyond = gpu_kubectl.run("-n", namespace, "create", "-f", "-", stdin=json.dumps(pod("beyond", {GPU: 1})))

    assert beyond.returncode != 0
    assert f"exceeded quota: gpus, requested: requests.{GPU}=1, used: requests.{GPU}=8" in beyond.stderr


def test_jobs_on_simulated_nodes_end_and_deployments_become_available(
    create: Callable[..., None], gpu_kubectl: Callable[..., str], namespace: str
) -> None:
    template = pod("x", {})["spec"] | {"tolerations": []}
    labels = {"app": "x"}
    job = {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "once"}}
    job["spec"] = {"template": {"spec": template | {"restartPolicy": "Never"}}}
    deployment = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "many"}}
    deployment["spec"] = {
        "replicas": 3,
        "selector": {"matchLabels": labels},
        "template": {"metadata": {"labels": labels}, "spec": template},
    }

    create(job, deployment)

    gpu_kubectl("-n", namespace, "wait", "--for=condition=Complete", "job/once", "--timeout=30s")
    gpu_kubectl("-n", namespace, "wait", "--for=condition=Available", "deployment/many", "--timeout=30s")
    listed = json.loads(gpu_kubectl("-n", namespace, "get", "pods", "-l", "app=x", "-o", "json"))["items"]
    # Without GPUs in their limits and without tolerations, they stay off the GPU nodes.
    assert all(each["spec"]["nodeName"].startswith("cpu-") for each in listed)


def test_a_volume_that_many_may_read_follows_its_pod_to_any_node(
    create: Callable[..., None], place: Callable[[str], dict[str, str]]
) -> None:
    claim = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "weights"},
        "spec": {"accessModes": ["ReadOnlyMany"], "resources": {"requests": {"storage": "1Gi"}}},
    }
    volumes = [{"name": "weights", "persistentVolumeClaim": {"claimName": "weights"}}]

    create(claim, pod("reader", {GPU: 8}, volumes=volumes), pod("other", {GPU: 8}, volumes=volumes))

    assert place("reader")["nvidia.com/gpu.present"] == "true"
    assert place("other")["nvidia.com/gpu.present"] == "true"


def test_gpu_nodes_stand_beside_the_real_one_which_takes_no_gpu_pods(
    machine: None, new_name: Callable[[str], str]
) -> None:
    cluster = containers.up(new_name("mixed"), gpu_nodes=["l4=1"])
    assert containers.up(cluster.name).is_reused
    kubectl = Kubectl(build(["kubectl"])["kubectl"], cluster.kubeconfig)
    real = f"genai-{cluster.name}"

    kubectl("create", "-f", "-", stdin=json.dumps(pod("gpu", {GPU: 1})))
    kubectl("wait", "--for=condition=Ready", "pod/gpu", "--timeout=30s")
    kubectl("create", "-f", "-", stdin=json.dumps(pod("plain", {}, tolerations=[])))
    kubectl("wait", "--for=condition=PodScheduled", "pod/plain", "--timeout=30s")

    def node_of(name: str) -> str:
        return kubectl("get", "pod", name, "-o", "jsonpath={.spec.nodeName}")

    assert node_of("gpu") == "l4-0"
    assert node_of("plain") == real
    offered = json.loads(kubectl("get", "node", real, "-o", "json"))["status"]["allocatable"]
    assert GPU not in offered
    assert offered["ephemeral-storage"] != "0"
