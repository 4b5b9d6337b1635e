"""The route in memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tests.fakes.manifests import read_route_manifests
from tooling.core.observation import RouteState
from tooling.core.plan import SLOTS
from tooling.errors import ConflictError

if TYPE_CHECKING:
    from tests.fakes.world import World


class FakeRoute:
    """One route per world; `state` is the live one, for tests to look at or to change behind the driver's back."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._version = 0
        self._same: set[str] = set()
        self.state: RouteState | None = None
        self.epoch = 0
        self.kind = "gatewayApi"
        self.manifests: tuple[Mapping[str, Any], ...] = ()

    def read(self, namespace: str, instance: str) -> RouteState | None:
        self._world.calls.look("route.read")
        return self.state

    def write(
        self,
        namespace: str,
        instance: str,
        manifests: tuple[Mapping[str, Any], ...],
        *,
        seen: RouteState | None,
        epoch: int,
    ) -> RouteState:
        self.kind, weights, serving = read_route_manifests(manifests, instance)
        shares = ", ".join(f"{slot} {weight} %" for slot, weight in weights.items())
        with self._world.calls.effect("route.write", f"{shares}, serving {serving}"):
            live = self.state.resource_version if self.state else None
            known = seen.resource_version if seen else None
            if known != live and known not in self._same:
                raise ConflictError(f"the route {instance} changed since it was read.")
            self.set(weights, serving)
            self.epoch, self.manifests = epoch, manifests
        assert self.state is not None
        return self.state

    def delete(self, namespace: str, instance: str) -> None:
        with self._world.calls.effect("route.delete", instance):
            self.state = None
            self._same.clear()

    def set(self, weights: Mapping[str, int], serving: str, *, is_ours: bool = True, by: str = "") -> None:
        """Change the live route without a driver: the start of a story, or (`by`) somebody's kubectl."""
        self._version += 1
        self._same.clear()
        previews = SLOTS if self.kind == "service" else tuple(sorted(weights))
        self.state = RouteState(dict(weights), serving, str(self._version), is_ours, previews, by)

    def touch_status(self) -> None:
        """Give it another resourceVersion as a controller does that writes its status: no conflict comes of it."""
        if self.state is not None:
            same = {*self._same, self.state.resource_version}
            self.touch()
            self._same = same

    def touch(self) -> None:
        """Give the live route another resourceVersion and nothing else."""
        if self.state is not None:
            self._version += 1
            self._same.clear()
            self.state = replace(self.state, resource_version=str(self._version))
