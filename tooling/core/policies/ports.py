"""Policies on the numbers of ports, whose range the API server checks and its schemas do not say."""

from __future__ import annotations

from collections.abc import Iterator

from tooling.core.finding import Severity
from tooling.core.policies.bundle import Bundle, Container, Entry, child, numbered
from tooling.core.policies.policy import Faults, Policy

_LAST = 65535
_PROBES = ("startupProbe", "readinessProbe", "livenessProbe")
_HANDLERS = ("httpGet", "tcpSocket", "grpc")

_Numbers = Iterator[tuple[str, object]]


def _find_refused(bundle: Bundle) -> Faults:
    for workload in bundle.workloads:
        for container in workload.containers:
            for path, number in _list_numbers(container):
                if _is_refused(number):
                    yield workload.ref, path, _tell(number)
    for entry in bundle.list_kind("Service"):
        for path, number in () if entry.ref.group else _list_service_numbers(entry):
            if _is_refused(number):
                yield entry.ref, path, _tell(number)


def _list_numbers(container: Container) -> _Numbers:
    for index, port in numbered(container.spec, "ports"):
        yield f"{container.path}.ports[{index}].containerPort", port.get("containerPort")
        yield f"{container.path}.ports[{index}].hostPort", port.get("hostPort") or None  # 0 means none
    for probe in _PROBES:
        for handler in _HANDLERS:
            path = f"{container.path}.{probe}.{handler}.port"
            yield path, child(container.spec, probe, handler).get("port")


def _list_service_numbers(entry: Entry) -> _Numbers:
    for index, port in numbered(entry.spec, "ports"):
        yield f"spec.ports[{index}].port", port.get("port")
        yield f"spec.ports[{index}].targetPort", port.get("targetPort") or None  # 0 means the port itself


def _is_refused(number: object) -> bool:
    return isinstance(number, int) and not isinstance(number, bool) and not 1 <= number <= _LAST


def _tell(number: object) -> str:
    shown = f"{number} is" if isinstance(number, int) and abs(number) < 10**9 else "this number is"
    return f"{shown} no port: the API server refuses this. Write a number from 1 to {_LAST}."


PORT_POLICIES: tuple[Policy, ...] = (
    Policy(
        "port-refused",
        Severity.ERROR,
        f"Ports are numbers from 1 to {_LAST}; the API server refuses an object with another.",
        "Write the port at which the container listens.",
        _find_refused,
    ),
)
