"""The rollout that is on its way, and what is asked of it."""

from __future__ import annotations

from tooling.app.context import Ports, Target, find_user
from tooling.core.observation import Wish
from tooling.core.rollout import Rollout
from tooling.errors import UsageError


def find_running(ports: Ports, target: Target) -> Rollout:
    """Return the recorded rollout that has not ended. Raises UsageError when there is none."""
    stored = ports.store.load(target.namespace, target.instance)
    if stored is None or stored.rollout.phase.is_terminal:
        raise UsageError(f"{target.instance} has no rollout on its way.", hint="To go back: genai-stack rollback")
    return stored.rollout


def leave_wish(ports: Ports, target: Target, verb: str, reason: str) -> None:
    """Leave a wish beside the state of the rollout that is on its way."""
    rollout = find_running(ports, target)
    wish = Wish(verb, find_user(), reason, rollout.id, rollout.index)
    ports.store.wish(target.namespace, target.instance, wish)
