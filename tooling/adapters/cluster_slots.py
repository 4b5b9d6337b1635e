"""What the cluster port says of slots: their Deployments, pods and autoscalers, and Helm's revisions of them."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from tooling.adapters.kube_client import KubeClient, make_path
from tooling.adapters.kube_routes import EPOCH
from tooling.adapters.kube_scalers import NONE, Scaler, find_scalers
from tooling.adapters.kube_workloads import LABEL_INSTANCE, LABEL_SLOT, describe_workload, is_settled, make_key
from tooling.core.observation import ReleaseMark, Workload
from tooling.errors import ClusterError, ConflictError

METADATA_LIST = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io"
SCALERS = (("autoscaling/v2", "horizontalpodautoscalers"), ("keda.sh/v1alpha1", "scaledobjects"))
REST = 30.0
"""Seconds for which a namespace without autoscalers of a slot is not asked for them again."""
_STATUS_WRITES = 5
"""How many writes of a Deployment's status between our look and our write are passed over: they come in bursts."""

Json = Mapping[str, Any]


class SlotReads:
    """The part of the cluster port that looks at slots, and scales what it saw."""

    _client: KubeClient
    _scalers: ScalerReads
    _seen: dict[tuple[str, str], Look]

    def read_workloads(self, namespace: str, instance: str, slot: str) -> tuple[Workload, ...]:
        """Return the Deployments of a slot with what their pods report, sorted by key."""
        return self.read_slots(namespace, instance, (slot,))[slot]

    def read_slots(
        self, namespace: str, instance: str, slots: tuple[str, ...]
    ) -> Mapping[str, tuple[Workload, ...]]:
        """Return what `read_workloads` does for each of the slots; pods are looked at where some are amiss."""
        if not slots:
            return {}
        found = [
            one
            for one in self._list_of("apps/v1", "deployments", namespace, instance, slots)
            if make_key(one["metadata"].get("labels") or {})
        ]
        unsettled = tuple(slot for slot in slots if not all(is_settled(one) for one in found if _is_of(one, slot)))
        replica_sets = self._list_of("apps/v1", "replicasets", namespace, instance, unsettled)
        pods = self._list_of("v1", "pods", namespace, instance, unsettled)
        scalers = self._scalers.read(namespace, (str(one["metadata"]["name"]) for one in found))
        self._seen.update({(namespace, one["metadata"]["name"]): _note(one) for one in found})
        workloads: dict[str, list[Workload]] = defaultdict(list)
        for one in found:
            scaler = scalers.get(one["metadata"]["name"], NONE)
            workloads[_find_slot(one)].append(describe_workload(one, replica_sets, pods, scaler))
        return {slot: tuple(sorted(workloads[slot], key=lambda workload: workload.key)) for slot in slots}

    def read_revisions(self, namespace: str, names: tuple[str, ...]) -> Mapping[str, ReleaseMark]:
        """Return the newest revision of each named Helm release that there is; no secret content is read."""
        query = {"labelSelector": f"owner=helm,name in ({','.join(sorted(names))})"}
        what = f"Helm's records in {namespace}"
        path = make_path("v1", "secrets", namespace)
        found = self._client.get(path, what=what, query=query, accept=METADATA_LIST)
        newest: dict[str, Mapping[str, str]] = {}
        for one in found.get("items") or ():
            labels = one["metadata"].get("labels") or {}
            name = labels.get("name", "")
            if name in names and _read_number(labels, "version") > _read_number(newest.get(name, {}), "version"):
                newest[name] = labels
        return {name: _describe_revision(labels) for name, labels in newest.items()}

    def scale(self, namespace: str, workload: str, replicas: int) -> None:
        """Ask for that many replicas of the Deployment of that name, through /scale.

        Raises ConflictError when it changed since it was read last, be it made anew; its status may change.
        """
        path = make_path("apps/v1", "deployments", namespace, workload)
        what = f"the scale of Deployment {workload}"
        body: dict[str, Any] = {"spec": {"replicas": replicas}}
        seen = self._seen.get((namespace, workload))
        if seen is None:
            self._client.patch(f"{path}/scale", body, what=what)
            return
        version = seen.version
        for _ in range(_STATUS_WRITES):
            try:
                known = {"resourceVersion": version, "uid": seen.uid}
                self._client.patch(f"{path}/scale", {"metadata": known, **body}, what=what)
            except ConflictError:
                live = self._client.find(path, what=f"Deployment {workload}")
                if live is None or not seen.is_same(_note(live)):
                    raise
                version = _note(live).version
            else:
                return
        raise ConflictError(f"{what} cannot be written: something else is written there all the time.")

    def claim(self, namespace: str, instance: str, slots: tuple[str, ...], epoch: int) -> None:
        """Write the epoch of a new driver on the Deployments of the slots: late writes of the one before lose."""
        for one in self._list_of("apps/v1", "deployments", namespace, instance, slots):
            name, annotations = str(one["metadata"]["name"]), one["metadata"].get("annotations") or {}
            if annotations.get(EPOCH) != str(epoch):
                path = make_path("apps/v1", "deployments", namespace, name)
                body = {"metadata": {"annotations": {EPOCH: str(epoch)}}}
                self._client.patch(path, body, what=f"Deployment {name}")

    def _list_of(
        self, api_version: str, plural: str, namespace: str, instance: str, slots: Sequence[str]
    ) -> list[Json]:
        if not slots:
            return []
        of_slots = f"{LABEL_SLOT}={slots[0]}" if len(slots) == 1 else f"{LABEL_SLOT} in ({','.join(slots)})"
        query = {"labelSelector": f"{LABEL_INSTANCE}={instance},{of_slots}"}
        path = make_path(api_version, plural, namespace)
        return list(self._client.get(path, what=f"the {plural} of {namespace}", query=query).get("items") or ())


