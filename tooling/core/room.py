"""Whether pods find room on the nodes there are, whatever way a scheduler places them.

A refusal has to be right: nothing is called short that a scheduler could place. What fits in every way that is
tried here is said to fit; what fits in some ways only is said so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from math import ceil

from tooling.core.policies.requests import CPU, MEMORY
from tooling.core.room_board import Board, Need
from tooling.core.room_nodes import Capacity, PlacedPod
from tooling.core.room_pods import PODS, Amounts

_PLAIN = frozenset({CPU, MEMORY, PODS, "ephemeral-storage"})
_MOST_TRIES = 4000
_MOST_PODS = 200
"""Placements that a search may try, and pods that it may place, before it gives up."""


class Verdict(StrEnum):
    """All pods find room in any way; in some ways only, or nobody can tell; in no way."""

    FITS = "fits"
    TIGHT = "tight"
    SHORT = "short"


@dataclass(frozen=True, slots=True)
class Room:
    """What became of needs: `left` are pods without a node in the best way that was found, by the need's index.

    `before` is the board without them, `ahead` the pods of others that wait and go first. `has_to_wait`: there is
    room only once pods have gone that are ending; `has_to_evict`: only in the place of pods of lower priority.
    """

    verdict: Verdict
    before: Board
    left: tuple[int, ...]
    ahead: int = 0
    has_to_wait: bool = False
    has_to_evict: bool = False


def find_room(capacity: Capacity, needs: Sequence[Need]) -> Room:
    """Place the pods of all needs together."""
    pods, ahead = _seat_waiting(capacity, needs)
    room = _judge(capacity, pods, needs, ahead)
    if room.verdict is not Verdict.SHORT:
        return room
    staying = [pod for pod in pods if not pod.is_ending]
    if len(staying) < len(pods) and _judge(capacity, staying, needs, 0).verdict is not Verdict.SHORT:
        return replace(room, verdict=Verdict.TIGHT, has_to_wait=True)
    rank = max(need.priority for need in needs)
    equal = [pod for pod in staying if pod.priority >= rank]
    if len(equal) < len(staying) and _judge(capacity, equal, needs, 0).verdict is not Verdict.SHORT:
        return replace(room, verdict=Verdict.TIGHT, has_to_evict=True)
    return room


def _seat_waiting(capacity: Capacity, needs: Sequence[Need]) -> tuple[list[PlacedPod], int]:
    """Return all pods, those that wait on the node that they will get; those that find none hold nothing."""
    placed = [pod for pod in capacity.pods if pod.node]
    rank = min((need.priority for need in needs), default=0)
    waiting = [pod for pod in capacity.pods if not pod.node and pod.priority >= rank]
    board = Board(capacity.nodes, placed, [Need(pod.name, pod.namespace, 1, pod.shape) for pod in waiting])
    before = len(placed)
    for index, pod in enumerate(waiting):
        options = board.list_options(index)
        if options:
            at = _choose_emptiest(board, index, options)
            board.put(index, at)
            placed.append(replace(pod, node=capacity.nodes[at].name))
    return placed, len(placed) - before


def _judge(capacity: Capacity, pods: Sequence[PlacedPod], needs: Sequence[Need], ahead: int) -> Room:
    def make() -> Board:
        return Board(capacity.nodes, pods, needs)

    board = make()
    if _has_plenty(board):
        return Room(Verdict.FITS, board, (0,) * len(needs), ahead)
    results = [_place(make(), order(needs), choose) for order, choose in _WAYS]
    left = min(results, key=sum)
    if not any(map(sum, results)):
        verdict = Verdict.FITS
    elif not sum(left) or not (is_proven_short(make()) or _is_impossible(make())):
        verdict = Verdict.TIGHT
    else:
        verdict = Verdict.SHORT
    return Room(verdict, make(), left, ahead)


def _has_plenty(board: Board) -> bool:
    """Whether every pod finds room wherever the others go, by what each of them can take from it at the most."""
    if board.has_rules:
        return False
    for index, need in enumerate(board.needs):
        seats = sum(count_seats(board, index, node) for node in board.open[index])
        others = (one for at, one in enumerate(board.needs) if at != index)
        lost = sum(one.count * _count_lost(one.pod.requests, need.pod.requests) for one in others)
        if seats - lost < need.count:
            return False
    return True


def _count_lost(taken: Amounts, asked: Amounts) -> int:
    """Return how many pods that ask for so much lose their place at the most to one that takes so much."""
    return max((ceil(taken.get(name, Decimal(0)) / amount) for name, amount in asked.items() if amount), default=0)


def is_proven_short(board: Board) -> bool:
    """Whether sums alone show that there is no room: of a resource over nodes, or of pods over nodes."""
    for index, need in enumerate(board.needs):
        nodes = board.open[index]
        if need.count > sum(count_seats(board, index, node) for node in nodes):
            return True
        if any(find_asked(board, index, name) > find_free(board, index, name) for name in need.pod.requests):
            return True
    return False


def count_seats(board: Board, need: int, node: int) -> int:
    """Return how many pods of a need a node holds when it gets no others."""
    pod, free = board.needs[need].pod, board.free[node]
    wanted = [(free.get(name, Decimal(0)), amount) for name, amount in pod.requests.items() if amount]
    return max(0, min((int(has // amount) for has, amount in wanted), default=0))


def find_asked(board: Board, need: int, resource: str) -> Decimal:
    """Return what all pods ask for of a resource that can go nowhere but where this need's can."""
    nodes = set(board.open[need])
    return sum(
        (
            one.pod.requests.get(resource, Decimal(0)) * one.count
            for index, one in enumerate(board.needs)
            if nodes.issuperset(board.open[index])
        ),
        Decimal(0),
    )


