"""Recorded rollouts in memory, kept as the JSON that a real store keeps."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

from tooling.core.observation import Wish
from tooling.core.record import from_record, to_record
from tooling.core.rollout import Rollout
from tooling.errors import ConflictError, StateError
from tooling.ports.store import Stored, check_wish

if TYPE_CHECKING:
    from tests.fakes.world import World

KEPT = 10


class FakeStore:
    """One record per instance; `saves` holds every version that was ever written, oldest first."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._version = 0
        self._texts: dict[str, tuple[str, str]] = {}
        self._wishes: dict[str, Wish] = {}
        self._past: list[str] = []
        self.saves: list[Rollout] = []

    def load(self, namespace: str, instance: str) -> Stored | None:
        self._world.calls.look("store.load")
        return self._read(instance)

    def save(self, namespace: str, rollout: Rollout, *, seen: Stored | None) -> Stored:
        instance = rollout.instance
        detail = f"{rollout.phase} step {rollout.index}"
        with self._world.calls.effect("store.save", detail):
            live = self._texts.get(instance)
            if (seen.resource_version if seen else None) != (live[0] if live else None):
                raise ConflictError(f"ConfigMap {instance}-rollout changed since it was read.")
            self._version += 1
            self._texts[instance] = (str(self._version), json.dumps(to_record(rollout)))
            self.saves.append(rollout)
            waiting = self._wishes.get(instance)
            if waiting is not None and waiting.rollout != rollout.id:
                del self._wishes[instance]
        stored = self._read(instance)
        assert stored is not None
        return stored

    def wish(self, namespace: str, instance: str, wish: Wish) -> None:
        with self._world.calls.effect("store.wish", f"{wish.verb} by {wish.by}"):
            if instance not in self._texts:
                raise StateError(f"no rollout of {instance} is recorded.")
            if instance in self._wishes:
                check_wish(self._wishes[instance], wish)
            self._wishes[instance] = wish  # a wish alone makes no conflict for the driver's next save

    def archive(self, namespace: str, rollout: Rollout) -> None:
        with self._world.calls.effect("store.archive", rollout.id):
            small = replace(rollout, journal=(), baseline=None, verified=())
            text = json.dumps(to_record(small))
            if text not in self._past:
                self._past = [*self._past, text][-KEPT:]

    def history(self, namespace: str, instance: str) -> tuple[Rollout, ...]:
        self._world.calls.look("store.history")
        past = (from_record(json.loads(text)) for text in self._past)
        return tuple(rollout for rollout in past if rollout.instance == instance)

    def delete(self, namespace: str, instance: str) -> None:
        with self._world.calls.effect("store.delete", instance):
            self._texts.pop(instance, None)
            self._wishes.pop(instance, None)
            self._past = [text for text in self._past if from_record(json.loads(text)).instance != instance]

    def _read(self, instance: str) -> Stored | None:
        if instance not in self._texts:
            return None
        version, text = self._texts[instance]
        return Stored(from_record(json.loads(text)), self._wishes.get(instance), version)
