"""Abort and promote: asked of whoever drives, or done here when nobody does."""

from __future__ import annotations

from dataclasses import replace

from tooling.app import preflight
from tooling.app.context import Ports, Target
from tooling.app.release import take_over
from tooling.app.report import Result, report_result
from tooling.app.running import find_running, leave_wish
from tooling.app.same_target import check_route_kind, check_same_target
from tooling.core.decide import PROMOTE_FULL
from tooling.core.plan import StepKind
from tooling.core.rollout import Phase, Rollout
from tooling.errors import HeldError, UsageError
from tooling.ports.load import LoadReport

_PASSED = frozenset({StepKind.APPROVAL, StepKind.ANALYSIS, StepKind.QUALITY})

SILENCE = 30.0
"""Seconds without any change of the record after which a driver may be gone: the lock then tells."""

PATIENCE = 600.0
"""Seconds that a command waits for the driver that it asked."""


def abort(ports: Ports, target: Target, reason: str) -> Result:
    """Stop a running rollout: all traffic to stable. Raises UsageError when none runs."""
    preflight.check_context(ports, target)
    rollout = find_running(ports, target)
    check_route_kind(rollout, target)
    if rollout.phase is not Phase.ABORTING:
        leave_wish(ports, target, "abort", reason)
    result = _take_over_or_watch(ports, target, rollout, "abort")
    if result.exit_code == 0:
        ports.reporter.say("too late to abort. To go back: genai-stack rollback")
        return replace(result, exit_code=2)
    return result


def promote(ports: Ports, target: Target, reason: str, *, is_full: bool = False) -> Result:
    """Pass the approval that a rollout waits for, or with `is_full` all gates that are left.

    Raises UsageError when it waits for none, and where no gate is left.
    """
    preflight.check_context(ports, target)
    rollout = find_running(ports, target)
    check_same_target(rollout, target)
    step = rollout.step
    if is_full and rollout.phase not in {Phase.PENDING, Phase.PREPARING, Phase.PROGRESSING, Phase.PAUSED}:
        raise UsageError(f"no gate is left to pass: the rollout is in phase {rollout.phase}.")
    if not is_full and (step is None or step.kind not in _PASSED):
        raise UsageError(
            f"the rollout waits for nobody: it is at {step} ({rollout.phase}).",
            hint="`promote --full` passes all gates that are left.",
        )
    verb = PROMOTE_FULL if is_full else "promote"
    leave_wish(ports, target, verb, reason)
    return _take_over_or_watch(ports, target, rollout, verb)


def _take_over_or_watch(ports: Ports, target: Target, rollout: Rollout, verb: str) -> Result:
    """Drive the rollout where nobody does, else wait for whoever does; one that dies meanwhile is replaced."""
    deadline, told = ports.clock.now() + PATIENCE, ""
    while ports.clock.now() < deadline:
        try:
            return take_over(ports, target)
        except HeldError:
            holder = ports.lease.find_holder(target.namespace, target.instance) or "the driver"
        if holder != told:
            ports.reporter.say(f"asked {holder}, which drives this rollout")
            told = holder
        result = _watch(ports, target, rollout, verb, deadline)
        if result is not None:
            return result
    raise HeldError(
        f"the driver did not finish within {PATIENCE:.0f} s.", hint="The wish stays recorded; look with: status"
    )


def _watch(ports: Ports, target: Target, rollout: Rollout, verb: str, deadline: float) -> Result | None:
    """Wait until the driver did what it was asked; None where it seems to be gone."""
    known, changed_at = rollout, ports.clock.now()
    while ports.clock.now() < deadline:
        stored = ports.store.load(target.namespace, target.instance)
        if stored is None or stored.rollout.id != rollout.id:
            raise HeldError("another rollout has begun meanwhile.", hint="Look with: genai-stack status")
        now = stored.rollout
        if now.phase.is_terminal:
            return report_result(ports.reporter, now, LoadReport(), hints="")
        if verb != "abort" and now.index > rollout.index:
            ports.reporter.say("the driver passed it and goes on; follow it with: genai-stack status --watch")
            return Result(now, exit_code=0)
        if now != known:
            known, changed_at = now, ports.clock.now()
        is_silent = ports.clock.now() - changed_at > SILENCE
        if is_silent or not ports.lease.find_holder(target.namespace, target.instance):
            return None
        ports.reporter.progress(f"{now.phase}: {now.step}")
        ports.clock.sleep(1.0)
    return None
