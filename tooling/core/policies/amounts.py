"""Policies on what containers ask for: amounts that the API server refuses and its schemas let pass."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from tooling.core.finding import Severity
from tooling.core.policies.bundle import Bundle, Container
from tooling.core.policies.policy import Faults, Policy
from tooling.core.quantity import parse_quantity
from tooling.core.values import format_path

_OWN = frozenset({"cpu", "memory", "ephemeral-storage"})
_HUGE = "hugepages-"
_WRONG_UNIT = re.compile(r"([0-9.]+)\s*([kKmMgGtT])([iI])?[bB]?")


def _find_refused(bundle: Bundle) -> Faults:
    for workload in bundle.workloads:
        for container in workload.containers:
            limits = container.quantities("limits")
            for part in ("requests", "limits"):
                for name, value in container.quantities(part).items():
                    told = _tell_name(str(name)) or _tell_amount(value) or _tell_excess(part, name, value, limits)
                    if told:
                        path = format_path(("resources", part, str(name)))
                        yield workload.ref, f"{container.path}.{path}", told
            yield from ((workload.ref, path, told) for path, told in _find_orphans(container))


def _tell_name(name: str) -> str:
    if name in _OWN or name.startswith(_HUGE) or "/" in name:
        return ""
    return f"{name} is no resource. Write cpu, memory, ephemeral-storage, or a name with a domain: nvidia.com/gpu."


def _tell_amount(value: Any) -> str:
    if value is None:
        return ""
    amount = parse_quantity(value)
    if amount is not None:
        return "is below zero. Write 0 or more." if amount < 0 else ""
    unit = _WRONG_UNIT.fullmatch(str(value))
    hint = f" Write {unit[1]}{unit[2].upper()}i." if unit else " Write such as 500m, 2 or 4Gi."
    return f"{str(value)[:40]} is no amount.{hint}"


def _tell_excess(part: str, name: Any, value: Any, limits: Mapping[str, Any]) -> str:
    """Compare with the limit; what has a domain in its name, such as a GPU, has policies of its own."""
    asked, limit = parse_quantity(value), limits.get(name)
    allowed = parse_quantity(limit)
    if part == "limits" or "/" in str(name) or asked is None or allowed is None or asked <= allowed:
        return ""
    return f"asks for {value}, more than its limit of {limit}. Write at most {limit}, or raise the limit."


def _find_orphans(container: Container) -> Iterator[tuple[str, str]]:
    """Yield resources that may not be overcommitted and are asked for without a limit, GPUs aside."""
    limits = container.quantities("limits")
    for name in container.quantities("requests"):
        if str(name).startswith(_HUGE) and name not in limits:
            path = format_path(("resources", "requests", str(name)))
            yield f"{container.path}.{path}", f"{name} needs a limit that is the same. Write it below limits too."


AMOUNT_POLICIES: tuple[Policy, ...] = (
    Policy(
        "resources-refused",
        Severity.ERROR,
        "The API server refuses the object: an amount has a form, and a request is at most its limit.",
        "Write amounts such as 500m, 2 or 4Gi, and requests that are no larger than limits.",
        _find_refused,
    ),
)
