"""Release a target: install it, or move traffic to it step by step, or say why not."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from tooling.app import preflight
from tooling.app.apply import RouteBook, prepare
from tooling.app.context import Ports, Target, find_user
from tooling.app.drive import Driver
from tooling.app.recording import record
from tooling.app.report import Result, report_plan, report_result
from tooling.app.running import leave_wish
from tooling.core.observation import SlotState
from tooling.core.plan import Target as Role
from tooling.core.plan import find_idle_slot, find_required, plan_canary, plan_install
from tooling.core.rollout import Phase, Rollout, Snapshot, find_verified
from tooling.errors import HeldError, OutsideError, UsageError
from tooling.ports.lease import Hold
from tooling.ports.load import LoadReport, RunningLoad
from tooling.ports.store import Stored


@dataclass(frozen=True, slots=True)
class Wishes:
    """How a release is asked for: `--again`, `--yes`, `--dry-run`, `--abort-unfinished`."""

    is_again: bool = False
    is_confirmed: bool = False
    is_dry_run: bool = False
    aborts_unfinished: bool = False


def release(ports: Ports, target: Target, wishes: Wishes) -> Result:
    """Run the whole release and return how it ended. Nothing is written before plan and confirmation."""
    preflight.check_workable(target)
    preflight.check_context(ports, target)
    stored = ports.store.load(target.namespace, target.instance)
    is_unfinished = stored is not None and not stored.rollout.phase.is_terminal
    has_slots = stored is not None and (is_unfinished or _left_something(stored.rollout))
    preflight.check_releases(ports, target, has_slots=has_slots, is_unfinished=is_unfinished)
    preflight.check_cluster(ports, target)
    if stored is not None and is_unfinished:
        return _settle_unfinished(ports, target, wishes, stored)
    rollout = plan_release(ports, target, stored.rollout if stored else None)
    if _is_same(rollout, target) and not wishes.is_again:
        ports.reporter.say(f"{target.instance} already runs {target.version.label}: nothing to do.")
        return Result(rollout, exit_code=0)
    preflight.check_rendering(ports, target, rollout.candidate)
    book = RouteBook(ports, target)
    preflight.write_routes_ahead(book, rollout.steps, stable=rollout.stable, candidate=rollout.candidate)
    report_plan(ports.reporter, rollout)
    if wishes.is_dry_run:
        return Result(rollout, exit_code=0)
    confirm(ports, target, wishes.is_confirmed, f"to release {target.version.label}")
    prepare(ports, target.namespace)
    with ports.lease.hold(target.namespace, target.instance) as hold:
        return run(ports, target, book, hold, _begin(ports, target, rollout, hold, stored))


def plan_release(ports: Ports, target: Target, before: Rollout | None) -> Rollout:
    """Take the snapshot and make the plan; writes nothing."""
    namespace, instance = target.namespace, target.instance
    route = ports.route.read(namespace, instance)
    serving = route.leader if route else ""
    candidate = find_idle_slot(serving)
    base = ports.helm.read_release(instance)
    idle = ports.helm.read_release(f"{instance}-{candidate}")
    running = ports.cluster.read_workloads(namespace, instance, serving) if serving else ()
    is_split = route is not None and not route.gives({serving: 100})
    now = ports.clock.now()
    return Rollout(
        id=f"{instance}-{int(now * 1000):x}",
        instance=instance,
        candidate=candidate,
        target=target.version,
        steps=plan_canary(target.strategy, is_split=is_split) if serving else plan_install(),
        snapshot=Snapshot(
            serving=serving,
            base_revision=base.revision if base else 0,
            candidate_revision=idle.revision if idle else 0,
            stable={one.key: one.wanted for one in running},
            required=find_required(target.strategy.declared, SlotState(workloads=running).ready),
        ),
        started_at=now,
        step_started_at=now,
        by=find_user(),
        verified=before.verified if before else (),
    )


def resume(ports: Ports, target: Target) -> Result:
    """Go on with an unfinished rollout. Raises UsageError when there is none, or it is another target's."""
    preflight.check_context(ports, target)
    stored = ports.store.load(target.namespace, target.instance)
    if stored is None or stored.rollout.phase.is_terminal:
        raise UsageError(
            f"{target.instance} has no unfinished rollout.", hint="Start one with: genai-stack release"
        )
    check_same_target(stored.rollout, target)
    return take_over(ports, target)


def check_same_target(rollout: Rollout, target: Target) -> None:
    """Refuse to drive somebody's rollout with other values; backing out and going back need none."""
    is_backing_out = rollout.phase in {Phase.ABORTING, Phase.ROLLING_BACK} or rollout.is_rollback
    if not is_backing_out and rollout.target.digest != target.version.digest:
        raise UsageError(
            f"the unfinished rollout releases {rollout.target.label}, these values make {target.version.label}.",
            hint="Resume with the values it was started with, or take it back with: genai-stack abort",
        )


