"""The metrics port without a Prometheus: asks every ready gateway pod through the API server's proxy."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Any, TypeVar

from tooling.adapters.kube_client import KubeClient, make_path
from tooling.adapters.kube_workloads import LABEL_COMPONENT, LABEL_INSTANCE, LABEL_SLOT, is_ready
from tooling.adapters.metrics_text import read_counts, read_in_flight
from tooling.core.analysis import Measurement, PodCounts
from tooling.errors import OutsideError

_POD_TIMEOUT = 2.0
_ALL_TIMEOUT = 4.0
_AT_ONCE = 12
_PORT = 8080

_Answer = TypeVar("_Answer")


@dataclass(frozen=True, slots=True)
class _Pod:
    """A gateway pod: one that ends is running, and not ready."""

    name: str
    slot: str
    is_ready: bool
    is_running: bool


class ScrapedMetrics:
    """Implements the metrics port. Pods are asked at the same time; a late, damaged or silent one is left out."""

    def __init__(self, client: KubeClient) -> None:
        self._client = client
        self._pool = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="scrape")

    def measure(self, namespace: str, instance: str, slots: tuple[str, ...]) -> Measurement:
        """Return the counters of every ready gateway pod that answered; never raises for a silent pod."""
        ready = [pod for pod in self._list(namespace, instance, slots) if pod.is_ready]
        measured: dict[str, dict[str, PodCounts]] = {}
        for pod, counts in self._ask(namespace, ready, read_counts):
            if counts is not None:
                measured.setdefault(pod.slot, {})[pod.name] = counts
        return measured

    def count_in_flight(self, namespace: str, instance: str, slots: tuple[str, ...]) -> Mapping[str, int]:
        """Return how many requests the gateway pods of each slot are answering, those that end included."""
        running = [pod for pod in self._list(namespace, instance, slots) if pod.is_running]
        counted = dict.fromkeys(slots, 0)
        silent = set()
        for pod, requests in self._ask(namespace, running, read_in_flight):
            counted[pod.slot] += requests or 0
            if pod.is_ready and requests is None:
                silent.add(pod.slot)
        return {slot: requests for slot, requests in counted.items() if slot not in silent}

    def close(self) -> None:
        """End the threads; those that still wait for a pod end with their timeout."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _list(self, namespace: str, instance: str, slots: tuple[str, ...]) -> tuple[_Pod, ...]:
        if not slots:
            return ()
        selector = f"{LABEL_INSTANCE}={instance},{LABEL_COMPONENT}=gateway,{LABEL_SLOT} in ({','.join(slots)})"
        path = make_path("v1", "pods", namespace)
        found = self._client.get(path, what=f"the gateway pods of {instance}", query={"labelSelector": selector})
        return tuple(_describe(pod) for pod in found.get("items") or ())

    def _ask(
        self, namespace: str, pods: Iterable[_Pod], read: Callable[[str], _Answer]
    ) -> Iterator[tuple[_Pod, _Answer | None]]:
        """Yield what `read` makes of the page of each pod; None for one that is late, missing or damaged."""
        asked = {pod: self._pool.submit(self._scrape, namespace, pod.name, read) for pod in pods}
        ended, _ = wait(asked.values(), timeout=_ALL_TIMEOUT)
        yield from ((pod, future.result() if future in ended else None) for pod, future in asked.items())

    def _scrape(self, namespace: str, pod: str, read: Callable[[str], _Answer]) -> _Answer | None:
        path = f"{make_path('v1', 'pods', namespace, f'http:{pod}:{_PORT}')}/proxy/metrics"
        try:
            answer = self._client.send("GET", path, what=f"pod {pod}", accept="text/plain", timeout=_POD_TIMEOUT)
            return read(answer.body.decode()) if answer.status == 200 else None
        except (OutsideError, ValueError):
            return None


def _describe(pod: Mapping[str, Any]) -> _Pod:
    metadata, phase = pod["metadata"], pod.get("status", {}).get("phase", "Running")
    return _Pod(metadata["name"], metadata["labels"][LABEL_SLOT], is_ready(pod), phase == "Running")
