"""The readiness gate, and what a step can report."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tooling.core.action import WarmUp
from tooling.core.gate import PROBLEM_GRACE, State, act, check_readiness, done, fail, wait
from tooling.core.observation import SlotState, Workload

GATEWAY = Workload("gateway", "genai-green-gateway", wanted=2, ready=2)
MODEL = Workload("inference/m", "genai-green-inference-m", wanted=1, ready=1)
TIMEOUT = 60.0


def test_reports_carry_reason_action_and_changes() -> None:
    assert (done("a", x=1).state, done("a", x=1).changes) == (State.DONE, {"x": 1})
    assert (wait("b").state, wait("b").reason) == (State.WAIT, "b")
    assert (fail("c").state, fail("c").reason) == (State.FAILED, "c")
    assert (act(WarmUp("green")).state, act(WarmUp("green")).reason) == (State.ACT, "ask green one question")


CASES = [
    pytest.param((GATEWAY, MODEL), 0, 0, State.DONE, "green: ready", id="ready"),
    pytest.param((replace(GATEWAY, ready=3), MODEL), 0, 0, State.DONE, "ready", id="more than ready"),
    pytest.param((GATEWAY,), 0, 0, State.WAIT, "green: inference/m is not there", id="missing"),
    pytest.param((GATEWAY,), TIMEOUT, 0, State.FAILED, "not there, after 60 s", id="missing too long"),
    pytest.param((replace(GATEWAY, ready=1), MODEL), 59, 0, State.WAIT, "1 of 2 pods ready", id="one short"),
    pytest.param((replace(GATEWAY, ready=1), MODEL), 60, 0, State.FAILED, "after 60 s", id="one short too long"),
    pytest.param((replace(GATEWAY, wanted=1), MODEL), 0, 0, State.WAIT, "2 of 2", id="one asked for"),
    pytest.param((replace(GATEWAY, wanted=3), MODEL), 0, 0, State.WAIT, "2 of 2", id="more asked for"),
    pytest.param((replace(GATEWAY, is_current=False), MODEL), 0, 0, State.WAIT, "gateway", id="old template"),
    pytest.param(
        (replace(GATEWAY, ready=0, waiting="Unschedulable"), MODEL),
        0,
        0,
        State.WAIT,
        "(Unschedulable)",
        id="waits",
    ),
    pytest.param(
        (replace(GATEWAY, ready=0, problem="ErrImagePull"), MODEL),
        50,
        PROBLEM_GRACE - 1,
        State.WAIT,
        "(ErrImagePull)",
        id="a problem in its grace",
    ),
    pytest.param(
        (replace(GATEWAY, ready=0, problem="ErrImagePull"), MODEL),
        0,
        PROBLEM_GRACE,
        State.FAILED,
        "green: gateway: ErrImagePull",
        id="a lasting problem",
    ),
    pytest.param(
        (replace(GATEWAY, problem="ErrImagePull"), MODEL),
        0,
        999,
        State.DONE,
        "ready",
        id="a problem of a pod that is not needed",
    ),
]


@pytest.mark.parametrize(("workloads", "elapsed", "troubled", "state", "says"), CASES)
def test_readiness(
    workloads: tuple[Workload, ...], elapsed: float, troubled: float, state: State, says: str
) -> None:
    wanted = {"gateway": 2, "inference/m": 1}
    progress = check_readiness(
        SlotState(workloads=workloads), "green", wanted, elapsed=elapsed, timeout=TIMEOUT, troubled=troubled
    )
    assert progress.state is state
    assert says in progress.reason
    assert progress.action is None


def test_nothing_wanted_is_ready() -> None:
    progress = check_readiness(SlotState(), "green", {}, elapsed=0, timeout=0, troubled=0)
    assert progress.state is State.DONE
