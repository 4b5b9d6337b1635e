"""Counters of the simulated gateways."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from tooling.core.analysis import Measurement

if TYPE_CHECKING:
    from tests.fakes.world import World


class FakeMetrics:
    """A slot without ready gateways, or one that is told to be silent, is left out."""

    def __init__(self, world: World) -> None:
        self._world = world

    def measure(self, namespace: str, instance: str, slots: tuple[str, ...]) -> Measurement:
        self._world.calls.look("metrics.measure")
        world = self._world
        return {
            slot: {f"{instance}-{slot}-gateway-{world.generation(slot)}": world.counter(slot).count()}
            for slot in slots
            if world.can_serve(slot) and not world.behaviour(slot).is_silent
        }

    def count_in_flight(self, namespace: str, instance: str, slots: tuple[str, ...]) -> Mapping[str, int]:
        self._world.calls.look("metrics.count_in_flight")
        told = (slot for slot in slots if not self._world.behaviour(slot).is_silent)
        return {slot: self._world.behaviour(slot).in_flight for slot in told}
