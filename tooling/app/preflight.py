"""What must hold before anything is written (promise P9)."""

from __future__ import annotations

from dataclasses import dataclass

from tooling.app import preflight_access
from tooling.app.apply import RouteBook, values_for
from tooling.app.context import Ports, Target
from tooling.app.preflight_access import check_access
from tooling.app.preflight_apply import check_trial
from tooling.app.preflight_gpu import check_hardware
from tooling.app.preflight_images import check_images
from tooling.app.preflight_pending import make_refusal
from tooling.app.preflight_room import check_room
from tooling.app.preflight_route import check_route
from tooling.app.preflight_together import check_all
from tooling.app.preflight_tracking import check_tracking
from tooling.app.same_target import check_instance, tell_place
from tooling.core.capacity import CapacityPlan
from tooling.core.kinds import find_certificate_secrets, find_kinds
from tooling.core.observation import is_pending
from tooling.core.plan import SLOTS, Step, StepKind
from tooling.core.plan import Target as Role
from tooling.core.rollout import Rollout
from tooling.core.values import SCALERS_ON, find_releases, merge
from tooling.errors import PreflightError, UsageError
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
    if target.strategy.route == "gatewayApi" and not ports.cluster.has_kind(ROUTE_API, "HTTPRoute"):
        place = tell_place(target, "route.kind")
        raise PreflightError(
            f"the cluster does not know HTTPRoute ({ROUTE_API}), and {place} is gatewayApi.",
            hint="Install the Gateway API CRDs and a controller for them, or write route: {kind: service}. "
            "Nothing was touched.",
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
    check_tracking(ports, target)
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
    names = find_releases(target.instance, SLOTS)
    for name, mark in ports.cluster.read_revisions(target.namespace, names).items():
        if not is_pending(mark.status) or mark.status == but:
            continue
        release = ports.helm.read_release(name)
        if release is not None and release.is_pending:
            raise make_refusal(ports, target, release)


def _check_plain_install(ports: Ports, target: Target) -> None:
    instance = target.instance
    if ports.helm.read_release(instance) is not None:
        installed = ports.helm.read_installed(instance)
        check_instance(target, installed.manifests if installed else ())
        raise PreflightError(
            f"{instance} was installed by plain helm (role all), which release cannot take over yet:",
            hint=f"uninstall it (helm uninstall {instance} -n {target.namespace}) or release under another "
            "rollout.instance. Nothing was touched.",
        )


@dataclass(frozen=True, slots=True)
class Roles:
    """What the chart makes of the target: base, and the slot that it goes into."""

    base: tuple[Manifest, ...]
    slot: tuple[Manifest, ...]

    @property
    def all(self) -> tuple[Manifest, ...]:
        """Both together."""
        return (*self.base, *self.slot)


def render_roles(ports: Ports, target: Target, slot: str) -> Roles:
    """Render base and slot: a template's error is found before the first write."""
    return Roles(
        ports.helm.render(target.instance, values_for(target, "base")),
        ports.helm.render(f"{target.instance}-{slot}", values_for(target, "slot", slot)),
    )


def check_rights(ports: Ports, target: Target) -> None:
    """Refuse an account that may not do what every rollout does."""

    def render() -> tuple[Manifest, ...]:
        slot = SLOTS[0]
        return (*render_roles(ports, target, slot).all, *_render_route(ports, target, slot))

    preflight_access.check_rights(ports, target, render)


def check_rollout(ports: Ports, target: Target, rollout: Rollout, roles: Roles) -> CapacityPlan:
    """Refuse a plan that the cluster cannot carry out, before the first write (P9); return what it takes."""
    check_kinds(ports, roles.all)
    late = _render_scalers(ports, target, rollout, roles)
    check_kinds(ports, late)
    manifests = (*roles.all, *late, *_render_route(ports, target, rollout.candidate))
    check_access(ports, target, rollout.steps, manifests)
    plans: list[CapacityPlan] = []
    check_all(
        lambda: check_certificates(ports, target, roles.all),
        lambda: check_route(ports, target, rollout),
        lambda: check_hardware(ports, roles.all),
        lambda: check_trial(ports, target, manifests, rollout),
        lambda: check_images(ports, target, manifests),
        lambda: plans.append(check_room(ports, target, rollout, roles.base, roles.slot)),
    )
    return plans[0]


def check_base(ports: Ports, target: Target, rollout: Rollout, manifests: tuple[Manifest, ...]) -> None:
    """Refuse a change of base that the cluster cannot take, before the first write."""
    check_settings(ports, target, Roles(manifests, ()))
    check_access(ports, target, rollout.steps, manifests)
    check_all(
        lambda: check_trial(ports, target, manifests, rollout),
        lambda: check_images(ports, target, manifests),
    )


def _render_scalers(ports: Ports, target: Target, rollout: Rollout, roles: Roles) -> tuple[Manifest, ...]:
    """Return what only the last upgrade of the candidate applies, where the plan has one: its autoscalers."""
    if not any(step.kind is StepKind.FINISH for step in rollout.steps):
        return ()
    values = merge(values_for(target, "slot", rollout.candidate), SCALERS_ON)
    known = {(one["kind"], one["metadata"]["name"]) for one in roles.slot}
    found = ports.helm.render(f"{target.instance}-{rollout.candidate}", values)
    return tuple(one for one in found if (one["kind"], one["metadata"]["name"]) not in known)


def _render_route(ports: Ports, target: Target, slot: str) -> tuple[Manifest, ...]:
    return RouteBook(ports, target, slot).open({slot: 100}, slot) if slot else ()


def check_settings(ports: Ports, target: Target, roles: Roles) -> None:
    """Refuse what the cluster lacks: kinds, certificates, drivers."""
    check_kinds(ports, roles.all)
    check_certificates(ports, target, roles.all)
    check_hardware(ports, roles.all)


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
            if step.kind in {StepKind.WEIGHT, StepKind.PREVIEW} and step.target is Role.CANDIDATE:
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
