"""The only place that changes anything outside. Every action was recorded before it comes here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tooling.app.context import Ports, Target
from tooling.core.action import (
    Action,
    DeleteRoute,
    InstallBase,
    InstallSlot,
    RevertRelease,
    Scale,
    SetWeights,
    WarmUp,
)
from tooling.core.observation import Observation
from tooling.core.plan import SLOTS
from tooling.core.rollout import Rollout
from tooling.core.values import merge, role_values
from tooling.errors import ClusterError
from tooling.ports.helm import Manifest

WARM_UP_PROMPT = "What is 2+2?"


@dataclass(slots=True)
class RouteBook:
    """Rendered routes by weights, so that the write that takes a bad candidate's traffic waits for no helm."""

    ports: Ports
    target: Target
    pages: dict[str, tuple[Manifest, ...]] = field(default_factory=dict)

    def open(self, weights: Mapping[str, int], serving: str) -> tuple[Manifest, ...]:
        """Return the manifests for these weights, rendered by the chart once."""
        key = f"{sorted(weights.items())}{serving}"
        if key not in self.pages:
            overlay = role_values(self.target.instance, "route", weights=weights, serving=serving)
            values = merge(self.target.values, overlay)
            self.pages[key] = self.ports.helm.render(self.target.instance, values)
        return self.pages[key]


def apply(book: RouteBook, rollout: Rollout, action: Action, seen: Observation) -> None:
    """Carry out one action. Raises what the port raises; nothing is retried here."""
    ports, target = book.ports, book.target
    namespace = target.namespace
    match action:
        case InstallBase():
            values = values_for(target, "base")
            ports.helm.upgrade(target.instance, values, description=_describe(rollout))
        case InstallSlot(slot):
            values = values_for(target, "slot", slot)
            ports.helm.upgrade(f"{target.instance}-{slot}", values, description=_describe(rollout))
        case RevertRelease(slot, revision):
            name = f"{target.instance}-{slot}" if slot else target.instance
            if revision:
                ports.helm.rollback(name, revision)
            else:
                ports.helm.uninstall(name)
        case Scale(slot, workload, replicas):
            ports.cluster.scale(namespace, _find_name(seen, slot, workload), replicas)
        case WarmUp(slot):
            # What an older version calls its models is in that version's config only: ask its default.
            models = ("",) if rollout.is_rollback else target.models or ("",)
            for model in models:
                ports.cluster.ask(namespace, f"{target.instance}-{slot}-gateway", model, WARM_UP_PROMPT)
        case SetWeights(weights, serving):
            manifests = book.open(weights, serving)
            ports.route.write(namespace, target.instance, manifests, seen=seen.route, epoch=rollout.epoch)
        case DeleteRoute():
            ports.route.delete(namespace, target.instance)


def prepare(ports: Ports, namespace: str) -> None:
    """Have the namespace that lock and state live in."""
    ports.cluster.ensure_namespace(namespace)


def remove_everything(ports: Ports, target: Target, *, delete_data: bool) -> tuple[str, ...]:
    """Take an instance away, traffic first; return the claims that were deleted with it."""
    namespace, instance = target.namespace, target.instance
    ports.route.delete(namespace, instance)
    for slot in SLOTS:
        ports.helm.uninstall(f"{instance}-{slot}")
    ports.helm.uninstall(instance)
    claims = ports.cluster.delete_claims(namespace, instance) if delete_data else ()
    ports.store.delete(namespace, instance)
    return claims


def forget_lock(ports: Ports, target: Target) -> None:
    """Remove the lock's object once nothing is left to lock."""
    ports.lease.delete(target.namespace, target.instance)


def values_for(target: Target, role: str, slot: str = "") -> Mapping[str, object]:
    """Return the user's values with the role laid over them."""
    return merge(target.values, role_values(target.instance, role, slot))


def _describe(rollout: Rollout) -> str:
    return f"genai-stack rollout {rollout.id} action {rollout.journal[-1].nonce}"


def _find_name(seen: Observation, slot: str, key: str) -> str:
    for workload in seen.slot(slot).workloads:
        if workload.key == key:
            return workload.name
    raise ClusterError(f"{slot} has no workload {key}.", status=409, hint="Looking again.")
