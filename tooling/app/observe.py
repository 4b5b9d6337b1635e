"""One look at everything that the next decision needs, and no more."""

from __future__ import annotations

from tooling.app.context import Ports, Target
from tooling.core.analysis import Measurement
from tooling.core.observation import Failure, Observation, ReleaseState, SlotState, Wish
from tooling.core.plan import StepKind
from tooling.core.plan import Target as Role
from tooling.core.rollout import Rollout

_NEEDS_HELM = frozenset({StepKind.INSTALL, StepKind.REVERT})
_NEEDS_METRICS = frozenset({StepKind.ANALYSIS})


def observe(
    ports: Ports, target: Target, rollout: Rollout, *, wish: Wish | None = None, failure: Failure | None = None
) -> Observation:
    """Look once. Raises what the ports raise; silence of the metrics is not an error."""
    step = rollout.step
    kind = step.kind if step else None
    slots = tuple(slot for slot in (rollout.stable, rollout.candidate) if slot)
    is_base = step is not None and step.target is Role.BASE
    needs_helm = kind in _NEEDS_HELM
    return Observation(
        base=ports.helm.read_release(target.instance) if needs_helm and is_base else None,
        slots={
            slot: SlotState(
                release=_read_slot(ports, target, slot)
                if needs_helm and not is_base and slot == rollout.candidate
                else None,
                workloads=ports.cluster.read_workloads(target.namespace, target.instance, slot),
            )
            for slot in slots
        },
        route=ports.route.read(target.namespace, target.instance),
        measurement=_measure(ports, target, slots) if kind in _NEEDS_METRICS else None,
        wish=wish,
        failure=failure,
    )


def needs_own_look(rollout: Rollout) -> bool:
    """Whether the step at hand needs what a look for another step did not ask for."""
    return rollout.step is not None and rollout.step.kind in _NEEDS_HELM | _NEEDS_METRICS


def _read_slot(ports: Ports, target: Target, slot: str) -> ReleaseState | None:
    return ports.helm.read_release(f"{target.instance}-{slot}")


def _measure(ports: Ports, target: Target, slots: tuple[str, ...]) -> Measurement | None:
    measurement = ports.metrics.measure(target.namespace, target.instance, slots)
    return measurement if all(slot in measurement for slot in slots) else None
