"""The loop: look, decide, record, act. It may die between any two lines and go on elsewhere."""

from __future__ import annotations

from dataclasses import dataclass, replace

from tooling.app.apply import RouteBook, apply
from tooling.app.context import Ports, Target
from tooling.app.observe import needs_own_look, observe
from tooling.app.recording import bear, name_other_driver, record
from tooling.core.action import Action, RunTests, WarmUp
from tooling.core.decide import Decision, decide
from tooling.core.observation import Failure, Observation
from tooling.core.rollout import DONE, UNKNOWN, Phase, Rollout
from tooling.core.shapes import hide_shapes
from tooling.core.steps.look import LOOK_EVERY
from tooling.errors import HeldError, OutsideError
from tooling.ports.lease import Hold
from tooling.ports.store import Stored


@dataclass(slots=True)
class Driver:
    """Drives one rollout to its end, holding the lock."""

    ports: Ports
    target: Target
    hold: Hold
    book: RouteBook

    def run(self, stored: Stored) -> Rollout:
        """Go on until a terminal phase and return the rollout as it ended.

        Raises HeldError when somebody else took over, OutsideError after a long silence of the cluster.
        """
        failure: Failure | None = None
        heard_at = self.ports.clock.now()
        while not stored.rollout.phase.is_terminal:
            self._check_hold()
            try:
                stored = self._refresh(stored)
                seen = observe(self.ports, self.target, stored.rollout, wish=stored.wish, failure=failure)
            except OutsideError as error:
                bear(self.ports, error, heard_at)
                continue
            heard_at = self.ports.clock.now()
            stored, failure = self._advance(stored, seen)
        return stored.rollout

    def _advance(self, stored: Stored, seen: Observation) -> tuple[Stored, Failure | None]:
        decision = settle(stored.rollout, seen, self.target, self.ports.clock.now())
        self._tell(stored.rollout, decision)
        rollout = decision.rollout
        if decision.action is None:
            if rollout != stored.rollout:
                stored = self._save(rollout, stored)
            if decision.wait and not rollout.phase.is_terminal:
                self.ports.alarm.wait(self.target.namespace, self.target.instance, decision.wait)
            return stored, seen.failure if decision.wait else None
        stored = self._save(rollout.intend(str(decision.action), self.ports.clock.now()), stored)
        self._check_hold()
        failure = self._apply(stored.rollout, decision.action, seen)
        outcome = _name_outcome(failure)
        concluded = stored.rollout.conclude(outcome, self.ports.clock.now())
        if failure is None and isinstance(decision.action, WarmUp):
            concluded = replace(concluded, is_warm=True)
        if failure is None and isinstance(decision.action, RunTests):
            concluded = replace(concluded, is_tested=True)
        return self._save(concluded, stored), failure

    def _apply(self, rollout: Rollout, action: Action, seen: Observation) -> Failure | None:
        try:
            apply(self.book, rollout, action, seen)
        except OutsideError as error:
            self.ports.reporter.say(f"{action}: {error.message}", action=str(action), failed=True)
            if error.is_retryable or rollout.phase is Phase.ABORTING:
                self.ports.clock.sleep(LOOK_EVERY)
            return Failure(hide_shapes(error.message), is_retryable=error.is_retryable)
        return None

    def _save(self, rollout: Rollout, stored: Stored) -> Stored:
        return record(self.ports, self.target, rollout, stored)

    def _refresh(self, stored: Stored) -> Stored:
        fresh = self.ports.store.load(self.target.namespace, self.target.instance)
        if fresh is None or fresh.rollout != stored.rollout:
            raise name_other_driver(self.target)
        return fresh

    def _check_hold(self) -> None:
        if not self.hold.is_held():
            raise HeldError("the lock was lost: another process drives this instance, or the cluster was silent.")

    def _tell(self, before: Rollout, decision: Decision) -> None:
        after, reporter = decision.rollout, self.ports.reporter
        if after.index > before.index and after.phase is not Phase.ABORTING:
            for step in before.steps[before.index : after.index]:
                reporter.say(f"done: {step}", step=str(step))
        if after.phase is not before.phase:
            detail = f": {after.reason}" if after.reason else ""
            reporter.say(f"{after.phase}{detail}", phase=after.phase.value, reason=after.reason)
        if decision.action is not None:
            reporter.say(str(decision.action), action=str(decision.action))
        elif decision.wait:
            reporter.progress(f"{after.step}: {decision.reason}")


def _name_outcome(failure: Failure | None) -> str:
    if failure is None:
        return DONE
    return f"{UNKNOWN if failure.is_retryable else ''}{failure.message}"


def settle(rollout: Rollout, seen: Observation, target: Target, now: float) -> Decision:
    """Decide on one look until something is to be done or waited for: a verdict and its write share a look."""
    decision = decide(rollout, seen, target.strategy, now)
    while decision.action is None and not decision.wait and not decision.rollout.phase.is_terminal:
        before = decision.rollout
        if needs_own_look(before):
            break
        decision = decide(before, replace(seen, failure=None), target.strategy, now)
        if decision.rollout == before:
            break
    return decision
