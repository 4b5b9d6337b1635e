"""What the gateways of a simulated cluster would answer: nothing runs in kwok's pods.

Traffic is a constant rate of requests that follows the route's live weights, so a rollout has data to judge.
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.faults.http11 import Answer, Request

RATE = 400.0
"""Requests per second of the whole instance."""

_POD = re.compile(r"/api/v1/namespaces/[^/]+/pods/(?:https?:)?([^/:]+)(?::\w+)?/proxy(/.*)?")
_SERVICE = re.compile(r"/api/v1/namespaces/[^/]+/services/(?:https?:)?([^/:]+)(?::\w+)?/proxy(/.*)?")
_TEXT = (("content-type", "text/plain; version=0.0.4"),)
_JSON = (("content-type", "application/json"),)


@dataclass(slots=True)
class _Pod:
    asked_at: float
    requests: float = 0.0
    errors: float = 0.0


@dataclass(slots=True)
class Gateways:
    """The gateways of one instance; `bad` is the slot that fails half of its requests ("" for none)."""

    instance: str
    bad: str = ""
    weights: Mapping[str, int] = field(default_factory=dict)
    clock: Callable[[], float] = time.monotonic
    _pods: dict[str, _Pod] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, request: Request) -> Answer | None:
        """Answer what goes to a pod or a Service past the route; None for everything else."""
        pod, service = _POD.fullmatch(request.path), _SERVICE.fullmatch(request.path)
        if pod:
            return Answer(200, self._write_page(pod[1]).encode(), _TEXT)
        if service:
            return Answer(
                200, self._reply(request, service[1]), (*_JSON, ("x-genai-slot", self._slot(service[1])))
            )
        return None

    def note_route(self, route: Mapping[str, Any]) -> None:
        """Take over the weights of a live HTTPRoute."""
        weights = read_weights(route, self.instance)
        with self._lock:
            for name in self._pods:
                self._count(name)
            self.weights = weights

    def _reply(self, request: Request, service: str) -> bytes:
        if request.path.endswith("/metrics"):
            return self._write_page(f"{service}-0").encode()
        return json.dumps({"response": "4", "model": "tiny", "slot": self._slot(service)}).encode()

    def _slot(self, name: str) -> str:
        return name.removeprefix(f"{self.instance}-").split("-")[0]

    def _count(self, name: str) -> _Pod:
        now = self.clock()
        pod = self._pods.setdefault(name, _Pod(now, requests=1.0))
        slot = self._slot(name)
        added = RATE * self.weights.get(slot, 0) / 100 * (now - pod.asked_at)
        pod.requests += added
        pod.errors += added / 2 if slot == self.bad else 0.0
        pod.asked_at = now
        return pod

    def _write_page(self, name: str) -> str:
        with self._lock:
            pod = self._count(name)
            requests, errors = int(pod.requests), int(pod.errors)
        labels = 'endpoint="/chat",model="tiny"'
        seconds = "genai_gateway_request_duration_seconds"
        return "\n".join(
            (
                "# TYPE genai_gateway_requests_total counter",
                f'genai_gateway_requests_total{{{labels},code="200"}} {requests - errors}',
                f'genai_gateway_requests_total{{{labels},code="500"}} {errors}',
                f"# TYPE {seconds} histogram",
                f'{seconds}_bucket{{{labels},le="0.1"}} {requests}',
                f'{seconds}_bucket{{{labels},le="+Inf"}} {requests}',
                f"{seconds}_count{{{labels}}} {requests}",
                f"{seconds}_sum{{{labels}}} {requests / 20}",
                "# TYPE genai_gateway_requests_in_flight gauge",
                "genai_gateway_requests_in_flight 0",
                "",
            )
        )


def read_weights(route: Mapping[str, Any], instance: str) -> dict[str, int]:
    """Return the weights by slot of the rule of an HTTPRoute that takes what no other rule took."""
    rules = (route.get("spec") or {}).get("rules") or [{}]
    found: dict[str, int] = {}
    for backend in rules[-1].get("backendRefs") or ():
        slot = str(backend["name"]).removeprefix(f"{instance}-").removesuffix("-gateway")
        found[slot] = found.get(slot, 0) + int(backend.get("weight", 1))
    return found
