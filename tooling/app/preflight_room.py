"""Room before anything is written: GPUs that the plan may take, nodes that have the room, quotas that allow it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from tooling.app.context import Ports, Target
from tooling.core.capacity import CapacityPlan, Replicas, plan_capacity
from tooling.core.plan import Step, plan_canary
from tooling.core.rollout import Rollout
from tooling.core.room import Room, Verdict, find_room
from tooling.core.room_board import Need
from tooling.core.room_needs import (
    Claim,
    choose_leaving,
    find_key,
    list_peaks,
    list_slot_pods,
    read_asks,
    read_claim,
    without,
)
from tooling.core.room_nodes import Capacity, PlacedPod
from tooling.core.room_quota import Quota, find_quota_deficits, read_quota, renew_quotas
from tooling.core.room_words import tell_shortage
from tooling.core.strategy import Strategy
from tooling.core.values import pick, table
from tooling.errors import ClusterError, PreflightError
from tooling.ports.helm import Manifest

_FORBIDDEN = 403
_LOWER_FLOORS = (0.9, 0.8, 0.75, 0.7, 0.6, 0.5, 0.4, 0.3, 0.25, 0.2, 0.1)


@dataclass(frozen=True, slots=True)
class _Scene:
    """What is asked and what is there: pods of the idle slot are those that the candidate replaces."""

    rollout: Rollout
    strategy: Strategy
    claim: Claim
    seen: Capacity
    quotas: tuple[Quota, ...]
    stable: tuple[PlacedPod, ...]
    idle: tuple[PlacedPod, ...]

    def plan(self, strategy: Strategy, steps: Sequence[Step], target: Target) -> CapacityPlan:
        asks = read_asks(self.claim, self.stable)
        prices, currency = table(target.values, "lint", "prices"), pick(target.values, "lint", "currency")
        return plan_capacity(
            steps, self.rollout.snapshot, strategy, asks, prices=prices, currency=str(currency or "")
        )

    def peaks(self, plan: CapacityPlan) -> tuple[tuple[Replicas, Replicas], ...]:
        return list_peaks(plan.stands, self.rollout.snapshot.stable)

    def find_rooms(self, plan: CapacityPlan) -> Iterator[Room]:
        """Yield what the nodes say to each moment that asks for most."""
        for given_up, candidate in self.peaks(plan):
            going = (*self.idle, *choose_leaving(self.stable, given_up))
            yield find_room(without(self.seen, going), self.claim.list_needs(candidate))

    def list_quota_deficits(self, plan: CapacityPlan) -> list[str]:
        """Return what quotas lack for each such moment: pods that go count below nothing."""
        lacks: dict[str, None] = {}
        for given_up, candidate in self.peaks(plan):
            going = (*self.idle, *choose_leaving(self.stable, given_up))
            gone = (Need(find_key(pod), pod.namespace, -1, pod.shape) for pod in going)
            needs = (*self.claim.list_needs(candidate), *gone)
            lacks.update(dict.fromkeys(find_quota_deficits(self.quotas, needs)))
        return list(lacks)


def check_room(
    ports: Ports, target: Target, rollout: Rollout, base: Sequence[Manifest], slot: Sequence[Manifest]
) -> CapacityPlan:
    """Reckon what the plan takes, and refuse it where that is more than is allowed or there is.

    Raises PreflightError with every deficit in one message. What could not be looked at, and what fits in some
    ways only, is a warning; with `rollout.capacity.nodes: autoscaled` a lack of nodes is one too.
    """
    strategy, namespace = target.strategy, target.namespace
    seen = ports.cluster.read_capacity(namespace)
    claim = read_claim(base, slot, seen, namespace=namespace)
    slots = (
        list_slot_pods(seen, namespace, target.instance, name) for name in (rollout.stable, rollout.candidate)
    )
    scene = _Scene(rollout, strategy, claim, seen, _read_quotas(ports, target, base), *slots)
    plan = scene.plan(strategy, rollout.steps, target)
    if plan.faults:
        raise PreflightError(f"{'; '.join(plan.faults)}.", hint=_advise(scene, target))
    rooms = _look_at_nodes(ports, scene, plan)
    short = [] if strategy.capacity.is_autoscaled else _list_lacks(rooms)
    quota = scene.list_quota_deficits(plan)
    if short or quota:
        told = "; ".join([*short, *quota])
        ways = ["raise the quota"] * bool(quota)
        raise PreflightError(
            f"there is no room for what this release needs: {told}.", hint=_advise(scene, target, *ways)
        )
    _warn(ports, scene, rooms)
    return plan


def _read_quotas(ports: Ports, target: Target, base: Sequence[Manifest]) -> tuple[Quota, ...]:
    """Return the quotas of the namespace as this release leaves them."""
    live: Sequence[Manifest] = ()
    try:
        live = ports.cluster.list_objects("v1", "resourcequotas", target.namespace)
    except ClusterError as error:
        if error.status != _FORBIDDEN:
            raise
        ports.reporter.say("warning: quotas were not looked at: this account may not list them.")
    return renew_quotas((read_quota(one) for one in live), base)


def _look_at_nodes(ports: Ports, scene: _Scene, plan: CapacityPlan) -> list[Room]:
    """Return what the nodes say to the moments that ask for most; nothing where they may not be listed."""
    for gap in scene.seen.gaps:
        ports.reporter.say(f"warning: whether nodes have room is not known for sure: {gap}.")
    return list(scene.find_rooms(plan)) if scene.seen.nodes or not scene.seen.gaps else []


def _list_lacks(rooms: Sequence[Room]) -> list[str]:
    return list(dict.fromkeys(lack for room in rooms if room.verdict is Verdict.SHORT for lack in _tell(room)))


def _tell(room: Room) -> Iterator[str]:
    yield from tell_shortage(room)
    if room.ahead:
        yield f"{room.ahead} pods of others that wait for a node come first"


def _warn(ports: Ports, scene: _Scene, rooms: Sequence[Room]) -> None:
    """Say what is in doubt."""
    lacks = _list_lacks(rooms)
    if lacks:
        ports.reporter.say(f"warning: nodes have to be added: {'; '.join(lacks)}.")
    doubts = dict.fromkeys(_doubt(room) for room in rooms if room.verdict is Verdict.TIGHT)
    for doubt in doubts:
        ports.reporter.say(f"warning: {doubt}")
    for key, pod in scene.claim.pods.items():
        if pod.gates:
            ports.reporter.say(
                f"warning: pods of {key} wait until their gates are lifted: {', '.join(pod.gates)}."
            )


def _doubt(room: Room) -> str:
    if room.has_to_wait:
        return "there is room only once pods that are ending have gone: some may have to wait for them."
    if room.has_to_evict:
        return "there is room only in the place of pods of lower priority, which the scheduler would end."
    return "the room there is suffices only if the scheduler happens to place pods tightly: some may have to wait."


def _fits(scene: _Scene, plan: CapacityPlan) -> bool:
    if plan.faults or scene.list_quota_deficits(plan):
        return False
    is_open = scene.strategy.capacity.is_autoscaled or not scene.seen.nodes
    return is_open or all(room.verdict is not Verdict.SHORT for room in scene.find_rooms(plan))


def _advise(scene: _Scene, target: Target, *ways: str) -> str:
    """Say what would make it fit; what is named as a value was tried."""
    told = "; or ".join([*_list_lower_floors(scene, target), *ways, *_list_other_ways(scene)])
    return f"{told[0].upper()}{told[1:]}. Nothing was touched."


def _list_lower_floors(scene: _Scene, target: Target) -> Iterator[str]:
    """Find the highest `abortFloor` with which a canary would fit: stable gives pods up as the candidate grows."""
    strategy = scene.strategy
    if strategy.kind != "canary" or not scene.rollout.stable or strategy.splits_by_pods:
        return
    for floor in _LOWER_FLOORS:
        if floor < strategy.capacity.abort_floor:
            lower = replace(strategy, capacity=replace(strategy.capacity, abort_floor=floor))
            if _fits(scene, scene.plan(lower, plan_canary(lower), target)):
                yield (
                    f"it fits with rollout.capacity.abortFloor: {floor:g} (stable gives pods up as the candidate "
                    f"grows, and an abort finds it with {100 * floor:g} % of what all traffic needs)"
                )
                return


def _list_other_ways(scene: _Scene) -> Iterator[str]:
    if scene.strategy.capacity.max_surge_gpus is not None:
        yield "raise rollout.capacity.maxSurgeGpus where there are GPUs to spare"
    yield "ask for fewer replicas (rollout.capacity.required)"
    if not scene.strategy.capacity.is_autoscaled:
        yield "add nodes; where they are added by themselves, say so with rollout.capacity.nodes: autoscaled"
