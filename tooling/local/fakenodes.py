"""Kubernetes objects of simulated nodes, and what the process that plays their kubelets may do. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from tooling.local.control import FAKE_ANNOTATION, KWOK
from tooling.local.gpus import VENDOR, FakeNode
from tooling.local.objects import READ, Object, grant, new_object, rule

SIMULATED_LABEL: Final = "genai-stack/simulated"
TAINT: Final = {"key": f"{VENDOR}/gpu", "value": "present", "effect": "NoSchedule"}
_PLAIN_SIZE: Final = {"cpu": "32", "memory": "128Gi", "ephemeral-storage": "512Gi", "pods": "250"}
_GPU_SIZE: Final = {"cpu": "96", "memory": "1152Gi", "ephemeral-storage": "3Ti", "pods": "250"}


def _size(node: FakeNode) -> Mapping[str, str]:
    if node.gpu is None:
        return _PLAIN_SIZE
    return {**_GPU_SIZE, **{name: str(count) for name, count in node.gpu.resources.items()}}


def _node_object(node: FakeNode) -> Object:
    key, value = FAKE_ANNOTATION
    labels = {
        "kubernetes.io/hostname": node.name,
        "kubernetes.io/os": "linux",
        "kubernetes.io/arch": "amd64",
        "node.kubernetes.io/instance-type": node.gpu.name if node.gpu else "cpu",
        "topology.kubernetes.io/region": "simulated",
        "topology.kubernetes.io/zone": node.zone,
        SIMULATED_LABEL: "true",
        **(node.gpu.labels() if node.gpu else {}),
    }
    size = _size(node)
    spec = {"taints": [TAINT]} if node.gpu else {}
    status = {"capacity": size, "allocatable": size}
    metadata = {"labels": labels, "annotations": {key: value}}
    return new_object("v1", "Node", node.name, metadata=metadata, spec=spec, status=status)


def node_objects(nodes: Sequence[FakeNode]) -> list[Object]:
    """Return the nodes, and with GPUs among them the runtime class that pods for NVIDIA's drivers ask for."""
    found = [_node_object(node) for node in nodes]
    if any(node.gpu for node in nodes):
        found.append(new_object("node.k8s.io/v1", "RuntimeClass", "nvidia", handler="nvidia"))
    return found


def access_objects() -> list[Object]:
    """Return what lets kwok play kubelets: nodes, their pods and their leases, and nothing else."""
    change: list[str] = ["update", "patch"]
    rules: list[Mapping[str, Any]] = [
        rule("", ["nodes"], [*READ, *change]),
        rule("", ["pods"], [*READ, *change, "delete"]),
        rule("", ["nodes/status", "pods/status"], change),
        rule("", ["events"], ["create", *change]),
        rule("coordination.k8s.io", ["leases"], [*READ, "create", *change, "delete"]),
    ]
    return grant("genai:kwok", f"genai:{KWOK}", rules)
