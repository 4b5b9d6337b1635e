"""The pods that a release brings, and those that it leaves room for by going."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from tooling.core.capacity import Asks, Replicas, Stand
from tooling.core.policies.bundle import Bundle, Workload, child, read_labels, whole
from tooling.core.policies.rolling import name_declared
from tooling.core.room_board import Need
from tooling.core.room_nodes import Capacity, PlacedPod
from tooling.core.room_pods import PodShape, read_shape

_INSTANCE, _SLOT = "app.kubernetes.io/instance", "genai-stack/slot"
_COMPONENT, _MODEL = "app.kubernetes.io/component", "genai-stack/model"
_STANDING = frozenset({"Deployment", "StatefulSet"})
"""Kinds of base whose pods stay; those of Jobs come and go."""


@dataclass(frozen=True, slots=True)
class Claim:
    """What a release brings: the pod of each workload of the candidate by key, and the pods that base gets."""

    namespace: str
    pods: Mapping[str, PodShape]
    base: tuple[Need, ...]
    priorities: Mapping[str, int]

    def list_needs(self, replicas: Replicas) -> tuple[Need, ...]:
        """Return so many pods of the candidate's workloads, and those of base."""
        own = (
            Need(key, self.namespace, count, self.pods[key], self._rank(self.pods[key]))
            for key, count in replicas.items()
            if count and key in self.pods
        )
        return (*own, *self.base)

    def _rank(self, pod: PodShape) -> int:
        return self.priorities.get(pod.priority_class, 0)


def read_claim(
    base: Sequence[Mapping[str, Any]], slot: Sequence[Mapping[str, Any]], seen: Capacity, *, namespace: str
) -> Claim:
    """Read rendered manifests of base and slot; pods of base that are there already are not asked for again."""
    priorities = {**seen.priorities, **dict(_read_priorities(base))}
    pods = {
        name_declared(one): read_shape(one.labels, one.pod)
        for one in Bundle.of(slot, namespace=namespace).workloads
        if one.ref.kind == "Deployment"
    }
    claim = Claim(namespace, pods, (), priorities)
    needs = [need for one in Bundle.of(base, namespace=namespace).workloads for need in _list_missing(one, seen)]
    ranked = (replace(need, priority=priorities.get(need.pod.priority_class, 0)) for need in needs)
    return replace(claim, base=tuple(ranked))


def read_asks(claim: Claim, stable: Iterable[PlacedPod]) -> Asks:
    """Return what pods of both slots ask for; of stable as its live pods do."""
    candidate = {key: pod.requests for key, pod in claim.pods.items()}
    live = {find_key(pod): pod.shape.requests for pod in stable}
    return Asks({**candidate, **live}, candidate)


def find_key(pod: PlacedPod) -> str:
    """Return the workload key of a slot's pod: `gateway`, `inference/MODEL`."""
    component, model = pod.shape.labels.get(_COMPONENT, ""), pod.shape.labels.get(_MODEL)
    return f"{component}/{model}" if model else component


def list_slot_pods(seen: Capacity, namespace: str, instance: str, slot: str) -> tuple[PlacedPod, ...]:
    """Return the pods of a slot's workloads, by name."""
    wanted = {_INSTANCE: instance, _SLOT: slot}
    found = [
        pod
        for pod in seen.pods
        if slot and pod.namespace == namespace and wanted.items() <= pod.shape.labels.items()
    ]
    return tuple(sorted(found, key=lambda pod: pod.name))


def choose_leaving(pods: Sequence[PlacedPod], given_up: Replicas) -> tuple[PlacedPod, ...]:
    """Return so many pods of each workload: which ones a controller takes away, nobody knows before."""
    found: list[PlacedPod] = []
    for key, count in given_up.items():
        found += [pod for pod in pods if find_key(pod) == key][-count:]
    return tuple(found)


def without(seen: Capacity, pods: Iterable[PlacedPod]) -> Capacity:
    """Return what there is once these pods are gone."""
    gone = {(pod.namespace, pod.name) for pod in pods}
    return replace(seen, pods=tuple(pod for pod in seen.pods if (pod.namespace, pod.name) not in gone))


def list_peaks(stands: Iterable[Stand], outset: Replicas) -> tuple[tuple[Replicas, Replicas], ...]:
    """Return the moments that ask for most room: pods that stable has given up, and pods on trial.

    A moment at which stable has given up no less and no more is on trial than at another one is left out.
    """
    pairs: list[tuple[Replicas, Replicas]] = []
    for stand in stands:
        given_up = {key: count - stand.stable.get(key, 0) for key, count in outset.items()}
        pair = ({key: count for key, count in given_up.items() if count > 0}, stand.candidate)
        if not any(_is_within(pair, other) for other in pairs):
            pairs = [other for other in pairs if not _is_within(other, pair)] + [pair]
    return tuple(pairs)


def _is_within(one: tuple[Replicas, Replicas], other: tuple[Replicas, Replicas]) -> bool:
    """Whether what `other` needs is enough for `one`."""
    is_no_more = all(count <= other[1].get(key, 0) for key, count in one[1].items())
    return is_no_more and all(one[0].get(key, 0) >= count for key, count in other[0].items())


def _list_missing(workload: Workload, seen: Capacity) -> Iterator[Need]:
    """Yield the pods that a workload of base gets beside those that it has."""
    if workload.ref.kind not in _STANDING:
        return
    selector = read_labels(child(workload.spec, "selector").get("matchLabels"))
    has = sum(
        pod.namespace == workload.ref.namespace and selector.items() <= pod.shape.labels.items()
        for pod in seen.pods
    )
    count = whole(workload.spec.get("replicas"), 1) - has
    if count > 0:
        shape = read_shape(workload.labels, workload.pod)
        yield Need(f"{workload.ref.kind} {workload.ref.name}", workload.ref.namespace, count, shape)


def _read_priorities(manifests: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, int]]:
    for one in manifests:
        if one.get("kind") == "PriorityClass":
            yield str(child(one, "metadata").get("name")), whole(one.get("value"))
