"""The simulated world: pods, traffic and time behind all fakes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from tests.fakes.clock import FakeClock
from tests.fakes.cluster import FakeCluster
from tests.fakes.faults import Calls, Moment, Write
from tests.fakes.helm import FakeHelm, Revision
from tests.fakes.lease import FakeLease
from tests.fakes.load import FakeLoad
from tests.fakes.manifests import Manifest, render_role
from tests.fakes.metrics import FakeMetrics
from tests.fakes.quality import FakeQuality
from tests.fakes.reporter import FakeReporter
from tests.fakes.route import FakeRoute
from tests.fakes.scalers import FakeScalers
from tests.fakes.simulation import Behaviour, Counter, Deployment, share_out
from tests.fakes.store import FakeStore
from tooling.core.observation import Workload

VALUES: Mapping[str, Any] = {
    "gateway": {"replicas": 1},
    "inference": {"models": {"smollm2": {"replicas": 1}}},
}


class World:
    """One instance in one namespace. `rate` is the live traffic in requests/s, besides what `load` sends."""

    def __init__(self, *, instance: str = "genai", namespace: str = "genai", rate: float = 10.0) -> None:
        self.instance = instance
        self.namespace = namespace
        self.rate = rate
        self.deployments: dict[str, Deployment] = {}
        self._behaviours: dict[str, Behaviour] = {}
        self._counters: dict[str, Counter] = {}
        self._generations: dict[str, int] = {}
        self.clock = FakeClock(self._tick)
        self.calls = Calls(self.clock.now)
        self.cluster = FakeCluster(self)
        self.helm = FakeHelm(self)
        self.lease = FakeLease(self)
        self.load = FakeLoad(self)
        self.metrics = FakeMetrics(self)
        self.quality = FakeQuality(self)
        self.reporter = FakeReporter()
        self.route = FakeRoute(self)
        self.scalers = FakeScalers(self)
        self.store = FakeStore(self)

    @property
    def writes(self) -> list[Write]:
        """Every effect that took place, in order."""
        return self.calls.writes

    def wrote(self, call: str) -> list[str]:
        """Return the details of the writes of one call, such as `route.write`."""
        return [write.detail for write in self.writes if write.call == call]

    def fail_next(self, call: str, error: BaseException, *, is_lost_reply: bool = False, times: int = 1) -> None:
        """Let the next `times` calls of `call` (`route.write`) raise `error`; a lost reply raises afterwards."""
        self.calls.fail_next(call, error, is_lost_reply=is_lost_reply, times=times)

    def kill_at(self, number: int, moment: Moment = "before") -> None:
        """Raise Killed at write `number` (from 0). `during` leaves helm pending; elsewhere it is `after`."""
        self.calls.kill_number, self.calls.kill_moment = number, moment

    def revive(self) -> None:
        """Begin a new process after Killed; until then every call of the dead one raises Killed again."""
        self.calls.is_dead = False

    def behave(self, slot: str, **changes: Any) -> None:
        """Change how the pods of a slot behave from now on: the fields of Behaviour."""
        self._behaviours[slot] = replace(self.behaviour(slot), **changes)

    def behaviour(self, slot: str) -> Behaviour:
        """Return how the pods of a slot behave."""
        return self._behaviours.get(slot, Behaviour())

    def stand(self, slot: str = "blue", values: Mapping[str, Any] = VALUES) -> None:
        """Start with base and one slot installed, ready and serving everything; nothing is recorded."""
        base = {**values, "global": {"instance": self.instance, "role": "base"}}
        own = {**values, "global": {"instance": self.instance, "role": "slot", "slot": slot}}
        self.helm.revisions[self.instance] = [Revision(1, base, "deployed", "Install complete")]
        self.helm.revisions[f"{self.instance}-{slot}"] = [Revision(1, own, "deployed", "Install complete")]
        self.apply(f"{self.instance}-{slot}", render_role(f"{self.instance}-{slot}", own), "stood before")
        for deployment in self.deployments.values():
            deployment.started = [0.0 for _ in deployment.started]
        self.route.set({slot: 100}, slot)

    def apply(self, release: str, manifests: tuple[Manifest, ...], template: str) -> None:
        """Have the Deployments of a release; new ones get one pod, as those without `replicas` do."""
        kept = set()
        for manifest in manifests:
            if manifest["kind"] != "Deployment":
                continue
            name, labels = manifest["metadata"]["name"], manifest["metadata"]["labels"]
            slot, model = labels["genai-stack/slot"], labels.get("genai-stack/model", "")
            kept.add(name)
            if name in self.deployments:
                self.deployments[name].renew(template, self.behaviour(slot), self.clock.now())
                continue
            key = f"inference/{model}" if model else labels["app.kubernetes.io/component"]
            self.deployments[name] = Deployment(key, name, slot, template, [self.clock.now()])
        self._keep(release, kept)

    def remove(self, release: str) -> None:
        """Remove the Deployments of a release and what its gateways counted."""
        self._keep(release, set())

    def edit(self, name: str, by: str) -> None:
        """Have somebody else change the pods of a Deployment (`by`: as managed fields tell it)."""
        found = self.deployments[name]
        found.edit(f"{found.template} edited", self.behaviour(found.slot), self.clock.now(), by)

    def scale(self, name: str, replicas: int, by: str) -> None:
        """Have somebody else scale a Deployment."""
        self.deployments[name].scale(replicas, self.clock.now(), by)

    def restart(self, slot: str) -> None:
        """Restart the gateways of a slot: other pod names, counters from zero."""
        self._generations[slot] = self.generation(slot) + 1
        self._counters.pop(slot, None)

    def observe(self, slot: str) -> tuple[Workload, ...]:
        """Return the workloads of a slot, sorted by key."""
        now, behaviour = self.clock.now(), self.behaviour(slot)
        scaler = self.scalers.states.get(slot, "")
        found = [
            replace(one.observe(behaviour, now), autoscaler=scaler)
            for one in self.deployments.values()
            if one.slot == slot
        ]
        return tuple(sorted(found, key=lambda workload: workload.key))

    def can_serve(self, slot: str) -> bool:
        """Whether every workload of the slot has a ready pod."""
        workloads = self.observe(slot)
        return bool(workloads) and all(workload.ready > 0 for workload in workloads)

    def counter(self, slot: str) -> Counter:
        """Return what the gateways of a slot counted since they started."""
        return self._counters.setdefault(slot, Counter())

    def generation(self, slot: str) -> int:
        """Return how often the gateways of a slot were restarted."""
        return self._generations.get(slot, 0)

    def _keep(self, release: str, kept: set[str]) -> None:
        slot = release.removeprefix(f"{self.instance}-") if release != self.instance else "all"
        gone = [name for name, one in self.deployments.items() if one.slot == slot and name not in kept]
        for name in gone:
            del self.deployments[name]
        if gone and not kept:
            self.restart(slot)

    def _tick(self, seconds: float) -> None:
        weights = self.route.state.weights if self.route.state else {}
        rate = self.rate + sum(load.rate for load in self.load.running)
        self._answer(weights, rate * seconds, self._counters)
        for load in self.load.running:
            self._answer(weights, load.rate * seconds, load.counters)

    def _answer(self, weights: Mapping[str, int], requests: float, counters: dict[str, Counter]) -> None:
        now = self.clock.now()
        for slot, count in share_out(weights, requests).items():
            if self.can_serve(slot):
                counters.setdefault(slot, Counter()).add(count, self.behaviour(slot), now)
            else:  # the edge has nobody to ask: an error that no slot answered
                counters.setdefault("", Counter()).add(count, Behaviour(error_share=1.0), now)
