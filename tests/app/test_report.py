"""What people and programs are told of a rollout, and what status shows."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from tests.app.story import LOAD, Story, stand, stand_twice, stop_after
from tests.fakes.reporter import FakeReporter
from tooling.app.report import EXIT_CODES, report_result
from tooling.app.status import read_status
from tooling.core.rollout import TERMINAL, Phase, Rollout, Snapshot
from tooling.core.trail import Interference, TargetVersion
from tooling.ports.load import LoadReport


def stand_under_load() -> Story:
    """Return a story in which all traffic is the release's own."""
    story = stand(load={**LOAD, "rate": 20})
    story.world.rate = 0.0
    return story


def find_table(story: Story, title: str):
    return next((rows for name, rows in story.world.reporter.tables if name == title), None)


def test_every_end_has_an_exit_code():
    assert set(EXIT_CODES) == TERMINAL


def test_each_judged_step_has_a_row():
    story = stand()
    story.release(2)
    rows = find_table(story, "judged steps")
    assert [(row["step"], row["weight"], row["verdict"]) for row in rows] == [
        (1, "10 %", "Successful"),
        (2, "50 %", "Successful"),
    ]
    candidate, stable = (int(number) for number in rows[0]["requests"].split(" / "))
    assert 15 <= candidate <= 40
    assert 150 <= stable <= 250
    assert rows[0]["errors"] == "0 / 0"
    assert rows[0]["p95 candidate"] == rows[0]["p95 stable"]
    assert rows[0]["p95 stable"].endswith(" s")


def test_the_step_that_failed_has_a_row_too():
    story = stand()
    story.world.behave("green", error_share=0.5)
    story.release(2)
    (row,) = find_table(story, "judged steps")
    assert row["verdict"] == "Failed"
    failed, of_stable = (int(number) for number in row["errors"].split(" / "))
    assert failed >= 3
    assert of_stable == 0


def test_what_nobody_judged_has_no_table():
    story = Story()
    story.release(1)
    assert find_table(story, "judged steps") is None
    assert find_table(story, "load of this release") is None


def test_facts_of_a_good_release():
    story = stand_under_load()
    result = story.release(2)
    assert result.exit_code == 0
    assert result.facts["rollout"] == result.rollout.id
    assert result.facts["seconds"] == round(result.rollout.ended_at - result.rollout.started_at, 1)
    assert result.facts["load_requests"] > 500
    assert result.facts["load_errors"] == 0
    assert "verdict_to_last_request_seconds" not in result.facts
    assert {row["slot"] for row in find_table(story, "load of this release")} == {"blue", "green"}


def test_the_time_from_the_verdict_to_the_last_request_at_a_bad_candidate():
    story = stand_under_load()
    story.world.behave("green", error_share=0.5)
    result = story.release(2)
    assert result.exit_code == 3
    seconds = result.facts["verdict_to_last_request_seconds"]
    assert 0 <= seconds <= 1.0
    assert f"the last request at green began {seconds:.2f} s after the verdict" in story.said
    assert result.facts["load_errors"] > 0
    assert "load: HTTP 500" in story.said


def test_a_slow_route_shows_in_that_time():
    story = stand_under_load()
    story.world.behave("green", error_share=0.5)
    write = story.world.route.write

    def write_slowly(namespace, instance, manifests, **rest):
        story.world.clock.sleep(4.0)
        return write(namespace, instance, manifests, **rest)

    story.world.route.write = write_slowly
    result = story.release(2)
    assert 3.5 <= result.facts["verdict_to_last_request_seconds"] <= 5.0


def test_no_time_is_told_of_a_candidate_that_got_no_request():
    story = stand_under_load()
    story.world.behave("green", is_never_ready=True)
    result = story.release(2)
    assert result.exit_code == 3
    assert "verdict_to_last_request_seconds" not in result.facts


def test_no_negative_time_is_told_when_the_candidate_was_quiet_before_the_verdict():
    story = stand_under_load()
    story.world.clock.schedule(15, lambda: story.world.behave("green", problem="OOMKilled"))
    story.later(15.25, "abort")
    result = story.release(2)
    assert result.exit_code == 3
    assert result.facts.get("verdict_to_last_request_seconds", 0.0) >= 0.0
    assert "began -" not in story.said


@pytest.mark.parametrize(
    ("make", "command", "word"),
    [
        (Story, lambda story: story.release(1), "Succeeded after 3 s: blue serves"),
        (stand_twice, lambda story: story.rollback(), "RolledBack after 3 s: blue serves"),
    ],
)
def test_the_last_word(make, command, word):
    story = make()
    command(story)
    assert story.world.reporter.said[-1].startswith(word)


def test_the_last_word_of_an_abort_names_the_reason():
    story = stand()
    story.later(10, "abort", "prices went up")
    story.release(2)
    last = story.world.reporter.said[-1]
    assert "blue serves all traffic" in last
    assert last.endswith("prices went up")


