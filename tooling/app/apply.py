"""The only place that changes anything outside. Every action was recorded before it comes here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tooling.app.context import Ports, Target
from tooling.core.action import (
    Action,
    DeleteRoute,
    FinishSlot,
    FreezeScalers,
    InstallBase,
    InstallSlot,
    RemoveLeftovers,
    RestoreScalers,
    RestScalers,
    RevertRelease,
    RunTests,
    Scale,
    SetWeights,
    StartBackup,
    WarmUp,
)
from tooling.core.observation import Observation
from tooling.core.plan import SLOTS
from tooling.core.rollout import Rollout
from tooling.core.steps.releases import FINAL
from tooling.core.values import SCALERS_ON, merge, role_values
from tooling.errors import ClusterError
from tooling.ports.helm import Manifest, Values

WARM_UP_PROMPT = "What is 2+2?"


@dataclass(slots=True)
class RouteBook:
    """Rendered routes by weights, so that the write that takes a bad candidate's traffic waits for no helm.

    A route is rendered from the values of the version that it leads to: the target's where the slot `newest` is in
    it, else those of the serving slot's release (promise P5: an abort gives back the route's fields).
    """

    ports: Ports
    target: Target
    newest: str = ""
    pages: dict[str, tuple[Manifest, ...]] = field(default_factory=dict)

    def open(self, weights: Mapping[str, int], serving: str) -> tuple[Manifest, ...]:
        """Return the manifests for these weights, rendered by the chart once."""
        key = f"{sorted(weights.items())}{serving}"
        if key not in self.pages:
            overlay = role_values(self.target.instance, "route", weights=weights, serving=serving)
            values = merge(self._find_values(weights, serving), overlay)
            self.pages[key] = self.ports.helm.render(self.target.instance, values)
        return self.pages[key]

    def _find_values(self, weights: Mapping[str, int], serving: str) -> Values:
        if self.newest in weights:
            return self.target.values
        stored = self.ports.helm.read_values(f"{self.target.instance}-{serving}")
        # the object that splits traffic is of the kind that this process writes, whatever the version had
        kind = {"route": {"kind": self.target.strategy.route}}
        return self.target.values if stored is None else merge(stored, kind)

    def forget(self, serving: str) -> None:
        """Render anew what leads to a slot whose release was changed."""
        self.pages = {key: page for key, page in self.pages.items() if not key.endswith(f"]{serving}")}


def apply(book: RouteBook, rollout: Rollout, action: Action, seen: Observation) -> None:
    """Carry out one action. Raises what the port raises; nothing is retried here."""
    match action:
        case InstallBase() | InstallSlot() | FinishSlot() | RevertRelease() | RunTests():
            _run_helm(book, rollout, action)
        case FreezeScalers() | RestScalers() | RestoreScalers():
            _turn_scalers(book, action)
        case SetWeights(weights, serving):
            target, manifests = book.target, book.open(weights, serving)
            book.ports.route.write(
                target.namespace, target.instance, manifests, seen=seen.route, epoch=rollout.epoch
            )
        case DeleteRoute():
            book.ports.route.delete(book.target.namespace, book.target.instance)
        case _:
            _change_cluster(book, rollout, action, seen)


def _run_helm(
    book: RouteBook, rollout: Rollout, action: InstallBase | InstallSlot | FinishSlot | RevertRelease | RunTests
) -> None:
    helm, target = book.ports.helm, book.target
    instance = target.instance
    match action:
        case InstallBase():
            helm.upgrade(instance, values_for(target, "base"), description=_describe(rollout))
        case InstallSlot(slot):
            values = values_for(target, "slot", slot)
            helm.upgrade(f"{instance}-{slot}", values, description=_describe(rollout))
        case FinishSlot(slot):
            values = merge(values_for(target, "slot", slot), SCALERS_ON)
            helm.upgrade(f"{instance}-{slot}", values, description=_describe(rollout, f" {FINAL}"))
        case RevertRelease(slot, revision):
            _take_back(book.ports, f"{instance}-{slot}" if slot else instance, revision)
            book.forget(slot)
        case RunTests(slot):
            helm.test(f"{instance}-{slot}")


def _turn_scalers(book: RouteBook, action: FreezeScalers | RestScalers | RestoreScalers) -> None:
    scalers, namespace, instance = book.ports.scalers, book.target.namespace, book.target.instance
    match action:
        case FreezeScalers(slot):
            scalers.freeze(namespace, instance, slot)
        case RestScalers(slot):
            scalers.rest(namespace, instance, slot)
        case RestoreScalers(slot):
            scalers.restore(namespace, instance, slot)


def _change_cluster(
    book: RouteBook, rollout: Rollout, action: Scale | WarmUp | RemoveLeftovers | StartBackup, seen: Observation
) -> None:
    cluster, namespace = book.ports.cluster, book.target.namespace
    match action:
        case Scale(slot, workload, replicas):
            cluster.scale(namespace, _find_name(seen, slot, workload), replicas)
        case WarmUp(slot):
            _warm_up(book, rollout, slot)
        case RemoveLeftovers(leftovers):
            for one in leftovers:
                cluster.remove_leftover(one)
        case StartBackup(cronjob, job):
            cluster.start_job_from(namespace, cronjob, job)


def prepare(ports: Ports, namespace: str) -> None:
    """Have the namespace that lock and state live in."""
    ports.cluster.ensure_namespace(namespace)


def claim(ports: Ports, target: Target, rollout: Rollout) -> None:
    """Have a driver that was replaced lose its next write of a scale: it read what was there before this one."""
    slots = tuple(slot for slot in (rollout.stable, rollout.candidate) if slot)
    ports.cluster.claim(target.namespace, target.instance, slots, rollout.epoch)


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


def _take_back(ports: Ports, name: str, revision: int) -> None:
    if revision:
        ports.helm.rollback(name, revision)
    else:
        ports.helm.uninstall(name)


def _warm_up(book: RouteBook, rollout: Rollout, slot: str) -> None:
    """Ask every model one question; of an older version, what its models are called is in its own config only."""
    target = book.target
    models = ("",) if rollout.is_rollback else target.models or ("",)
    for model in models:
        book.ports.cluster.ask(target.namespace, f"{target.instance}-{slot}-gateway", model, WARM_UP_PROMPT)


def _describe(rollout: Rollout, mark: str = "") -> str:
    return f"genai-stack rollout {rollout.id}{mark} action {rollout.journal[-1].nonce}"


def _find_name(seen: Observation, slot: str, key: str) -> str:
    for workload in seen.slot(slot).workloads:
        if workload.key == key:
            return workload.name
    raise ClusterError(f"{slot} has no workload {key}.", status=409, hint="Looking again.")
