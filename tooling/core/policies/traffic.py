"""Policies on the way to the pods: Services, routes, network policies."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tooling.core.finding import Severity
from tooling.core.policies.bundle import Bundle, Entry, Workload, child, numbered, read_labels, rows, whole
from tooling.core.policies.dead_ends import GATEWAY_API, INGRESS_GROUPS, is_plain_service, list_backed
from tooling.core.policies.operators import find_open_namespaces
from tooling.core.policies.policy import Faults, Policy
from tooling.core.policies.selectors import list_names, name_one, suggest, write_labels, write_selector

_ROUTES = ("HTTPRoute", "GRPCRoute", "TCPRoute", "TLSRoute", "UDPRoute")
_BY_ANNOTATION = "use-annotation"
"""What the AWS load balancer controller reads as: an annotation says what happens, no Service."""


@dataclass(frozen=True, slots=True)
class _Backend:
    """A Service that a route sends to, with the field that says so; `port` is a number, a name, or None."""

    entry: Entry
    path: str
    namespace: str
    name: str
    port: object


def _find_without_pods(bundle: Bundle) -> Faults:
    unsure = find_open_namespaces(bundle)
    for entry in _list_services(bundle):
        selector, namespace = read_labels(entry.spec.get("selector")), entry.ref.namespace
        # Without any pod in the namespace, what is here is a part of something larger.
        if namespace in unsure or not bundle.has_pods(namespace):
            continue
        if not bundle.select(namespace, {"matchLabels": selector}):
            near = suggest(bundle, namespace, {"matchLabels": selector})
            text = f"selects no pod of any manifest here: {write_labels(selector)}."
            yield entry.ref, "spec.selector", f"{text} {near}"
    backed = list_backed(bundle)
    for entry in bundle.list_kind("Service"):
        place = entry.ref.namespace, entry.ref.name
        is_empty = is_plain_service(entry) and entry.spec.get("selector") == {}
        if is_empty and place not in backed and place[0] not in unsure and bundle.has_pods(place[0]):
            text = "selects no pod, and no manifest here gives it endpoints either."
            yield entry.ref, "spec.selector", f"{text} Write the labels of the pods that are meant."


def _list_services(bundle: Bundle) -> Iterator[Entry]:
    """List the Services that select pods."""
    for entry in bundle.list_kind("Service"):
        if is_plain_service(entry) and entry.spec.get("selector"):
            yield entry


def _find_unknown_names(bundle: Bundle) -> Faults:
    for entry in _list_services(bundle):
        pods = bundle.select(entry.ref.namespace, {"matchLabels": entry.spec.get("selector")})
        for index, port in numbered(entry.spec, "ports") if pods else ():
            target = port.get("targetPort")
            if not isinstance(target, str) or _is_listed(target, pods):
                continue
            names = sorted({str(one["name"]) for one in _list_container_ports(pods[0]) if one.get("name")})
            has = f"it has {', '.join(names)}" if names else "its ports have no names"
            text = f"no container of {pods[0].ref} has a port called {target}; {has}."
            yaml = f"targetPort: {names[0]}" if names else f"ports: [{{name: {target}, containerPort: ...}}] there"
            yield entry.ref, f"spec.ports[{index}].targetPort", f"{text} Write {yaml}."


def _find_unknown_numbers(bundle: Bundle) -> Faults:
    for entry in _list_services(bundle):
        pods = bundle.select(entry.ref.namespace, {"matchLabels": entry.spec.get("selector")})
        ports = numbered(entry.spec, "ports")
        targets = [(index, port.get("targetPort", port.get("port"))) for index, port in ports]
        if not (pods and targets) or any(_is_listed(target, pods) for _, target in targets):
            continue
        # What a container does not list is open all the same: only where every one of them lists some is it odd.
        if not all(any(rows(one.spec, "ports")) for pod in pods for one in pod.main):
            continue
        index, target = targets[0]
        if isinstance(target, int):
            listed = sorted({whole(one.get("containerPort")) for one in _list_container_ports(pods[0])} - {0})
            text = f"sends to port {target}, and {pods[0].ref} lists {', '.join(map(str, listed)) or 'none'}."
            yaml = f"targetPort: {listed[0]}" if listed else "the port that it listens at"
            yield entry.ref, f"spec.ports[{index}].targetPort", f"{text} Write {yaml}."


def _is_listed(target: object, pods: tuple[Workload, ...]) -> bool:
    ports = (port for pod in pods for port in _list_container_ports(pod))
    return any(target in (port.get("containerPort"), port.get("name")) for port in ports)


def _list_container_ports(pod: Workload) -> Iterator[Mapping[str, Any]]:
    return (port for container in pod.main for port in rows(container.spec, "ports"))


def _find_without_service(bundle: Bundle) -> Faults:
    known = list_names(bundle, "Service")
    for backend in _list_backends(bundle):
        service = bundle.find("Service", backend.namespace, backend.name)
        # Where none of a namespace is here, somebody else's Services are meant.
        if service is None and backend.namespace in known:
            text = f"sends to Service {backend.name}, which no manifest here makes."
            yield backend.entry.ref, backend.path, f"{text} {name_one(backend.name, known[backend.namespace])}"
        elif service is not None and backend.port is not None and not _has_port(service, backend.port):
            ports = ", ".join(str(port.get("port")) for port in rows(service.spec, "ports"))
            text = f"sends to port {backend.port} of Service {backend.name}, which has {ports or 'none'}."
            yield backend.entry.ref, backend.path, f"{text} Write one of its ports."


def _has_port(service: Entry, port: object) -> bool:
    key = "name" if isinstance(port, str) else "port"
    return any(one.get(key) == port for one in rows(service.spec, "ports"))


def _list_backends(bundle: Bundle) -> Iterator[_Backend]:
    for entry in bundle.list_kind(*_ROUTES):
        if entry.ref.group != GATEWAY_API:
            continue
        for place, rule in numbered(entry.spec, "rules"):
            for index, backend in numbered(rule, "backendRefs"):
                is_service = backend.get("kind", "Service") == "Service" and not backend.get("group")
                if is_service and backend.get("weight") != 0:  # what gets no traffic may come later
                    namespace = str(backend.get("namespace") or entry.ref.namespace)
                    path = f"spec.rules[{place}].backendRefs[{index}]"
                    yield _Backend(entry, path, namespace, str(backend.get("name")), backend.get("port"))
    for entry in bundle.list_kind("Ingress"):
        if entry.ref.group in INGRESS_GROUPS:
            yield from _list_ingress_backends(entry)


def _list_ingress_backends(entry: Entry) -> Iterator[_Backend]:
    found = [("spec.defaultBackend", child(entry.spec, "defaultBackend"))]
    for place, rule in numbered(entry.spec, "rules"):
        for index, path in numbered(child(rule, "http"), "paths"):
            found.append((f"spec.rules[{place}].http.paths[{index}].backend", child(path, "backend")))
    for where, backend in found:
        service = child(backend, "service")
        wanted = child(service, "port").get("name") or child(service, "port").get("number")
        if wanted == _BY_ANNOTATION or backend.get("servicePort") == _BY_ANNOTATION:
            continue
        if service:
            yield _Backend(entry, f"{where}.service", entry.ref.namespace, str(service.get("name")), wanted)
        elif backend.get("serviceName"):  # before version 1 of the API
            name = str(backend["serviceName"])
            yield _Backend(entry, where, entry.ref.namespace, name, backend.get("servicePort"))


def _find_idle_policies(bundle: Bundle) -> Faults:
    unsure = find_open_namespaces(bundle)
    for entry in bundle.list_kind("NetworkPolicy"):
        selector, namespace = child(entry.spec, "podSelector"), entry.ref.namespace
        if entry.ref.group != "networking.k8s.io" or not selector:
            continue
        if namespace in unsure or not bundle.has_pods(namespace) or bundle.select(namespace, selector):
            continue
        text = f"selects no pod of any manifest here, so it guards none: {write_selector(selector)}."
        yield entry.ref, "spec.podSelector", f"{text} {suggest(bundle, namespace, selector)}"


def _find_lost_governors(bundle: Bundle) -> Faults:
    known = list_names(bundle, "Service")
    for entry in bundle.list_kind("StatefulSet"):
        name = str(entry.spec.get("serviceName") or "")
        if name and entry.ref.namespace in known and name not in known[entry.ref.namespace]:
            text = f"names Service {name}, which no manifest here makes, so its pods have no DNS names."
            yield entry.ref, "spec.serviceName", f"{text} Write a Service {name} with clusterIP: None."


TRAFFIC_POLICIES: tuple[Policy, ...] = (
    Policy(
        "service-without-pods",
        Severity.ERROR,
        "A Service whose selector fits no pod has no endpoints: every request to it fails.",
        "Let the selector name labels of the pod template.",
        _find_without_pods,
    ),
    Policy(
        "service-port-unknown",
        Severity.ERROR,
        "A port name that no container has gives the Service no endpoint for it.",
        "Let targetPort name a port of the container, or name the container's port.",
        _find_unknown_names,
    ),
    Policy(
        "service-port-unlisted",
        Severity.WARNING,
        "The containers list their ports, and this one is not among them: probably nobody listens there.",
        "Let targetPort be a port of the container, or list the port there.",
        _find_unknown_numbers,
    ),
    Policy(
        "route-without-service",
        Severity.ERROR,
        "A route to a Service or port that does not exist answers 500 or 503.",
        "Let the backend name a Service of the same release and one of its ports.",
        _find_without_service,
    ),
    Policy(
        "network-policy-without-pods",
        Severity.WARNING,
        "A policy that selects no pod protects nothing, and the pods that were meant stay open.",
        "Let podSelector name labels of the pod template.",
        _find_idle_policies,
    ),
    Policy(
        "statefulset-without-service",
        Severity.WARNING,
        "The pods of a StatefulSet find one another by the names that its Service gives them.",
        "Add the headless Service that serviceName says.",
        _find_lost_governors,
    ),
)
