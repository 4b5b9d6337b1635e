"""One instance in a fake world, and the people and programs that work on it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from copy import deepcopy
from typing import Any

from tests.fakes import Killed, World
from tooling.app.context import Ports, Target, make_target
from tooling.app.release import Wishes, release, resume
from tooling.app.report import Result
from tooling.app.rollback import rollback
from tooling.app.running import leave_wish
from tooling.app.wishes import abort
from tooling.core.rollout import Phase, Rollout
from tooling.errors import HeldError
from tooling.ports.alarm import Timer

CANARY: tuple[Mapping[str, Any], ...] = ({"weight": 10, "hold": "20s"}, {"weight": 50, "hold": "15s"})
QUICK: Mapping[str, Any] = {
    "steps": [{"weight": 10, "hold": "3s"}, {"weight": 50, "hold": "2s"}],
    "scaleDownDelay": "1s",
    "readyTimeout": "20s",
}
LOAD = {"enabled": True, "url": "http://edge", "rate": 8}


class Story:
    """`version` makes another target of the same strategy; every command returns what the app returned."""

    def __init__(self, rate: float = 10.0, **rollout: Any) -> None:
        self.world = World(rate=rate)
        world = self.world
        self.ports = Ports(
            world.helm,
            world.cluster,
            world.route,
            world.metrics,
            world.store,
            world.lease,
            world.clock,
            world.reporter,
            world.load,
            Timer(world.clock),
            world.scalers,
            world.quality,
        )
        self.settings: dict[str, Any] = {
            "instance": "genai",
            "namespace": "genai",
            "steps": list(CANARY),
            "readyTimeout": "90s",
            "scaleDownDelay": "5s",
            "analysis": {"maxHold": "60s"},
            **rollout,
        }
        self._overloads: list[str] = []
        self._leave_pending, self._write_route = world.helm.leave_pending, world.route.write
        self._read_record, self._known = world.store._read, {}
        world.helm.leave_pending = self._leave_honestly  # type: ignore[method-assign]
        world.route.write = self._watch_route  # type: ignore[method-assign]
        world.store._read = self._remember_record  # type: ignore[method-assign]

    def target(self, version: int, **values: Any) -> Target:
        """Return version `version` of what is to run."""
        whole = {
            "rollout": self.settings,
            "gateway": {"replicas": 1, "extraEnv": {"VERSION": version}, "models": {"smollm2": {}}},
            "inference": {"models": {"smollm2": {"replicas": 1}}},
            **values,
        }
        return make_target(self.world.helm, values=whole, effective=whole)

    def release(self, version: int = 1, **wishes: bool) -> Result:
        """Release a version, confirmed unless said otherwise."""
        return release(self.ports, self.target(version), Wishes(**{"is_confirmed": True, **wishes}))

    def resume(self, version: int = 1) -> Result:
        return resume(self.ports, self.target(version))

    def abort(self, version: int = 1, reason: str = "") -> Result:
        return abort(self.ports, self.target(version), reason)

    def rollback(self, version: int = 1, *, is_confirmed: bool = True) -> Result:
        return rollback(self.ports, self.target(version), is_confirmed=is_confirmed)

    def wish(self, verb: str, reason: str = "") -> None:
        """Ask the running driver from another process."""
        leave_wish(self.ports, self.target(1), verb, reason)

    def later(self, seconds: float, verb: str, reason: str = "") -> None:
        """Have somebody else ask in that many seconds, who may be told that an abort was asked for before."""

        def ask() -> None:
            with suppress(HeldError):
                self.wish(verb, reason)

        self.world.clock.schedule(seconds, ask)

    @property
    def recorded(self) -> Rollout | None:
        """The rollout as it is stored."""
        return self.world.store.saves[-1] if self.world.store.saves else None

    @property
    def phase(self) -> Phase | None:
        return self.recorded.phase if self.recorded else None

    @property
    def weights(self) -> Mapping[str, int]:
        return dict(self.world.route.state.weights) if self.world.route.state else {}

    @property
    def said(self) -> str:
        return self.world.reporter.text

    @property
    def overloads(self) -> tuple[str, ...]:
        """Writes of the route that gave traffic to a slot which was not ready (promise P4)."""
        return tuple(self._overloads)

    def end_state(self) -> Mapping[str, Any]:
        """Return everything that the promises speak of, without times, ids and revision numbers."""
        world, recorded = self.world, self.recorded
        route = world.route.state
        return {
            "route": (self.weights, route.serving) if route else None,
            "releases": {
                name: (past[-1].status, past[-1].values) for name, past in sorted(world.helm.revisions.items())
            },
            "pods": {
                name: (workload.wanted, workload.ready, workload.is_current)
                for slot in ("blue", "green")
                for workload in world.observe(slot)
                for name in [workload.name]
            },
            "phase": recorded.phase if recorded else None,
            "verified": [(one.slot, one.digest) for one in recorded.verified] if recorded else [],
            "driver": "" if world.lease.is_silent else world.lease.holder,
        }

    def is_of(self, version: int) -> bool:
        """Whether the recorded rollout releases that version."""
        return bool(self.recorded and self.recorded.target.digest == self.target(version).version.digest)

    def copy(self) -> Story:
        """Return a twin that goes its own way from here; it forgets what was saved and called before."""
        del self.world.store.saves[:-1]
        self.world.calls.calls.clear()
        return deepcopy(self)

    def _leave_honestly(self, release: str, values: Mapping[str, Any], description: str) -> None:
        """Have a helm that died leave what it really leaves: its own words, never our description."""
        words = "Preparing upgrade" if self.world.helm.revisions.get(release) else "Initial install underway"
        self._leave_pending(release, values, words)

    def _remember_record(self, instance: str) -> Any:
        """Decode each record once: most of the time of a story would go into doing it again at every look."""
        store = self.world.store
        key = (store._texts[instance][0] if instance in store._texts else "", store._wishes.get(instance))
        if key not in self._known:
            self._known = {key: self._read_record(instance)}
        return self._known[key]

    def _watch_route(self, namespace: str, instance: str, manifests: Any, **rest: Any) -> Any:
        state = self._write_route(namespace, instance, manifests, **rest)
        self._overloads += [
            f"{slot} at {weight} % is not ready"
            for slot, weight in state.weights.items()
            if weight and not self.world.can_serve(slot)
        ]
        return state


def stand(**rollout: Any) -> Story:
    """Return a story in which version 1 was released and serves from blue."""
    story = Story(**rollout)
    assert story.release(1).exit_code == 0
    forget(story)
    return story


def stand_twice(**rollout: Any) -> Story:
    """Return a story in which version 1 came to blue, then version 2 to green, which serves."""
    story = stand(**rollout)
    assert story.release(2).exit_code == 0
    forget(story)
    return story


def forget(story: Story) -> None:
    """Begin to take notes anew."""
    story.world.writes.clear()
    story.world.reporter.said.clear()
    story.world.reporter.facts.clear()
    story.world.reporter.tables.clear()


def stop_after(text: str, make: Callable[[], Story], command: Callable[[Story], object]) -> Story:
    """Return a story whose driver died right after the first write that says `text`; a twin tells which it is."""
    story = make()
    twin = story.copy()
    command(twin)
    number = next(at for at, write in enumerate(twin.world.writes) if text in str(write))
    assert kill(story, number, "after", lambda: command(story))
    story.world.revive()
    forget(story)
    return story


def kill(story: Story, number: int, moment: str, command: Callable[[], object]) -> bool:
    """Run a command that dies at write `number`; whether it got that far."""
    story.world.kill_at(number, moment)  # type: ignore[arg-type]
    try:
        command()
    except Killed:
        return True
    story.world.kill_at(-1)
    return False


def find_difference(story: Story, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is not as wanted, and every write that gave traffic to pods that were not ready."""
    state = story.end_state()
    wrong = {key: (state[key], value) for key, value in wanted.items() if state[key] != value}
    return {**wrong, **({"overloads": story.overloads} if story.overloads else {})}