def find_free(board: Board, need: int, resource: str) -> Decimal:
    """Return what is free of a resource on the nodes that a need may use."""
    return sum((max(Decimal(0), board.free[at].get(resource, Decimal(0))) for at in board.open[need]), Decimal(0))


_Order = Callable[[Sequence[Need]], Iterator[int]]
_Choose = Callable[[Board, int, list[int]], int]


def _place(board: Board, order: Iterator[int], choose: _Choose) -> tuple[int, ...]:
    """Place pods one by one; return how many of each need found no node."""
    left = [0 for _ in board.needs]
    for need in order:
        options = board.list_options(need)
        if options:
            board.put(need, choose(board, need, options))
        else:
            left[need] += 1
    return tuple(left)


def _list_large_first(needs: Sequence[Need]) -> Iterator[int]:
    """GPU pods first, which fit in the fewest places, and the larger before the smaller."""
    ranked = sorted(range(len(needs)), key=lambda index: _measure(needs[index]), reverse=True)
    return (index for index in ranked for _ in range(needs[index].count))


def _list_small_first(needs: Sequence[Need]) -> Iterator[int]:
    ranked = sorted(range(len(needs)), key=lambda index: _measure(needs[index]))
    return (index for index in ranked for _ in range(needs[index].count))


def _list_in_turn(needs: Sequence[Need]) -> Iterator[int]:
    """One of each in turn, as controllers make them."""
    turns = max((need.count for need in needs), default=0)
    return (index for turn in range(turns) for index, need in enumerate(needs) if turn < need.count)


def _measure(need: Need) -> tuple[Decimal, Decimal, Decimal]:
    asked = need.pod.requests
    special = sum((amount for name, amount in asked.items() if name not in _PLAIN), Decimal(0))
    return special, asked.get(CPU, Decimal(0)), asked.get(MEMORY, Decimal(0))


def _choose_fullest(board: Board, need: int, options: list[int]) -> int:
    """Keep large holes whole, and what is special for those who ask for it."""
    asked = board.needs[need].pod.requests
    return min(options, key=lambda at: (_count_special(board, at, asked), _share(board, at)))


def _choose_emptiest(board: Board, _need: int, options: list[int]) -> int:
    """Do as schedulers do by default: even out CPU and memory."""
    return max(options, key=lambda at: _share(board, at))


def _choose_worst(board: Board, need: int, options: list[int]) -> int:
    """Take what others need most."""
    asked = board.needs[need].pod.requests
    return max(options, key=lambda at: (_count_special(board, at, asked), _share(board, at)))


def _count_special(board: Board, at: int, asked: Amounts) -> Decimal:
    """Return how many special pieces a node has left that are of no use to whoever asks."""
    free = board.free[at]
    return sum((free[name] for name in free if name not in _PLAIN and name not in asked), Decimal(0))


def _share(board: Board, at: int) -> Decimal:
    """Return the share of CPU, memory and special pieces that a node has left, added up."""
    offered = board.nodes[at].allocatable
    names = [name for name, amount in offered.items() if amount and name not in {PODS, "ephemeral-storage"}]
    return sum((board.free[at].get(name, Decimal(0)) / offered[name] for name in names), Decimal(0))


_WAYS: tuple[tuple[_Order, _Choose], ...] = (
    (_list_large_first, _choose_fullest),
    (_list_large_first, _choose_emptiest),
    (_list_in_turn, _choose_emptiest),
    (_list_small_first, _choose_emptiest),
    (_list_small_first, _choose_worst),
    (_list_small_first, _choose_fullest),
)


def _is_impossible(board: Board) -> bool:
    """Whether no way at all has room, by trying every one; False too where that would take too long."""
    order = tuple(_list_large_first(board.needs))
    return len(order) <= _MOST_PODS and not _Search(board, order).finds(0, 0)


class _Search:
    """Tries every way; one that takes too long counts as found, for it cannot be ruled out."""

    def __init__(self, board: Board, order: tuple[int, ...]) -> None:
        self._board = board
        self._order = order
        self._tries = 0

    def finds(self, place: int, least: int) -> bool:
        """Place the pods from `place` on, the next on no node before `least`."""
        if place == len(self._order) or self._tries > _MOST_TRIES:
            return True
        need = self._order[place]
        # Pods of one need are alike, so none goes before the last one; unless the order counts, as in a spread.
        is_bound = not self._board.needs[need].pod.spread
        follows = self._order[place + 1 : place + 2] == (need,)
        for at in self._board.list_options(need):
            if at < least and is_bound:
                continue
            self._tries += 1
            self._board.put(need, at)
            if self.finds(place + 1, at if follows else 0):
                return True
            self._board.take_back(need, at)
        return False
