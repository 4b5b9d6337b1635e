"""Steps that change how many pods there are, and what their autoscalers may do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from tooling.core.action import FreezeScalers, RestoreScalers, RestScalers, Scale
from tooling.core.gate import Progress, State, act, check_readiness, done, fail, wait
from tooling.core.observation import Workload
from tooling.core.plan import Target
from tooling.core.replicas import find_replicas
from tooling.core.steps.look import SETTLED, Look, find_candidate_replicas, find_stable_replicas

_MOST_TRIES = 5
"""Times that the slot which served before is asked to change, once nothing hangs on it."""


def scale(look: Look) -> Progress:
    """Have the replicas that a share of the traffic needs, ready; scaling down waits for nobody."""
    rollout, step, strategy = look.rollout, look.step, look.strategy
    wanted = _find_wanted(look)
    for workload in look.slot.workloads:
        replicas = wanted.get(workload.key, min(step.share, 1))
        if _is_as_asked(workload, replicas):
            continue
        if look.elapsed >= strategy.ready_timeout:
            by = f" ({workload.scaled_by})" if workload.scaled_by else ""
            reason = f"somebody else keeps scaling {workload.name} to {workload.wanted}, not {replicas}{by}"
            # The last step gives back what the old version held: no reason to leave the new one.
            return done(reason) if step.target is Target.STABLE else fail(reason)
        over = _find_overdraft(look, workload, replicas)
        if over:
            return fail(over)
        action = Scale(look.slot_name, workload.key, replicas)
        if given_up := _give_up(look, str(action)):
            return given_up
        return act(action, is_warm=rollout.is_warm and step.target is Target.STABLE, **_note_scale_down(look))
    if step.target is Target.STABLE or step.share == 0:
        return done()
    return await_readiness(look, wanted)


def raise_pods(look: Look, least: Mapping[str, int]) -> Progress | None:
    """Have at least so many pods of the candidate asked for; None where they are, or where there is no room."""
    for workload in look.seen.slot(look.rollout.candidate).workloads:
        replicas = least.get(workload.key, 0)
        if workload.wanted >= replicas or workload.autoscaler == "on":
            continue
        if look.elapsed < look.strategy.ready_timeout and not _find_overdraft(look, workload, replicas):
            return act(Scale(look.rollout.candidate, workload.key, replicas), is_warm=False)
    return None


def keep_up(look: Look) -> Progress | None:
    """Have the candidate follow what stable's autoscalers ask for while a weight stands; None where it does."""
    rollout, step = look.rollout, look.step
    if step.kind not in SETTLED or not 0 < step.weight < 100 or look.strategy.splits_by_pods:
        return None
    return raise_pods(look, find_candidate_replicas(look, step.weight)) if rollout.stable else None


def drain(look: Look) -> Progress:
    """Wait until nobody waits for an answer of the slot, at the longest for the step's seconds."""
    rollout, step = look.rollout, look.step
    flying = look.seen.in_flight.get(look.slot_name)
    if not look.slot_name or not any(one.ready for one in look.slot.workloads) or flying == 0:
        return done(f"{look.slot_name} answers nobody")
    if look.elapsed < step.seconds:
        told = "an unknown number of" if flying is None else flying
        return wait(f"{look.slot_name} still answers {told} requests, {step.seconds - look.elapsed:.0f} s left")
    if flying is None:
        return done(f"{look.slot_name} did not say how many requests it answers")
    return done(f"{flying} requests are cut at {look.slot_name}", cut_streams=(rollout.cut_streams or 0) + flying)


def freeze(look: Look) -> Progress:
    """Have no autoscaler of the slot scale down."""
    is_free = any(one.autoscaler in {"on", "resting"} for one in look.slot.workloads)
    return act(FreezeScalers(look.slot_name)) if is_free else done()


def rest(look: Look) -> Progress:
    """Have no autoscaler wake the slot once it has no pods."""
    action = RestScalers(look.slot_name)
    if look.rollout.has_done(str(action)) or not any(one.autoscaler for one in look.slot.workloads):
        return done()
    return _give_up(look, str(action)) or act(action)


def restore(look: Look) -> Progress:
    """Have the autoscalers of the slot as their manifests say."""
    action = RestoreScalers(look.slot_name)
    is_held = any(one.autoscaler in {"frozen", "resting"} for one in look.slot.workloads)
    # once: a manifest may itself forbid to scale down
    if not is_held or look.rollout.has_done(str(action)):
        return done()
    return _give_up(look, str(action)) or act(action)


