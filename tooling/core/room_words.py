"""What is missing, in plain words: of what, where, how much is asked for and how much is free."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from tooling.core.policies.requests import CPU, MEMORY
from tooling.core.quantity import format_bytes
from tooling.core.room import Room, count_seats, find_asked, find_free
from tooling.core.room_board import Board, Need
from tooling.core.room_nodes import find_obstacle, is_meant
from tooling.core.room_pods import PODS

_NAMES = {PODS: "places for pods", "count/pods": "places for pods"}

MOST_NODES = 6
"""Nodes that a message names; of the others only their number."""


def write_amount(resource: str, amount: Decimal) -> str:
    """Return an amount without its name: bytes as a person reads them, anything else as a number."""
    if resource.endswith((MEMORY, "ephemeral-storage")):
        return format_bytes(amount)
    return f"{amount.normalize():f}"


def write_deficit(resource: str, asked: Decimal, free: Decimal, where: str, detail: str = "") -> str:
    """Say what is missing: `2 more nvidia.com/gpu are needed WHERE: 4 are asked for, 2 are freeDETAIL`."""
    missing, name = asked - free, _NAMES.get(resource, resource)
    return (
        f"{write_amount(resource, missing)} more {name} {_be(resource, missing)} needed{where}: "
        f"{write_amount(resource, asked)} {_be(resource, asked)} asked for, "
        f"{write_amount(resource, free)}{detail} {_be(resource, free)} free"
    )


def tell_shortage(room: Room) -> tuple[str, ...]:
    """Say, each thing once, what keeps pods from finding room; nothing where they all find some."""
    board = room.before
    told: dict[str, None] = {}
    for index in range(len(board.needs)):
        if room.left[index]:
            told.update(dict.fromkeys(_tell(room, index)))
    return tuple(told)


def _tell(room: Room, index: int) -> Iterator[str]:
    board = room.before
    need = board.needs[index]
    if not board.open[index]:
        yield f"no node takes pods of {need.key}: {_tell_obstacles(board, index)}"
        return
    where = _tell_where(need)
    short = [name for name in _order(need) if find_asked(board, index, name) > find_free(board, index, name)]
    for name in short:
        asked, free = find_asked(board, index, name), find_free(board, index, name)
        yield write_deficit(name, asked, free, where, "") + _list_free(board, index, name)
    if short:
        return
    for name in _order(need):
        amount = need.pod.requests[name]
        most = max(board.free[at].get(name, Decimal(0)) for at in board.open[index])
        if most < amount:
            least = write_amount(name, max(Decimal(0), most))
            yield (
                f"each pod of {need.key} asks for {write_amount(name, amount)} {name}, and no node"
                f"{where.removeprefix(' on nodes')} has more than {least} free{_list_free(board, index, name)}"
            )
            return
    yield f"{room.left[index]} of {need.count} pods of {need.key} find no node{where}{_tell_why(board, index)}"


def _tell_why(board: Board, index: int) -> str:
    """Say why pods find no node though every sum suffices."""
    pod = board.needs[index].pod
    if pod.apart or pod.spread:
        return ": they have to be spread, or kept apart"
    if len(board.needs) > 1:
        return " beside the others"
    return f": there is room for {_list_seats(board, index)}"


def _tell_where(need: Need) -> str:
    if need.pod.terms is not None:
        return " on nodes that its affinity admits"
    labels = ", ".join(f"{key}={value}" for key, value in need.pod.selector.items())
    return f" on nodes with {labels}" if labels else ""


def _tell_obstacles(board: Board, index: int) -> str:
    pod = board.needs[index].pod
    told = [f"{node.name} {find_obstacle(pod, node)}" for node in board.nodes if is_meant(pod, node)]
    if told:
        return _shorten(told)
    labels = _tell_where(board.needs[index]).removeprefix(" on nodes ")
    return f"there is no node {labels}".rstrip() if board.nodes else "the cluster has no nodes"


def _list_free(board: Board, index: int, resource: str) -> str:
    """List what each node has left, and which nodes are left out though they have some."""
    pod = board.needs[index].pod
    has = [at for at in board.open[index] if board.nodes[at].allocatable.get(resource)]
    has.sort(key=lambda at: -board.free[at][resource])
    listed = [
        f"{board.nodes[at].name} {write_amount(resource, max(Decimal(0), board.free[at][resource]))}" for at in has
    ]
    out = [
        f"{node.name} {find_obstacle(pod, node)}"
        for at, node in enumerate(board.nodes)
        if at not in board.open[index] and is_meant(pod, node) and node.allocatable.get(resource)
    ]
    parts = [_shorten(listed) if listed else "no node offers any", *([_shorten(out)] if out else [])]
    return f" ({'; '.join(parts)})"


def _list_seats(board: Board, index: int) -> str:
    seats = [(count_seats(board, index, at), board.nodes[at].name) for at in board.open[index]]
    listed = [f"{count} on {name}" for count, name in sorted(seats, key=lambda one: -one[0]) if count]
    return _shorten(listed)


def _order(need: Need) -> list[str]:
    """Put what is special first, which is the scarcest."""
    plain = (CPU, MEMORY, "ephemeral-storage", PODS)
    special = sorted(need.pod.requests.keys() - set(plain))
    return [*special, *(name for name in plain if name in need.pod.requests)]


def _shorten(items: list[str]) -> str:
    more = len(items) - MOST_NODES
    return ", ".join(items[:MOST_NODES]) + (f" and {more} more" if more > 0 else "")


def _be(resource: str, amount: Decimal) -> str:
    if resource in _NAMES:
        return "are"
    return "is" if amount == 1 or resource.endswith((MEMORY, "ephemeral-storage")) else "are"
