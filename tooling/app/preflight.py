"""What must hold before anything is written (promise P9)."""

from __future__ import annotations

from tooling.app.apply import RouteBook, values_for
from tooling.app.context import Ports, Target
from tooling.app.preflight_gpu import check_hardware
from tooling.core.kinds import find_certificate_secrets, find_kinds
from tooling.core.plan import SLOTS, Step, StepKind
from tooling.errors import HeldError, PreflightError, UsageError
from tooling.ports.helm import Manifest

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


def check_releases(ports: Ports, target: Target, *, has_slots: bool, is_unfinished: bool) -> None:
    """Refuse what this CLI did not make: a plain `helm install`, a route, a release that another helm works on.

    An unfinished rollout judges pending releases itself: they may be its own.
    """
    instance, namespace = target.instance, target.namespace
    if not has_slots:
        _check_plain_install(ports, target)
        route = ports.route.read(namespace, instance)
        if route is not None and (not route.is_ours or route.leader not in SLOTS):
            raise PreflightError(
                f"a route {instance} that genai-stack did not make exists in namespace {namespace}.",
                hint="Remove it, or release under another rollout.instance. Nothing was touched.",
            )
    if not is_unfinished:
        check_pending(ports, target)


def check_pending(ports: Ports, target: Target, *, but: str = "") -> None:
    """Refuse releases that another helm is at work on; the status `but` is let pass."""
    for name in (target.instance, *(f"{target.instance}-{slot}" for slot in SLOTS)):
        release = ports.helm.read_release(name)
        if release is None or not release.is_pending or release.status == but:
            continue
        verb = "uninstall" if release.status == "uninstalling" else "rollback"
        raise HeldError(
            f"helm is at work on {name} for somebody else ({release.status}, revision {release.revision}).",
            hint=f"Wait, or if that process is dead: helm {verb} {name} -n {target.namespace}. "
            "Nothing was touched.",
        )


def _check_plain_install(ports: Ports, target: Target) -> None:
    instance = target.instance
    if ports.helm.read_release(instance) is not None:
        raise PreflightError(
            f"{instance} was installed by plain helm (role all), which release cannot take over yet:",
            hint=f"uninstall it (helm uninstall {instance} -n {target.namespace}) or release under another "
            "rollout.instance. Nothing was touched.",
        )


def check_rendering(ports: Ports, target: Target, slot: str) -> None:
    """Render every role: a template's error, or what the cluster lacks, is found before the first write."""
    manifests = (
        *ports.helm.render(target.instance, values_for(target, "base")),
        *ports.helm.render(f"{target.instance}-{slot}", values_for(target, "slot", slot)),
    )
    check_kinds(ports, manifests)
    check_certificates(ports, target, manifests)
    check_hardware(ports, manifests)


def check_kinds(ports: Ports, manifests: tuple[Manifest, ...]) -> None:
    """Refuse manifests of kinds that the cluster does not know, all of them in one message."""
    missing = [use for use in find_kinds(manifests) if not ports.cluster.has_kind(use.api_version, use.kind)]
    if missing:
        remedies = sorted({use.remedy for use in missing})
        raise PreflightError(
            f"the cluster does not know {'; '.join(str(use) for use in missing)}.",
            hint=f"Install {', and '.join(remedies)}, or take that out of the values. Nothing was touched.",
        )


def check_certificates(ports: Ports, target: Target, manifests: tuple[Manifest, ...]) -> None:
    """Refuse an Ingress or Gateway whose certificate does not exist and is not made by cert-manager."""
    needed = find_certificate_secrets(manifests)
    missing = ports.cluster.find_missing_secrets(target.namespace, needed)
    if missing:
        lines = "; ".join(
            f"kubectl create secret tls {name} --namespace {target.namespace} --cert=FILE --key=FILE"
            for name in missing
        )
        raise PreflightError(
            f"missing in namespace {target.namespace}: Secret {', '.join(missing)}, the certificate of "
            "route.hostnames.",
            hint=f"{lines}. Nothing was touched.",
        )


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
