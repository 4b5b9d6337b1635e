"""Pods, GPUs and money of a plan, step by step."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

from tests.core.rooms import GPU, spec
from tooling.core.capacity import Asks, CapacityPlan, count_gpus, find_pod_gpus, plan_capacity
from tooling.core.entries import EntryKind, StrategyStep
from tooling.core.plan import plan_backout, plan_blue_green, plan_canary, plan_install
from tooling.core.rollout import Snapshot
from tooling.core.strategy import CapacitySettings, Strategy

STEPS = tuple(StrategyStep(EntryKind.WEIGHT, weight, 10.0) for weight in (25, 50))
REQUIRED = {"gateway": 2, "inference/llama": 4}
POD = {
    "gateway": {"cpu": Decimal(1), "memory": Decimal(1 << 31), "pods": Decimal(1)},
    "inference/llama": {GPU: Decimal(2), "cpu": Decimal(8)},
}


def strategy(**capacity: Any) -> Strategy:
    return Strategy("genai", "genai", steps=STEPS, capacity=CapacitySettings(**capacity))


def reckon(own: Strategy, make: Any = plan_canary, **more: Any) -> CapacityPlan:
    snapshot = Snapshot(serving="blue", candidate_revision=1, required=REQUIRED, stable=REQUIRED)
    return plan_capacity(make(own), more.pop("snapshot", snapshot), own, Asks(POD, POD), **more)


def list_gpus(plan: CapacityPlan) -> list[tuple[int, int]]:
    """Return GPUs of stable and candidate wherever they change."""
    pairs = [(one.stable_gpus, one.candidate_gpus) for one in plan.stands]
    return [pair for at, pair in enumerate(pairs) if not at or pair != pairs[at - 1]]


def test_a_canary_brings_the_second_slot_to_full_size_before_the_first_one_goes() -> None:
    plan = reckon(strategy())
    assert list_gpus(plan) == [(8, 0), (8, 2), (8, 4), (8, 8), (0, 8)]
    assert (plan.serving_gpus, plan.peak, plan.surge, plan.most, plan.faults) == (8, 16, 8, None, ())


def test_with_a_lower_abort_floor_stable_gives_up_pods_as_the_candidate_grows() -> None:
    plan = reckon(strategy(abort_floor=0.5))
    assert list_gpus(plan) == [(8, 0), (8, 2), (6, 2), (6, 4), (4, 4), (4, 8), (0, 8)]
    assert (plan.peak, plan.surge) == (12, 4)


def test_a_share_stays_for_a_way_back() -> None:
    assert list_gpus(reckon(strategy(standby=0.5)))[-1] == (4, 8)


def test_a_floor_below_one_takes_less() -> None:
    assert list_gpus(reckon(strategy(floor=0.5)))[-1] == (0, 4)


def test_a_switch_needs_both_slots_whole() -> None:
    assert list_gpus(reckon(strategy(), plan_blue_green)) == [(8, 0), (8, 8), (0, 8)]


def test_backing_out_gives_stable_what_it_had() -> None:
    assert list_gpus(reckon(strategy(), plan_backout)) == [(8, 0)]


def test_a_new_slot_begins_with_one_pod_each() -> None:
    snapshot = Snapshot(required=REQUIRED)
    assert list_gpus(reckon(strategy(), plan_install, snapshot=snapshot)) == [(0, 0), (0, 2), (0, 8)]


def test_weights_that_pods_make_take_the_ratio_of_gateways() -> None:
    own = replace(strategy(abort_floor=0.5), route="service")
    snapshot = Snapshot(serving="blue", candidate_revision=1, required={"gateway": 9}, stable={"gateway": 9})
    plan = reckon(own, snapshot=snapshot)
    assert [one.candidate["gateway"] for one in plan.stands if one.candidate][:1] == [3]


def test_what_stable_lacks_is_not_asked_of_it() -> None:
    snapshot = Snapshot(serving="blue", candidate_revision=1, required={"m": 4}, stable={"m": 1, "gone": 3})
    plan = reckon(strategy(abort_floor=0.5), snapshot=snapshot)
    assert {tuple(one.stable.items()) for one in plan.stands} >= {(("m", 1), ("gone", 1)), (("m", 0), ("gone", 0))}


def test_more_gpus_than_are_allowed_are_told_with_the_step() -> None:
    assert reckon(strategy(max_surge_gpus=8)).faults == ()
    plan = reckon(strategy(max_surge_gpus=6))
    assert plan.faults == (
        "step 9 (scale candidate to 100 % of what it needs) takes 8 GPUs beside those that serve, and "
        "rollout.capacity.maxSurgeGpus allows 6",
    )
    assert plan.most == 14


def test_what_it_costs_beyond_the_outset() -> None:
    prices = {GPU: 2.5, "cpu": 0.1, "memory": "0.01", "pods": 100}
    plan = reckon(strategy(), prices=prices, currency="EUR")
    # 8 GPUs, 2 x 1 + 4 x 8 cores and 2 x 2 GiB for the second slot
    assert plan.cost == Decimal("20") + Decimal("3.4") + Decimal("0.04")
    assert plan.stands[0].cost == 0
    assert plan.currency == "EUR"
    assert reckon(strategy()).cost is None


def test_a_plan_without_steps_takes_what_serves() -> None:
    plan = reckon(strategy(max_surge_gpus=0), lambda _strategy: ())
    assert (plan.peak, plan.surge, plan.cost, plan.faults) == (8, 0, None, ())


def test_parts_of_a_gpu_count_each() -> None:
    assert count_gpus({"nvidia.com/mig-1g.10gb": Decimal(3), "cpu": Decimal(1), GPU: Decimal(1)}) == 4


def test_gpus_per_pod_are_read_from_manifests() -> None:
    labels = {"app.kubernetes.io/component": "inference", "genai-stack/model": "llama"}
    template = {"metadata": {"labels": labels}, "spec": spec({GPU: 2})}
    gateway = {"metadata": {"labels": {"app.kubernetes.io/component": "gateway"}}, "spec": spec({"cpu": 1})}
    found = [
        {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "x"}, "spec": {"template": one}}
        for one in (template, gateway)
    ]
    assert find_pod_gpus(found) == {"inference/llama": 2}
