"""A tiny pure world for the decisions of tooling.core: actions go in, observations come out, time is a number.

Rules of this file: `World` is frozen and every change returns a new one, so a story can be cut and resumed at any
point; nothing here decides anything about a rollout.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from math import inf

from tests.core.pods import Behaviour, Pods
from tooling.core.action import (
    Action,
    DeleteRoute,
    FinishSlot,
    FreezeScalers,
    InstallBase,
    InstallSlot,
    RemoveLeftovers,
    RestoreScalers,
    RestScalers,
    RevertRelease,
    RunTests,
    Scale,
    SetWeights,
    WarmUp,
)
from tooling.core.analysis import Histogram, Measurement, PodCounts
from tooling.core.comparison import Comparison
from tooling.core.entries import EntryKind, StrategyStep
from tooling.core.observation import (
    Failure,
    Observation,
    ReleaseMark,
    ReleaseState,
    RouteState,
    SlotState,
    Wish,
    Workload,
)
from tooling.core.plan import plan_canary, plan_install, plan_rollback
from tooling.core.rollout import Rollout, Snapshot
from tooling.core.strategy import AnalysisSettings, Strategy
from tooling.core.trail import TargetVersion

REQUIRED: Mapping[str, int] = {"gateway": 2, "inference/smollm2": 3}
BOUNDS = (0.1, 0.2, 0.4, 0.8, 1.6, 3.2, inf)
COMPARED = Comparison(checked=7)
TEMPLATE = "t1"
"""Digest of every pod template, until somebody changes one."""
RATE = 50.0
"""Requests per second that all slots share."""


@dataclass(frozen=True, slots=True)
class World:
    """Everything outside of a rollout."""

    now: float = 1000.0
    base: ReleaseState | None = None
    releases: Mapping[str, ReleaseState] = field(default_factory=dict)
    pods: Mapping[tuple[str, str], Pods] = field(default_factory=dict)
    route: RouteState | None = None
    served: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    behaviour: Mapping[str, Behaviour] = field(default_factory=dict)
    scalers: Mapping[str, str] = field(default_factory=dict)
    asked: Mapping[str, int] = field(default_factory=dict)
    templates: Mapping[str, str] = field(default_factory=dict)
    comparison: Comparison = COMPARED
    is_measured: bool = True
    wish: Wish | None = None
    writes: tuple[Action, ...] = ()

    def look(self, failure: Failure | None = None) -> Observation:
        slots = {name: self.slot(name) for name in ("blue", "green")}
        flying = {name: self.behave(name).in_flight for name in slots if self.is_measured}
        found = (*self.releases.values(), self.base)
        marks = {one.name: ReleaseMark(one.revision, one.status) for one in found if one}
        return Observation(
            self.base,
            slots,
            self.route,
            self.measure(),
            self.wish,
            failure,
            revisions=marks,
            in_flight=flying,
            comparison=self.comparison,
        )

    def slot(self, name: str) -> SlotState:
        return SlotState(
            self.releases.get(name),
            tuple(
                Workload(
                    key=key,
                    name=f"genai-{slot}-{key.replace('/', '-')}",
                    wanted=pods.wanted,
                    ready=pods.ready(self.now),
                    problem=self.behave(slot).problem if pods.ready(self.now) < pods.wanted else "",
                    autoscaler=self.scalers.get(slot, ""),
                    asked=self.asked.get(slot, 0) if slot in self.scalers else 0,
                    template=self.templates.get(slot, TEMPLATE),
                )
                for (slot, key), pods in sorted(self.pods.items())
                if slot == name
            ),
        )

    def behave(self, slot: str) -> Behaviour:
        return self.behaviour.get(slot, Behaviour())

    def measure(self) -> Measurement | None:
        if not self.is_measured:
            return None
        return {slot: {f"{slot}-1": self._count(slot)} for slot in self.releases if self.slot(slot).can_serve}

    def weight(self, slot: str) -> int:
        return self.route.weights.get(slot, 0) if self.route else 0

    def passed(self, seconds: float) -> World:
        """Return the world after that time, with the traffic that came in."""
        served = dict(self.served)
        for slot in self.releases:
            requests, errors = served.get(slot, (0.0, 0.0))
            new = RATE * seconds * self.weight(slot) / 100 if self.slot(slot).can_serve else 0.0
            served[slot] = (requests + new, errors + new * self.behave(slot).error_percent / 100)
        return replace(self, now=self.now + seconds, served=served)

    def applied(self, action: Action, id: str) -> tuple[World, Failure | None]:  # noqa: A002 - as Rollout.id
        """Return the world after one action of the rollout `id`, and why it did not succeed."""
        world = replace(self, writes=(*self.writes, action))
        match action:
            case InstallBase():
                return replace(world, base=_next(self.base, "genai", id)), None
            case InstallSlot(slot):
                return world._with_slot(slot, _next(self.releases.get(slot), f"genai-{slot}", id)), None
            case FinishSlot(slot):
                finished = world._with_slot(slot, _next(self.releases.get(slot), f"genai-{slot}", f"{id} final"))
                return finished.with_scalers(slot, "on"), None
            case RevertRelease(slot, revision):
                return world._reverted(slot, revision), None
            case Scale(slot, key, replicas):
                return world.scaled(slot, key, replicas), None
            case WarmUp(slot):
                is_answered = self.behave(slot).is_answering
                return world, None if is_answered else Failure(f"{slot} answered 503", is_retryable=True)
            case SetWeights(weights, serving):
                route = RouteState(dict(weights), serving, previews=tuple(weights))
                return replace(world, route=route), None
            case DeleteRoute():
                return replace(world, route=None), None
            case RunTests(slot):
                return world, None if self.behave(slot).tests_pass else Failure(f"helm test {slot}: a pod failed")
            case _:
                return world._tidied(action), None

    def struck(self, action: Action) -> World:
        """Return the world after helm was killed in the middle of the action, in helm's own words."""
        slot = action.slot if isinstance(action, (InstallSlot, FinishSlot, RevertRelease)) else ""
        before = self.releases.get(slot) if slot else self.base
        new = _next(before, f"genai-{slot}".rstrip("-"), "Preparing upgrade")
        if isinstance(action, RevertRelease) and before is not None and not action.revision:
            text = "Deletion in progress (or silently failed)"
            return self.with_release(slot, replace(before, status="uninstalling", description=text))
        if isinstance(action, RevertRelease):
            text = f"Rollback to {action.revision}"
            return self.with_release(slot, replace(new, status="pending-rollback", description=text))
        if before is None:
            text = "Initial install underway"
            return self.with_release(slot, replace(new, status="pending-install", description=text))
        return self.with_release(slot, replace(new, status="pending-upgrade"))

    def spoiled(self, action: InstallBase | InstallSlot) -> World:
        """Return the world after helm gave up in the middle of an upgrade, in helm's own words."""
        stuck = self.struck(action)
        slot = action.slot if isinstance(action, InstallSlot) else ""
        release = stuck.releases[slot] if slot else stuck.base
        assert release is not None
        text = f'Release "{release.name}" failed: admission webhook said no'
        return stuck.with_release(slot, replace(release, status="failed", description=text))

    def scaled(self, slot: str, key: str, replicas: int) -> World:
        """Return the world with another number of replicas; what is new takes its time to get ready."""
        before = self.pods.get((slot, key), Pods(0)).ready(self.now)
        ready_at = self.now + self.behave(slot).start_seconds if replicas > before else self.now
        return replace(self, pods={**self.pods, (slot, key): Pods(replicas, before, ready_at)})

    def with_release(self, slot: str, release: ReleaseState | None) -> World:
        """Return the world with another newest revision of a slot, or of base where `slot` is empty."""
        if not slot:
            return replace(self, base=release)
        rest = {name: one for name, one in self.releases.items() if name != slot}
        return replace(self, releases=rest if release is None else {**rest, slot: release})

    def with_scalers(self, slot: str, state: str) -> World:
        """Return the world with the autoscalers of a slot in another state."""
        return replace(self, scalers={**self.scalers, slot: state})

    def behaving(self, slot: str, behaviour: Behaviour) -> World:
        return replace(self, behaviour={**self.behaviour, slot: behaviour})

    def _tidied(self, action: Action) -> World:
        match action:
            case FreezeScalers(slot) | RestScalers(slot) | RestoreScalers(slot):
                states = {FreezeScalers: "frozen", RestScalers: "resting", RestoreScalers: "on"}
                return self.with_scalers(slot, states[type(action)])
            case RemoveLeftovers():
                return replace(self, comparison=replace(self.comparison, leftovers=()))
        return self

    def _count(self, slot: str) -> PodCounts:
        requests, errors = self.served.get(slot, (0.0, 0.0))
        counts = tuple(requests if bound >= self.behave(slot).latency else 0.0 for bound in BOUNDS)
        return PodCounts(requests, errors, Histogram(BOUNDS, counts))

    def _with_slot(self, slot: str, release: ReleaseState) -> World:
        world = self.with_release(slot, release)
        for key in REQUIRED:
            world = world.scaled(slot, key, self.pods[slot, key].wanted if (slot, key) in self.pods else 1)
        return world

    def _reverted(self, slot: str, revision: int) -> World:
        release = self.releases.get(slot) if slot else self.base
        if release is None or revision:
            text = f"Rollback to {revision}"
            new = release and replace(release, revision=release.revision + 1, status="deployed", description=text)
            return self.with_release(slot, new)
        pods = {place: pods for place, pods in self.pods.items() if place[0] != slot}
        return replace(self.with_release(slot, None), pods=pods)