def take_over(ports: Ports, target: Target) -> Result:
    """Drive what is recorded to its end, under the lock."""
    with ports.lease.hold(target.namespace, target.instance) as hold:
        stored = ports.store.load(target.namespace, target.instance)
        if stored is None:
            raise UsageError(f"nothing is recorded of {target.instance}.")
        if stored.rollout.phase.is_terminal:
            return report_result(ports.reporter, stored.rollout, LoadReport(), hints=_hints(target))
        claimed = replace(stored.rollout, epoch=hold.epoch, step_started_at=ports.clock.now())
        stored = record(ports, target, claimed, stored)
        return run(ports, target, RouteBook(ports, target), hold, stored)


def run(ports: Ports, target: Target, book: RouteBook, hold: Hold, stored: Stored) -> Result:
    """Drive under load where the values ask for it, then keep the record and tell the result."""
    with _load(ports, target, stored.rollout) as load:
        ended = Driver(ports, target, hold, book).run(stored)
    keep(ports, target, ended)
    return report_result(ports.reporter, ended, load.report(), hints=_hints(target))


def keep(ports: Ports, target: Target, ended: Rollout) -> None:
    """Have a rollout that ended in the history; how it ended does not hang on that."""
    try:
        ports.store.archive(target.namespace, ended)
    except OutsideError as error:
        ports.reporter.say(f"not kept in the history, which the next rollout makes up for: {error.message}")


def confirm(ports: Ports, target: Target, is_confirmed: bool, what: str) -> None:
    """Have a person type the instance's name, or `--yes`; `what` ends the question ("to release ...").

    Raises UsageError otherwise; nothing was written.
    """
    if is_confirmed:
        return
    question = f"Type {target.instance} {what} in namespace {target.namespace}"
    answer = ports.reporter.confirm(question, target.instance)
    if answer is None:
        raise UsageError("nobody is here to confirm this.", hint="Pass --yes. Nothing was touched.")
    if not answer:
        raise UsageError("not confirmed.", hint="Nothing was touched.")


def _begin(ports: Ports, target: Target, rollout: Rollout, hold: Hold, stored: Stored | None) -> Stored:
    fresh = ports.store.load(target.namespace, target.instance)
    if (fresh.rollout if fresh else None) != (stored.rollout if stored else None):
        raise HeldError("another rollout began in between.", hint="Look with: genai-stack status")
    if fresh is not None:
        keep(ports, target, fresh.rollout)
    return record(ports, target, replace(rollout, epoch=hold.epoch), fresh)


def _settle_unfinished(ports: Ports, target: Target, wishes: Wishes, stored: Stored) -> Result:
    rollout = stored.rollout
    ports.reporter.say(f"found an unfinished rollout of {rollout.target.label} in phase {rollout.phase}")
    if wishes.is_dry_run:
        report_plan(ports.reporter, rollout)
        return Result(rollout, exit_code=0)
    is_same = rollout.target.digest == target.version.digest and rollout.phase is not Phase.ABORTING
    if is_same and not rollout.is_rollback:
        return take_over(ports, target)
    if not wishes.aborts_unfinished:
        holder = ports.lease.find_holder(target.namespace, target.instance)
        raise UsageError(
            f"{target.instance} has an unfinished rollout of {rollout.target.label} ({rollout.phase}, "
            f"driven by {holder or 'nobody'}).",
            hint="Go on with: genai-stack resume, or take it back with: genai-stack abort. Nothing was touched.",
        )
    preflight.check_rendering(ports, target, rollout.candidate)
    confirm(ports, target, wishes.is_confirmed, f"to abort that and release {target.version.label}")
    if rollout.phase is not Phase.ABORTING:
        # Under the lock: what somebody else drives at this moment is not taken from under their hands.
        with ports.lease.hold(target.namespace, target.instance):
            leave_wish(ports, target, "abort", "a new release was asked for")
    aborted = take_over(ports, target)
    return (
        aborted
        if aborted.rollout.phase is Phase.FAILED
        else release(ports, target, replace(wishes, is_confirmed=True))
    )


def _left_something(ended: Rollout) -> bool:
    """Whether an ended rollout left an instance in roles: a first install that was aborted left nothing."""
    return bool(ended.stable) or ended.phase is not Phase.ABORTED


def _is_same(rollout: Rollout, target: Target) -> bool:
    proven = find_verified(rollout.verified, rollout.stable)
    is_split = rollout.steps[0].target is Role.STABLE
    return proven is not None and proven.digest == target.version.digest and not is_split


@contextmanager
def _load(ports: Ports, target: Target, rollout: Rollout) -> Iterator[RunningLoad]:
    settings = target.strategy.load
    if not settings.is_enabled or not settings.url or not rollout.stable:
        yield _NoLoad()
        return
    with ports.load.run(settings) as running:
        yield running


class _NoLoad:
    def report(self) -> LoadReport:
        return LoadReport()


def _hints(target: Target) -> str:
    return f"--env {target.environment}"
