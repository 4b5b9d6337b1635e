"""Nodes and pods in few words."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from tooling.core.room_board import Need
from tooling.core.room_nodes import NodeRoom, PlacedPod, Taint
from tooling.core.room_pods import PodShape, read_shape

GPU = "nvidia.com/gpu"
HOST = "kubernetes.io/hostname"


def amounts(**asked: Any) -> dict[str, Any]:
    """Write `gpu=2, cpu=1` as resources of a container."""
    return {GPU if name == "gpu" else name: value for name, value in asked.items()}


def spec(requests: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    return {"containers": [{"name": "main", "resources": {"requests": requests or {}}}], **more}


def shape(labels: dict[str, str] | None = None, *, more: dict[str, Any] | None = None, **asked: Any) -> PodShape:
    return read_shape(labels or {}, spec(amounts(**asked), **(more or {})))


def node(name: str, *taints: Taint, labels: dict[str, str] | None = None, **offered: Any) -> NodeRoom:
    size = {"cpu": Decimal(16), "memory": Decimal(1 << 36), "pods": Decimal(10)}
    own = {key: Decimal(value) for key, value in amounts(**offered).items()}
    return NodeRoom(name, {HOST: name, **(labels or {})}, {**size, **own}, taints)


def pod(name: str, at: str, *, namespace: str = "genai", priority: int = 0, **asked: Any) -> PlacedPod:
    return PlacedPod(namespace, name, at, shape(**asked), priority)


def need(key: str, count: int, *, priority: int = 0, **asked: Any) -> Need:
    return Need(key, "genai", count, shape(**asked), priority)
