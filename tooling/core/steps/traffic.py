"""Steps that move traffic; only a ready and warm slot gets any (promise P4)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tooling.core.action import DeleteRoute, Scale, SetWeights, WarmUp
from tooling.core.gate import Progress, State, act, done, fail, wait
from tooling.core.observation import SlotState
from tooling.core.plan import Target
from tooling.core.replicas import find_replicas
from tooling.core.rollout import Phase
from tooling.core.steps.look import Look, find_candidate_replicas, split
from tooling.core.steps.pods import await_readiness, raise_pods

MOST_WRITES = 10
"""Times that one step writes the route before it gives in to whoever changes it each time."""


def set_weight(look: Look) -> Progress:
    """Have the route as the step says."""
    rollout = look.rollout
    step = look.step
    if step.target is Target.STABLE:
        return _return_traffic(look)
    return _shift(look, split(rollout, step.weight), rollout.stable)


def preview(look: Look) -> Progress:
    """Have the candidate reachable by itself, with all traffic at stable."""
    rollout, route = look.rollout, look.seen.route
    if route and rollout.candidate in route.previews and route.gives({rollout.stable: 100}):
        return done(f"{rollout.candidate} can be tried: docs/routes.md says how")
    return _shift(look, split(rollout, 0), rollout.stable, is_preview=True)


def promote(look: Look) -> Progress:
    """Have all traffic at the candidate."""
    rollout = look.rollout
    return _shift(look, {rollout.candidate: 100}, rollout.candidate)


def keep_traffic(look: Look) -> Progress | None:
    """Answer what broke while a slot is being taken away; None where all is as it should be.

    Backing out, traffic goes back to stable before anything else; after a switch, the rollout is given up.
    """
    rollout = look.rollout
    if rollout.phase is Phase.ABORTING and look.rollout.index > 0 and not rollout.is_base:
        progress = _return_traffic(look)
        return None if progress.state is State.DONE else progress
    lost = find_loss(look) if look.is_clearing else ""
    return fail(lost) if lost else None


def find_loss(look: Look) -> str:
    """Say what broke under the rollout: the candidate's pods, or a route that somebody else wrote."""
    rollout, slot = look.rollout, look.seen.slot(look.rollout.candidate)
    is_needed = bool(look.step.weight) or rollout.is_warm
    if is_needed and not _can_serve(slot):
        detail = next((f" ({one.problem})" for one in slot.workloads if one.problem), "")
        scaled = [one.scaled_by for one in slot.workloads if not one.wanted and one.scaled_by]
        by = f" (scaled by {scaled[0]})" if scaled else ""
        return f"{rollout.candidate} lost its ready pods{detail}{by}"
    return find_rewrite(look, look.weights)


def _can_serve(slot: SlotState) -> bool:
    """Whether every workload has a ready pod, but for those that their own autoscaler has put to sleep."""
    asleep = [one.autoscaler == "on" and not one.wanted for one in slot.workloads]
    return (
        bool(asleep)
        and not all(asleep)
        and all(one.ready > 0 or sleeps for one, sleeps in zip(slot.workloads, asleep, strict=True))
    )


def find_rewrite(look: Look, weights: Mapping[str, int]) -> str:
    """Say what somebody else made of the route; empty where it gives these weights."""
    route = look.seen.route
    if route is None:
        return "somebody else deleted the route"
    if route.gives(weights):
        return ""
    return f"somebody else changed the route to {dict(route.weights)}; it should be {dict(weights)}"


def _find_least(look: Look) -> Mapping[str, int]:
    """Pods that stable must have ready before it gets all traffic back from a candidate that serves all of it.

    Where stable still has some, nothing is waited for: it takes the rest at once (promise P2).
    """
    rollout, route = look.rollout, look.seen.route
    is_away = route is not None and route.gives({rollout.candidate: 100})
    if not is_away or not look.seen.slot(rollout.candidate).can_serve or not rollout.was_scaled_down:
        return {}
    before = rollout.snapshot.stable
    least = find_replicas(rollout.snapshot.required, share=100, floor=look.strategy.capacity.abort_floor)
    return {key: min(count, before.get(key, 0)) for key, count in least.items()}


def _shift(look: Look, weights: Mapping[str, int], serving: str, *, is_preview: bool = False) -> Progress:
    rollout, seen = look.rollout, look.seen
    if not is_preview and seen.route and seen.route.gives(weights) and seen.route.serving == serving:
        return done(baseline=None, given=weights[rollout.candidate])
    share = 100 if is_preview else weights[rollout.candidate]
    least = find_candidate_replicas(look, share)
    more = raise_pods(look, least)
    if more is not None:
        return more
    asked = {workload.key: workload.wanted for workload in seen.slot(rollout.candidate).workloads}
    gate = await_readiness(look, {key: max(asked.get(key, 0), count) for key, count in least.items()})
    if gate.state is not State.DONE:
        return gate
    if not rollout.is_warm:
        return _warm_up(look, gate.changes)
    action = SetWeights(weights, serving)
    if rollout.count_done(str(action)) >= MOST_WRITES:
        by = f" ({seen.route.written_by})" if seen.route and seen.route.written_by else ""
        return fail(f"somebody else keeps changing the route{by}")
    return act(action, **{**gate.changes, "baseline": None})


def _warm_up(look: Look, changes: Mapping[str, Any]) -> Progress:
    rollout, seen, strategy = look.rollout, look.seen, look.strategy
    elapsed = look.elapsed
    if elapsed >= strategy.ready_timeout:
        detail = seen.failure.message if seen.failure else "no answer"
        return fail(f"{rollout.candidate} is ready but answers no question after {elapsed:.0f} s: {detail}")
    return act(WarmUp(rollout.candidate), **changes)


def _return_traffic(look: Look) -> Progress:
    rollout, seen, strategy = look.rollout, look.seen, look.strategy
    if not rollout.stable:
        return act(DeleteRoute()) if seen.route else done()
    weights = {rollout.stable: 100}
    if seen.route and seen.route.gives(weights) and seen.route.serving == rollout.stable:
        return done()
    slot = seen.slot(rollout.stable)
    least = _find_least(look)
    for workload in slot.workloads:
        before = rollout.snapshot.stable.get(workload.key, 0)
        is_short = not slot.can_serve or workload.wanted < least.get(workload.key, 0)
        if workload.wanted < before and (not workload.wanted or is_short):
            return act(Scale(rollout.stable, workload.key, before))
    elapsed = look.elapsed
    is_late = elapsed >= strategy.ready_timeout
    if slot.can_serve and (is_late or all(one.ready >= least.get(one.key, 0) for one in slot.workloads)):
        return act(SetWeights(weights, rollout.stable))
    if not is_late and slot.workloads:
        return wait(f"waiting for {rollout.stable} to be ready")
    if seen.slot(rollout.candidate).can_serve:
        lost = seen.route.weights.get(rollout.stable, 0) if seen.route else 0
        told = f"; {lost} % of the traffic still goes to {rollout.stable}" if lost else ""
        return fail(f"{rollout.stable} is not ready, so {rollout.candidate} keeps the traffic it has{told}")
    return fail(f"neither {rollout.stable} nor {rollout.candidate} is ready after {elapsed:.0f} s")
