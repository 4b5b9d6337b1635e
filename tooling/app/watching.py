"""Look at a rollout until it ends; reads only."""

from __future__ import annotations

from collections.abc import Callable

from tooling.app.context import Ports, Target
from tooling.app.describe import Data
from tooling.app.recording import SILENCE_LIMIT
from tooling.app.report import EXIT_CODES
from tooling.app.status import Traffic, show_status
from tooling.core.rollout import Rollout
from tooling.errors import OutsideError

LOOK_EVERY = 2.0
"""Seconds between two looks."""

GONE = 4
"""Exit code where the record of a rollout that was watched is there no more."""


def watch(ports: Ports, target: Target, show: Callable[[Data], None]) -> int:
    """Show every look until the rollout ends, and return the exit code of its phase; 0 where none is recorded.

    A silent cluster is shown as `silent`: seconds without an answer and the reason, beside what was seen last.
    Raises OutsideError where it stays silent, says no, or was silent from the beginning.
    """
    traffic = Traffic()
    watched = ""
    shown: Data = {}
    heard_at = ports.clock.now()
    while True:
        try:
            stored = ports.store.load(target.namespace, target.instance)
            rollout = stored.rollout if stored else None
            ended = _find_ended(ports, target, watched, rollout)
            shown = show_status(ports, target, ended or rollout, traffic)
        except OutsideError as error:
            silence = ports.clock.now() - heard_at
            if not error.is_retryable or silence > SILENCE_LIMIT or not shown:
                raise
            show({**shown, "silent": {"seconds": round(silence, 1), "reason": error.message}})
            ports.clock.sleep(LOOK_EVERY)
            continue
        heard_at = ports.clock.now()
        show(shown)
        if rollout is None:
            return GONE if watched else 0
        last = ended or rollout
        if last.phase.is_terminal:
            return EXIT_CODES[last.phase]
        watched = rollout.id
        ports.clock.sleep(LOOK_EVERY)


def _find_ended(ports: Ports, target: Target, watched: str, rollout: Rollout | None) -> Rollout | None:
    """Return the watched rollout from the history, where another one has begun between two looks."""
    if not watched or rollout is None or rollout.id == watched:
        return None
    return next((one for one in ports.store.history(target.namespace, target.instance) if one.id == watched), None)
