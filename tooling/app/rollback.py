"""After the fact: all traffic back to the last verified version that still exists."""

from __future__ import annotations

from dataclasses import replace

from tooling.app import preflight
from tooling.app.apply import RouteBook
from tooling.app.context import Ports, Target, find_user
from tooling.app.recording import record
from tooling.app.release import confirm, keep, run
from tooling.app.report import Result, report_plan
from tooling.core.observation import SlotState
from tooling.core.plan import find_idle_slot, find_required, plan_rollback
from tooling.core.rollout import Rollout, Snapshot, TargetVersion, find_verified
from tooling.errors import UsageError
from tooling.ports.store import Stored


def rollback(ports: Ports, target: Target, *, is_confirmed: bool) -> Result:
    """Run the whole rollback. Raises UsageError when nothing verified is left to go back to."""
    preflight.check_context(ports, target)
    stored = ports.store.load(target.namespace, target.instance)
    if stored is None:
        raise UsageError(f"nothing is recorded of {target.instance}.", hint="Start with: genai-stack release")
    if not stored.rollout.phase.is_terminal:
        raise UsageError(
            f"a rollout is on its way ({stored.rollout.phase}).", hint="Stop it with: genai-stack abort"
        )
    rollout = plan_way_back(ports, target, stored)
    book = RouteBook(ports, target)
    preflight.write_routes_ahead(book, rollout.steps, stable=rollout.stable, candidate=rollout.candidate)
    report_plan(ports.reporter, rollout)
    confirm(ports, target, is_confirmed, f"to go back to {rollout.target.label}")
    with ports.lease.hold(target.namespace, target.instance) as hold:
        keep(ports, target, stored.rollout)
        begun = record(ports, target, replace(rollout, epoch=hold.epoch), stored)
        return run(ports, target, book, hold, begun)


def plan_way_back(ports: Ports, target: Target, stored: Stored) -> Rollout:
    """Find the version to go back to and plan for it; writes nothing."""
    namespace, instance = target.namespace, target.instance
    route = ports.route.read(namespace, instance)
    if route is None:
        raise UsageError(f"{instance} has no route: nothing serves.", hint="Install with: genai-stack release")
    idle = find_idle_slot(route.leader)
    proven = find_verified(stored.rollout.verified, idle)
    release = ports.helm.read_release(f"{instance}-{idle}")
    if proven is None or release is None or release.revision != proven.revision:
        raise UsageError(
            f"{idle} holds no verified version to go back to.",
            hint="Release the values that you want to run: genai-stack release",
        )
    running = ports.cluster.read_workloads(namespace, instance, route.leader)
    resting = ports.cluster.read_workloads(namespace, instance, idle)
    needed = find_required(target.strategy.declared, SlotState(workloads=running).ready)
    now = ports.clock.now()
    return Rollout(
        id=f"{instance}-{int(now * 1000):x}",
        instance=instance,
        candidate=idle,
        target=TargetVersion(proven.digest, proven.label),
        steps=plan_rollback(target.strategy),
        snapshot=Snapshot(
            serving=route.leader,
            candidate_revision=release.revision,
            required={one.key: max(needed.get(one.key, 1), proven.required.get(one.key, 0)) for one in resting},
            stable={one.key: one.wanted for one in running},
        ),
        started_at=now,
        step_started_at=now,
        is_rollback=True,
        installed_revision=proven.revision,
        by=find_user(),
        verified=stored.rollout.verified,
    )
