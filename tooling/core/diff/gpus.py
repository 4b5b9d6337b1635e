"""GPUs before, during and after a change."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal

from tooling.core.policies.bundle import Bundle, Workload, child
from tooling.core.policies.gpu import list_gpu_workloads
from tooling.core.policies.rolling import name_declared, read_replicas, read_rolling
from tooling.core.policies.scalers import map_scalers

Gpus = Mapping[str, Decimal]
Counts = Mapping[tuple[str, str, str], int]
"""Pods by kind, namespace and name of their workload."""

_SCALED = frozenset({"Deployment", "StatefulSet", "DaemonSet"})


@dataclass(frozen=True, slots=True)
class GpuBill:
    """GPUs by resource name: now, afterwards, and at the most while the change is on its way."""

    before: Gpus = field(default_factory=dict)
    after: Gpus = field(default_factory=dict)
    peak: Gpus = field(default_factory=dict)


def count_replicas(bundle: Bundle, live: Counts, declared: Mapping[str, int]) -> Counts:
    """Return how many pods each workload has once it is applied.

    What manifests fix counts as written. What an autoscaler or the CLI scales keeps the pods that it has, and has
    at least the autoscaler's minimum, or what values declare (`gateway`, `inference/<model>`).
    """
    scalers = map_scalers(bundle)
    counts: dict[tuple[str, str, str], int] = {}
    for workload in bundle.workloads:
        ref = workload.ref
        key = (ref.kind, ref.namespace, ref.name)
        if ref.kind not in _SCALED:
            continue
        has = live.get(key, 0)
        replicas = read_replicas(workload, scalers)
        if replicas is None:
            counts[key] = max(has, declared.get(name_declared(workload), 0 if ref.kind == "DaemonSet" else 1))
        elif replicas.scaler:
            counts[key] = max(has, replicas.least)
        else:
            counts[key] = replicas.least
    return counts


def count_gpus(bundle: Bundle, counts: Counts) -> dict[str, Decimal]:
    """Return the GPUs of all pods together, by resource."""
    total: dict[str, Decimal] = {}
    for workload, gpus in list_gpu_workloads(bundle):
        pods = counts.get((workload.ref.kind, workload.ref.namespace, workload.ref.name), 0)
        for name, amount in gpus.items():
            total[name] = total.get(name, Decimal(0)) + amount * pods
    return {name: amount for name, amount in total.items() if amount}


def add_gpus(bills: Iterable[Gpus]) -> dict[str, Decimal]:
    """Add up GPUs, resource by resource."""
    total: dict[str, Decimal] = {}
    for one in bills:
        for name, amount in one.items():
            total[name] = total.get(name, Decimal(0)) + amount
    return total


def find_peak(
    before: Bundle, had: Counts, after: Bundle, gets: Counts, is_restarted: Callable[[Workload], bool]
) -> dict[str, Decimal]:
    """Return the most GPUs that an upgrade in place takes: a rolling update may add pods to those there are."""
    old = _index(before)
    new = _index(after)
    peaks: list[Gpus] = []
    for name in {**old, **new}:
        was = _multiply(*old[name], had) if name in old else {}
        will = _multiply(*new[name], gets) if name in new else {}
        most = {key: max(was.get(key, Decimal(0)), will.get(key, Decimal(0))) for key in {**was, **will}}
        if name in old and name in new and is_restarted(new[name][0]):
            workload, gpus = new[name]
            rolling = read_rolling(_with_replicas(workload, gets))
            surge = rolling.surge if rolling else 0
            most = add_gpus([most, {key: amount * surge for key, amount in gpus.items()}])
        peaks.append(most)
    return {name: amount for name, amount in add_gpus(peaks).items() if amount}


def _index(bundle: Bundle) -> dict[tuple[str, str, str, str], tuple[Workload, Gpus]]:
    """Return what makes pods with GPUs by its object and the field in it, of which there may be several."""
    return {
        (one.ref.kind, one.ref.namespace, one.ref.name, one.path): (one, gpus)
        for one, gpus in list_gpu_workloads(bundle)
    }


def _with_replicas(workload: Workload, counts: Counts) -> Workload:
    """Return a workload that says how many pods it gets: a surge may be a share of them."""
    pods = counts.get((workload.ref.kind, workload.ref.namespace, workload.ref.name), 0)
    spec = {**child(workload.manifest, "spec"), "replicas": pods}
    return replace(workload, manifest={**workload.manifest, "spec": spec})


def _multiply(workload: Workload, gpus: Gpus, counts: Counts) -> dict[str, Decimal]:
    pods = counts.get((workload.ref.kind, workload.ref.namespace, workload.ref.name), 0)
    return {name: amount * pods for name, amount in gpus.items()}
