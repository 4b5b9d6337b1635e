"""What must hold before anything is written (promise P9)."""

from __future__ import annotations

from tooling.app.apply import RouteBook, values_for
from tooling.app.context import Ports, Target
from tooling.core.plan import SLOTS, Step, StepKind
from tooling.errors import HeldError, PreflightError, UsageError

ROUTE_API = "gateway.networking.k8s.io/v1"


def check_context(ports: Ports, target: Target) -> None:
    """Refuse a kube context that the values do not allow."""
    info = ports.cluster.describe()
    allowed = target.strategy.contexts
    if allowed and info.context not in allowed:
        raise PreflightError(
            f"the kube context {info.context!r} is not among rollout.contexts ({', '.join(allowed)}).",
            hint="Choose one with --context, or add it to the values. Nothing was touched.",
        )


def check_cluster(ports: Ports, target: Target) -> None:
    """Refuse a cluster without the route's kind, or a namespace without the Secrets that the values name."""
    if not ports.cluster.has_kind(ROUTE_API, "HTTPRoute"):
        raise PreflightError(
            f"the cluster does not know HTTPRoute ({ROUTE_API}).",
            hint="Install the Gateway API CRDs and a controller for them. Nothing was touched.",
        )
    missing = ports.cluster.find_missing_secrets(target.namespace, target.secrets)
    if missing:
        lines = "; ".join(
            f"kubectl create secret generic {name} --namespace {target.namespace} --from-literal=KEY=VALUE"
            for name in missing
        )
        raise PreflightError(f"missing in namespace {target.namespace}: Secret {', '.join(missing)}.", hint=lines)


def check_releases(ports: Ports, target: Target, *, has_state: bool, is_unfinished: bool) -> None:
    """Refuse a plain `helm install` of the chart, and releases that somebody else's helm is at work on.

    An unfinished rollout judges pending releases itself: they may be its own.
    """
    instance = target.instance
    base = ports.helm.read_release(instance)
    if base is not None and not has_state:
        raise PreflightError(
            f"{instance} was installed by plain helm (role all), which release cannot take over yet:",
            hint=f"uninstall it (helm uninstall {instance} -n {target.namespace}) or release under another "
            "rollout.instance. Nothing was touched.",
        )
    if is_unfinished:
        return
    for name in (instance, *(f"{instance}-{slot}" for slot in SLOTS)):
        release = base if name == instance else ports.helm.read_release(name)
        if release is not None and release.is_pending:
            raise HeldError(
                f"helm is at work on {name} for somebody else ({release.status}, revision {release.revision}).",
                hint=f"Wait, or if that process is dead: helm rollback {name} -n {target.namespace}. "
                "Nothing was touched.",
            )


def check_rendering(ports: Ports, target: Target, slot: str) -> None:
    """Render every role once, so that a template's error is found before the first write."""
    ports.helm.render(target.instance, values_for(target, "base"))
    ports.helm.render(f"{target.instance}-{slot}", values_for(target, "slot", slot))


def write_routes_ahead(book: RouteBook, steps: tuple[Step, ...], *, stable: str, candidate: str) -> None:
    """Render every route that the plan, or its abort, will need."""
    if stable:
        book.open({stable: 100}, stable)
        for step in steps:
            if step.kind is StepKind.WEIGHT:
                book.open({stable: 100 - step.weight, candidate: step.weight}, stable)
    book.open({candidate: 100}, candidate)


def check_workable(target: Target) -> None:
    """Refuse settings that cannot work together."""
    load = target.strategy.load
    if load.is_enabled and not load.url:
        raise UsageError(
            "rollout.load.enabled needs rollout.load.url, the address of the edge.",
            hint="Set it in the values, or with --set rollout.load.url=http://ADDRESS.",
        )
