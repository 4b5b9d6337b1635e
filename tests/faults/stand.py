"""Instances to break: copied from one that the CLI made, and compared field by field afterwards."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from tests.faults.project import INSTANCE
from tests.faults.upstream import APPLY, Json, Upstream
from tests.waiting import wait_until

_PASSING = frozenset(
    {"uid", "resourceVersion", "creationTimestamp", "managedFields", "generation", "ownerReferences"}
)
_NOT_KEPT = frozenset(
    {"pods", "replicasets", "events", "endpoints", "endpointslices", "controllerrevisions", "podmetrics"}
)
_OF_THE_CLUSTER = frozenset({("configmaps", "kube-root-ca.crt"), ("serviceaccounts", "default")})
_COUNTERS = frozenset({"deployment.kubernetes.io/revision", "genai-stack/epoch", "example.com/note"})
_SERVER_FIELDS = frozenset({"clusterIP", "clusterIPs"})


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of object of a namespace."""

    path: str
    plural: str


@dataclass(slots=True)
class Grounds:
    """The cluster on which instances stand."""

    upstream: Upstream
    kinds: tuple[Kind, ...] = ()

    def __post_init__(self) -> None:
        self.kinds = tuple(_list_kinds(self.upstream))

    def list(self, namespace: str) -> Iterator[tuple[Kind, Json]]:
        """Return every object of a namespace that somebody made."""
        for kind in self.kinds:
            found = self.upstream.ask("GET", f"{kind.path}/namespaces/{namespace}/{kind.plural}") or {}
            sort = {"kind": str(found.get("kind", "")).removesuffix("List"), "apiVersion": found.get("apiVersion")}
            for one in found.get("items") or ():
                if (kind.plural, one["metadata"]["name"]) not in _OF_THE_CLUSTER:
                    yield kind, {**one, **sort}

    def make_namespace(self, name: str) -> None:
        """Make a namespace with the Secret that is planted there."""
        self.upstream.ask("POST", "/api/v1/namespaces", {"metadata": {"name": name}})

    def remove(self, namespace: str) -> None:
        """Let a namespace go; it takes its time."""
        self.upstream.ask("DELETE", f"/api/v1/namespaces/{namespace}")

    def copy(self, stand: Stand, namespace: str) -> None:
        """Put a copy of an instance into a namespace of its own and wait until its pods are ready."""
        self.make_namespace(namespace)
        for kind, original in stand.objects:
            self._create(kind, move(original, stand.namespace, namespace), original)
        wait_until(lambda: self.is_ready(namespace), f"{namespace} is ready", timeout=60, pause=0.05)

    def is_ready(self, namespace: str) -> bool:
        """Whether every Deployment has the pods that it wants."""
        found = self.upstream.ask("GET", f"/apis/apps/v1/namespaces/{namespace}/deployments")["items"]
        return all(
            one.get("status", {}).get("observedGeneration", 0) >= one["metadata"]["generation"]
            and one["status"].get("readyReplicas", 0) == one["spec"]["replicas"]
            and one["status"].get("replicas", 0) == one["spec"]["replicas"]
            for one in found
        )

    def _create(self, kind: Kind, one: Json, original: Json) -> None:
        """Make an object the way in which it was made, so that its managers are the same."""
        path = f"{kind.path}/namespaces/{one['metadata']['namespace']}/{kind.plural}"
        managers = original["metadata"].get("managedFields") or ()
        applied = next((entry["manager"] for entry in managers if entry["operation"] == "Apply"), "")
        if applied:
            target = f"{path}/{one['metadata']['name']}?fieldManager={applied}&force=true"
            self.upstream.ask("PATCH", target, one, APPLY)
        else:
            made = next((entry["manager"] for entry in managers if not entry.get("subresource")), "helm")
            self.upstream.ask("POST", f"{path}?fieldManager={made}", one)


@dataclass
class Stand:
    """An instance that was recorded whole."""

    namespace: str
    objects: tuple[tuple[Kind, Json], ...]

    @cached_property
    def picture(self) -> Picture:
        """What of it has to be the same after everything."""
        return make_picture(self.objects, self.namespace)


@dataclass(frozen=True, slots=True)
class Picture:
    """The state that two runs are compared by: objects without what passes, releases, and the recorded rollout."""

    objects: Mapping[str, Any]
    releases: Mapping[str, Any]
    phase: str = ""
    holder: str = ""


def take_picture(grounds: Grounds, namespace: str) -> Picture:
    """Look at everything in a namespace."""
    return make_picture(tuple(grounds.list(namespace)), namespace)


