"""One look at everything that the next decision needs, and no more."""

from __future__ import annotations

from collections.abc import Mapping

from tooling.app.compare import compare
from tooling.app.context import Ports, Target
from tooling.core.analysis import Measurement
from tooling.core.observation import Failure, Observation, ReleaseMark, SlotState, Wish
from tooling.core.plan import Step, StepKind
from tooling.core.plan import Target as Role
from tooling.core.quality import QualityRun
from tooling.core.rollout import Phase, Rollout
from tooling.core.steps.base import name_backup
from tooling.core.values import find_releases

_NEEDS_HELM = frozenset({StepKind.INSTALL, StepKind.RECALL, StepKind.FINISH, StepKind.REVERT})
_NEEDS_MORE = _NEEDS_HELM | {
    StepKind.ANALYSIS,
    StepKind.QUALITY,
    StepKind.DRAIN,
    StepKind.VERIFY,
    StepKind.BACKUP,
    StepKind.STEADY,
}
_IS_WATCHED = frozenset({Phase.PROGRESSING, Phase.PAUSED, Phase.PROMOTING})


def observe(
    ports: Ports, target: Target, rollout: Rollout, *, wish: Wish | None = None, failure: Failure | None = None
) -> Observation:
    """Look once. Raises what the ports raise; silence of the metrics is not an error."""
    step, namespace, instance = rollout.step, target.namespace, target.instance
    kind = step.kind if step else None
    slots = tuple(slot for slot in (rollout.stable, rollout.candidate) if slot)
    is_base = step is not None and step.target is Role.BASE
    needs_helm = kind in _NEEDS_HELM
    own = ports.helm.read_release(f"{instance}-{rollout.candidate}") if needs_helm and not is_base else None
    workloads = ports.cluster.read_slots(namespace, instance, slots)
    return Observation(
        base=ports.helm.read_release(instance) if needs_helm and is_base else None,
        slots={
            slot: SlotState(own if slot == rollout.candidate else None, workloads.get(slot, ())) for slot in slots
        },
        route=ports.route.read(namespace, instance),
        measurement=_measure(ports, target, rollout, step) if kind is StepKind.ANALYSIS and step else None,
        wish=wish,
        failure=failure,
        revisions=_read_revisions(ports, target, slots) if rollout.phase in _IS_WATCHED else {},
        in_flight=ports.metrics.count_in_flight(namespace, instance, slots) if kind is StepKind.DRAIN else {},
        quality=_ask(ports, target, rollout, step) if kind is StepKind.QUALITY and step else None,
        comparison=compare(ports, target, rollout) if kind is StepKind.VERIFY else None,
        base_workloads=ports.cluster.read_base_workloads(namespace, instance) if kind is StepKind.STEADY else (),
        backup=ports.cluster.read_job(namespace, name_backup(rollout)) if kind is StepKind.BACKUP else None,
    )


def needs_own_look(rollout: Rollout) -> bool:
    """Whether the step at hand needs what a look for another step did not ask for."""
    return rollout.step is not None and rollout.step.kind in _NEEDS_MORE


def _read_revisions(ports: Ports, target: Target, slots: tuple[str, ...]) -> Mapping[str, ReleaseMark]:
    instance = target.instance
    return ports.cluster.read_revisions(target.namespace, find_releases(instance, slots))


def _ask(ports: Ports, target: Target, rollout: Rollout, step: Step) -> QualityRun | None:
    """Go on with the prompts; values that have the suite no more are those of somebody who only aborts."""
    suite = target.suites.get(step.suite)
    if suite is None:
        return None
    slots = (rollout.stable, rollout.candidate)
    return ports.quality.run(target.namespace, target.instance, slots, suite, f"{rollout.id}/{rollout.index}")


def _measure(ports: Ports, target: Target, rollout: Rollout, step: Step) -> Measurement | None:
    """Measure the slots that have traffic: the candidate alone once it has all of it."""
    slots = (rollout.candidate,) if step.weight == 100 else (rollout.stable, rollout.candidate)
    measurement = ports.metrics.measure(target.namespace, target.instance, slots)
    return measurement if all(slot in measurement for slot in slots) else None
