"""Autoscalers of slots in memory: one state per slot that has any."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tooling.core.strategy import read_strategy
from tooling.ports.helm import Values

if TYPE_CHECKING:
    from tests.fakes.world import World


class FakeScalers:
    """`states` holds on, frozen or resting by slot; a slot without autoscalers is missing."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.states: dict[str, str] = {}

    def freeze(self, namespace: str, instance: str, slot: str) -> None:
        self._turn("freeze", slot, "frozen")

    def rest(self, namespace: str, instance: str, slot: str) -> None:
        self._turn("rest", slot, "resting")

    def restore(self, namespace: str, instance: str, slot: str) -> None:
        self._turn("restore", slot, "on")

    def install(self, slot: str, values: Values) -> None:
        """Have what the manifests of a slot bring: helm leaves the state of an autoscaler that stays."""
        is_on = (values.get("global") or {}).get("autoscaler") in {"on", "frozen"}
        if is_on and read_strategy(values).has_scalers:
            self.states.setdefault(slot, "on")
        else:
            self.states.pop(slot, None)

    def _turn(self, verb: str, slot: str, state: str) -> None:
        if self.states.get(slot, state) == state:
            self._world.calls.look(f"scalers.{verb}")
            return
        with self._world.calls.effect(f"scalers.{verb}", slot):
            self.states[slot] = state
