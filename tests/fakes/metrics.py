"""Counters of the simulated gateways."""

from __future__ import annotations

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
