"""Plans: the steps in their order, and how many pods a share of the traffic needs."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.stories import CANARY
from tooling.core.plan import (
    SLOTS,
    Step,
    StepKind,
    Target,
    find_idle_slot,
    find_replicas,
    find_required,
    plan_backout,
    plan_canary,
    plan_install,
    plan_rollback,
)
from tooling.core.strategy import Strategy, StrategyStep


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
        "scale stable to 0 % of what it needs",
    ]


def test_a_first_install() -> None:
    assert tell(plan_install()) == [
        "install base",
        "install candidate",
        "scale candidate to 100 % of what it needs",
        "promote: all traffic to the candidate",
    ]


def test_a_rollback() -> None:
    assert tell(plan_rollback(CANARY)) == [
        "scale candidate to 100 % of what it needs",
        "promote: all traffic to the candidate",
        "hold for 5 s",
        "scale stable to 0 % of what it needs",
    ]


def test_a_backout_returns_the_traffic_before_anything_else() -> None:
    assert plan_backout() == (
        Step(StepKind.WEIGHT, Target.STABLE, weight=0),
        Step(StepKind.SCALE),
        Step(StepKind.REVERT),
        Step(StepKind.REVERT, Target.BASE),
    )


entries = st.lists(
    st.one_of(
        st.builds(StrategyStep, weight=st.integers(1, 99), hold=st.floats(0, 100)),
        st.builds(StrategyStep, approval_timeout=st.floats(0, 100)),
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
        if before.kind is StepKind.WEIGHT:
            assert (step.kind, step.weight) == (StepKind.ANALYSIS, before.weight)
    assert [step.weight for step in plan if step.kind is StepKind.WEIGHT] == [
        step.weight for step in steps if not step.is_approval
    ]
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


@pytest.mark.parametrize(
    ("serving", "idle"), [("blue", "green"), ("green", "blue"), ("", "blue"), ("all", "blue")]
)
def test_the_idle_slot_is_the_one_that_does_not_serve(serving: str, idle: str) -> None:
    assert find_idle_slot(serving) == idle
    assert idle in SLOTS
