"""Nodes with what they offer, and why a pod may not go to one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tooling.core.policies.bundle import child, read_labels, rows
from tooling.core.quantity import parse_quantity
from tooling.core.room_pods import Amounts, PodShape, Toleration, read_shape

CORDONED = "node.kubernetes.io/unschedulable"
_HARD = frozenset({"NoSchedule", "NoExecute"})


@dataclass(frozen=True, slots=True)
class Taint:
    """What keeps pods off a node that do not bear it."""

    key: str
    value: str
    effect: str

    def __str__(self) -> str:
        return f"{self.key}{'=' if self.value else ''}{self.value}:{self.effect}"


@dataclass(frozen=True, slots=True)
class NodeRoom:
    """A node: what it offers to pods, and what keeps them away; a cordon is among the taints."""

    name: str
    labels: Mapping[str, str] = field(default_factory=dict)
    allocatable: Amounts = field(default_factory=dict)
    taints: tuple[Taint, ...] = ()
    is_ready: bool = True


@dataclass(frozen=True, slots=True)
class PlacedPod:
    """A pod that holds room on `node`, or waits for it where that is empty; `priority` decides who goes first.

    `is_ending`: it was deleted and holds its room for a while yet.
    """

    namespace: str
    name: str
    node: str
    shape: PodShape
    priority: int = 0
    is_ending: bool = False


@dataclass(frozen=True, slots=True)
class Capacity:
    """Everything that holds or offers room. `gaps` says in words what could not be looked at.

    `priorities` are the values of priority classes by name, under "" that of pods that name none.
    """

    nodes: tuple[NodeRoom, ...] = ()
    pods: tuple[PlacedPod, ...] = ()
    priorities: Mapping[str, int] = field(default_factory=dict)
    gaps: tuple[str, ...] = ()


def read_node(manifest: Mapping[str, Any]) -> NodeRoom:
    """Read a Node."""
    metadata, spec, status = (child(manifest, part) for part in ("metadata", "spec", "status"))
    taints = [
        Taint(str(one.get("key")), str(one.get("value") or ""), str(one.get("effect")))
        for one in rows(spec, "taints")
    ]
    if spec.get("unschedulable") and all(one.key != CORDONED for one in taints):
        taints.append(Taint(CORDONED, "", "NoSchedule"))
    ready = (one.get("status") == "True" for one in rows(status, "conditions") if one.get("type") == "Ready")
    offered = {str(name): parse_quantity(value) for name, value in child(status, "allocatable").items()}
    return NodeRoom(
        str(metadata.get("name")),
        read_labels(metadata.get("labels")),
        {name: amount for name, amount in offered.items() if amount is not None},
        tuple(taints),
        next(ready, True),
    )


def read_pod(manifest: Mapping[str, Any]) -> PlacedPod | None:
    """Read a Pod; None for one that holds no room and waits for none: it has ended, or a gate keeps it back."""
    metadata, spec, status = (child(manifest, part) for part in ("metadata", "spec", "status"))
    node = str(spec.get("nodeName") or "")
    if status.get("phase") in {"Succeeded", "Failed"} or (not node and spec.get("schedulingGates")):
        return None
    priority = spec.get("priority")
    return PlacedPod(
        str(metadata.get("namespace")),
        str(metadata.get("name")),
        node,
        read_shape(metadata.get("labels"), spec),
        priority if isinstance(priority, int) else 0,
        is_ending=bool(metadata.get("deletionTimestamp")),
    )


def find_obstacle(pod: PodShape, node: NodeRoom) -> str:
    """Say why no pod of this shape may go to a node, however empty it is; "" where it may."""
    if not is_meant(pod, node):
        return "is not selected"
    if not node.is_ready:
        return "is not ready"
    taint = find_taint(pod, node)
    if taint is None:
        return ""
    return "is cordoned" if taint.key == CORDONED else f"has the taint {taint}"


def is_meant(pod: PodShape, node: NodeRoom) -> bool:
    """Whether the pod's node selector and required affinity admit a node."""
    if any(node.labels.get(key) != value for key, value in pod.selector.items()):
        return False
    return pod.terms is None or any(term.admits(node.name, node.labels) for term in pod.terms)


def find_taint(pod: PodShape, node: NodeRoom) -> Taint | None:
    """Return the first taint of a node that keeps a pod away."""
    for taint in node.taints:
        if taint.effect in _HARD and not any(_bears(one, taint) for one in pod.tolerations):
            return taint
    return None


def _bears(toleration: Toleration, taint: Taint) -> bool:
    if toleration.effect and toleration.effect != taint.effect:
        return False
    if toleration.key and toleration.key != taint.key:
        return False
    return toleration.operator != "Equal" or (bool(toleration.key) and toleration.value == taint.value)