def make_picture(objects: tuple[tuple[Kind, Json], ...], namespace: str) -> Picture:
    """Reduce objects to what is compared."""
    kept: dict[str, Any] = {}
    releases: dict[str, tuple[int, Any]] = {}
    phase = holder = ""
    for kind, one in objects:
        name = one["metadata"]["name"]
        if one.get("type") == "helm.sh/release.v1":
            release = read_release(one)
            newest = releases.get(release["name"], (0, None))
            if release["version"] > newest[0]:
                releases[release["name"]] = (release["version"], _reduce_release(release, namespace))
        elif kind.plural == "leases":
            holder = one["spec"].get("holderIdentity", "")
        elif kind.plural == "configmaps" and name == f"{INSTANCE}-rollout":
            phase = json.loads(one["data"]["rollout.json"])["rollout"]["phase"]
        elif kind.plural == "configmaps" and name.startswith(f"{INSTANCE}-rollout-"):
            continue  # the history grows with every rollout
        else:
            kept[f"{kind.plural}/{name}"] = _reduce(one, namespace)
    return Picture(kept, {name: found for name, (_, found) in releases.items()}, phase, holder)


def compare(expected: Picture, found: Picture) -> list[str]:
    """Say where two pictures differ, one line each; phase and holder are judged elsewhere."""
    return [
        *_compare("", expected.objects, found.objects),
        *_compare("release ", expected.releases, found.releases),
    ]


def move(one: Json, source: str, target: str) -> dict[str, Any]:
    """Return an object as it is to be created in another namespace."""
    moved: dict[str, Any] = json.loads(json.dumps(dict(one)).replace(source, target))
    moved["metadata"] = {key: value for key, value in moved["metadata"].items() if key not in _PASSING}
    moved.pop("status", None)
    if one["kind"] == "Service":
        moved["spec"] = {key: value for key, value in moved["spec"].items() if key not in _SERVER_FIELDS}
    if one.get("type") == "helm.sh/release.v1":
        text = json.dumps(read_release(one)).replace(source, target)
        packed = base64.b64encode(gzip.compress(text.encode(), 1))
        moved["data"]["release"] = base64.b64encode(packed).decode()
    return moved


def read_release(secret: Json) -> dict[str, Any]:
    """Unpack what helm keeps of a revision."""
    packed = base64.b64decode(base64.b64decode(secret["data"]["release"]))
    found: dict[str, Any] = json.loads(gzip.decompress(packed))
    return found


def _list_kinds(upstream: Upstream) -> Iterator[Kind]:
    groups = upstream.ask("GET", "/apis")["groups"]
    paths = ["/api/v1", *(f"/apis/{group['preferredVersion']['groupVersion']}" for group in groups)]
    for path in paths:
        for one in upstream.ask("GET", path)["resources"]:
            can = {"list", "create"} <= set(one["verbs"])
            if one["namespaced"] and can and "/" not in one["name"] and one["name"] not in _NOT_KEPT:
                yield Kind(path, one["name"])


def _reduce_release(release: Json, namespace: str) -> Any:
    return {
        "status": release["info"]["status"],
        "manifest": release.get("manifest", "").replace(namespace, "NAMESPACE"),
        "chart": release["chart"]["metadata"]["version"],
    }


def _reduce(one: Json, namespace: str) -> Any:
    reduced = json.loads(json.dumps(dict(one)).replace(namespace, "NAMESPACE"))
    metadata = reduced.pop("metadata")
    reduced.pop("status", None)
    if reduced.get("kind") == "Service":
        reduced["spec"] = {key: value for key, value in reduced["spec"].items() if key not in _SERVER_FIELDS}
    annotations = {key: value for key, value in metadata.get("annotations", {}).items() if key not in _COUNTERS}
    return {**reduced, "labels": metadata.get("labels", {}), "annotations": annotations}


def _compare(where: str, expected: Any, found: Any) -> Iterator[str]:
    if isinstance(expected, Mapping) and isinstance(found, Mapping):
        for key in sorted({*expected, *found}):
            path = f"{where}{key}" if not where or where.endswith(" ") else f"{where}: {key}"
            if key not in expected:
                yield f"{path} is there, and should not be"
            elif key not in found:
                yield f"{path} is missing"
            else:
                yield from _compare(path, expected[key], found[key])
    elif expected != found:
        yield f"{where} is {_clip(found)}, expected {_clip(expected)}"


def _clip(value: object) -> str:
    text = json.dumps(value)
    return text if len(text) <= 120 else f"{text[:117]}..."