def await_readiness(look: Look, wanted: Mapping[str, int]) -> Progress:
    """Open the readiness gate of the candidate, and remember since when its pods have had a problem."""
    rollout, slot = look.rollout, look.seen.slot(look.rollout.candidate)
    grown = {one.key: one.wanted for one in slot.workloads if one.autoscaler}
    gate = check_readiness(
        slot,
        rollout.candidate,
        {key: max(count, grown.get(key, 0)) for key, count in wanted.items()},
        elapsed=look.elapsed,
        timeout=look.strategy.ready_timeout,
        troubled=look.troubled,
    )
    changes = dict(gate.changes)
    has_problem = any(workload.problem for workload in slot.workloads)
    since = (rollout.problem_since or look.now) if has_problem else 0.0
    if since != rollout.problem_since:
        changes["problem_since"] = since
    templates = {one.key: one.template for one in slot.workloads if one.template}
    if gate.state is State.DONE and templates and not rollout.templates:
        changes["templates"] = templates
    return replace(gate, changes=changes)


def _find_wanted(look: Look) -> Mapping[str, int]:
    step, before = look.step, look.rollout.snapshot.stable
    if step.target is Target.CANDIDATE:
        return _order_gateway_last(look, find_candidate_replicas(look, step.share))
    now = {one.key: one.wanted for one in look.slot.workloads}
    if step.share == 100:  # backing out: what it had
        return {key: max(count, now.get(key, 0)) for key, count in before.items()}
    if step.weight == 100:  # it rests, with no more than it has or had
        least = find_replicas(look.required, share=step.share, floor=look.strategy.capacity.floor)
        return {key: min(count, max(before.get(key, 0), now.get(key, 0))) for key, count in least.items()}
    least = find_stable_replicas(look, step.share)
    return {key: min(count, before.get(key, count)) for key, count in least.items()}


def _order_gateway_last(look: Look, wanted: Mapping[str, int]) -> Mapping[str, int]:
    """Keep the gateways as they are until the models are ready, where each gateway pod draws traffic by itself."""
    now = {one.key: one for one in look.slot.workloads}
    if not look.strategy.splits_by_pods or not look.step.share or "gateway" not in now:
        return wanted
    models = {key: count for key, count in wanted.items() if key != "gateway"}
    if all(key in now and now[key].has(max(count, now[key].wanted)) for key, count in models.items()):
        return wanted
    return {**models, "gateway": now["gateway"].wanted}


def _is_as_asked(workload: Workload, replicas: int) -> bool:
    """Whether the workload has what was asked for; an autoscaler may have asked for more."""
    if workload.autoscaler in {"on", "frozen"} and replicas > 0:
        return workload.wanted >= replicas
    return workload.wanted == replicas


def _find_overdraft(look: Look, workload: Workload, replicas: int) -> str:
    """Say why that many pods would take more GPUs than the plan may; empty where they do not."""
    snapshot, rollout = look.rollout.snapshot, look.rollout
    if snapshot.most_gpus is None or replicas <= workload.wanted or look.step.target is Target.STABLE:
        return ""
    taken = _count_gpus(look.seen.slot(rollout.stable).workloads, snapshot.stable_gpus)
    taken += _count_gpus(look.seen.slot(rollout.candidate).workloads, snapshot.gpus)
    more = (replicas - workload.wanted) * snapshot.gpus.get(workload.key, 0)
    if not more or taken + more <= snapshot.most_gpus:
        return ""
    return (
        f"{workload.name} would need {more} more GPUs: {taken} are taken and the plan may take "
        f"{snapshot.most_gpus} (rollout.capacity.maxSurgeGpus)"
    )


def _count_gpus(workloads: tuple[Workload, ...], each: Mapping[str, int]) -> int:
    return sum(one.wanted * each.get(one.key, 0) for one in workloads)


def _give_up(look: Look, action: str) -> Progress | None:
    """Leave the slot that served before as it is when it cannot be changed: no reason to leave the new one."""
    failure = look.seen.failure
    if failure is None or not look.is_tidying:
        return None
    if failure.is_retryable and look.rollout.count_tries(action) < _MOST_TRIES:
        return None
    return done(f"{look.slot_name} stays as it is: {failure.message}")


def _note_scale_down(look: Look) -> Mapping[str, bool]:
    return {"was_scaled_down": True} if look.step.target is Target.STABLE and look.step.share < 100 else {}
