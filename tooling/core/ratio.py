"""Weights made of pods, where no controller splits traffic: how many gateway pods the candidate may have.

Every ready pod gets the same share of new connections, so a weight is what two whole numbers of pods can make.
Rounded down: the candidate's share never exceeds the step's weight (promise P1).
"""

from __future__ import annotations


def find_ratio_replicas(stable: int, weight: int) -> int:
    """Return the most candidate pods whose share beside `stable` pods is at most `weight` percent (0-99).

    0 for a weight above 0 means that these pods cannot express it: one candidate pod would already get more.
    Raises ValueError for all traffic, which is no ratio: the route then names one slot.
    """
    if not 0 <= weight < 100:
        raise ValueError(f"{weight} % cannot be made of two slots' pods")
    return weight * stable // (100 - weight)


def find_least_weight(stable: int) -> int:
    """Return the smallest whole percent that one candidate pod beside `stable` pods does not exceed."""
    return -(-100 // (stable + 1))


def find_stable_needed(weight: int) -> int:
    """Return how many stable pods `weight` percent (1-99) needs, so that one candidate pod does not exceed it."""
    return -(-(100 - weight) // weight)
