"""Policies on what leads nowhere because a list is empty: Services without ports, routes without backends."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tooling.core.finding import Severity
from tooling.core.policies.bundle import Bundle, Entry, child, numbered, rows
from tooling.core.policies.policy import Faults, Policy

GATEWAY_API = "gateway.networking.k8s.io"
INGRESS_GROUPS = ("networking.k8s.io", "extensions")
_ANSWERING = frozenset({"RequestRedirect", "ExtensionRef"})
"""Filters of a route that answer by themselves, or may."""

_DEFAULTS = frozenset({"defaultBackend", "backend"})
"""Where an Ingress says what is for everything else, the last before version 1 of the API."""


def is_plain_service(entry: Entry) -> bool:
    """Whether an object is a Service of Kubernetes that is no name of something outside."""
    return not entry.ref.group and entry.spec.get("type") != "ExternalName"


def list_backed(bundle: Bundle) -> frozenset[tuple[str, str]]:
    """Return the Services, by namespace and name, whose endpoints are written by hand."""
    found = {(entry.ref.namespace, entry.ref.name) for entry in bundle.list_kind("Endpoints")}
    for entry in bundle.list_kind("EndpointSlice"):
        name = child(entry.manifest, "metadata", "labels").get("kubernetes.io/service-name")
        found.add((entry.ref.namespace, str(name)))
    return frozenset(found)


def _find_without_ports(bundle: Bundle) -> Faults:
    for entry in bundle.list_kind("Service"):
        if is_plain_service(entry) and entry.spec.get("clusterIP") != "None" and not entry.spec.get("ports"):
            text = "is empty, and only a headless Service may be without: the API server refuses this."
            yield entry.ref, "spec.ports", f"{text} Write ports: [{{port: 80, targetPort: ...}}]."


def _find_without_backend(bundle: Bundle) -> Faults:
    for entry in bundle.list_kind("HTTPRoute", "GRPCRoute"):
        for path in _list_empty(entry) if entry.ref.group == GATEWAY_API else ():
            text = "sends to nothing, so every such request is answered with an error."
            yield entry.ref, path, f"{text} Write backendRefs: [{{name: SERVICE, port: PORT}}]."
    for entry in bundle.list_kind("Ingress"):
        has_any = entry.spec.get("rules") or not _DEFAULTS.isdisjoint(entry.spec)
        if entry.ref.group in INGRESS_GROUPS and not has_any:
            text = "has neither rules nor a defaultBackend: the API server refuses this."
            yaml = "rules: [{http: {paths: [{path: /, pathType: Prefix, backend: ...}]}}]"
            yield entry.ref, "spec", f"{text} Write {yaml}."


def _list_empty(entry: Entry) -> Iterator[str]:
    """Return the fields of rules that send to nothing; without rules there is one for everything."""
    if not entry.spec.get("rules"):
        yield "spec.rules"
    for index, rule in numbered(entry.spec, "rules"):
        if not rule.get("backendRefs") and not _answers(rule):
            yield f"spec.rules[{index}].backendRefs"


def _answers(rule: Mapping[str, Any]) -> bool:
    return any(one.get("type") in _ANSWERING for one in rows(rule, "filters"))


DEAD_END_POLICIES: tuple[Policy, ...] = (
    Policy(
        "service-without-ports",
        Severity.ERROR,
        "A Service that is not headless has to have a port.",
        "Write its ports, or clusterIP: None.",
        _find_without_ports,
    ),
    Policy(
        "route-without-backend",
        Severity.ERROR,
        "A rule of a route without a backend answers 500, unless it redirects; an Ingress without is refused.",
        "Name the Service that is meant, or a RequestRedirect.",
        _find_without_backend,
    ),
)