def test_the_phases_are_told_once_each():
    story = stand()
    story.release(2)
    phases = [facts["phase"] for facts in story.world.reporter.facts if "phase" in facts]
    assert phases[:4] == ["Preparing", "Progressing", "Promoting", "Succeeded"]


def test_status_of_nothing():
    state = read_status(Story().ports, Story().target(1))
    assert (state["instance"], state["serving"], state["weights"], state["rollout"]) == ("genai", "", {}, None)
    assert state["slots"] == {"blue": [], "green": []}


def test_status_in_the_middle_of_a_canary():
    story = stop_after("route.write blue 90 %, green 10 %", stand, lambda story: story.release(2))
    story.world.behave("green", problem="OOMKilled")
    state = read_status(story.ports, story.target(1))
    assert state["weights"] == {"blue": 90, "green": 10}
    assert state["serving"] == "blue"
    assert state["driver"] == "tester@here"
    rollout = state["rollout"]
    assert (rollout["phase"], rollout["step"], rollout["position"]) == ("Progressing", "weight 10 %", "4/13")
    assert rollout["target"] == story.target(2).version.label
    assert {row["problem"] for row in state["slots"]["green"]} == {"OOMKilled"}
    assert story.world.writes == []


def test_status_tells_why_a_rollout_was_taken_back():
    story = stand()
    story.later(10, "abort", "prices went up")
    story.release(2)
    state = read_status(story.ports, story.target(1))
    assert state["rollout"]["phase"] == "Aborted"
    assert "prices went up" in state["rollout"]["reason"]
    assert state["driver"] == ""


def end(phase: Phase, **changes: Any) -> Rollout:
    """Return a rollout that ended like that."""
    rollout = Rollout("r1", "genai", "green", TargetVersion("d", "two"), (), Snapshot("blue"), phase)
    return replace(rollout, started_at=100.0, ended_at=160.0, **changes)


def tell(rollout: Rollout) -> tuple[FakeReporter, Mapping[str, Any]]:
    """Return what is said of a rollout that ended, and the facts for programs."""
    reporter = FakeReporter()
    return reporter, report_result(reporter, rollout, LoadReport(), hints="--env prod").facts


def test_what_somebody_else_did_is_told() -> None:
    others = (
        Interference(110.0, "somebody else changed the route", "kubectl (Update, 12:00)", "aborted"),
        Interference(111.0, "somebody else scaled genai-blue-gateway to 1"),
    )
    reporter, facts = tell(end(Phase.ABORTED, interferences=others, reason="it was changed"))
    assert reporter.tables == [
        (
            "interference",
            (
                {"by": "kubectl (Update, 12:00)", "what": "somebody else changed the route", "answer": "aborted"},
                {"by": "not known", "what": "somebody else scaled genai-blue-gateway to 1", "answer": ""},
            ),
        )
    ]
    assert [one["what"] for one in facts["interferences"]] == [one.what for one in others]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, []),
        ({"cut_streams": 0}, ["no request was cut when pods were taken away"]),
        ({"cut_streams": 1}, ["1 request was cut when pods were taken away"]),
        ({"cut_streams": 2}, ["2 requests were cut when pods were taken away"]),
        ({"compared": 41}, ["41 objects equal their manifests"]),
        ({"compared": 1}, ["1 object equals its manifest"]),
        (
            {"compared": 41, "differences": ("Service/genai: spec.selector",)},
            ["41 objects compared with their manifests, 1 difference:", "  Service/genai: spec.selector"],
        ),
        (
            {"compared": 41, "differences": ("one", "two")},
            ["41 objects compared with their manifests, 2 differences:", "  one", "  two"],
        ),
    ],
)
def test_what_was_cut_and_what_differs_is_told(changes: Mapping[str, Any], said: list[str]) -> None:
    reporter, facts = tell(end(Phase.ABORTED, reason="it was bad", **changes))
    assert reporter.said == [*said, "Aborted after 60 s, blue serves all traffic. Reason: it was bad"]
    wanted = {"cut_streams": None, "compared": 0, "differences": (), **changes}
    assert {key: facts[key] for key in wanted} == {**wanted, "differences": list(wanted["differences"])}


@pytest.mark.parametrize(
    ("phase", "word"),
    [
        (Phase.SUCCEEDED, "Succeeded after 60 s: base is two"),
        (Phase.ABORTED, "Aborted after 60 s, base is as before. Reason: no"),
        (Phase.FAILED, "Failed after 60 s: no. Look with: genai-stack status --env prod"),
    ],
)
def test_the_last_word_of_base_alone(phase: Phase, word: str) -> None:
    assert tell(end(phase, is_base=True, candidate="", reason="no"))[0].said == [word]
