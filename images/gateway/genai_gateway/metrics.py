"""What the gateway counts. Label values come from the configuration, never from a request."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)

UNKNOWN_MODEL = "unknown"
_FIRST_SECONDS, _LAST_SECONDS, _BUCKETS = 0.005, 120.0, 47


def duration_buckets() -> tuple[float, ...]:
    """Upper bounds in seconds, 5 ms to 120 s; each at most 1.25 times the one before.

    The growth bounds the error of a quantile that is read from the histogram.
    """
    growth = (_LAST_SECONDS / _FIRST_SECONDS) ** (1 / (_BUCKETS - 1))
    inner = (float(f"{_FIRST_SECONDS * growth**i:.4g}") for i in range(1, _BUCKETS - 1))
    return (_FIRST_SECONDS, *inner, _LAST_SECONDS)


@dataclass(slots=True)
class Call:
    """One counted request on its way: handlers fill in what they learn."""

    endpoint: str
    request_id: str
    model: str = UNKNOWN_MODEL
    code: int | None = None  # what is counted; None: the status that was sent
    error: str | None = None
    prompt: str | None = None  # only set while the logPrompts flag is on
    tokens: dict[str, int] = field(default_factory=dict)
    clock: Callable[[], float] = time.perf_counter
    started: float = 0.0  # on that clock
    first_token_seconds: float | None = None  # None: the caller got none

    def mark_first_token(self) -> None:
        """Note that the answer begins to reach the caller; only the first time counts."""
        if self.first_token_seconds is None:
            self.first_token_seconds = self.clock() - self.started


class Metrics:
    """The gateway's metrics in a registry of its own, so that two apps in one process don't share counts."""

    def __init__(self) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._requests = Counter(
            "genai_gateway_requests_total",
            "Answered requests; code 499: the client left before the answer.",
            ("endpoint", "model", "code"),
            registry=self.registry,
        )
        self._seconds = Histogram(
            "genai_gateway_request_duration_seconds",
            "Time from the request's first byte to the answer's last.",
            ("endpoint", "model"),
            buckets=duration_buckets(),
            registry=self.registry,
        )
        self._first_token = Histogram(
            "genai_gateway_time_to_first_token_seconds",
            "Time from the request's first byte to a stream's first event, or to the whole of any other answer.",
            ("endpoint", "model"),
            buckets=duration_buckets(),
            registry=self.registry,
        )
        self.in_flight = Gauge(
            "genai_gateway_requests_in_flight", "Requests that are being answered.", registry=self.registry
        )
        self._tokens = Counter(
            "genai_gateway_tokens_total",
            "Tokens that the inference servers reported; kind is prompt or completion.",
            ("model", "kind"),
            registry=self.registry,
        )

    def observe(self, call: Call, code: int, seconds: float) -> None:
        """Count one finished request, exactly once."""
        self._requests.labels(call.endpoint, call.model, str(code)).inc()
        self._seconds.labels(call.endpoint, call.model).observe(seconds)
        if call.first_token_seconds is not None:
            self._first_token.labels(call.endpoint, call.model).observe(call.first_token_seconds)
        for kind, count in call.tokens.items():
            self._tokens.labels(call.model, kind).inc(count)

    def exposition(self) -> bytes:
        """The text that GET /metrics answers."""
        return generate_latest(self.registry)
