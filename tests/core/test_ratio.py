"""Weights made of pods: never more than asked, and never fewer pods than could be."""

from itertools import product

import pytest

from tooling.core.ratio import find_least_weight, find_ratio_replicas, find_stable_needed

CASES = tuple(product(range(1, 60), range(1, 100)))


@pytest.mark.parametrize(
    ("stable", "weight", "replicas"),
    [(3, 25, 1), (3, 24, 0), (3, 50, 3), (4, 25, 1), (4, 75, 12), (19, 5, 1), (18, 5, 0), (1, 99, 99), (3, 0, 0)],
)
def test_pods_beside_stable(stable, weight, replicas):
    assert find_ratio_replicas(stable, weight) == replicas


def test_the_share_never_exceeds_the_weight_and_one_pod_more_would():
    for stable, weight in CASES:
        pods = find_ratio_replicas(stable, weight)
        assert pods * 100 <= weight * (stable + pods), (stable, weight)
        assert (pods + 1) * 100 > weight * (stable + pods + 1), (stable, weight)


def test_more_weight_never_takes_fewer_pods():
    for stable, weight in CASES[:-1]:
        if weight < 99:
            assert find_ratio_replicas(stable, weight) <= find_ratio_replicas(stable, weight + 1)


def test_the_least_weight_works_and_the_one_below_does_not():
    for stable in range(1, 200):
        least = find_least_weight(stable)
        assert find_ratio_replicas(stable, least) >= 1
        assert find_ratio_replicas(stable, least - 1) == 0


def test_without_stable_pods_no_weight_works():
    assert (find_least_weight(0), find_ratio_replicas(0, 99)) == (100, 0)


def test_the_stable_pods_needed_work_and_one_fewer_does_not():
    for weight in range(1, 100):
        needed = find_stable_needed(weight)
        assert find_ratio_replicas(needed, weight) >= 1
        assert find_ratio_replicas(needed - 1, weight) == 0


@pytest.mark.parametrize("weight", [100, 101, -1])
def test_all_traffic_is_no_ratio(weight):
    with pytest.raises(ValueError, match="cannot be made"):
        find_ratio_replicas(3, weight)
