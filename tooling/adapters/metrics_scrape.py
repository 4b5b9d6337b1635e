"""The metrics port without a Prometheus: asks every ready gateway pod through the API server's proxy."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Any

from tooling.adapters.kube_client import KubeClient, make_path
from tooling.adapters.kube_workloads import LABEL_COMPONENT, LABEL_INSTANCE, LABEL_SLOT, is_ready
from tooling.adapters.metrics_text import read_counts
from tooling.core.analysis import Measurement, PodCounts
from tooling.errors import OutsideError

_POD_TIMEOUT = 2.0
_ALL_TIMEOUT = 4.0
_AT_ONCE = 12
_PORT = 8080


class ScrapedMetrics:
    """Implements the metrics port. Pods are asked at the same time; a late, damaged or silent one is left out."""

    def __init__(self, client: KubeClient) -> None:
        self._client = client
        self._pool = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="scrape")

    def measure(self, namespace: str, instance: str, slots: tuple[str, ...]) -> Measurement:
        """Return the counters of every ready gateway pod that answered; never raises for a silent pod."""
        if not slots:
            return {}
        selector = f"{LABEL_INSTANCE}={instance},{LABEL_COMPONENT}=gateway,{LABEL_SLOT} in ({','.join(slots)})"
        path = make_path("v1", "pods", namespace)
        found = self._client.get(path, what=f"the gateway pods of {instance}", query={"labelSelector": selector})
        pods: list[Mapping[str, Any]] = [pod for pod in found.get("items") or () if is_ready(pod)]
        asked = {
            self._pool.submit(self._scrape, namespace, pod["metadata"]["name"]): pod["metadata"] for pod in pods
        }
        ended, _ = wait(asked, timeout=_ALL_TIMEOUT)
        measured: dict[str, dict[str, PodCounts]] = {}
        for future in ended:
            counts = future.result()
            if counts is not None:
                slot = asked[future]["labels"][LABEL_SLOT]
                measured.setdefault(slot, {})[asked[future]["name"]] = counts
        return measured

    def close(self) -> None:
        """End the threads; those that still wait for a pod end with their timeout."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _scrape(self, namespace: str, pod: str) -> PodCounts | None:
        path = f"{make_path('v1', 'pods', namespace, f'http:{pod}:{_PORT}')}/proxy/metrics"
        try:
            answer = self._client.send("GET", path, what=f"pod {pod}", accept="text/plain", timeout=_POD_TIMEOUT)
            return read_counts(answer.body.decode()) if answer.status == 200 else None
        except (OutsideError, ValueError):
            return None
