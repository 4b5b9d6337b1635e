"""Write down what a rollout is about to do, through silence, lost replies and wishes that come in between."""

from __future__ import annotations

from collections.abc import Callable

from tooling.app.context import Ports, Target
from tooling.app.telling import tell
from tooling.core.rollout import Rollout
from tooling.core.steps.look import LOOK_EVERY
from tooling.errors import ConflictError, HeldError, OutsideError
from tooling.ports.store import Stored

SILENCE_LIMIT = 120.0
"""Seconds without any answer from the cluster after which a driver gives up; the rollout can be resumed."""


def record(ports: Ports, target: Target, rollout: Rollout, seen: Stored | None) -> Stored:
    """Record over what was read (None: nothing was there).

    Raises HeldError when another driver wrote meanwhile, and what the store raises once the silence was too long.
    """
    began = ports.clock.now()
    latest, before = seen, seen.rollout if seen else None
    while True:
        try:
            stored = ports.store.save(target.namespace, rollout, seen=latest)
        except OutsideError as error:
            bear(ports, error, began)
        else:
            tell(ports, before, rollout)
            return stored
        fresh = _reread(ports, target, latest)
        if fresh is not None and fresh.rollout == rollout:
            tell(ports, before, rollout)
            return fresh
        if (fresh.rollout if fresh else None) != before:
            raise name_other_driver(target)
        latest = fresh


def bear(ports: Ports, error: OutsideError, began: float) -> None:
    """Wait for another try, or raise what will not pass; `began` is when the silence began (epoch seconds)."""
    if not error.is_retryable or ports.clock.now() - began > SILENCE_LIMIT:
        raise error
    if not isinstance(error, ConflictError):
        ports.reporter.progress(f"no answer, trying again: {error.message}")
        ports.clock.sleep(LOOK_EVERY)


def insist(ports: Ports, call: Callable[[], None]) -> None:
    """Have a call succeed that may be repeated. Raises what the port raises after a long silence."""
    began = ports.clock.now()
    while True:
        try:
            return call()
        except OutsideError as error:
            bear(ports, error, began)


def name_other_driver(target: Target) -> HeldError:
    """Return the error for a record that somebody else wrote."""
    return HeldError(
        "somebody else changed the recorded rollout.",
        hint=f"Look with: genai-stack status --env {target.environment}",
    )


def _reread(ports: Ports, target: Target, seen: Stored | None) -> Stored | None:
    try:
        return ports.store.load(target.namespace, target.instance)
    except OutsideError as error:
        if not error.is_retryable:
            raise
        ports.clock.sleep(LOOK_EVERY)
        return seen
