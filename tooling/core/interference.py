"""What somebody else did to the objects of a rollout while it ran, as far as a look can tell."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

from tooling.core.action import Scale
from tooling.core.observation import ReleaseMark
from tooling.core.plan import StepKind, Target
from tooling.core.rollout import Phase
from tooling.core.steps.look import SETTLED, Look, find_candidate_replicas, find_stable_replicas
from tooling.core.steps.traffic import find_rewrite

_OWN_HELM = frozenset({StepKind.INSTALL, StepKind.RECALL, StepKind.FINISH, StepKind.REVERT})
_ASIDE = frozenset({StepKind.FREEZE, StepKind.BACKUP, StepKind.STEADY, StepKind.VERIFY})
_WATCHED = frozenset({Phase.PROGRESSING, Phase.PAUSED, Phase.PROMOTING})


@dataclass(frozen=True, slots=True)
class Meddling:
    """What was done and by whom; `remedy` puts it right, without one the rollout cannot go on."""

    what: str
    by: str = ""
    remedy: Scale | None = None

    def __str__(self) -> str:
        return f"{self.what}{f' ({self.by})' if self.by else ''}"


def find_meddling(look: Look) -> Meddling | None:
    """Return the first thing that somebody else did; None where nobody did, or where it does not matter yet."""
    phase = look.rollout.phase
    if phase is Phase.PREPARING:
        return next(_find_rewrites(look), None)
    if phase not in _WATCHED:
        return None
    return next(chain(_find_rewrites(look), _find_upgrades(look), _find_edits(look), _find_scaling(look)), None)


def _find_rewrites(look: Look) -> Iterator[Meddling]:
    """Find a route that is neither as the steps before left it nor as this one wants it."""
    rollout, step, route = look.rollout, look.step, look.seen.route
    if not rollout.stable or rollout.is_base or step.kind in _ASIDE or step.target is Target.STABLE:
        return
    is_settled = step.kind in SETTLED
    if route is not None and not is_settled and (route.gives(look.standing) or route.gives(look.weights)):
        return
    what = find_rewrite(look, look.weights if is_settled else look.standing)
    if what:
        yield Meddling(what, route.written_by if route else "")


def _find_upgrades(look: Look) -> Iterator[Meddling]:
    rollout, instance = look.rollout, look.rollout.instance
    # once the candidate has all traffic, what happens to the old slot is no reason to go back to it
    known = {} if look.step.weight == 100 else {f"{instance}-{rollout.stable}": rollout.snapshot.stable_revision}
    if look.step.kind not in _OWN_HELM:
        known[f"{instance}-{rollout.candidate}"] = rollout.installed_revision
        known[instance] = rollout.base_revision
    for name, revision in known.items():
        mark = look.seen.revisions.get(name)
        if mark is not None and revision and mark.revision != revision:
            yield Meddling(f"somebody else ran helm on {name}: {_describe(mark, revision)}")


def _find_edits(look: Look) -> Iterator[Meddling]:
    rollout = look.rollout
    known = {rollout.candidate: rollout.templates}
    if look.step.weight < 100:
        known[rollout.stable] = rollout.snapshot.templates
    for slot, templates in known.items():
        for workload in look.seen.slot(slot).workloads:
            was = templates.get(workload.key, "")
            if was and workload.template and workload.template != was:
                yield Meddling(f"somebody else changed the pods of {workload.name}", workload.edited_by)


def _find_scaling(look: Look) -> Iterator[Meddling]:
    """Stable is given back what it needs; a candidate below its share is not what should be judged."""
    rollout, step = look.rollout, look.step
    if step.kind is StepKind.SCALE or not step.weight > 0:
        return
    if step.weight < 100:
        least = find_stable_replicas(look, 100 - step.weight)
        for workload in look.seen.slot(rollout.stable).workloads:
            needed = min(least.get(workload.key, 0), rollout.snapshot.stable.get(workload.key, 0))
            if workload.wanted < needed:
                what = f"somebody else scaled {workload.name} to {workload.wanted}; {needed} are needed"
                yield Meddling(what, workload.scaled_by, Scale(rollout.stable, workload.key, needed))
    wanted = find_candidate_replicas(look, step.weight, rollout.snapshot.required)
    for workload in look.seen.slot(rollout.candidate).workloads:
        is_free = workload.autoscaler == "on"
        if workload.wanted < wanted.get(workload.key, 0) and step.target is Target.CANDIDATE and not is_free:
            needed = wanted[workload.key]
            what = f"somebody else scaled {workload.name} to {workload.wanted}; {needed} are needed"
            yield Meddling(what, workload.scaled_by)


def _describe(mark: ReleaseMark, revision: int) -> str:
    return f"revision {revision} became {mark.revision} ({mark.status}, {mark.age:.0f} s ago)"
