"""Pods on nodes, as far as a scheduler's filters go: resources, taints, selectors, spreads and anti-affinities.

A board is changed in place while one question is answered, and never leaves this package.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from tooling.core.room_nodes import NodeRoom, PlacedPod, find_obstacle, find_taint, is_meant
from tooling.core.room_pods import Amounts, Apart, PodShape, Spread

_NONE = Decimal(0)


@dataclass(frozen=True, slots=True)
class Need:
    """So many pods of one shape; `key` names their workload for people."""

    key: str
    namespace: str
    count: int
    pod: PodShape
    priority: int = 0


@dataclass(frozen=True, slots=True)
class _Seat:
    """A pod on a node, as far as other pods look at it; `need` is None for one that was there before."""

    labels: Mapping[str, str]
    apart: tuple[Apart, ...]
    need: int | None = None


class Board:
    """The nodes with what is free on each; needs are known by their index."""

    def __init__(self, nodes: Sequence[NodeRoom], pods: Iterable[PlacedPod], needs: Sequence[Need]) -> None:
        self.nodes = nodes
        self.needs = needs
        self.free: list[dict[str, Decimal]] = [dict(node.allocatable) for node in nodes]
        self._seats: list[list[_Seat]] = [[] for _ in nodes]
        self._groups: dict[str, dict[str, list[int]]] = {}
        self._namespaces = {need.namespace for need in needs}
        places = {node.name: index for index, node in enumerate(nodes)}
        for pod in pods:
            if pod.node in places:
                self.hold(pod, places[pod.node])
        self.open: list[list[int]] = [
            [index for index, node in enumerate(nodes) if not find_obstacle(need.pod, node)] for need in needs
        ]

    @property
    def has_rules(self) -> bool:
        """Whether where a pod may go depends on where others are."""
        rules = any(need.pod.apart or need.pod.spread for need in self.needs)
        return rules or any(seat.apart for seats in self._seats for seat in seats)

    def hold(self, pod: PlacedPod, index: int) -> None:
        """Have a pod that is not ours on a node."""
        self._take(index, pod.shape.requests)
        # Affinities look at pods of their own namespace, ours at ours.
        if pod.namespace in self._namespaces:
            self._seats[index].append(_Seat(pod.shape.labels, pod.shape.apart))

    def put(self, need: int, index: int) -> None:
        """Have one more pod of a need on a node."""
        pod = self.needs[need].pod
        self._take(index, pod.requests)
        self._seats[index].append(_Seat(pod.labels, pod.apart, need))

    def take_back(self, need: int, index: int) -> None:
        """Undo the last `put` on a node."""
        for name, amount in self.needs[need].pod.requests.items():
            self.free[index][name] += amount
        self._seats[index].pop()

    def list_options(self, need: int) -> list[int]:
        """Return the nodes on which one more pod of a need finds room."""
        pod = self.needs[need].pod
        found = [index for index in self.open[need] if self.has(index, pod.requests)]
        if any(seat.apart for seats in self._seats for seat in seats) or pod.apart:
            found = [index for index in found if self._is_apart(pod, index)]
        for spread in pod.spread:
            allowed = self._find_values(need, spread)
            found = [index for index in found if self.nodes[index].labels.get(spread.topology) in allowed]
        return found

    def has(self, index: int, amounts: Amounts) -> bool:
        """Whether a node has that much left."""
        free = self.free[index]
        return all(free.get(name, _NONE) >= amount for name, amount in amounts.items())

    def _take(self, index: int, amounts: Amounts) -> None:
        free = self.free[index]
        for name, amount in amounts.items():
            free[name] = free.get(name, _NONE) - amount

    def _is_apart(self, pod: PodShape, index: int) -> bool:
        for rule in pod.apart:
            if any(rule.query.selects(seat.labels) for seat in self._list_beside(index, rule.topology)):
                return False
        topologies = {rule.topology for seats in self._seats for seat in seats for rule in seat.apart}
        return not any(
            rule.topology == topology and rule.query.selects(pod.labels)
            for topology in topologies
            for seat in self._list_beside(index, topology)
            for rule in seat.apart
        )

    def _list_beside(self, index: int, topology: str) -> Iterator[_Seat]:
        """List the pods on all nodes that share a node's value of a label."""
        value = self.nodes[index].labels.get(topology)
        if value is not None:
            for other in self._group(topology)[value]:
                yield from self._seats[other]

    def _group(self, topology: str) -> Mapping[str, list[int]]:
        if topology not in self._groups:
            groups: dict[str, list[int]] = {}
            for index, node in enumerate(self.nodes):
                if topology in node.labels:
                    groups.setdefault(node.labels[topology], []).append(index)
            self._groups[topology] = groups
        return self._groups[topology]

    def _find_values(self, need: int, spread: Spread) -> set[str]:
        """Return the values of the label on which one more pod keeps the skew."""
        pod = self.needs[need].pod
        counts: dict[str, int] = {}
        for value, members in self._group(spread.topology).items():
            counted = [
                index
                for index in members
                if is_meant(pod, self.nodes[index])
                and not (spread.bears_taints and find_taint(pod, self.nodes[index]))
            ]
            if counted:
                counts[value] = sum(self._counts(seat, need, spread) for at in counted for seat in self._seats[at])
        least = min(counts.values(), default=0) if len(counts) >= spread.least else 0
        own = int(spread.query.selects(pod.labels))
        return {value for value, count in counts.items() if count + own - least <= spread.skew}

    @staticmethod
    def _counts(seat: _Seat, need: int, spread: Spread) -> bool:
        return spread.query.selects(seat.labels) and (not spread.is_own or seat.need == need)
