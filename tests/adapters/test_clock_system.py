"""The system's clock."""

from __future__ import annotations

import time

from tooling.adapters.clock_system import SystemClock


def test_time_passes() -> None:
    clock = SystemClock()
    began = clock.now()
    assert began <= time.time()
    clock.sleep(0.01)
    assert clock.now() > began
