"""Answers of the simulated slots to prompts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tooling.core.quality import QualityAnswer, QualityRun
from tooling.core.suite import Suite

if TYPE_CHECKING:
    from tests.fakes.world import World


class FakeQuality:
    """Asks `rate` prompts a second of both slots. `wrong` holds, by slot, the prompts that it answers wrongly.

    A slot that cannot serve, or is told to be silent, gives no answer.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._started: dict[str, float] = {}
        self.rate = 4.0
        self.wrong: dict[str, frozenset[str]] = {}

    def run(self, namespace: str, instance: str, slots: tuple[str, str], suite: Suite, key: str) -> QualityRun:
        self._world.calls.look("quality.run")
        now = self._world.clock.now()
        asked = int((now - self._started.setdefault(key, now)) * self.rate)
        stable, candidate = slots
        answers = tuple(
            QualityAnswer(prompt.name, self._answer(stable, prompt.name), self._answer(candidate, prompt.name))
            for prompt in suite.prompts[:asked]
        )
        return QualityRun(suite.name, len(suite.prompts), answers)

    def _answer(self, slot: str, prompt: str) -> bool | None:
        if self._world.behaviour(slot).is_silent or not self._world.can_serve(slot):
            return None
        return prompt not in self.wrong.get(slot, frozenset())
