"""Who does not watch is told: each thing once, whatever happens to the driver, and nothing hangs on it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.app.story import Story, kill, stand, stand_twice
from tests.fakes.notices import FakeNotices
from tooling.app.telling import tell_missed
from tooling.core.notice import Severity

pytestmark = pytest.mark.usefixtures("plain_records")


def listen(make: Callable[[], Story]) -> tuple[Story, FakeNotices]:
    """Return a story with somebody who listens from now on."""
    story, notices = make(), FakeNotices()
    story.ports = replace(story.ports, notices=notices)
    return story, notices


def drop_steps(notices: FakeNotices) -> list[str]:
    return [kind for kind in notices.kinds if kind != "step"]


def stand_badly() -> Story:
    story = stand()
    story.world.behave("green", error_share=0.5)
    return story


def stand_with_approval() -> Story:
    return stand(steps=[{"weight": 10, "hold": "20s"}, {"approval": {"timeout": "1h"}}])


@pytest.mark.parametrize(
    ("make", "command", "kinds"),
    [
        (Story, lambda story: story.release(1), ["started", "ended"]),
        (stand, lambda story: story.release(2), ["started", "verdict", "verdict", "ended"]),
        (stand_badly, lambda story: story.release(2), ["started", "verdict", "abort", "ended"]),
        (stand_twice, lambda story: story.rollback(), ["started", "ended"]),
    ],
)
def test_a_rollout_is_told_from_its_beginning_to_its_end(
    make: Callable[[], Story], command: Callable[[Story], object], kinds: list[str]
) -> None:
    story, notices = listen(make)
    command(story)
    assert drop_steps(notices) == kinds
    assert story.recorded is not None
    assert {one.rollout for one in notices.told} == {story.recorded.id}
    assert notices.told[-1].phase is story.phase


def test_each_step_is_told_when_it_begins() -> None:
    story, notices = listen(stand)
    story.release(2)
    steps = [one.facts["step"] for one in notices.told if one.kind == "step"]
    assert "weight 10 %" in steps
    assert "analysis for 20 s at 10 %" in steps
    assert "promote: all traffic to the candidate" in steps
    assert len(steps) == len(set(steps))


def test_a_person_is_called_and_the_answer_is_told() -> None:
    story, notices = listen(stand_with_approval)
    story.later(60, "promote", "looks good")
    assert story.release(2).exit_code == 0
    asked, given = (one for one in notices.told if one.kind == "approval")
    assert asked.severity is Severity.WARNING
    assert asked.text.endswith("Go on with: genai-stack promote")
    assert ("looks good" in given.text, given.facts["reason"]) == (True, "looks good")
    assert story.recorded is not None
    assert [one.reason for one in story.recorded.approvals] == ["looks good"]


def test_a_person_is_called_once_when_an_analysis_cannot_decide() -> None:
    story, notices = listen(lambda: stand(analysis={"maxHold": "30s", "onInconclusive": "pause"}))
    story.world.rate = 0.0
    story.later(90, "abort", "enough")
    assert story.release(2).exit_code == 3
    (called,) = (one for one in notices.told if one.kind == "approval")
    assert called.severity is Severity.WARNING
    assert "analysis for 20 s at 10 %" in called.text


def test_what_somebody_else_does_is_told_with_the_answer() -> None:
    story, notices = listen(stand)
    story.world.clock.schedule(12, lambda: story.world.cluster.scale("genai", "genai-blue-gateway", 0))
    story.release(2)
    told = [one for one in notices.told if one.kind == "interference"]
    assert story.recorded is not None
    assert [one.facts["what"] for one in told] == [one.what for one in story.recorded.interferences]
    assert "somebody else scaled genai-blue-gateway to 0" in told[0].text
    assert told[0].facts["answer"]


def test_a_failed_verdict_has_its_numbers() -> None:
    story, notices = listen(stand_badly)
    story.release(2)
    verdict = next(one for one in notices.told if one.kind == "verdict")
    assert verdict.severity is Severity.WARNING
    assert verdict.facts["candidate"]["errors"] >= 3
    assert verdict.facts["stable"]["errors"] == 0


@pytest.mark.parametrize("number", range(0, 40, 6))
def test_a_driver_that_died_and_is_resumed_tells_nothing_twice(number: int) -> None:
    story, notices = listen(stand)
    if kill(story, number, "after", lambda: story.release(2)):
        story.world.revive()
        story.release(2)
    texts = [one.text for one in notices.told]
    assert len(texts) == len(set(texts))
    assert notices.kinds[-1] == "ended"


def test_what_was_missed_is_said_at_the_end() -> None:
    story, notices = listen(stand)
    notices.missed = ("notification team missed 2 notices: HTTP 500",)
    tell_missed(story.ports)
    tell_missed(story.ports)
    assert story.world.reporter.said == ["warning: notification team missed 2 notices: HTTP 500"]
