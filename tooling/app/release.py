"""Release a target: install it, or move traffic to it step by step, or say why not."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from tooling.app import preflight
from tooling.app.apply import RouteBook, claim, prepare
from tooling.app.base_changes import check_additive, tell_changes
from tooling.app.context import Ports, Target
from tooling.app.drive import Driver
from tooling.app.plan_document import describe_plan
from tooling.app.plan_table import make_capacity
from tooling.app.planning import look_around, plan_release
from tooling.app.recording import insist, record
from tooling.app.report import Result, report_plan, report_result
from tooling.app.running import leave_wish
from tooling.app.same_target import check_route_kind, check_same_target, tell_place
from tooling.core.plan import StepKind
from tooling.core.rollout import Phase, Rollout
from tooling.core.trail import find_verified
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
    preflight.check_rights(ports, target)
    stored = ports.store.load(target.namespace, target.instance)
    is_unfinished = stored is not None and not stored.rollout.phase.is_terminal
    has_slots = stored is not None and (is_unfinished or _left_something(stored.rollout))
    preflight.check_releases(ports, target, has_slots=has_slots, is_unfinished=is_unfinished)
    preflight.check_cluster(ports, target)
    if stored is not None and is_unfinished:
        return _settle_unfinished(ports, target, wishes, stored)
    standing = look_around(ports, target)
    roles = preflight.render_roles(ports, target, standing.candidate)
    rollout = plan_release(ports, target, standing, stored.rollout if stored else None, roles)
    if _is_same(rollout, target) and not wishes.is_again:
        ports.reporter.say(f"{target.instance} already runs {target.version.label}: nothing to do.")
        return Result(rollout, exit_code=0)
    changes = check_additive(ports, target, roles.base)
    capacity = preflight.check_rollout(ports, target, rollout, roles)
    book = RouteBook(ports, target, rollout.candidate)
    preflight.write_routes_ahead(book, rollout.steps, stable=rollout.stable, candidate=rollout.candidate)
    report_plan(ports.reporter, rollout, target, capacity)
    tell_changes(ports, changes)
    if wishes.is_dry_run:
        return Result(rollout, 0, describe_plan(rollout, capacity, changes))
    rollout = replace(rollout, snapshot=replace(rollout.snapshot, stable_gpus=capacity.asks.stable_gpus))
    confirm(ports, target, wishes.is_confirmed, f"to release {target.version.label}")
    prepare(ports, target.namespace)
    with ports.lease.hold(target.namespace, target.instance) as hold:
        return run(ports, target, book, hold, _begin(ports, target, rollout, hold, stored))


def resume(ports: Ports, target: Target) -> Result:
    """Go on with an unfinished rollout. Raises UsageError when there is none, or it is another target's."""
    preflight.check_context(ports, target)
    stored = ports.store.load(target.namespace, target.instance)
    if stored is None or stored.rollout.phase.is_terminal:
        raise UsageError(
            f"{target.instance} has no unfinished rollout in namespace {target.namespace}: "
            f"{tell_place(target, 'rollout.instance')} says which instance is meant.",
            hint="Start one with: genai-stack release",
        )
    check_same_target(stored.rollout, target)
    return take_over(ports, target)


def take_over(ports: Ports, target: Target) -> Result:
    """Drive what is recorded to its end, under the lock."""
    with ports.lease.hold(target.namespace, target.instance) as hold:
        stored = ports.store.load(target.namespace, target.instance)
        if stored is None:
            raise UsageError(f"nothing is recorded of {target.instance}.")
        if stored.rollout.phase.is_terminal:
            return report_result(ports.reporter, stored.rollout, LoadReport(), hints=_hints(target))
        check_route_kind(stored.rollout, target)
        claimed = replace(stored.rollout, epoch=hold.epoch, step_started_at=ports.clock.now())
        stored = record(ports, target, claimed, stored)
        insist(ports, lambda: claim(ports, target, claimed))
        book = RouteBook(ports, target, "" if claimed.is_rollback else claimed.candidate)
        return run(ports, target, book, hold, stored)


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
        report_plan(ports.reporter, rollout, target)
        return Result(rollout, 0, describe_plan(rollout, make_capacity(rollout, target)))
    is_same = rollout.target.digest == target.version.digest and rollout.phase is not Phase.ABORTING
    if is_same and not rollout.is_rollback and not rollout.is_base:
        check_same_target(rollout, target)
        return take_over(ports, target)
    if not wishes.aborts_unfinished:
        holder = ports.lease.find_holder(target.namespace, target.instance)
        raise UsageError(
            f"{target.instance} has an unfinished rollout of {rollout.target.label} ({rollout.phase}, "
            f"driven by {holder or 'nobody'}).",
            hint="Go on with: genai-stack resume, or take it back with: genai-stack abort. Nothing was touched.",
        )
    check_route_kind(rollout, target)
    preflight.check_settings(ports, target, preflight.render_roles(ports, target, rollout.candidate))
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
    is_split = rollout.steps[0].kind is StepKind.WEIGHT
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
