"""`status` and `history` on a story: what people read, what programs read, and when watching ends."""

from __future__ import annotations

import itertools
import json
import sys
from typing import Any

import pytest

from tests.app.story import Story, stand, stop_after
from tests.cli.terminal import Terminal
from tooling.errors import ClusterError, UnavailableError

WATCH = ("status", "--watch", "--set", "version=2")


def stop_half_way() -> Story:
    return stop_after("route.write blue 90 %, green 10 %", stand, lambda story: story.release(2))


def stand_badly() -> Story:
    story = stand()
    story.world.behave("green", error_share=0.5)
    return story


def resume_later(seconds: float = 3.0) -> Story:
    """Return a story that stopped half way, and that somebody else resumes in a few seconds."""
    story = stop_half_way()
    story.world.clock.schedule(seconds, lambda: story.resume(2))
    return story


@pytest.mark.parametrize("make", [Story, stand, stop_half_way])
def test_status_for_people_and_for_programs(command: Any, make: Any) -> None:
    story = make()
    before = len(story.world.writes)
    code, out, _ = command(story, "status")
    assert code == 0
    assert out.startswith("genai in namespace genai, ")
    for slot, weight in story.weights.items():
        assert f"{slot:<6}" in out
        assert f"{weight} %" in out
    code, out, _ = command(story, "status", "--output", "json")
    assert code == 0
    assert json.loads(out)["weights"] == story.weights
    assert len(story.world.writes) == before


def test_status_in_the_middle_of_a_canary(command: Any) -> None:
    _, out, _ = command(stop_half_way(), "status")
    assert "step 4/" in out
    assert "driver       tester@here" in out
    assert "inference/smollm2" in out


def test_history_lists_and_shows_one_whole(command: Any) -> None:
    story = stand_badly()
    story.release(2)
    code, out, _ = command(story, "history")
    assert code == 0
    assert "Succeeded" in out
    assert "Aborted" in out
    _, out, _ = command(story, "history", "--output", "json")
    past = json.loads(out)
    assert [row["phase"] for row in past] == ["Succeeded", "Aborted"]
    _, by_id, _ = command(story, "history", past[1]["rollout"])
    _, by_number, _ = command(story, "history", str(past[1]["number"]))
    assert by_id == by_number
    assert by_id.startswith(f"rollout {past[1]['rollout']} (number {past[1]['number']}): canary, Aborted\n")
    assert "analysis for 20 s at 10 %: FAILED, " in by_id
    assert " at 10 %: Failed, " in by_id
    _, out, _ = command(story, "history", past[1]["rollout"], "--output", "json")
    assert json.loads(out) == past[1]
    assert past[1]["verdicts"][-1]["candidate"]["errors"] >= 3


def test_history_of_nothing(command: Any) -> None:
    assert command(Story(), "history")[:2] == (0, "history: none\n")
    code, _, err = command(Story(), "history", "7")
    assert code == 2
    assert "no rollout 7 of genai is kept. There are: none." in err


@pytest.mark.parametrize(
    ("make", "code", "last"),
    [
        (resume_later, 0, "Succeeded"),
        (stand, 0, "Succeeded"),
        (Story, 0, "genai has no rollout"),
    ],
)
def test_watching_without_a_terminal_is_lines_until_the_end(command: Any, make: Any, code: int, last: str) -> None:
    story = make()
    actual, out, _ = command(story, *WATCH)
    assert actual == code
    assert last in out.splitlines()[-1]
    assert len(out.splitlines()) == len(set(out.splitlines()))


def test_the_exit_code_is_that_of_the_phase(command: Any) -> None:
    story = stop_after("route.write blue 90 %, green 10 %", stand_badly, lambda story: story.release(2))
    story.world.clock.schedule(3.0, lambda: story.resume(2))
    code, out, _ = command(story, *WATCH)
    assert code == 3
    assert " Aborted" in out.splitlines()[-1]
    assert "candidate requests failed" in out.splitlines()[-1]


def test_programs_get_a_line_for_each_change(command: Any) -> None:
    code, out, _ = command(resume_later(5.0), *WATCH, "--output", "json")
    assert code == 0
    states = [json.loads(line) for line in out.splitlines()]
    assert all(state["event"] == "status" for state in states)
    assert states[0]["rollout"]["phase"] == "Progressing"
    assert states[-1]["rollout"]["phase"] == "Succeeded"
    still = [{key: value for key, value in state.items() if key != "at"} for state in states]
    assert all(one != other for one, other in itertools.pairwise(still))


def test_a_terminal_shows_the_last_picture(command: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal((80, 40))
    monkeypatch.setattr(sys, "stdout", terminal)
    monkeypatch.setattr("shutil.get_terminal_size", lambda: terminal.size)
    monkeypatch.setenv("TERM", "xterm")
    code, _, _ = command(resume_later(5.0), *WATCH)
    assert code == 0
    assert terminal.has_cursor
    assert any(line.startswith("Succeeded    [##########]") for line in terminal.shown)
    assert max(len(line) for line in terminal.shown) < 80
    assert len([line for line in terminal.shown if line.startswith("genai in namespace")]) == 1


def test_control_c_ends_watching_and_changes_nothing(command: Any) -> None:
    story = stop_half_way()
    before = len(story.world.writes)

    def interrupt() -> None:
        raise KeyboardInterrupt

    story.world.clock.schedule(7.0, interrupt)
    code, _, err = command(story, *WATCH)
    assert code == 130
    assert err == "no longer watching; nothing was changed\n"
    assert len(story.world.writes) == before
    assert story.weights == {"blue": 90, "green": 10}


def test_a_cluster_that_is_silent_for_a_while_is_waited_for(command: Any) -> None:
    story = resume_later(30.0)
    error = UnavailableError("no answer from the API server.")
    story.world.clock.schedule(3.0, lambda: story.world.fail_next("store.load", error, times=3))
    code, out, _ = command(story, *WATCH)
    assert code == 0
    assert "no answer for 2s: no answer from the API server." in out


@pytest.mark.parametrize(
    ("error", "times"), [(ClusterError("forbidden.", status=403), 1), (UnavailableError("no answer."), 1000)]
)
def test_a_cluster_that_says_no_or_stays_silent_ends_it(command: Any, error: Exception, times: int) -> None:
    story = stop_half_way()
    story.world.clock.schedule(3.0, lambda: story.world.fail_next("store.load", error, times=times))
    code, _, err = command(story, *WATCH)
    assert code == 4
    assert str(error) in err


def test_a_rollout_that_ended_between_two_looks_is_found_in_the_history(command: Any) -> None:
    story = stop_after("route.write blue 90 %, green 10 %", stand_badly, lambda story: story.release(2))

    def go_on() -> None:
        story.resume(2)
        story.world.behave("green", error_share=0.0)
        story.release(3)

    story.world.clock.schedule(3.0, go_on)
    code, out, _ = command(story, *WATCH)
    assert code == 3
    assert " Aborted" in out.splitlines()[-1]


def test_a_record_that_is_gone_is_no_success(command: Any) -> None:
    story = stop_half_way()
    story.world.clock.schedule(3.0, lambda: story.world.store.delete("genai", "genai"))
    code, out, _ = command(story, *WATCH)
    assert code == 4
    assert "genai has no rollout" in out.splitlines()[-1]


def test_who_may_not_ask_the_gateways_sees_the_rest(command: Any) -> None:
    story = stop_half_way()
    story.world.fail_next("metrics.measure", ClusterError("pods/proxy is forbidden.", status=403), times=99)
    code, out, _ = command(story, "status")
    assert code == 0
    assert "green candidate    10 %         -" in out
