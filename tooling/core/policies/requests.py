"""What a scheduler reserves for a pod: CPU, memory, and GPUs."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from tooling.core.policies.bundle import Container, Workload, child
from tooling.core.quantity import parse_quantity

CPU, MEMORY = "cpu", "memory"
_VENDORS = ("nvidia.com/", "amd.com/", "gpu.intel.com/", "habana.ai/")
_ACCELERATORS = ("google.com/tpu", "aws.amazon.com/neuron", "aws.amazon.com/neuroncore")

Amounts = dict[str, Decimal]
"""By resource, in its base unit: cores, bytes, pieces."""


def is_gpu(resource: str) -> bool:
    """Whether an extended resource is a GPU, a part of one, or another accelerator."""
    return resource.startswith(_VENDORS) or resource in _ACCELERATORS


def read_pod_requests(workload: Workload) -> Amounts:
    """Return what a scheduler reserves for one pod: its containers together, or the largest init container."""
    side_by_side: Amounts = {}
    for container in workload.main:
        add_amounts(side_by_side, _read_container(container), 1)
    for container in workload.containers:
        for name, amount in _read_container(container).items():
            side_by_side[name] = max(side_by_side.get(name, Decimal(0)), amount)
    resources = child(workload.pod, "resources")
    own = _read_amounts(child(resources, "requests"), child(resources, "limits"))
    return {**side_by_side, **own}


def _read_container(container: Container) -> Amounts:
    return _read_amounts(container.quantities("requests"), container.quantities("limits"))


def _read_amounts(requests: Mapping[str, Any], limits: Mapping[str, Any]) -> Amounts:
    found: Amounts = {}
    for name, value in {**limits, **requests}.items():
        amount = parse_quantity(value)
        if amount and (name in (CPU, MEMORY) or is_gpu(str(name))):
            found[str(name)] = amount
    return found


def add_amounts(total: Amounts, amounts: Mapping[str, Decimal], times: int) -> None:
    """Add amounts so many times to a total, in place."""
    for name, amount in amounts.items():
        total[name] = total.get(name, Decimal(0)) + amount * times
