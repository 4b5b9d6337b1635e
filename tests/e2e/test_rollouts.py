"""Releases under real traffic: good ones lose no request, bad ones are taken back, dead drivers are replaced."""

from __future__ import annotations

import signal

import pytest

from tests.e2e.conftest import Stack, finish, read_until

pytestmark = pytest.mark.e2e

QUICK = ("--set", "rollout.load.rate=4")


def test_a_good_canary_is_promoted_and_loses_no_request(stack: Stack) -> None:
    before = stack.status()["serving"]
    ended = stack.release()
    assert ended.exit_code == 0, ended.text
    assert ended.result["phase"] == "Succeeded"
    assert ended.result["load_requests"] > 50
    assert ended.result["load_errors"] == 0, ended.text
    assert stack.status()["serving"] != before
    assert stack.chat()[1] != before


@pytest.mark.parametrize(
    ("example", "reason"),
    [
        ("bad-errors", "candidate requests failed"),
        ("bad-never-ready", "pods ready"),
        ("bad-image", "image"),
    ],
)
def test_a_bad_version_is_taken_back(stack: Stack, example: str, reason: str) -> None:
    before = stack.status()["serving"]
    ended = stack.release("-f", f"values/examples/{example}.yaml")
    assert ended.exit_code == 3, ended.text
    assert reason in ended.result["reason"].lower()
    after = stack.status()
    assert (after["serving"], after["weights"]) == (before, {before: 100})
    assert stack.chat()[1] == before


def test_rollback_returns_to_the_version_before(stack: Stack) -> None:
    assert stack.release().exit_code == 0
    before = stack.status()["serving"]
    ended = stack.run("rollback", "--yes")
    assert ended.exit_code == 0, ended.text
    assert ended.result["phase"] == "RolledBack"
    assert stack.status()["serving"] != before
    assert stack.chat()[1] != before


def test_a_killed_driver_is_replaced_and_the_rollout_goes_on(stack: Stack) -> None:
    before = stack.status()["serving"]
    process = stack.start()
    read_until(process, "first measurement")
    process.kill()
    process.wait()
    assert stack.status()["rollout"]["phase"] == "Progressing"
    ended = stack.release()
    assert ended.exit_code == 0, ended.text
    assert stack.status()["serving"] != before


def test_ctrl_c_detaches_and_abort_takes_it_back(stack: Stack) -> None:
    before = stack.status()["serving"]
    process = stack.start(*QUICK)
    read_until(process, "first measurement")
    process.send_signal(signal.SIGINT)
    ended = finish(process)
    assert ended.exit_code == 130, ended.text
    assert "resume" in ended.text
    aborted = stack.run("abort", "--reason", "changed my mind")
    assert aborted.exit_code == 0, aborted.text
    after = stack.status()
    assert after["weights"] == {before: 100}
    assert "changed my mind" in after["rollout"]["reason"]


def test_abort_from_another_terminal_stops_a_driven_rollout(stack: Stack) -> None:
    before = stack.status()["serving"]
    process = stack.start(*QUICK)
    read_until(process, "first measurement")
    aborted = stack.run("abort", "--reason", "seen in the other terminal")
    assert aborted.exit_code == 0, aborted.text
    ended = finish(process)
    assert ended.exit_code == 3, ended.text
    assert stack.status()["weights"] == {before: 100}


def test_an_interfering_route_write_is_noticed_and_answered(stack: Stack) -> None:
    before = stack.status()["serving"]
    process = stack.start(*QUICK)
    read_until(process, "first measurement")
    other = {"blue": "green", "green": "blue"}[before]
    rules = stack.kubectl("get", "httproute", "genai", "-o", "jsonpath={.spec.rules}")
    assert other in rules
    last = rules.count('"backendRefs"') - 1
    stack.kubectl(
        "patch", "httproute", "genai", "--type=json", "-p",
        f'[{{"op": "replace", "path": "/spec/rules/{last}/backendRefs/1/weight", "value": 99}}]',
    )  # fmt: skip
    ended = finish(process)
    assert ended.exit_code == 3, ended.text
    assert "somebody else changed the route" in ended.result["reason"]
    assert stack.status()["weights"] == {before: 100}
