"""Abort and promote: asked of whoever drives, or done here when nobody does."""

from __future__ import annotations

from dataclasses import replace

from tooling.app import preflight
from tooling.app.context import Ports, Target
from tooling.app.release import take_over
from tooling.app.report import Result, report_result
from tooling.app.running import find_running, leave_wish
from tooling.app.same_target import check_same_target
from tooling.core.decide import PROMOTE_FULL
from tooling.core.plan import StepKind
from tooling.core.rollout import Phase, Rollout
from tooling.errors import HeldError, UsageError
from tooling.ports.load import LoadReport

_PASSED = frozenset({StepKind.APPROVAL, StepKind.ANALYSIS, StepKind.QUALITY})

PATIENCE = 600.0
"""Seconds that a command waits for the driver that it asked."""


def abort(ports: Ports, target: Target, reason: str) -> Result:
    """Stop a running rollout: all traffic to stable. Raises UsageError when none runs."""
    preflight.check_context(ports, target)
    rollout = find_running(ports, target)
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
    try:
        return take_over(ports, target)
    except HeldError:
        holder = ports.lease.find_holder(target.namespace, target.instance)
        ports.reporter.say(f"asked {holder or 'the driver'}, which drives this rollout")
        return _watch(ports, target, rollout, verb)


def _watch(ports: Ports, target: Target, rollout: Rollout, verb: str) -> Result:
    deadline = ports.clock.now() + PATIENCE
    while ports.clock.now() < deadline:
        stored = ports.store.load(target.namespace, target.instance)
        if stored is None or stored.rollout.id != rollout.id:
            raise HeldError("another rollout has begun meanwhile.", hint="Look with: genai-stack status")
        if stored.rollout.phase.is_terminal:
            return report_result(ports.reporter, stored.rollout, LoadReport(), hints="")
        if verb != "abort" and stored.rollout.index > rollout.index:
            ports.reporter.say("the driver passed it and goes on; follow it with: genai-stack status")
            return Result(stored.rollout, exit_code=0)
        ports.reporter.progress(f"{stored.rollout.phase}: {stored.rollout.step}")
        ports.clock.sleep(1.0)
    raise HeldError(
        f"the driver did not finish within {PATIENCE:.0f} s.", hint="The wish stays recorded; look with: status"
    )
