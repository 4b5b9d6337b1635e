"""Waiting for a condition, and for nothing else."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def wait_until(find: Callable[[], T], what: str, *, timeout: float = 30.0) -> T:
    """Return what `find` returns once it is true; fails loudly after `timeout` seconds."""
    end = time.monotonic() + timeout
    while not (found := find()):
        if time.monotonic() > end:
            raise AssertionError(f"not within {timeout:g} s: {what}; the last look gave {found!r}")
        time.sleep(0.02)
    return found
