"""The rollouts that ended, and whatever is recorded of them; reads only."""

from __future__ import annotations

from tooling.app.context import Ports, Target
from tooling.app.describe import Data, describe
from tooling.core.rollout import Rollout
from tooling.errors import UsageError


def read_history(ports: Ports, target: Target) -> list[Data]:
    """Return the rollouts that ended, oldest first; the last one too where its driver died before it kept it."""
    return [describe(one) for one in _list_ended(ports, target)]


def read_past(ports: Ports, target: Target, identity: str) -> Data:
    """Return one of them by its id or number. Raises UsageError for one that is not kept."""
    past = _list_ended(ports, target)
    for one in reversed(past):
        if identity in {one.id, str(one.number)}:
            return describe(one)
    known = ", ".join(f"{one.number or '-'} ({one.id})" for one in past) or "none"
    raise UsageError(f"no rollout {identity} of {target.instance} is kept.", hint=f"There are: {known}.")


def _list_ended(ports: Ports, target: Target) -> tuple[Rollout, ...]:
    past = ports.store.history(target.namespace, target.instance)
    stored = ports.store.load(target.namespace, target.instance)
    last = stored.rollout if stored else None
    is_kept = last is None or not last.phase.is_terminal or any(one.id == last.id for one in past)
    return past if is_kept or last is None else (*past, last)
