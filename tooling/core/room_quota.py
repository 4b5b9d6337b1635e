"""What the quotas of a namespace leave for more pods."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from tooling.core.policies.bundle import child, rows
from tooling.core.quantity import parse_quantity
from tooling.core.room_board import Need
from tooling.core.room_pods import PODS, Amounts, Expression, PodShape
from tooling.core.room_words import write_amount, write_deficit

_SIZED = ("cpu", "memory")


@dataclass(frozen=True, slots=True)
class Quota:
    """A ResourceQuota: what it allows, what is used, and of which pods it speaks; without `scopes` of all."""

    name: str
    hard: Amounts
    used: Amounts
    scopes: tuple[Expression, ...] = ()

    def counts(self, pod: PodShape) -> bool:
        """Whether a pod that runs until it is stopped is among those that it speaks of."""
        return all(_is_in(scope, pod) for scope in self.scopes)


def read_quota(manifest: Mapping[str, Any]) -> Quota:
    """Read a ResourceQuota; what has not the shape of the API is passed over."""
    spec = child(manifest, "spec")
    named = spec.get("scopes")
    scopes = [Expression(str(one), "Exists") for one in (named if isinstance(named, list) else ())]
    for one in rows(child(spec, "scopeSelector"), "matchExpressions"):
        values = one.get("values")
        listed = tuple(str(value) for value in values) if isinstance(values, list) else ()
        scopes.append(Expression(str(one.get("scopeName")), str(one.get("operator") or "Exists"), listed))
    return Quota(
        str(child(manifest, "metadata").get("name")),
        _read_amounts(child(spec, "hard")),
        _read_amounts(child(manifest, "status", "used")),
        tuple(scopes),
    )


def renew_quotas(live: Iterable[Quota], rendered: Iterable[Mapping[str, Any]]) -> tuple[Quota, ...]:
    """Return quotas as they are once manifests are applied: what is used stays as it is."""
    found = {quota.name: quota for quota in live}
    for manifest in rendered:
        if manifest.get("kind") == "ResourceQuota":
            quota = read_quota(manifest)
            used = found[quota.name].used if quota.name in found else {}
            found[quota.name] = replace(quota, used=used)
    return tuple(found.values())


def find_quota_deficits(quotas: Iterable[Quota], needs: Sequence[Need]) -> Iterator[str]:
    """Say what each quota lacks for the pods of all needs together."""
    for quota in quotas:
        counted = [need for need in needs if quota.counts(need.pod)]
        for resource, hard in quota.hard.items():
            asked = sum((_measure(need.pod, resource) * need.count for need in counted), Decimal(0))
            used = quota.used.get(resource, Decimal(0))
            if asked and used + asked > hard:
                where = f" in ResourceQuota {quota.name}"
                yield write_deficit(
                    resource, asked, max(Decimal(0), hard - used), where, f" of {write_amount(resource, hard)}"
                )


def _measure(pod: PodShape, resource: str) -> Decimal:
    """Return what a pod counts in a quota's words: `pods`, `requests.cpu`, `limits.memory`, or `cpu`."""
    part, dot, name = resource.partition(".")
    if resource in {PODS, "count/pods"}:
        return Decimal(1)
    if dot and part == "limits":
        return pod.limits.get(name, Decimal(0))
    return pod.requests.get(name if dot and part == "requests" else resource, Decimal(0))


def _is_in(scope: Expression, pod: PodShape) -> bool:
    is_sized = any(name in amounts for name in _SIZED for amounts in (pod.requests, pod.limits))
    match scope.key:
        case "BestEffort":
            return not is_sized
        case "NotBestEffort":
            return is_sized
        case "NotTerminating":
            return True
        case "PriorityClass":
            labels = {"PriorityClass": pod.priority_class} if pod.priority_class else {}
            return scope.agrees(labels)
    return False


def _read_amounts(amounts: Mapping[str, Any]) -> Amounts:
    parsed = {str(name): parse_quantity(value) for name, value in amounts.items()}
    return {name: amount for name, amount in parsed.items() if amount is not None}
