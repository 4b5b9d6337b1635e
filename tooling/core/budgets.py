"""PodDisruptionBudgets that would keep the pods of a released version on their nodes for ever."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from tooling.core.manifests import Manifest
from tooling.core.policies.bundle import Bundle, child, read_labels
from tooling.core.policies.scaling import SCALING_POLICIES

_BUDGET = "PodDisruptionBudget"
_RULES = frozenset({"budget-blocks-drain", "budget-overlap"})
_COMPONENT, _MODEL, _SLOT = "app.kubernetes.io/component", "genai-stack/model", "genai-stack/slot"


def find_deadlocks(
    manifests: Iterable[Manifest], live: Iterable[Manifest], replicas: Mapping[str, int], *, namespace: str
) -> tuple[str, ...]:
    """Say which budgets never let a pod go, once the slot has all its replicas (by workload key).

    `live` are the budgets that stand in the namespace; those that the manifests replace do not count.
    """
    rendered = [_give(manifest, replicas) for manifest in manifests]
    own = {_name(manifest) for manifest in rendered if manifest.get("kind") == _BUDGET}
    others = [manifest for manifest in live if _name(manifest) not in own]
    foreign = {_name(manifest) for manifest in others}
    bundle = Bundle.of([*rendered, *(_strip(manifest) for manifest in others)], namespace=namespace)
    found = []
    for policy in SCALING_POLICIES:
        for ref, path, message in policy.find(bundle) if policy.id in _RULES else ():
            whose = ", which stands in the namespace" if ref.name in foreign else ""
            found.append(f"{ref}{whose}: {path} {message}")
    return tuple(found)


def _give(manifest: Manifest, replicas: Mapping[str, int]) -> Manifest:
    """Return a Deployment of a slot with the most replicas that the rollout gives it; all else as it is."""
    labels = read_labels(child(manifest, "metadata").get("labels"))
    component, model = labels.get(_COMPONENT, ""), labels.get(_MODEL)
    count = replicas.get(f"{component}/{model}" if model else component)
    if manifest.get("kind") != "Deployment" or _SLOT not in labels or count is None:
        return manifest
    return {**manifest, "spec": {**child(manifest, "spec"), "replicas": count}}


def _strip(manifest: Manifest) -> Manifest:
    """Return a budget of a list, which leaves out what each object says of itself."""
    return {"apiVersion": "policy/v1", **manifest, "kind": _BUDGET}


def _name(manifest: Manifest) -> str:
    return str(child(manifest, "metadata").get("name") or "")
