"""Rules on the gateway and on what stands before it: names, scale, and who reaches the stack how."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import ceil
from typing import Any

from tooling.core.durations import parse_duration
from tooling.core.finding import Finding, Severity
from tooling.core.rules.scaler import find_scaler_findings
from tooling.core.rules.workloads import read_timeout
from tooling.core.values import Layered, pick, place_finding, table

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
    return (*found, *_check_gateway(layered), *_check_completeness(layered), *_check_exposure(layered))


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
                yield place_finding(
                    layered.origins, path, message, rule="gateway-alias", hint="Take it out of one of the two."
                )


def _check_drain(layered: Layered) -> Iterator[Finding]:
    grace = pick(layered.values, "gateway", "terminationGracePeriodSeconds")
    for name, model in table(layered.values, "gateway", "models").items():
        timeout = read_timeout(model)
        if timeout is not None and isinstance(grace, int) and timeout + _PRE_STOP > grace:
            yield place_finding(
                layered.origins,
                ("gateway", "models", name, "timeoutSeconds"),
                f"lets an answer take {timeout:g} s, and a pod of the gateway that ends has {grace} s: "
                "longer answers are cut.",
                rule="gateway-drain",
                severity=Severity.WARNING,
                hint=f"Write gateway: {{terminationGracePeriodSeconds: {int(timeout) + 3 * _PRE_STOP}}}.",
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
            yield place_finding(layered.origins, path, message, rule="gateway-scaler", hint=hint)


def _check_timeout(layered: Layered) -> Iterator[Finding]:
    """The HTTPRoute may not end an answer that the gateway still lets run."""
    text, path = pick(layered.values, "route", "requestTimeout"), ("route", "requestTimeout")
    try:
        limit = parse_duration(text) if isinstance(text, str) else 0.0
    except ValueError:
        return
    routes = table(layered.values, "gateway", "models")
    told = (read_timeout(route) for route in routes.values())
    longest = max((_ANSWER if seconds is None else seconds for seconds in told), default=0.0)
    if pick(layered.values, "route", "enabled") is True and 0 < limit < longest:
        message = f"is {text}, and an answer may take {longest:g} s: longer ones are cut at the HTTPRoute."
        hint = f"Write route: {{requestTimeout: {ceil(longest) + _PRE_STOP}s}}, or 0s for no limit there."
        yield place_finding(
            layered.origins, path, message, rule="route-timeout", severity=Severity.WARNING, hint=hint
        )


def _check_gateway(layered: Layered) -> Iterator[Finding]:
    """Whatever comes in is sent to the gateway."""
    ways: tuple[tuple[str, ...], ...] = (("enabled",), ("ingress", "enabled"))
    used = next((way for way in ways if pick(layered.values, "route", *way) is True), None)
    if used and pick(layered.values, "gateway", "enabled") is False:
        key = ".".join(("route", *used))
        hint = f"Write gateway: {{enabled: true}}, or route: {'{ingress: ' * (len(used) - 1)}{{enabled: false}}"
        yield place_finding(
            layered.origins,
            ("gateway", "enabled"),
            f"is false, and {key} sends every request to the gateway: all would fail.",
            rule="edge-gateway",
            hint=hint + "}" * (len(used) - 1) + ".",
        )


def _check_completeness(layered: Layered) -> Iterator[Finding]:
    """Settings that need another one beside them."""
    route = table(layered.values, "route")
    makes_gateway = pick(route, "gateway", "create") is True
    has_ingress = pick(route, "ingress", "enabled") is True
    if makes_gateway and not pick(route, "gateway", "className"):
        message = "is empty, and route.gateway.create makes a Gateway."
        hint = "Write route: {gateway: {className: NAME}}; kubectl get gatewayclasses lists the names."
        yield place_finding(
            layered.origins, ("route", "gateway", "className"), message, rule="edge-class", hint=hint
        )
    is_service = pick(route, "kind") == "service"
    if makes_gateway and (is_service or pick(route, "enabled") is not True):
        message = "makes a Gateway that no HTTPRoute attaches to."
        hint = f"Write route: {{{'kind: gatewayApi' if is_service else 'enabled: true'}}}."
        yield place_finding(
            layered.origins,
            ("route", "gateway", "create"),
            message,
            rule="edge-route",
            severity=Severity.WARNING,
            hint=hint,
        )
    if _has_tls(route) and not (makes_gateway or has_ingress):
        message = "is for an Ingress, or for a Gateway that the chart makes, and there is neither."
        hint = "Write route: {ingress: {enabled: true}} or route: {gateway: {create: true}}, or leave it empty."
        yield place_finding(
            layered.origins, ("route", "tls"), message, rule="edge-tls", severity=Severity.WARNING, hint=hint
        )
    elif pick(route, "tls", "certManager", "issuer") and not route.get("hostnames"):
        message = "asks for a certificate, and route.hostnames has no name to certify."
        hint = "Write route: {hostnames: [genai.example.com]}."
        yield place_finding(
            layered.origins, ("route", "tls", "certManager", "issuer"), message, rule="edge-hostnames", hint=hint
        )


def _check_exposure(layered: Layered) -> Iterator[Finding]:
    """The gateway asks for no key: who reaches it may use it, and plain HTTP shows what is said."""
    route = table(layered.values, "route")
    ways: tuple[tuple[str, str], ...] = (("ingress", "enabled"), ("gateway", "create"))
    for way in ways:
        if pick(route, *way) is True and not _has_tls(route):
            message = "exposes the stack by plain HTTP: prompts and answers can be read on their way."
            hint = "Write route: {tls: {secretName: NAME}} or route: {tls: {certManager: {issuer: NAME}}}."
            yield place_finding(
                layered.origins, ("route", *way), message, rule="edge-plain", severity=Severity.WARNING, hint=hint
            )
    if pick(route, "service", "type") == "LoadBalancer" and not pick(route, "service", "sourceRanges"):
        message = "LoadBalancer lets everybody who reaches it use the models: the gateway asks for no key."
        hint = "Write route: {service: {sourceRanges: [203.0.113.0/24]}}."
        yield place_finding(
            layered.origins,
            ("route", "service", "type"),
            message,
            rule="edge-open",
            severity=Severity.WARNING,
            hint=hint,
        )


def _has_tls(route: Mapping[str, Any]) -> bool:
    return bool(pick(route, "tls", "secretName") or pick(route, "tls", "certManager", "issuer"))
