"""Take the snapshot and make the plan; nothing here writes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from tooling.app.context import Ports, Target, find_user
from tooling.app.preflight import Roles
from tooling.core.capacity import find_pod_gpus
from tooling.core.manifests import find_images
from tooling.core.observation import ReleaseMark, RouteState, SlotState, Workload
from tooling.core.plan import (
    Outset,
    Step,
    find_idle_slot,
    plan_blue_green,
    plan_canary,
    plan_install,
    plan_rollback,
)
from tooling.core.replicas import find_required
from tooling.core.rollout import Rollout, Snapshot
from tooling.core.trail import TargetVersion, Verified, find_verified
from tooling.core.values import find_releases
from tooling.errors import UsageError
from tooling.ports.store import Stored


@dataclass(frozen=True, slots=True)
class Standing:
    """What stands before the first effect; `serving` is "" where nothing does, `candidate` is free."""

    route: RouteState | None
    serving: str
    candidate: str
    running: tuple[Workload, ...]
    resting: tuple[Workload, ...]
    base: ReleaseMark | None
    stable: ReleaseMark | None
    idle: ReleaseMark | None

    @property
    def outset(self) -> Outset:
        """What a plan has to begin with."""
        is_split = self.route is not None and bool(self.serving) and not self.route.gives({self.serving: 100})
        return Outset(is_split, any(one.autoscaler for one in (*self.running, *self.resting)))


def look_around(ports: Ports, target: Target) -> Standing:
    """See what serves, and what lies in the other slot."""
    namespace, instance = target.namespace, target.instance
    route = ports.route.read(namespace, instance)
    serving = route.leader if route else ""
    candidate = find_idle_slot(serving)
    slots = (serving, candidate) if serving else (candidate,)
    workloads = ports.cluster.read_slots(namespace, instance, slots)
    marks = ports.cluster.read_revisions(namespace, find_releases(instance, slots))
    return Standing(
        route,
        serving,
        candidate,
        workloads.get(serving, ()),
        workloads.get(candidate, ()),
        marks.get(instance),
        marks.get(f"{instance}-{serving}"),
        marks.get(f"{instance}-{candidate}"),
    )


def plan_release(
    ports: Ports, target: Target, standing: Standing, before: Rollout | None, roles: Roles
) -> Rollout:
    """Plan to bring the target into the free slot."""
    strategy = target.strategy
    required = find_required(
        strategy.declared, SlotState(workloads=standing.running).ready, strategy.capacity.required
    )
    gpus = find_pod_gpus(roles.slot)
    version = replace(target.version, images=tuple(sorted({one.reference for one in find_images(roles.all)})))
    proven = find_verified(before.verified, standing.serving) if before else None
    return _make_rollout(
        ports,
        target,
        standing,
        before,
        steps=_plan(target, standing),
        version=version,
        snapshot=_take_snapshot(ports, target, standing, required, gpus),
        proven=proven,
    )


def plan_way_back(ports: Ports, target: Target, stored: Stored, number: int = 0) -> Rollout:
    """Find the version to go back to (that of the rollout `number`; 0: the last one) and plan for it.

    Raises UsageError when no verified version is left, or the one asked for cannot be had again.
    """
    before, standing = stored.rollout, look_around(ports, target)
    if standing.route is None:
        raise UsageError(
            f"{target.instance} has no route: nothing serves.", hint="Start with: genai-stack release"
        )
    proven = _find_way_back(before, standing, number)
    idle = standing.idle
    revision = idle.revision if idle else 0
    is_kept = revision == proven.revision
    needed = find_required(target.strategy.declared, SlotState(workloads=standing.running).ready)
    required = {
        key: max(needed.get(key, 1), count)
        for key, count in (proven.required or {one.key: 1 for one in standing.resting}).items()
    }
    rollout = _make_rollout(
        ports,
        target,
        standing,
        before,
        steps=plan_rollback(target.strategy, standing.outset, revision=0 if is_kept else proven.revision),
        version=proven.version or TargetVersion(proven.digest, proven.label),
        snapshot=_take_snapshot(ports, target, standing, required, {}),
        proven=find_verified(before.verified, standing.serving),
    )
    recalled = 0 if is_kept else proven.revision
    return replace(rollout, is_rollback=True, installed_revision=revision if is_kept else 0, recalled=recalled)


def _find_way_back(before: Rollout, standing: Standing, number: int) -> Verified:
    known = before.verified
    if number:
        proven = next((one for one in reversed(known) if one.number == number), None)
        if proven is None:
            told = ", ".join(str(one.number) for one in known if one.slot == standing.candidate) or "none"
            raise UsageError(
                f"rollout {number} left no verified version to go back to (there are: {told}).",
                hint="`genai-stack history` lists the rollouts.",
            )
        if proven.slot != standing.candidate:
            raise UsageError(
                f"the version of rollout {number} lies in {proven.slot}, which serves.",
                hint="Release its values again: genai-stack release. `genai-stack history` shows what they were.",
            )
    else:
        proven = find_verified(known, standing.candidate)
    if proven is None or standing.idle is None:
        raise UsageError(
            f"{standing.candidate} holds no verified version to go back to.",
            hint="Release the values that you want to run: genai-stack release",
        )
    return proven


def _plan(target: Target, standing: Standing) -> tuple[Step, ...]:
    strategy = target.strategy
    if not standing.serving:
        return plan_install(strategy)
    make = plan_blue_green if strategy.kind == "blueGreen" else plan_canary
    return make(strategy, standing.outset)


def _take_snapshot(
    ports: Ports, target: Target, standing: Standing, required: Mapping[str, int], gpus: Mapping[str, int]
) -> Snapshot:
    surge = target.strategy.capacity.max_surge_gpus
    stable_gpus = _find_stable_gpus(ports, target, standing) if surge is not None and gpus else {}
    taken = sum(one.wanted * stable_gpus.get(one.key, 0) for one in standing.running)
    return Snapshot(
        serving=standing.serving,
        base_revision=standing.base.revision if standing.base else 0,
        candidate_revision=standing.idle.revision if standing.idle else 0,
        required=required,
        stable={one.key: one.wanted for one in standing.running},
        stable_revision=standing.stable.revision if standing.stable else 0,
        gpus=gpus,
        stable_gpus=stable_gpus,
        most_gpus=None if surge is None or not gpus else taken + surge,
        templates={one.key: one.template for one in standing.running if one.template},
    )


def _find_stable_gpus(ports: Ports, target: Target, standing: Standing) -> Mapping[str, int]:
    installed = ports.helm.read_installed(f"{target.instance}-{standing.serving}") if standing.serving else None
    return find_pod_gpus(installed.manifests) if installed else {}


def _make_rollout(
    ports: Ports,
    target: Target,
    standing: Standing,
    before: Rollout | None,
    *,
    steps: tuple[Step, ...],
    version: TargetVersion,
    snapshot: Snapshot,
    proven: Verified | None,
) -> Rollout:
    now = ports.clock.now()
    return Rollout(
        id=f"{target.instance}-{int(now * 1000):x}",
        instance=target.instance,
        candidate=standing.candidate,
        target=version,
        steps=steps,
        snapshot=snapshot,
        started_at=now,
        step_started_at=now,
        by=find_user(),
        verified=before.verified if before else (),
        number=before.number + 1 if before else 1,
        kind=target.strategy.kind,
        route=target.strategy.route,
        strategy=target.strategy_digest,
        was=proven.version if proven else None,
    )
