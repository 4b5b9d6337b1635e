"""Manifests that the API server is asked to take without keeping them, and objects of one kind."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tooling.adapters.cluster_base import find_resource
from tooling.adapters.kube_client import MERGE_PATCH, Answer, KubeClient, make_path, to_error
from tooling.core.diff.objects import ObjectName, find_name
from tooling.core.manifests import Manifest
from tooling.core.trial import Trial

_AT_ONCE = 8
_MANAGER = "genai-stack-preflight"
_DRY_RUN = {"dryRun": "All", "fieldManager": _MANAGER}
_NO_ANSWER = frozenset({429, 502, 503, 504})
_NO_DRY_RUN = "does not support dry run"


class DryRuns:
    """Implements the cluster port's `try_apply` and `list_objects`."""

    _client: KubeClient

    def try_apply(self, manifests: Iterable[Manifest], namespace: str) -> tuple[Trial, ...]:
        """Have the server take each manifest without keeping it, in their order.

        As a merge onto the live object, or as a new one: lists are replaced whole, as Helm does. A server-side
        apply under a name of our own would keep what Helm is about to remove, and a renamed port would be refused.
        """
        named = [(find_name(manifest, namespace), manifest) for manifest in manifests]
        sorts = {(name.api_version, name.kind) for name, _ in named}
        with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="dry-run") as pool:
            found = dict(zip(sorts, pool.map(lambda sort: find_resource(self._client, *sort), sorts), strict=True))
            sent = [
                pool.submit(self._try, name, manifest, found[name.api_version, name.kind])
                for name, manifest in named
            ]
            return tuple(one.result() for one in sent)

    def list_objects(self, api_version: str, plural: str, namespace: str) -> tuple[Manifest, ...]:
        """Return the objects of a resource in a namespace."""
        path = make_path(api_version, plural, namespace)
        items = self._client.get(path, what=f"the {plural} of {namespace}").get("items") or ()
        return tuple(items)

    def _try(self, name: ObjectName, manifest: Manifest, resource: Mapping[str, Any] | None) -> Trial:
        if resource is None:
            return Trial(name, unchecked=f"the server does not know {name.kind} ({name.api_version})")
        namespace = name.namespace if resource.get("namespaced") else ""
        path = make_path(name.api_version, str(resource["name"]), namespace)
        answer = self._send("PATCH", f"{path}/{name.name}", name, manifest, MERGE_PATCH)
        is_new = answer.status == 404
        if is_new:
            answer = self._send("POST", path, name, manifest, "application/json")
        if answer.status < 300:
            return Trial(name, is_new)
        error = to_error(answer, f"apply {name}")
        if answer.status in _NO_ANSWER:
            raise error
        told = _read_message(answer)
        if _NO_DRY_RUN in told or answer.status == 409:
            return Trial(name, is_new, unchecked=told)
        return Trial(name, is_new, problem=told)

    def _send(self, method: str, path: str, name: ObjectName, body: Manifest, content_type: str) -> Answer:
        return self._client.send(
            method, path, what=f"{name} for a trial", body=dict(body), query=_DRY_RUN, content_type=content_type
        )


def _read_message(answer: Answer) -> str:
    """Return the server's reason in full: which field it is stands at its end."""
    status = answer.read_json()
    message = status.get("message") if isinstance(status, dict) else ""
    return " ".join(str(message or f"HTTP {answer.status}").split())
