"""Autoscalers of the workloads of a slot: HorizontalPodAutoscalers and KEDA's ScaledObjects."""

from __future__ import annotations

from typing import Protocol


class Scalers(Protocol):
    """Each call may come from any state, changes nothing when repeated, and does nothing without autoscalers.

    Raises ConflictError when an autoscaler changed since it was read, ClusterError otherwise.
    """

    def freeze(self, namespace: str, instance: str, slot: str) -> None:
        """Let the autoscalers of a slot go up and never down."""
        ...

    def rest(self, namespace: str, instance: str, slot: str) -> None:
        """Keep them from changing the scale of a slot that takes no traffic, be it none or a few pods."""
        ...

    def restore(self, namespace: str, instance: str, slot: str) -> None:
        """Give back what their manifests set, and leave what somebody else set meanwhile."""
        ...
