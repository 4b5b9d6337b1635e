"""What all pods of an environment ask for together: GPUs, CPU, memory and storage, and what that costs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from tooling.core.policies.bundle import Bundle, Workload, child, rows, whole
from tooling.core.policies.requests import CPU, MEMORY, Amounts, add_amounts, read_pod_requests
from tooling.core.policies.rolling import Replicas, name_declared, read_replicas
from tooling.core.policies.scalers import list_scalers, map_scalers
from tooling.core.quantity import parse_quantity

STORAGE = "storage"
_HOOK = "helm.sh/hook"
_PER_GIB = frozenset({MEMORY, STORAGE})
_GIB = Decimal(1 << 30)
_ONE_RUN = frozenset({"Job", "CronJob", "Pod"})


@dataclass(frozen=True, slots=True)
class Amount:
    """A resource in its base unit (pieces, cores, bytes): at the least, and with every scaler at its top.

    `least_cost` and `most_cost` are by the hour; None where no price is given.
    """

    resource: str
    least: Decimal
    most: Decimal
    least_cost: Decimal | None = None
    most_cost: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums over a bundle. Requests count, and limits where there are none.

    Jobs count at the most only, as they come and go; hooks of Helm not at all. `unknown` are workloads whose
    number of pods nobody but a cluster knows, counted as one each; `apis` says which metrics the autoscalers
    need an adapter for: `custom.metrics.k8s.io: waiting_requests`.
    """

    amounts: tuple[Amount, ...]
    least_pods: int
    most_pods: int
    unknown: tuple[str, ...]
    apis: tuple[str, ...]

    @property
    def least_cost(self) -> Decimal | None:
        """What is always there costs an hour, as far as prices are given; None without any."""
        return _add(one.least_cost for one in self.amounts)

    @property
    def most_cost(self) -> Decimal | None:
        """What it all costs an hour at the most, as far as prices are given; None without any."""
        return _add(one.most_cost for one in self.amounts)

    @property
    def unpriced(self) -> tuple[str, ...]:
        """The resources that are asked for and have no price."""
        return tuple(one.resource for one in self.amounts if one.most_cost is None)


def find_totals(
    bundle: Bundle,
    *,
    declared: Mapping[str, int] | None = None,
    tops: Mapping[str, int] | None = None,
    prices: Mapping[str, Any] | None = None,
) -> Totals:
    """Add up a bundle.

    `declared` says how many pods a slot's workloads have, whose manifests leave that open, and `tops` how many
    their autoscalers may make of them: by `gateway` or `inference/MODEL`. `prices` are by the hour: a core, a
    GiB of memory or storage, or a piece of anything else.
    """
    least: Amounts = {}
    most: Amounts = {}
    pods = [0, 0]
    unknown = []
    for workload, replicas, is_known in _count_all(bundle, declared or {}, tops or {}):
        asked = read_pod_requests(workload)
        claimed = _read_claims(workload)
        add_amounts(least, asked, replicas.least)
        add_amounts(most, asked, replicas.most)
        add_amounts(least, claimed, replicas.least)
        add_amounts(most, claimed, replicas.most)
        pods = [pods[0] + replicas.least, pods[1] + replicas.most]
        if not is_known:
            unknown.append(str(workload.ref))
    for entry in bundle.list_kind("PersistentVolumeClaim"):
        for amounts in (least, most):
            add_amounts(amounts, _read_claim(entry.manifest), 1)
    found = tuple(_price(name, least.get(name, Decimal(0)), most[name], prices or {}) for name in _order(most))
    return Totals(found, pods[0], pods[1], tuple(unknown), _list_apis(bundle))


def _count_all(
    bundle: Bundle, declared: Mapping[str, int], tops: Mapping[str, int]
) -> Iterator[tuple[Workload, Replicas, bool]]:
    scalers = map_scalers(bundle)
    for workload in bundle.workloads:
        if _HOOK in child(workload.manifest, "metadata", "annotations"):
            continue
        kind = workload.ref.kind
        if kind in _ONE_RUN:
            spec = child(workload.spec, "jobTemplate", "spec") if kind == "CronJob" else workload.spec
            count = whole(spec.get("parallelism"), 1)
            yield workload, Replicas(count if kind == "Pod" else 0, count), True
            continue
        replicas = read_replicas(workload, scalers)
        key = name_declared(workload)
        if replicas is None and key in declared:
            replicas = Replicas(declared[key], max(declared[key], tops.get(key, 0)))
        yield workload, replicas or Replicas(1, 1), replicas is not None


def _read_claims(workload: Workload) -> Amounts:
    found: Amounts = {}
    for claim in rows(workload.spec, "volumeClaimTemplates"):
        add_amounts(found, _read_claim(claim), 1)
    return found


def _read_claim(claim: Mapping[str, Any]) -> Amounts:
    size = parse_quantity(child(claim, "spec", "resources", "requests").get(STORAGE))
    return {STORAGE: size} if size else {}


def _order(amounts: Amounts) -> list[str]:
    """Put GPUs first, which cost most, and then the rest in the order in which people name them."""
    plain = [name for name in (CPU, MEMORY, STORAGE) if name in amounts]
    return [*sorted(amounts.keys() - set(plain)), *plain]


def _price(name: str, least: Decimal, most: Decimal, prices: Mapping[str, Any]) -> Amount:
    price = parse_quantity(prices.get(name))
    if price is None:
        return Amount(name, least, most)
    unit = _GIB if name in _PER_GIB else Decimal(1)
    return Amount(name, least, most, least / unit * price, most / unit * price)


def _add(costs: Iterator[Decimal | None]) -> Decimal | None:
    known = [cost for cost in costs if cost is not None]
    return sum(known, Decimal(0)) if known else None


def _list_apis(bundle: Bundle) -> tuple[str, ...]:
    metrics = (metric for scaler in list_scalers(bundle) for metric in scaler.metrics)
    return tuple(sorted({f"{metric.api}: {metric.name}" for metric in metrics if metric.name}))
