"""After the fact: all traffic back to a verified version that still exists."""

from __future__ import annotations

from dataclasses import replace

from tooling.app import preflight
from tooling.app.apply import RouteBook
from tooling.app.context import Ports, Target
from tooling.app.planning import plan_way_back
from tooling.app.recording import record
from tooling.app.release import confirm, keep, run
from tooling.app.report import Result, report_plan
from tooling.app.same_target import check_route_kind
from tooling.errors import UsageError


def rollback(ports: Ports, target: Target, *, is_confirmed: bool, number: int = 0) -> Result:
    """Go back to the version of the rollout `number`, or to the last one before. Raises UsageError without any."""
    preflight.check_context(ports, target)
    preflight.check_rights(ports, target)
    stored = ports.store.load(target.namespace, target.instance)
    if stored is None:
        raise UsageError(f"nothing is recorded of {target.instance}.", hint="Start with: genai-stack release")
    if not stored.rollout.phase.is_terminal:
        raise UsageError(
            f"a rollout is on its way ({stored.rollout.phase}).", hint="Stop it with: genai-stack abort"
        )
    check_route_kind(stored.rollout, target)
    preflight.check_pending(ports, target)
    rollout = plan_way_back(ports, target, stored, number)
    book = RouteBook(ports, target)
    if not rollout.recalled:
        book.open({rollout.candidate: 100}, rollout.candidate)
    report_plan(ports.reporter, rollout, target)
    confirm(ports, target, is_confirmed, f"to go back to {rollout.target.label}")
    with ports.lease.hold(target.namespace, target.instance) as hold:
        keep(ports, target, stored.rollout)
        begun = record(ports, target, replace(rollout, epoch=hold.epoch), stored)
        return run(ports, target, book, hold, begun)
