"""The load port: requests at a fixed rate, whether or not earlier ones were answered (open loop)."""

from __future__ import annotations

import json
import math
import threading
import time
from collections import deque
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count

import urllib3

from tooling.core.strategy import LoadSettings
from tooling.errors import UsageError
from tooling.ports.load import LoadReport, RunningLoad, SlotLoad

SLOT_HEADER = "x-genai-slot"

_CONNECT_TIMEOUT = 5.0
_TIMEOUT = 30.0
_EXAMPLES = 3
_LATENCIES = 100_000
"""Latencies that are kept per slot for its p95; the oldest are forgotten first."""


@dataclass(slots=True)
class _Tally:
    requests: int = 0
    errors: int = 0
    last_started_at: float = 0.0
    latencies: deque[float] = field(default_factory=lambda: deque(maxlen=_LATENCIES))


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What came of one request; `error` is empty when it succeeded."""

    slot: str
    error: str
    started_at: float
    latency: float


class HttpLoad:
    """Implements the load port."""

    @contextmanager
    def run(self, settings: LoadSettings) -> Iterator[RunningLoad]:
        """Send requests until the block ends; those on their way are waited for."""
        if not settings.url or settings.rate <= 0 or settings.concurrency < 1 or not settings.prompts:
            raise UsageError(
                "load needs a URL, a rate above 0, at least one connection and at least one prompt.",
                hint="Set rollout.load.url, or rollout.load.enabled: false.",
            )
        load = _HttpRunningLoad(settings)
        load.start()
        try:
            yield load
        finally:
            load.stop()


class _HttpRunningLoad:
    def __init__(self, settings: LoadSettings) -> None:
        self._settings = settings
        self._url = f"{settings.url.rstrip('/')}/chat"
        self._http = urllib3.PoolManager(
            num_pools=1,
            maxsize=settings.concurrency,
            retries=False,
            timeout=urllib3.Timeout(connect=_CONNECT_TIMEOUT, read=_TIMEOUT),
        )
        self._workers = ThreadPoolExecutor(settings.concurrency, thread_name_prefix="load")
        self._free = threading.Semaphore(settings.concurrency)
        self._lock = threading.Lock()
        self._tallies: dict[str, _Tally] = {}
        self._examples: list[str] = []
        self._skipped = 0
        self._ended = threading.Event()
        self._ticker = threading.Thread(target=self._tick, name="load-ticker", daemon=True)

    def start(self) -> None:
        self._ticker.start()

    def stop(self) -> None:
        self._ended.set()
        self._ticker.join()
        self._workers.shutdown(wait=True)
        self._http.clear()

    def report(self) -> LoadReport:
        """Return what happened so far."""
        with self._lock:
            slots = {slot: _summarize(tally) for slot, tally in self._tallies.items()}
            skipped = (f"{self._skipped} requests were not sent: all connections were busy",) * bool(self._skipped)
            return LoadReport(slots, (*self._examples, *skipped))

    def _tick(self) -> None:
        began = time.monotonic()
        for number in count():
            due = began + number / self._settings.rate
            if self._ended.wait(max(0.0, due - time.monotonic())):
                return
            if self._free.acquire(blocking=False):
                self._workers.submit(self._work, number)
            else:
                with self._lock:
                    self._skipped += 1

    def _work(self, number: int) -> None:
        try:
            self._note(self._ask(self._settings.prompts[number % len(self._settings.prompts)]))
        finally:
            self._free.release()

    def _ask(self, prompt: str) -> _Outcome:
        headers = {"Content-Type": "application/json"}
        if self._settings.host:
            headers["Host"] = self._settings.host
        body = json.dumps({"message": prompt, "max_tokens": self._settings.max_tokens})
        started_at, began = time.time(), time.monotonic()
        slot = error = ""
        try:
            response = self._http.request("POST", self._url, body=body, headers=headers, preload_content=False)
            slot = response.headers.get(SLOT_HEADER, "")
            try:
                _ = response.data  # an answer that breaks off in its body is no answer
            finally:
                response.release_conn()
            is_success = 200 <= response.status < 300
            if response.status >= 500 or (not slot and not is_success):
                error = f"HTTP {response.status} from {slot or 'the edge'}"
        except (urllib3.exceptions.HTTPError, OSError) as failure:
            error = f"{type(failure).__name__}{f' from {slot}' if slot else ''}"
        return _Outcome(slot, error, started_at, time.monotonic() - began)

    def _note(self, outcome: _Outcome) -> None:
        with self._lock:
            tally = self._tallies.setdefault(outcome.slot, _Tally())
            tally.requests += 1
            tally.latencies.append(outcome.latency)
            tally.last_started_at = max(tally.last_started_at, outcome.started_at)
            if outcome.error:
                tally.errors += 1
                if len(self._examples) < _EXAMPLES:
                    self._examples.append(outcome.error)


def find_p95(latencies: list[float]) -> float | None:
    """Return the smallest latency that at least 95 % of all do not exceed; None without any."""
    if not latencies:
        return None
    return sorted(latencies)[math.ceil(0.95 * len(latencies)) - 1]


def _summarize(tally: _Tally) -> SlotLoad:
    return SlotLoad(tally.requests, tally.errors, find_p95(list(tally.latencies)), tally.last_started_at)
