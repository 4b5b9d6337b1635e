"""Pods of the pure world, and how they behave."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Behaviour:
    """How the pods of a slot behave: seconds to get ready, errors in percent, latency in seconds."""

    start_seconds: float = 3.0
    problem: str = ""
    error_percent: float = 0.0
    latency: float = 0.3
    is_answering: bool = True
    tests_pass: bool = True
    in_flight: int = 0


@dataclass(frozen=True, slots=True)
class Pods:
    """The pods of one workload; `ready_before` of them were ready before the last change."""

    wanted: int
    ready_before: int = 0
    ready_at: float = 0.0

    def ready(self, now: float) -> int:
        return self.wanted if now >= self.ready_at else min(self.wanted, self.ready_before)
