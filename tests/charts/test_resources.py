"""Every container says what it needs and what it may use."""

from __future__ import annotations

from tests.charts.rendering import Stack, walk_containers

UNITS = {"m": 0.001, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "": 1}


def read_quantity(text: str | float) -> float:
    number = str(text).rstrip("KMGim")
    return float(number) * UNITS[str(text)[len(number) :]]


def test_containers_have_requests_within_limits(stack: Stack) -> None:
    for name, container in walk_containers(stack):
        resources = container["resources"]
        for kind in ("cpu", "memory"):
            request, limit = resources["requests"][kind], resources["limits"][kind]
            assert 0 < read_quantity(request) <= read_quantity(limit), f"{name} {kind}"
