"""The pods that a release brings, and those that go for them."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from tests.core.rooms import GPU, amounts, pod, spec
from tooling.core.capacity import Stand
from tooling.core.plan import Step, StepKind
from tooling.core.room_needs import (
    Claim,
    choose_leaving,
    list_peaks,
    list_slot_pods,
    read_asks,
    read_claim,
    without,
)
from tooling.core.room_nodes import Capacity, PlacedPod


def labels(component: str, slot: str = "green", model: str = "") -> dict[str, str]:
    own = {
        "app.kubernetes.io/instance": "genai",
        "app.kubernetes.io/component": component,
        "genai-stack/slot": slot,
    }
    return {**own, "genai-stack/model": model} if model else own


def workload(
    kind: str, name: str, own: dict[str, str], replicas: int | None = None, **asked: Any
) -> dict[str, Any]:
    pod_spec = spec(
        amounts(**{key: value for key, value in asked.items() if key != "more"}), **asked.get("more", {})
    )
    template = {"metadata": {"labels": own}, "spec": pod_spec}
    counted = {} if replicas is None else {"replicas": replicas}
    return {
        "apiVersion": "apps/v1",
        "kind": kind,
        "metadata": {"name": name},
        "spec": {"selector": {"matchLabels": own}, "template": template, **counted},
    }


def live(name: str, own: dict[str, str], namespace: str = "genai", **asked: Any) -> PlacedPod:
    return pod(name, "a", namespace=namespace, labels=own, **asked)


SLOT = [
    workload("Deployment", "genai-green-gateway", labels("gateway"), cpu=1),
    workload(
        "Deployment",
        "genai-green-llama",
        labels("inference", model="llama"),
        gpu=2,
        more={"priorityClassName": "high"},
    ),
    workload("Job", "genai-green-once", labels("once"), cpu=1),
    {"kind": "Service", "metadata": {"name": "x"}},
]
BASE = [
    workload(
        "StatefulSet", "genai-vectordb", labels("vectordb", "all"), 3, memory=8, more={"priorityClassName": "mine"}
    ),
    workload("Deployment", "genai-cache", labels("cache", "all")),
    workload("Job", "genai-prefetch", labels("prefetch", "all")),
    {"kind": "PriorityClass", "metadata": {"name": "mine"}, "value": 7},
]


def read(seen: Capacity | None = None) -> Claim:
    return read_claim(BASE, SLOT, seen or Capacity(), namespace="genai")


def test_a_release_brings_the_pods_of_the_slot_and_what_base_lacks() -> None:
    claim = read(Capacity(priorities={"high": 100, "": 1}))
    needs = claim.list_needs({"gateway": 2, "inference/llama": 1, "unknown": 3, "once": 0})
    assert [(one.key, one.count, one.priority) for one in needs] == [
        ("gateway", 2, 1),
        ("inference/llama", 1, 100),
        ("StatefulSet genai-vectordb", 3, 7),
        ("Deployment genai-cache", 1, 1),
    ]
    assert {one.namespace for one in needs} == {"genai"}
    assert needs[1].pod.requests[GPU] == 2


def test_pods_that_base_has_are_not_asked_for_again() -> None:
    there = (
        *(live(f"v{number}", labels("vectordb", "all")) for number in range(2)),
        live("c", labels("cache", "all")),
        live("other", labels("vectordb", "all"), namespace="elsewhere"),
    )
    assert [(one.key, one.count) for one in read(Capacity(pods=there)).base] == [("StatefulSet genai-vectordb", 1)]


def test_stable_asks_for_what_its_live_pods_ask_for() -> None:
    asks = read_asks(read(), [live("g", labels("gateway", "blue"), cpu=4)])
    assert asks.candidate["gateway"]["cpu"] == 1
    assert asks.stable["gateway"]["cpu"] == 4
    assert asks.stable_gpus == asks.candidate_gpus == {"inference/llama": 2}


def test_pods_of_a_slot_are_found_by_name_and_can_be_taken_away() -> None:
    pods = (
        live("b", labels("inference", "blue", "llama")),
        live("a", labels("inference", "blue", "llama")),
        live("g", labels("gateway", "blue")),
        live("g", labels("gateway", "blue"), namespace="other"),
        live("x", labels("gateway", "green")),
    )
    seen = Capacity(pods=pods)
    blue = list_slot_pods(seen, "genai", "genai", "blue")
    assert [one.name for one in blue] == ["a", "b", "g"]
    assert list_slot_pods(seen, "genai", "genai", "") == ()
    leaving = choose_leaving(blue, {"inference/llama": 1, "gateway": 5})
    assert [one.name for one in leaving] == ["b", "g"]
    assert [(one.namespace, one.name) for one in without(seen, leaving).pods] == [
        ("genai", "a"),
        ("other", "g"),
        ("genai", "x"),
    ]


def stand(stable: int, candidate: int) -> Stand:
    return Stand(Step(StepKind.SCALE), {"m": stable}, {"m": candidate})


@pytest.mark.parametrize(
    ("stands", "peaks"),
    [
        ([(4, 0), (4, 1), (4, 4), (0, 4)], [(0, 4)]),
        ([(4, 1), (3, 1), (3, 2), (2, 4)], [(0, 1), (1, 2), (2, 4)]),
        ([(2, 4), (3, 2)], [(2, 4), (1, 2)]),
        ([(2, 2), (3, 2), (4, 2)], [(0, 2)]),
    ],
)
def test_only_moments_that_ask_for_most_are_looked_at(
    stands: list[tuple[int, int]], peaks: list[tuple[int, int]]
) -> None:
    found = list_peaks([stand(*one) for one in stands], {"m": 4})
    assert [(gone.get("m", 0), there["m"]) for gone, there in found] == peaks


def test_requests_are_exact() -> None:
    assert replace(live("p", {}, cpu="1500m")).shape.requests["cpu"] == Decimal("1.5")
