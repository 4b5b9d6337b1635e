"""Rules on addresses, host names and ports."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from ipaddress import ip_address, ip_network
from typing import Any

from tooling.core.finding import Finding, Severity
from tooling.core.values import KeyPath, Layered, pick, place_finding, table

_RANGES: tuple[KeyPath, ...] = (
    ("network", "dns", "cidrs"),
    ("network", "edge", "cidrs"),
    ("network", "apiServer", "cidrs"),
    ("network", "blocked"),
    ("route", "service", "sourceRanges"),
)


def find_network_findings(layered: Layered) -> tuple[Finding, ...]:
    """Check effective values; a part whose shape the schema refuses is passed over without an error."""
    return (*_check_ranges(layered), *_check_blocked(layered), *_check_hosts(layered), *_check_ports(layered))


def _check_ranges(layered: Layered) -> Iterator[Finding]:
    allowed = table(layered.values, "network", "allow")
    for path in (*_RANGES, *(("network", "allow", name, "cidrs") for name in allowed)):
        for index, text in enumerate(_list(layered, path)):
            if not isinstance(text, str):
                continue
            fault, hint = _judge_range(text)
            if fault:
                yield place_finding(layered.origins, (*path, index), fault, rule="cidr", hint=hint)


def _judge_range(text: str) -> tuple[str, str]:
    """Say what is wrong with an address range, and what to write."""
    try:
        network = ip_network(text, strict=False)
    except ValueError:
        return f"is `{text}`, which is no range of addresses.", "Write it like 10.0.0.0/8 or fd00::/8."
    if str(network) != text and ip_address(text.split("/", maxsplit=1)[0]) != network.network_address:
        return f"is `{text}`, which has bits set behind its first {network.prefixlen}.", f"Write {network}."
    return "", ""


def _check_blocked(layered: Layered) -> Iterator[Finding]:
    """What is blocked is cut out of everything: everything itself cannot be."""
    for index, text in enumerate(_list(layered, ("network", "blocked"))):
        if isinstance(text, str) and text.endswith("/0") and not _judge_range(text)[0]:
            message = f"is `{text}`: nothing could be reached any more, and Kubernetes refuses the policy."
            hint = "Name smaller ranges; what no rule opens is closed already."
            yield place_finding(layered.origins, ("network", "blocked", index), message, rule="cidr", hint=hint)


def _check_hosts(layered: Layered) -> Iterator[Finding]:
    names = [(name, index) for index, name in enumerate(_list(layered, ("route", "hostnames")))]
    places = {name: index for name, index in reversed(names) if isinstance(name, str)}
    for name, count in Counter(name for name, _ in names if isinstance(name, str)).items():
        path = ("route", "hostnames", places[name])
        if count > 1:
            message = f"names {name} {count} times."
            yield place_finding(layered.origins, path, message, rule="hostname", hint="Name it once.")
        if _is_address(name):
            message = f"is {name}, an address: routes match names only."
            hint = "Write a DNS name that leads there, or [] for all that reach the Gateway."
            yield place_finding(layered.origins, path, message, rule="hostname", hint=hint)


def _check_ports(layered: Layered) -> Iterator[Finding]:
    ports = table(layered.values, "route", "gateway", "ports")
    is_made = pick(layered.values, "route", "gateway", "create") is True
    if is_made and ports.get("http") is not None and ports.get("http") == ports.get("https"):
        message = f"is {ports.get('https')}, and so is http: two listeners of one Gateway cannot share a port."
        path: KeyPath = ("route", "gateway", "ports", "https")
        hint = "Write route: {gateway: {ports: {http: 80, https: 443}}}."
        yield place_finding(layered.origins, path, message, rule="edge-ports", severity=Severity.ERROR, hint=hint)


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


def _list(layered: Layered, path: KeyPath) -> list[Any]:
    found = pick(layered.values, *path)
    return found if isinstance(found, list) else []
