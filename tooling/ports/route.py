"""The object that splits traffic. Nothing else in the product writes weights."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from tooling.core.observation import RouteState


class Route(Protocol):
    """Raises ConflictError when the live object changed since `seen`, ClusterError otherwise."""

    def read(self, namespace: str, instance: str) -> RouteState | None:
        """Return the live weights; None where there is no route."""
        ...

    def write(
        self,
        namespace: str,
        instance: str,
        manifests: tuple[Mapping[str, Any], ...],
        *,
        seen: RouteState | None,
        epoch: int,
    ) -> RouteState:
        """Apply the rendered route and Service whole, route first; `seen` None means: create, never replace."""
        ...

    def delete(self, namespace: str, instance: str) -> None:
        """Remove route and Service; nothing happens where there are none."""
        ...
