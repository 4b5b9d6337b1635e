"""Waiting for a condition, and for nothing else."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def wait_until(
    find: Callable[[], T], what: str | Callable[[], str], *, timeout: float = 30.0, pause: float = 0.02
) -> T:
    """Return what `find` returns once it is true, looking every `pause` seconds.

    Fails loudly after `timeout` seconds; `what` may be asked only then, for what is there instead.
    """
    end = time.monotonic() + timeout
    while not (found := find()):
        if time.monotonic() > end:
            told = what if isinstance(what, str) else what()
            raise AssertionError(f"not within {timeout:g} s: {told}; the last look gave {found!r}")
        time.sleep(pause)
    return found
