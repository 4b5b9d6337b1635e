"""What every kind of route has in common: one object, written whole, and only as it was when it was seen."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tooling.adapters.kube_client import APPLY_PATCH, FIELD_MANAGER, KubeClient, make_path
from tooling.core.diff.fields import FieldPath
from tooling.core.field_owners import name_other
from tooling.errors import ConflictError, OutsideError

Json = Mapping[str, Any]
Manifests = tuple[Mapping[str, Any], ...]

EPOCH = "genai-stack/epoch"

_HELM_RELEASE = "meta.helm.sh/release-name"
_MANAGED_BY = "app.kubernetes.io/managed-by"
_US = frozenset({FIELD_MANAGER})
_STATUS_WRITES = 5
"""How many writes of a status between our look and our write are passed over: they come in bursts."""


@dataclass(frozen=True, slots=True)
class Identity:
    """What stays the same when only the status of a route changes, which its controller does after every write."""

    uid: str
    content: object


class RouteObject:
    """The object that is the route, named after its instance. Whoever looked before somebody else's write loses.

    `read_content` returns what is compared to tell a status that changed from anything else.
    """

    def __init__(
        self, client: KubeClient, api_version: str, plural: str, kind: str, read_content: Callable[[Json], object]
    ) -> None:
        self._client = client
        self._api_version = api_version
        self._plural = plural
        self._kind = kind
        self._read_content = read_content
        self._identities: dict[tuple[str, str], Identity] = {}

    def find(self, namespace: str, instance: str) -> Json | None:
        """Return the live object, None where there is none."""
        return self._client.find(self._path(namespace, instance), what=self._name(namespace, instance))

    def remember(self, live: Json, instance: str) -> None:
        """Keep what a look saw, for the write that goes over it."""
        others = {key: known for key, known in self._identities.items() if key[0] != instance}
        self._identities = {**others, (instance, str(live["metadata"]["resourceVersion"])): self._identify(live)}

    def create(self, namespace: str, instance: str, body: dict[str, Any]) -> Json:
        """Create the object by a POST. Raises ConflictError where there is one."""
        path = make_path(self._api_version, self._plural, namespace)
        live = self._client.create(path, body, what=self._name(namespace, instance))
        return self._own_by_apply(namespace, instance, live)

    def apply(self, namespace: str, instance: str, body: dict[str, Any]) -> Json:
        """Apply the object whole, over whoever else manages it."""
        return self._client.patch(
            self._path(namespace, instance),
            body,
            what=self._name(namespace, instance),
            content_type=APPLY_PATCH,
            is_forced=True,
        )

    def apply_over(self, namespace: str, instance: str, body: dict[str, Any], version: str) -> Json:
        """Apply the object over the version that was seen.

        Raises ConflictError when more than its status changed since.
        """
        known = self._identities.get((instance, version))
        if known is None:
            known = self._look_again(namespace, instance, version)
        # without the uid an apply would bring back a route that was deleted meanwhile
        body["metadata"] |= {"resourceVersion": version, "uid": known.uid}
        for _ in range(_STATUS_WRITES):
            try:
                return self._own_by_apply(namespace, instance, self.apply(namespace, instance, body))
            except ConflictError:
                body["metadata"]["resourceVersion"] = self._find_same(namespace, instance, known)
                if not body["metadata"]["resourceVersion"]:
                    raise
        return self.apply(namespace, instance, body)

    def delete(self, namespace: str, instance: str) -> None:
        """Remove the object; nothing happens where there is none."""
        self._client.delete(self._path(namespace, instance), what=self._name(namespace, instance))

    def _own_by_apply(self, namespace: str, instance: str, live: Json) -> Json:
        """Have us own the fields by applying them, so that those which the chart leaves out later go away.

        What an apply cannot create without replacing is made by a POST, and what a POST sets stays. Nothing
        depends on this being done now: the next write does it, too.
        """
        metadata = live["metadata"]
        owners = list(metadata.get("managedFields") or ())
        if not any(_is_created_by_us(one) for one in owners):
            return live
        applied = any(_is_us(one) and one.get("operation") == "Apply" for one in owners)
        kept = [
            {**one, "operation": "Apply"} if _is_created_by_us(one) else one
            for one in owners
            if not (applied and _is_created_by_us(one))
        ]
        body = {"metadata": {"resourceVersion": metadata["resourceVersion"], "managedFields": kept}}
        with contextlib.suppress(OutsideError):
            what = f"the owners of {self._name(namespace, instance)}"
            return self._client.patch(self._path(namespace, instance), body, what=what)
        return live

    def _look_again(self, namespace: str, instance: str, version: str) -> Identity:
        live = self.find(namespace, instance)
        if live is None or live["metadata"]["resourceVersion"] != version:
            raise ConflictError(f"{self._name(namespace, instance)} changed since it was read.")
        return self._identify(live)

    def _find_same(self, namespace: str, instance: str, known: Identity) -> str:
        """Return the newer resourceVersion of a route of which only the status changed; else nothing."""
        live = self.find(namespace, instance)
        return str(live["metadata"]["resourceVersion"]) if live and self._identify(live) == known else ""

    def _identify(self, live: Json) -> Identity:
        return Identity(str(live["metadata"].get("uid", "")), self._read_content(live))

    def _path(self, namespace: str, instance: str) -> str:
        return make_path(self._api_version, self._plural, namespace, instance)

    def _name(self, namespace: str, instance: str) -> str:
        return f"{self._kind} {namespace}/{instance}"


def make_body(manifest: Json, namespace: str, epoch: int) -> dict[str, Any]:
    """Return a rendered manifest as the product applies it: in its namespace, with its manager and epoch."""
    metadata = manifest["metadata"]
    return {
        **manifest,
        "metadata": {
            "name": metadata["name"],
            "namespace": namespace,
            "labels": {**(metadata.get("labels") or {}), _MANAGED_BY: FIELD_MANAGER},
            "annotations": {**(metadata.get("annotations") or {}), EPOCH: str(epoch)},
        },
    }


def is_ours(live: Json) -> bool:
    """Whether no Helm release owns the object."""
    return _HELM_RELEASE not in (live["metadata"].get("annotations") or {})


def name_last_writer(live: Json, *paths: FieldPath) -> str:
    """Say who wrote one of these fields last besides us; helm counts, it has no business with the route."""
    return next(filter(None, (name_other(live, path, ours=_US) for path in paths)), "")


def _is_us(owner: Json) -> bool:
    return owner.get("manager") == FIELD_MANAGER and not owner.get("subresource")


def _is_created_by_us(owner: Json) -> bool:
    return _is_us(owner) and owner.get("operation") == "Update"