class ScalerReads:
    """Autoscalers by the Deployment that they scale, asked for no more often than it pays; `clock` is seconds."""

    def __init__(self, client: KubeClient, clock: Callable[[], float] = time.monotonic) -> None:
        self._client = client
        self._clock = clock
        self._rests: dict[str, float] = {}
        self._unknown: set[str] = set()

    def read(self, namespace: str, deployments: Iterable[str]) -> Mapping[str, Scaler]:
        """Return the autoscalers of these Deployments; none of a namespace that had none a moment ago."""
        names = set(deployments)
        if not names or self._clock() < self._rests.get(namespace, 0.0):
            return {}
        autoscalers, scaled_objects = (self._list(*kind, namespace) for kind in SCALERS)
        found = {name: one for name, one in find_scalers(autoscalers, scaled_objects).items() if name in names}
        if not found:
            self._rests[namespace] = self._clock() + REST
        return found

    def _list(self, api_version: str, plural: str, namespace: str) -> Sequence[Json]:
        """Return all of a namespace; none where the kind is not known, or this account may not look."""
        if plural in self._unknown:
            return ()
        path = make_path(api_version, plural, namespace)
        try:
            found: Sequence[Json] = self._client.get(path, what=f"the {plural} of {namespace}").get("items") or ()
        except ClusterError as error:
            if error.status not in {403, 404}:
                raise
            self._unknown.add(plural)
            return ()
        return found


@dataclass(frozen=True, slots=True)
class Look:
    """What a Deployment was when it was read: its version, and what only somebody's will changes."""

    version: str
    uid: str
    generation: int
    epoch: str

    def is_same(self, other: Look) -> bool:
        """Whether only the status has changed."""
        return replace(self, version=other.version) == other


def _note(deployment: Json) -> Look:
    metadata = deployment["metadata"]
    annotations = metadata.get("annotations") or {}
    return Look(
        str(metadata.get("resourceVersion", "")),
        str(metadata.get("uid", "")),
        int(metadata.get("generation", 0)),
        str(annotations.get(EPOCH, "")),
    )


def _describe_revision(labels: Mapping[str, str]) -> ReleaseMark:
    """Return what Helm writes on a record: when it was changed, or else made, in seconds since the epoch."""
    at = _read_number(labels, "modifiedAt") or _read_number(labels, "createdAt")
    age = max(0.0, time.time() - at) if at else 0.0
    return ReleaseMark(_read_number(labels, "version"), str(labels.get("status", "")), age)


def _read_number(labels: Mapping[str, str], key: str) -> int:
    text = str(labels.get(key, ""))
    return int(text) if text.isascii() and text.isdigit() else 0


def _find_slot(deployment: Json) -> str:
    return str((deployment["metadata"].get("labels") or {}).get(LABEL_SLOT, ""))


def _is_of(deployment: Json, slot: str) -> bool:
    return _find_slot(deployment) == slot
