"""Rules on the gateway and on what stands before it: names, scale, and who reaches the stack how."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import ceil
from typing import Any

from tooling.core.finding import Finding, Severity
from tooling.core.rules.scaler import find_scaler_findings
from tooling.core.strategy import parse_duration
from tooling.core.values import KeyPath, Layered, pick, place_finding, table

_ANSWER = 60.0
"""Seconds that an answer may take where a route says nothing."""
_PRE_STOP = 5
"""Seconds that a pod waits before it stops to accept connections; they count against its grace period."""


def find_edge_findings(layered: Layered) -> tuple[Finding, ...]:
    """Check effective values; a part whose shape the schema refuses is passed over without an error."""
    found: list[Finding] = []
    if pick(layered.values, "gateway", "enabled") is not False:
        found += [*_check_names(layered), *_check_drain(layered), *_check_scaler(layered)]
        found += [*_check_requests(layered), *_check_timeout(layered)]
    return (*found, *_check_completeness(layered), *_check_exposure(layered))


def _check_names(layered: Layered) -> Iterator[Finding]:
    """A name means one model: the gateway would not start with an alias that two have."""
    models = table(layered.values, "gateway", "models")
    owners = {name: name for name in models}
    for name, model in models.items():
        aliases = model.get("aliases") if isinstance(model, Mapping) else None
        for alias in aliases if isinstance(aliases, list) else ():
            owner = owners.setdefault(str(alias), name)
            if owner != name:
                path = ("gateway", "models", name, "aliases")
                message = f"has `{alias}`, which is a name of model {owner} already."
                yield _place(layered, path, message, "gateway-alias", hint="Take it out of one of the two.")


def _check_drain(layered: Layered) -> Iterator[Finding]:
    grace = pick(layered.values, "gateway", "terminationGracePeriodSeconds")
    for name, model in table(layered.values, "gateway", "models").items():
        timeout = model.get("timeoutSeconds") if isinstance(model, Mapping) else None
        if isinstance(timeout, int | float) and isinstance(grace, int) and timeout + _PRE_STOP > grace:
            yield _place(
                layered,
                ("gateway", "models", name, "timeoutSeconds"),
                f"lets an answer take {timeout:g} s, and a pod of the gateway that ends has {grace} s: "
                "longer answers are cut.",
                "gateway-drain",
                hint=f"Write gateway: {{terminationGracePeriodSeconds: {int(timeout) + 3 * _PRE_STOP}}}.",
                severity=Severity.WARNING,
            )


def _check_scaler(layered: Layered) -> Iterator[Finding]:
    path = ("gateway", "autoscaling")
    return find_scaler_findings(
        layered,
        path,
        table(layered.values, *path),
        rule="gateway-scaler",
        yaml="gateway: {autoscaling: %s}",
        metric="{cpu: 70}",
        replicas=pick(layered.values, "gateway", "replicas"),
    )


def _check_requests(layered: Layered) -> Iterator[Finding]:
    """A percentage of a request needs the request: without it the autoscaler does nothing."""
    if pick(layered.values, "gateway", "autoscaling", "enabled") is not True:
        return
    for resource in ("cpu", "memory"):
        path = ("gateway", "autoscaling", "metrics", resource)
        if pick(layered.values, *path) and not pick(layered.values, "gateway", "resources", "requests", resource):
            message = f"is a percentage of the request, and gateway.resources.requests has no {resource}."
            hint = f"Write gateway: {{resources: {{requests: {{{resource}: ...}}}}}}."
            yield _place(layered, path, message, "gateway-scaler", hint=hint)


def _check_timeout(layered: Layered) -> Iterator[Finding]:
    """The HTTPRoute may not end an answer that the gateway still lets run."""
    text, path = pick(layered.values, "route", "requestTimeout"), ("route", "requestTimeout")
    try:
        limit = parse_duration(text) if isinstance(text, str) else 0.0
    except ValueError:
        return
    routes = table(layered.values, "gateway", "models")
    longest = max((_read_timeout(route) for route in routes.values()), default=0.0)
    if pick(layered.values, "route", "enabled") is True and 0 < limit < longest:
        message = f"is {text}, and an answer may take {longest:g} s: longer ones are cut at the HTTPRoute."
        hint = f"Write route: {{requestTimeout: {ceil(longest) + _PRE_STOP}s}}, or 0s for no limit there."
        yield _place(layered, path, message, "route-timeout", hint=hint, severity=Severity.WARNING)


def _read_timeout(route: object) -> float:
    """Seconds that the gateway lets an answer of a route take."""
    timeout = pick(route, "timeoutSeconds")
    return float(timeout) if isinstance(timeout, int | float) and not isinstance(timeout, bool) else _ANSWER


def _check_completeness(layered: Layered) -> Iterator[Finding]:
    """Settings that need another one beside them."""
    route = table(layered.values, "route")
    makes_gateway = pick(route, "gateway", "create") is True
    has_ingress = pick(route, "ingress", "enabled") is True
    if makes_gateway and not pick(route, "gateway", "className"):
        message = "is empty, and route.gateway.create makes a Gateway."
        hint = "Write route: {gateway: {className: NAME}}; kubectl get gatewayclasses lists the names."
        yield _place(layered, ("route", "gateway", "className"), message, "edge-class", hint=hint)
    if makes_gateway and pick(route, "enabled") is not True:
        message = "makes a Gateway that no HTTPRoute attaches to."
        hint = "Write route: {enabled: true}."
        yield _place(
            layered, ("route", "gateway", "create"), message, "edge-route", hint=hint, severity=Severity.WARNING
        )
    if _has_tls(route) and not (makes_gateway or has_ingress):
        message = "is for an Ingress, or for a Gateway that the chart makes, and there is neither."
        hint = "Write route: {ingress: {enabled: true}} or route: {gateway: {create: true}}, or leave it empty."
        yield _place(layered, ("route", "tls"), message, "edge-tls", hint=hint, severity=Severity.WARNING)
    elif pick(route, "tls", "certManager", "issuer") and not route.get("hostnames"):
        message = "asks for a certificate, and route.hostnames has no name to certify."
        hint = "Write route: {hostnames: [genai.example.com]}."
        yield _place(layered, ("route", "tls", "certManager", "issuer"), message, "edge-hostnames", hint=hint)


def _check_exposure(layered: Layered) -> Iterator[Finding]:
    """The gateway asks for no key: who reaches it may use it, and plain HTTP shows what is said."""
    route = table(layered.values, "route")
    ways: tuple[tuple[str, str], ...] = (("ingress", "enabled"), ("gateway", "create"))
    for way in ways:
        if pick(route, *way) is True and not _has_tls(route):
            message = "exposes the stack by plain HTTP: prompts and answers can be read on their way."
            hint = "Write route: {tls: {secretName: NAME}} or route: {tls: {certManager: {issuer: NAME}}}."
            yield _place(layered, ("route", *way), message, "edge-plain", hint=hint, severity=Severity.WARNING)
    if pick(route, "service", "type") == "LoadBalancer" and not pick(route, "service", "sourceRanges"):
        message = "LoadBalancer lets everybody who reaches it use the models: the gateway asks for no key."
        hint = "Write route: {service: {sourceRanges: [203.0.113.0/24]}}."
        yield _place(
            layered, ("route", "service", "type"), message, "edge-open", hint=hint, severity=Severity.WARNING
        )


def _has_tls(route: Mapping[str, Any]) -> bool:
    return bool(pick(route, "tls", "secretName") or pick(route, "tls", "certManager", "issuer"))


def _place(
    layered: Layered, path: KeyPath, message: str, rule: str, *, hint: str, severity: Severity = Severity.ERROR
) -> Finding:
    return place_finding(layered.origins, path, message, rule=rule, severity=severity, hint=hint)
