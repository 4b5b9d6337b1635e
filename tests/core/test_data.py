"""Findings, actions and observations: what they say, and the few questions they answer."""

from __future__ import annotations

import pytest

from tooling.core.action import (
    Action,
    DeleteRoute,
    InstallBase,
    InstallSlot,
    RevertRelease,
    Scale,
    SetWeights,
    WarmUp,
)
from tooling.core.finding import Finding, Severity
from tooling.core.observation import Observation, ReleaseState, RouteState, SlotState, Wish, Workload

BAD = Severity.ERROR


@pytest.mark.parametrize(
    ("finding", "text"),
    [
        (
            Finding("type", BAD, "is text.", "gateway.replicas", "values/prod.yaml", 7, "Write 2."),
            "values/prod.yaml:7: error: gateway.replicas: is text. Write 2. [type]",
        ),
        (Finding("type", BAD, "odd", hint="Do it."), "error: odd. Do it. [type]"),
        (Finding("type", BAD, "is it odd?", hint="Yes."), "error: is it odd? Yes. [type]"),
        (Finding("type", Severity.WARNING, "odd", file="a.yaml"), "a.yaml: warning: odd [type]"),
        (Finding("type", BAD, "odd", path="a.b"), "error: a.b: odd [type]"),
        (Finding("type", BAD, "odd"), "error: odd [type]"),
    ],
)
def test_a_finding_says_where_what_and_what_next(finding: Finding, text: str) -> None:
    assert str(finding) == text


ACTIONS: list[tuple[Action, str]] = [
    (InstallBase(), "helm upgrade --install base"),
    (InstallSlot("green"), "helm upgrade --install green"),
    (RevertRelease("green", 3), "helm rollback green to revision 3"),
    (RevertRelease("green", 0), "helm uninstall green"),
    (RevertRelease("", 2), "helm rollback base to revision 2"),
    (RevertRelease("", 0), "helm uninstall base"),
    (Scale("green", "gateway", 2), "scale green gateway to 2"),
    (WarmUp("green"), "ask green one question"),
    (SetWeights({"blue": 90, "green": 10}, "blue"), "route blue 90 %, green 10 %"),
    (DeleteRoute(), "delete the route"),
]


@pytest.mark.parametrize(("action", "text"), ACTIONS)
def test_an_action_says_what_it_does(action: Action, text: str) -> None:
    assert str(action) == text


def test_no_two_actions_are_told_alike() -> None:
    assert len({text for _, text in ACTIONS}) == len(ACTIONS)


@pytest.mark.parametrize(
    ("status", "is_pending"),
    [
        ("deployed", False),
        ("failed", False),
        ("superseded", False),
        ("uninstalled", False),
        ("unknown", False),
        ("pending-install", True),
        ("pending-upgrade", True),
        ("pending-rollback", True),
        ("uninstalling", True),
    ],
)
def test_a_release_is_pending_while_helm_is_or_was_at_work(status: str, is_pending: bool) -> None:
    assert ReleaseState("genai", 1, status).is_pending is is_pending


def test_a_slot_serves_when_each_of_its_workloads_has_a_ready_pod() -> None:
    ready = Workload("gateway", "g", 2, 1)
    silent = Workload("inference/m", "m", 1, 0)
    assert SlotState(workloads=(ready,)).can_serve
    assert not SlotState(workloads=(ready, silent)).can_serve
    assert not SlotState().can_serve
    assert SlotState(workloads=(ready, silent)).ready == {"gateway": 1, "inference/m": 0}


@pytest.mark.parametrize(
    ("live", "asked", "is_same"),
    [
        ({"blue": 100}, {"blue": 100}, True),
        ({"blue": 100, "green": 0}, {"blue": 100}, True),
        ({"green": 100}, {"blue": 0, "green": 100}, True),
        ({"blue": 90, "green": 10}, {"green": 10, "blue": 90}, True),
        ({"blue": 90, "green": 10}, {"blue": 100}, False),
        ({"blue": 90, "red": 10}, {"blue": 90, "green": 10}, False),
        ({}, {"blue": 100}, False),
    ],
)
def test_a_slot_with_no_weight_need_not_be_named(
    live: dict[str, int], asked: dict[str, int], is_same: bool
) -> None:
    assert RouteState(live, "blue").gives(asked) is is_same


def test_a_wish_is_for_one_step_of_one_rollout() -> None:
    wish = Wish("promote", "bob", rollout="r1", step=4)
    assert wish.is_for("r1", 4)
    assert not wish.is_for("r1", 7)
    assert not wish.is_for("r2", 4)


def test_a_slot_that_was_not_seen_is_empty() -> None:
    assert Observation().slot("green") == SlotState()


@pytest.mark.parametrize(
    ("weights", "leader"),
    [
        ({"blue": 100}, "blue"),
        ({"blue": 10, "green": 90}, "green"),
        ({"blue": 50, "green": 50}, "blue"),
        ({}, "blue"),
    ],
)
def test_the_leader_of_a_route_is_the_slot_with_most_of_the_traffic(weights: dict[str, int], leader: str) -> None:
    assert RouteState(weights, "blue").leader == leader
