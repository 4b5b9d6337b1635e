"""Plans: the steps in their order, and how many pods a share of the traffic needs."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.stories import CANARY
from tooling.core.entries import EntryKind, StrategyStep
from tooling.core.plan import (
    SLOTS,
    Outset,
    Step,
    StepKind,
    Target,
    find_idle_slot,
    plan_backout,
    plan_base,
    plan_base_backout,
    plan_blue_green,
    plan_canary,
    plan_install,
    plan_rollback,
)
from tooling.core.replicas import find_least_stable, find_replicas, find_required
from tooling.core.strategy import CapacitySettings, Strategy

ANALYSIS = EntryKind.ANALYSIS


def tell(steps: tuple[Step, ...]) -> list[str]:
    return [str(step) for step in steps]


def test_a_canary() -> None:
    assert tell(plan_canary(CANARY)) == [
        "install base",
        "install candidate",
        "scale candidate to 10 % of what it needs",
        "weight 10 %",
        "analysis for 20 s at 10 %",
        "approval within 60 s",
        "scale candidate to 50 % of what it needs",
        "weight 50 %",
        "analysis for 10 s at 50 %",
        "scale candidate to 100 % of what it needs",
        "promote: all traffic to the candidate",
        "hold for 5 s",
        "drain stable within 120 s",
        "scale stable to 0 % of what it needs",
    ]


def test_a_first_install() -> None:
    assert tell(plan_install(CANARY)) == [
        "install base",
        "install candidate",
        "scale candidate to 100 % of what it needs",
        "promote: all traffic to the candidate",
    ]


def test_a_rollback() -> None:
    assert tell(plan_rollback(CANARY)) == [
        "scale candidate to 100 % of what it needs",
        "promote: all traffic to the candidate",
        "drain stable within 120 s",
        "scale stable to 0 % of what it needs",
        "compare live objects with their manifests",
    ]


def test_a_rollback_that_autoscalers_and_an_older_revision_take_part_in() -> None:
    strategy = replace(CANARY, capacity=CapacitySettings(standby=0.5))
    assert tell(plan_rollback(strategy, Outset(is_scaled=True), revision=3)) == [
        "helm rollback candidate to revision 3",
        "freeze autoscalers of candidate",
        "scale candidate to 100 % of what it needs",
        "promote: all traffic to the candidate",
        "let autoscalers of stable rest",
        "drain stable within 120 s",
        "scale stable to 50 % of what it needs",
        "restore autoscalers of candidate",
        "compare live objects with their manifests",
    ]


def test_a_blue_green_tries_at_full_scale_switches_at_once_and_is_judged_afterwards() -> None:
    strategy = replace(CANARY, preview=(StrategyStep(EntryKind.TEST),), after=(StrategyStep(ANALYSIS, seconds=9),))
    assert tell(plan_blue_green(strategy)) == [
        "install base",
        "install candidate",
        "scale candidate to 100 % of what it needs",
        "preview candidate",
        "helm test of candidate",
        "promote: all traffic to the candidate",
        "analysis for 9 s at 100 %",
        "hold for 5 s",
        "drain stable within 120 s",
        "scale stable to 0 % of what it needs",
    ]


def test_autoscalers_are_frozen_before_anything_moves_and_switched_on_by_the_last_upgrade() -> None:
    steps = tell(plan_canary(replace(CANARY, has_scalers=True), Outset(is_split=True, is_scaled=True)))
    assert steps[:3] == ["weight 0 %", "freeze autoscalers of stable", "install base"]
    assert steps[-5:] == [
        "switch autoscalers of candidate on",
        "hold for 5 s",
        "let autoscalers of stable rest",
        "drain stable within 120 s",
        "scale stable to 0 % of what it needs",
    ]
    assert tell(plan_install(replace(CANARY, has_scalers=True)))[-1] == "switch autoscalers of candidate on"


def test_stable_gives_pods_away_step_by_step_where_an_abort_may_overload_it() -> None:
    steps = tell(plan_canary(replace(CANARY, capacity=CapacitySettings(abort_floor=0.5))))
    assert steps[steps.index("weight 10 %") + 1] == "scale stable to 90 % of what it needs"
    assert steps[steps.index("weight 50 %") + 1] == "scale stable to 50 % of what it needs"
    by_pods = replace(CANARY, route="service", capacity=CapacitySettings(abort_floor=0.5))
    assert "scale stable to 90 % of what it needs" not in tell(plan_canary(by_pods))


def test_what_asks_a_candidate_before_its_first_weight_finds_a_pod() -> None:
    steps = (StrategyStep(EntryKind.TEST), *CANARY.steps)
    assert tell(plan_canary(replace(CANARY, steps=steps)))[2:4] == [
        "scale candidate to 1 % of what it needs",
        "helm test of candidate",
    ]


def test_a_change_of_base_is_backed_up_first() -> None:
    assert tell(plan_base(CANARY, has_backup=True)) == [
        "back up the vector DB",
        "install base",
        "base ready within 30 s",
        "compare live objects with their manifests",
    ]
    assert tell(plan_base(CANARY, has_backup=False))[0] == "install base"
    assert tell(plan_base_backout(CANARY)) == [
        "take back base",
        "base ready within 30 s",
        "compare live objects with their manifests",
    ]


def test_a_backout_returns_the_traffic_before_anything_else() -> None:
    assert tell(plan_backout(CANARY)) == [
        "weight 0 %",
        "scale stable to 100 % of what it needs",
        "restore autoscalers of stable",
        "drain candidate within 120 s",
        "scale candidate to 0 % of what it needs",
        "take back candidate",
        "let autoscalers of candidate rest",
        "scale candidate to 0 % of what it needs",
        "take back base",
        "compare live objects with their manifests",
    ]
    assert plan_backout(CANARY)[0].target is Target.STABLE


entries = st.lists(
    st.one_of(
        st.builds(StrategyStep, st.just(EntryKind.WEIGHT), st.integers(1, 99), st.floats(0, 100)),
        st.builds(StrategyStep, st.sampled_from(list(EntryKind)[1:]), seconds=st.floats(0, 100)),
    ),
    max_size=6,
).map(tuple)


@given(entries)
def test_in_a_canary_every_weight_comes_after_its_pods_and_is_judged(steps: tuple[StrategyStep, ...]) -> None:
    plan = plan_canary(Strategy("genai", "genai", steps=steps))
    assert all(str(step) for step in plan)
    for before, step in pairwise(plan):
        if step.kind in {StepKind.WEIGHT, StepKind.PROMOTE}:
            assert (before.kind, before.target, before.share) == (StepKind.SCALE, Target.CANDIDATE, step.weight)
    weights = [step for step in steps if step.kind is EntryKind.WEIGHT]
    assert [step.weight for step in plan if step.kind is StepKind.WEIGHT] == [step.weight for step in weights]
    judged = [
        step.seconds for step in steps if step.kind is EntryKind.ANALYSIS or (step in weights and step.seconds)
    ]
    assert [step.seconds for step in plan if step.kind is StepKind.ANALYSIS] == judged
    assert [step.kind for step in plan].count(StepKind.PROMOTE) == 1


@pytest.mark.parametrize(
    ("count", "share", "floor", "replicas"),
    [
        (4, 100, 1.0, 4),
        (4, 50, 1.0, 2),
        (4, 51, 1.0, 3),
        (4, 10, 1.0, 1),
        (4, 1, 1.0, 1),
        (4, 0, 1.0, 0),
        (4, 100, 0.5, 2),
        (10, 70, 1.0, 7),
        (100, 7, 1.0, 7),
        (3, 50, 0.1, 1),
        (0, 10, 1.0, 1),
    ],
)
def test_replicas_for_a_share(count: int, share: int, floor: float, replicas: int) -> None:
    assert find_replicas({"gateway": count}, share=share, floor=floor) == {"gateway": replicas}


@given(st.integers(1, 500), st.integers(1, 100), st.integers(1, 100))
def test_promise_p4_a_share_always_has_its_pods(count: int, share: int, floor_percent: int) -> None:
    (replicas,) = find_replicas({"a": count}, share=share, floor=floor_percent / 100).values()
    assert replicas * 10000 >= count * share * floor_percent
    assert 1 <= replicas <= count


@given(st.integers(1, 500), st.integers(1, 99))
def test_more_share_never_needs_less(count: int, share: int) -> None:
    less = find_replicas({"a": count}, share=share, floor=1.0)["a"]
    assert less <= find_replicas({"a": count}, share=share + 1, floor=1.0)["a"]


def test_what_all_traffic_needs_is_what_is_declared_raised_by_what_was_ready() -> None:
    declared = {"gateway": 2, "inference/new": 1}
    assert find_required(declared, {"gateway": 5, "inference/old": 3}) == {"gateway": 5, "inference/new": 1}
    assert find_required(declared, {}) == declared
    assert find_required(declared, {"gateway": 5}, {"gateway": 3}) == {"gateway": 3, "inference/new": 1}


@pytest.mark.parametrize(
    ("share", "abort_floor", "pods"), [(90, 1.0, 10), (90, 0.5, 9), (30, 0.5, 5), (1, 0.0, 1)]
)
def test_stable_keeps_its_share_and_what_an_abort_would_need(share: int, abort_floor: float, pods: int) -> None:
    needed = find_least_stable({"gateway": 10}, share=share, floor=1.0, abort_floor=abort_floor)
    assert needed == {"gateway": pods}


@pytest.mark.parametrize(
    ("serving", "idle"), [("blue", "green"), ("green", "blue"), ("", "blue"), ("all", "blue")]
)
def test_the_idle_slot_is_the_one_that_does_not_serve(serving: str, idle: str) -> None:
    assert find_idle_slot(serving) == idle
    assert idle in SLOTS