def _next(release: ReleaseState | None, name: str, description: str) -> ReleaseState:
    return ReleaseState(name, release.revision + 1 if release else 1, "deployed", description)


def settle(slot: str, *, revision: int = 1, replicas: Mapping[str, int] = REQUIRED, rollout: str = "r0") -> World:
    """Return a world in which base runs and one slot serves all traffic."""
    return World(
        base=ReleaseState("genai", 1, "deployed", rollout),
        releases={slot: ReleaseState(f"genai-{slot}", revision, "deployed", rollout)},
        pods={(slot, key): Pods(count) for key, count in replicas.items()},
        route=RouteState({slot: 100}, slot),
    )


CANARY = Strategy(
    instance="genai",
    namespace="genai",
    steps=(
        StrategyStep(EntryKind.WEIGHT, 10, 20),
        StrategyStep(EntryKind.APPROVAL, seconds=60),
        StrategyStep(EntryKind.WEIGHT, 50, 10),
    ),
    analysis=AnalysisSettings(max_hold=40),
    ready_timeout=30,
    scale_down_delay=5,
)
PLAIN = replace(CANARY, steps=(StrategyStep(EntryKind.WEIGHT, 10, 20), StrategyStep(EntryKind.WEIGHT, 50, 10)))


def begin_install() -> tuple[World, Rollout]:
    """Nothing is there yet."""
    steps = plan_install(PLAIN)
    return World(), Rollout(
        "r1", "genai", "blue", TargetVersion("d1", "one"), steps, Snapshot(required=REQUIRED), by="ada"
    )


def begin_canary(strategy: Strategy = PLAIN, *, candidate_revision: int = 0) -> tuple[World, Rollout]:
    """Blue serves; the target goes into green."""
    world = settle("blue")
    if candidate_revision:
        world = replace(
            world,
            releases={
                **world.releases,
                "green": ReleaseState("genai-green", candidate_revision, "deployed", "r-1"),
            },
            pods={**world.pods, **{("green", key): Pods(0) for key in REQUIRED}},
        )
    snapshot = Snapshot(
        "blue",
        base_revision=1,
        candidate_revision=candidate_revision,
        required=REQUIRED,
        stable=REQUIRED,
        stable_revision=1,
        templates=dict.fromkeys(REQUIRED, TEMPLATE),
    )
    steps = plan_canary(strategy)
    return world, Rollout("r1", "genai", "green", TargetVersion("d2", "two"), steps, snapshot, by="ada")


def begin_rollback() -> tuple[World, Rollout]:
    """Blue serves, green holds the version before and sleeps."""
    world, rollout = begin_canary(candidate_revision=4)
    return world, replace(rollout, steps=plan_rollback(PLAIN), is_rollback=True, installed_revision=4)
