"""What the API server says to manifests that it is asked to take without keeping them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from tooling.core.access_needs import find_resource
from tooling.core.diff.objects import ObjectName
from tooling.core.manifests import Manifest
from tooling.core.quantity import parse_quantity

_PLAIN = frozenset({"configmaps", "persistentvolumeclaims", "secrets", "services"})
"""Resources that a quota may count by their bare name too."""

_ABSENT = "not found"

Resource = tuple[str, str]
"""API group and resource."""


@dataclass(frozen=True, slots=True)
class Trial:
    """One object: whether it would be new, and why it was refused ("": it was not).

    `unchecked` says why the server could not tell.
    """

    name: ObjectName
    is_new: bool = False
    problem: str = ""
    unchecked: str = ""


def forgive_order(trials: Sequence[Trial], manifests: Sequence[Manifest]) -> tuple[Trial, ...]:
    """Return the trials without refusals that come only of a Role that would be made together with its binding.

    Whoever is no administrator has to have what a binding gives, so the API server looks the Role up.
    """
    made = {(trial.name.kind, trial.name.name) for trial in trials if trial.is_new and not trial.problem}
    found = []
    for trial, manifest in zip(trials, manifests, strict=True):
        ref = manifest.get("roleRef") or {}
        is_early = (ref.get("kind"), ref.get("name")) in made and trial.problem.endswith(_ABSENT)
        found.append(replace(trial, problem="") if is_early else trial)
    return tuple(found)


def count_new(trials: Iterable[Trial]) -> Counter[Resource]:
    """Count the objects that would be new, by resource."""
    return Counter(
        (trial.name.api_version.rpartition("/")[0], find_resource(trial.name.kind))
        for trial in trials
        if trial.is_new
    )


def find_full_quotas(quotas: Iterable[Manifest], new: Mapping[Resource, int]) -> Iterator[str]:
    """Say which quotas leave no room for that many new objects; one by one they may all have fitted."""
    wanted = {key: count for resource, count in new.items() for key in _list_keys(resource)}
    for quota in quotas:
        spec, status = quota.get("spec") or {}, quota.get("status") or {}
        if spec.get("scopes") or spec.get("scopeSelector"):
            continue  # those are of pods
        used = status.get("used") or {}
        for key, hard in sorted((status.get("hard") or {}).items()):
            limit, taken = parse_quantity(hard), parse_quantity(used.get(key, 0))
            if key not in wanted or limit is None or taken is None or taken + wanted[key] <= limit:
                continue
            name = (quota.get("metadata") or {}).get("name")
            free = max(0, int(limit - taken))
            yield f"ResourceQuota {name}: {wanted[key]} more {key} are needed, {free} of {hard} are free"


def _list_keys(resource: Resource) -> Iterator[str]:
    group, plural = resource
    yield f"count/{plural}.{group}" if group else f"count/{plural}"
    if not group and plural in _PLAIN:
        yield plural
