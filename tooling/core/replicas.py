"""How many pods a slot needs for its share of the traffic."""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil


def find_replicas(required: Mapping[str, int], *, share: int, floor: float) -> Mapping[str, int]:
    """Replicas by workload for `share` percent of the traffic: at least one each, none for no share."""
    if share <= 0:
        return dict.fromkeys(required, 0)
    return {key: max(1, ceil(round(count * share / 100 * floor, 6))) for key, count in required.items()}


def find_least_stable(
    required: Mapping[str, int], *, share: int, floor: float, abort_floor: float
) -> Mapping[str, int]:
    """Replicas of stable while it has `share` percent: enough for that, and to take all at `abort_floor` (0-1)."""
    own = find_replicas(required, share=share, floor=floor)
    whole = find_replicas(required, share=100, floor=abort_floor)
    return {key: max(own[key], whole[key]) for key in required}


def find_required(
    declared: Mapping[str, int], ready: Mapping[str, int], overrides: Mapping[str, int] | None = None
) -> Mapping[str, int]:
    """What all traffic needs: what the values declare, raised by what stable had ready at the snapshot.

    `overrides` (`rollout.capacity.required`) wins where it names a workload.
    """
    fixed = overrides or {}
    return {key: fixed.get(key, max(count, ready.get(key, 0))) for key, count in declared.items()}
