"""What quotas leave for more pods."""

from __future__ import annotations

from typing import Any

import pytest

from tests.core.rooms import GPU, need, shape
from tooling.core.room_quota import find_quota_deficits, read_quota, renew_quotas


def quota(
    hard: dict[str, Any], used: dict[str, Any] | None = None, name: str = "q", **spec: Any
) -> dict[str, Any]:
    return {
        "kind": "ResourceQuota",
        "metadata": {"name": name},
        "spec": {"hard": hard, **spec},
        "status": {"used": used or {}},
    }


GPUS = {f"requests.{GPU}": 8}


@pytest.mark.parametrize(
    ("hard", "used", "told"),
    [
        (GPUS, {f"requests.{GPU}": 4}, []),
        (
            GPUS,
            {f"requests.{GPU}": 6},
            [f"2 more requests.{GPU} are needed in ResourceQuota q: 4 are asked for, 2 of 8 are free"],
        ),
        (
            GPUS,
            {f"requests.{GPU}": 9},
            [f"4 more requests.{GPU} are needed in ResourceQuota q: 4 are asked for, 0 of 8 are free"],
        ),
        (
            {"pods": 1},
            {},
            ["1 more places for pods are needed in ResourceQuota q: 2 are asked for, 1 of 1 are free"],
        ),
        ({"count/pods": 2}, {}, []),
        ({"cpu": 3}, {}, ["1 more cpu is needed in ResourceQuota q: 4 are asked for, 3 of 3 are free"]),
        ({"requests.cpu": 4}, {}, []),
        (
            {"limits.memory": "1Gi"},
            {},
            ["1Gi more limits.memory is needed in ResourceQuota q: 2Gi is asked for, 1Gi of 1Gi is free"],
        ),
        ({"count/services": 0, "odd": []}, {}, []),
    ],
)
def test_what_is_asked_for_must_be_left(hard: dict[str, Any], used: dict[str, Any], told: list[str]) -> None:
    main = {"resources": {"requests": {"cpu": 2, GPU: 2}, "limits": {"memory": "1Gi"}}}
    pods = need("llama", 2, more={"containers": [main]})
    assert list(find_quota_deficits([read_quota(quota(hard, used))], [pods])) == told


def test_pods_that_go_count_below_nothing() -> None:
    found = read_quota(quota(GPUS, {f"requests.{GPU}": 8}))
    assert not list(find_quota_deficits([found], [need("new", 2, gpu=2), need("old", -2, gpu=2)]))
    assert list(find_quota_deficits([found], [need("new", 2, gpu=2), need("old", -1, gpu=2)]))


def scope(name: str, operator: str = "Exists", *values: str) -> dict[str, Any]:
    one = {"scopeName": name, "operator": operator, **({"values": list(values)} if values else {})}
    return {"scopeSelector": {"matchExpressions": [one]}}


@pytest.mark.parametrize(
    ("spec", "asked", "counts"),
    [
        ({}, {}, True),
        ({"scopes": ["BestEffort"]}, {}, True),
        ({"scopes": ["BestEffort"]}, {"cpu": 1}, False),
        ({"scopes": ["NotBestEffort"]}, {"memory": 1}, True),
        ({"scopes": ["NotTerminating"]}, {}, True),
        ({"scopes": ["Terminating"]}, {}, False),
        ({"scopes": ["NotTerminating", "Terminating"]}, {}, False),
        (scope("PriorityClass"), {}, False),
        (scope("PriorityClass"), {"more": {"priorityClassName": "high"}}, True),
        (scope("PriorityClass", "In", "low"), {"more": {"priorityClassName": "high"}}, False),
        (scope("PriorityClass", "NotIn", "low"), {}, True),
    ],
)
def test_a_quota_speaks_of_the_pods_in_its_scopes(
    spec: dict[str, Any], asked: dict[str, Any], counts: bool
) -> None:
    assert read_quota(quota({}, **spec)).counts(shape(**asked)) is counts


def test_what_a_release_brings_counts_with_what_is_used_already() -> None:
    live = [read_quota(quota({"pods": 1}, {"pods": 5})), read_quota(quota({"pods": 7}, name="other"))]
    rendered = [quota({"pods": 6}), quota({"cpu": 1}, {"cpu": 9}, name="new"), {"kind": "Service"}]
    found = {one.name: (dict(one.hard), dict(one.used)) for one in renew_quotas(live, rendered)}
    assert found == {"q": ({"pods": 6}, {"pods": 5}), "other": ({"pods": 7}, {}), "new": ({"cpu": 1}, {})}
