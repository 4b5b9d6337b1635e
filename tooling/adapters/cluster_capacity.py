"""What the cluster port tells of room: nodes, every pod that holds some, and priority classes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tooling.adapters.kube_client import KubeClient, make_path
from tooling.core.room_nodes import Capacity, PlacedPod, read_node, read_pod
from tooling.errors import ClusterError

_PAGE = "500"
_LIVE = "status.phase!=Succeeded,status.phase!=Failed"
_FORBIDDEN = 403


class CapacityReads:
    """The part of the cluster port that looks at room."""

    _client: KubeClient

    def read_capacity(self, namespace: str) -> Capacity:
        """Return nodes, pods and priorities; what the account may not list is told in `gaps`."""
        with ThreadPoolExecutor(2) as pool:
            waits = pool.submit(self._read_nodes), pool.submit(self._read_classes)
            pods, no_pods = self._read_pods(namespace)
            nodes, no_nodes = waits[0].result()
            classes = waits[1].result()
        return Capacity(
            tuple(sorted((read_node(one) for one in nodes), key=lambda one: one.name)),
            tuple(pods),
            dict(_read_priorities(classes)),
            tuple(gap for gap in (no_nodes, no_pods) if gap),
        )

    def _read_nodes(self) -> tuple[list[Mapping[str, Any]], str]:
        try:
            return list(self._list_pages(make_path("v1", "nodes"), "the nodes", {})), ""
        except ClusterError as error:
            if error.status != _FORBIDDEN:
                raise
            return [], "this account may not list nodes"

    def _read_pods(self, namespace: str) -> tuple[list[PlacedPod], str]:
        query = {"fieldSelector": _LIVE}
        try:
            found = self._list_pages(make_path("v1", "pods"), "the pods of all namespaces", query)
            return [pod for one in found if (pod := read_pod(one))], ""
        except ClusterError as error:
            if error.status != _FORBIDDEN:
                raise
        own = self._list_pages(make_path("v1", "pods", namespace), f"the pods of {namespace}", query)
        gap = "this account may list pods in its own namespace only, so what others take is not counted"
        return [pod for one in own if (pod := read_pod(one))], gap

    def _read_classes(self) -> list[Mapping[str, Any]]:
        path = make_path("scheduling.k8s.io/v1", "priorityclasses")
        try:
            return list(self._list_pages(path, "the priority classes", {}))
        except ClusterError as error:
            if error.status != _FORBIDDEN:
                raise
            return []

    def _list_pages(self, path: str, what: str, query: Mapping[str, str]) -> Iterator[Mapping[str, Any]]:
        """Yield the items of a list, page by page: a large cluster's pods are never held at once."""
        page = {**query, "limit": _PAGE}
        while True:
            answer = self._client.get(path, what=what, query=page)
            yield from answer.get("items") or ()
            following = (answer.get("metadata") or {}).get("continue")
            if not following:
                return
            page = {**page, "continue": following}


def _read_priorities(classes: list[Mapping[str, Any]]) -> Iterator[tuple[str, int]]:
    for one in classes:
        value = one.get("value")
        if isinstance(value, int):
            yield str((one.get("metadata") or {}).get("name")), value
            if one.get("globalDefault"):
                yield "", value
