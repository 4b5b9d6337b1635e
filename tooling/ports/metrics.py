"""Live metrics of the gateways, by slot and pod."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from tooling.core.analysis import Measurement


class Metrics(Protocol):
    """No data is not a value: a slot or pod that did not answer is left out."""

    def measure(self, namespace: str, instance: str, slots: tuple[str, ...]) -> Measurement:
        """Return the counters of every ready gateway pod that answered; never raises for a silent pod."""
        ...

    def count_in_flight(self, namespace: str, instance: str, slots: tuple[str, ...]) -> Mapping[str, int]:
        """Return how many requests the gateway pods of each slot are answering, those that end included.

        A slot with a ready pod that does not tell is left out; one without pods answers nothing, which is 0.
        """
        ...
