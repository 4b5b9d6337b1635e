"""The promises of design section 4, checked on a history of writes. Pure: no cluster, no clock."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import ceil
from typing import Any

from tests.faults.gateways import read_weights
from tests.faults.history import Write

_ALLOWED_BEFORE_THE_LOCK = frozenset({"namespaces", "leases"})


def find_broken(writes: Sequence[Write], *, instance: str, floor: float = 1.0) -> list[str]:
    """Return every promise that the writes of one trial break, one line each."""
    done = [write for write in writes if write.is_done and write.place.plural != "events"]
    return [
        *_check_weights(done, instance),
        *_check_abort_order(done),
        *_check_backends(done, instance, floor),
        *_check_scales(done, instance, floor),
        *_check_drivers(done),
        *_check_beginning(done),
    ]


def find_leaks(texts: Iterable[tuple[str, str]], secret: str) -> list[str]:
    """Return where a planted secret shows (P10); texts come with the name of their place."""
    return [f"P10: the planted secret is in {place}" for place, text in texts if secret in text]


def _check_weights(done: Sequence[Write], instance: str) -> Iterator[str]:
    for write, weights in _list_route_writes(done, instance):
        rollout = write.before.rollout
        candidate, stable = str(rollout.get("candidate", "")), _find_stable(rollout)
        if not rollout or not stable:
            continue
        allowed = _find_step(rollout).get("weight", 0)
        given = weights.get(candidate, 0)
        if given > allowed:
            yield f"P1: {given} % at the candidate, the step says {allowed} %: {write}"
        if sum(weights.values()) != 100:
            yield f"P1: the weights {weights} are not 100 in all: {write}"


def _check_abort_order(done: Sequence[Write]) -> Iterator[str]:
    for write in done:
        rollout = write.before.rollout
        if rollout.get("phase") != "Aborting" or not _find_stable(rollout):
            continue
        left = write.before.weights.get(str(rollout.get("candidate", "")), 0)
        if left and (write.is_helm or _is_scale_down(write)):
            yield f"P2: {left} % still at the candidate, and the abort does this first: {write}"


def _check_backends(done: Sequence[Write], instance: str, floor: float) -> Iterator[str]:
    for write, weights in _list_route_writes(done, instance):
        rollout = write.before.rollout
        for slot, weight in weights.items():
            if weight <= write.before.weights.get(slot, 0):
                continue
            for name, (ready, _) in _find_pods(write, slot).items():
                needed = _count_needed(write, name, slot, weight, floor)
                if ready < needed:
                    yield f"P4: {weight} % to {slot}, where {name} has {ready} of {needed} pods ready: {write}"
            if not _find_pods(write, slot):
                yield f"P4: {weight} % to {slot}, where nothing runs: {write}"
            if slot == rollout.get("candidate") and slot not in write.before.warm:
                yield f"P4: {weight} % to {slot}, which answered no question yet: {write}"


def _check_scales(done: Sequence[Write], instance: str, floor: float) -> Iterator[str]:
    for write in done:
        replicas = _read_scale(write)
        if replicas is None:
            continue
        slot = _find_slot(write, instance)
        weight = write.before.weights.get(slot, 0)
        needed = _count_needed(write, write.place.name, slot, weight, floor)
        if replicas < needed:
            yield f"P4: {write.place.name} scaled to {replicas}, {weight} % of the traffic needs {needed}: {write}"


def _check_drivers(done: Sequence[Write]) -> Iterator[str]:
    """One driver at a time: who writes after another took over lost the lock and does not know it."""
    newest = 0
    for write in done:
        if write.place.plural in _ALLOWED_BEFORE_THE_LOCK:
            continue
        if write.process < newest:
            yield f"P7: command {write.process} writes after command {newest} took over: {write}"
        newest = max(newest, write.process)


def _check_beginning(done: Sequence[Write]) -> Iterator[str]:
    for write in done:
        if write.place.plural == "leases":
            return
        if write.place.plural not in _ALLOWED_BEFORE_THE_LOCK:
            yield f"P9: written before the lock was taken: {write}"


def _list_route_writes(done: Sequence[Write], instance: str) -> Iterator[tuple[Write, Mapping[str, int]]]:
    for write in done:
        if write.place.plural == "httproutes" and write.method != "DELETE":
            body = write.read_json()
            if (body.get("spec") or {}).get("rules"):
                yield write, {slot: weight for slot, weight in read_weights(body, instance).items() if weight}


def _find_stable(rollout: Mapping[str, Any]) -> str:
    return str((rollout.get("snapshot") or {}).get("serving", ""))


def _find_step(rollout: Mapping[str, Any]) -> Mapping[str, Any]:
    steps, index = rollout.get("steps") or (), int(rollout.get("index", 0))
    return steps[index] if index < len(steps) else {}


def _find_pods(write: Write, slot: str) -> Mapping[str, tuple[int, int]]:
    return write.before.pods.get(slot, {})


def _find_slot(write: Write, instance: str) -> str:
    return write.place.name.removeprefix(f"{instance}-").split("-")[0]


def _count_needed(write: Write, name: str, slot: str, weight: int, floor: float) -> int:
    """Pods that a share of the traffic needs of a Deployment: its part of what all traffic needs, at least one."""
    if weight <= 0:
        return 0
    required = (write.before.rollout.get("snapshot") or {}).get("required") or {}
    key = name.partition(f"-{slot}-")[2].replace("-", "/", 1)
    return max(1, ceil(round(int(required.get(key, 0)) * weight / 100 * floor, 6)))


def _read_scale(write: Write) -> int | None:
    if write.place.plural != "deployments" or write.place.part != "scale":
        return None
    replicas = (write.read_json().get("spec") or {}).get("replicas")
    return replicas if isinstance(replicas, int) else None


def _is_scale_down(write: Write) -> bool:
    replicas = _read_scale(write)
    if replicas is None:
        return False
    return any(replicas < pods.get(write.place.name, (0, 0))[1] for pods in write.before.pods.values())
