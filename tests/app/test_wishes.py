"""Abort and promote, asked of a driver elsewhere or done here; approvals and what waits for a person."""

import pytest

from tests.app.story import Story, stand, stop_after
from tooling.app.wishes import PATIENCE, promote
from tooling.core.rollout import Phase
from tooling.errors import HeldError, UsageError

APPROVALS = [
    {"weight": 10, "hold": "20s"},
    {"approval": {"timeout": "10m"}},
    {"weight": 50, "hold": "15s"},
    {"approval": {"timeout": "10m"}},
]


def promote_here(story: Story, version: int = 2):
    return promote(story.ports, story.target(version), "looks good")


def wait_for_approval() -> Story:
    """Return a story whose driver died while a canary waited for a person."""
    story = stop_after("store.save Paused step 5", lambda: stand(steps=APPROVALS), approve_soon)
    assert story.phase is Phase.PAUSED
    return story


def approve_soon(story: Story):
    story.later(40, "promote")
    story.later(120, "promote")
    return story.release(2)


def test_the_running_driver_aborts_when_it_is_asked():
    story = stand()
    before = story.end_state()
    story.later(10, "abort", "prices went up")
    result = story.release(2)
    assert (result.exit_code, result.rollout.phase) == (3, Phase.ABORTED)
    assert result.rollout.reason.startswith("aborted by ")
    assert result.rollout.reason.endswith("prices went up")
    assert {**story.end_state(), "phase": None} == {**before, "phase": None}


def test_an_abort_is_done_within_a_look():
    story = stand()
    story.later(10, "abort")
    result = story.release(2)
    asked_at = next(write.at for write in story.world.writes if write.call == "store.wish")
    assert result.rollout.verdict_at - asked_at <= 2.0


@pytest.mark.parametrize("after", range(1, 46, 4))
def test_an_abort_at_any_time_ends_with_stable_as_it_was(after):
    story = stand()
    before = story.end_state()
    story.later(after, "abort")
    result = story.release(2)
    assert result.exit_code == (3 if after < 43 else 0)
    if result.exit_code == 3:
        assert {**story.end_state(), "phase": None} == {**before, "phase": None}
        assert not story.overloads


def test_a_first_install_can_be_aborted():
    story = Story()
    story.world.behave("blue", ready_after=30.0)
    story.later(5, "abort")
    assert story.release(1).exit_code == 3
    assert story.world.helm.revisions == {}


def test_a_rollback_can_be_aborted():
    story = stand()
    story.release(2)
    story.later(2, "abort")
    result = story.rollback()
    assert (result.exit_code, result.rollout.phase) == (3, Phase.ABORTED)
    assert story.weights == {"green": 100}


def test_nothing_that_runs_cannot_be_aborted_or_promoted():
    for story in (Story(), stand()):
        for command in (story.abort, lambda story=story: promote_here(story)):
            with pytest.raises(UsageError, match="no rollout on its way"):
                command()
        assert story.world.writes == []


def test_where_nobody_drives_the_abort_is_done_here():
    story = wait_for_approval()
    result = story.abort(2, "not today")
    assert result.exit_code == 3
    assert "not today" in result.rollout.reason
    assert story.weights == {"blue": 100}


def test_an_abort_of_an_abort_goes_on_with_it():
    story = stand()
    story.world.behave("green", error_share=0.5)
    story = stop_after("route.write blue 100 %", lambda: story, lambda one: one.release(2))
    assert story.abort(2).exit_code == 3
    assert story.world.wrote("store.wish") == []


def test_an_abort_while_somebody_drives_waits_for_that_driver():
    story = wait_for_approval()
    lease = story.world.lease
    lease.holder, lease.is_silent = "anna@desk", False

    def drive_at_the_desk():
        lease.holder = ""
        story.resume(2)

    story.world.clock.schedule(3.25, drive_at_the_desk)
    result = story.abort(2, "enough")
    assert result.exit_code == 3
    assert "asked anna@desk" in story.said
    assert "enough" in result.rollout.reason


def test_a_driver_that_does_not_listen_is_not_waited_for_for_ever():
    story = wait_for_approval()
    story.world.lease.holder, story.world.lease.is_silent = "anna@desk", False
    began_at = story.world.clock.now()
    with pytest.raises(HeldError, match="did not finish") as refused:
        story.abort(2)
    assert story.world.clock.now() - began_at <= PATIENCE + 2
    assert "The wish stays recorded" in refused.value.hint


def test_each_approval_is_asked_for():
    story = stand(steps=APPROVALS)
    story.later(60, "promote", "first")
    story.later(300, "promote", "second")
    result = story.release(2)
    assert (result.exit_code, result.rollout.phase) == (0, Phase.SUCCEEDED)
    assert result.facts["seconds"] > 300
    fifty = next(write for write in story.world.writes if "green 50 %" in write.detail)
    first = next(write for write in story.world.writes if write.call == "store.wish")
    assert 0 <= fifty.at - first.at < 20


def test_one_promote_passes_one_approval_and_not_the_next():
    story = stand(steps=APPROVALS)
    story.later(60, "promote")
    result = story.release(2)
    assert result.exit_code == 3
    assert "nobody approved within 600 s" in result.rollout.reason
    assert "blue 50 %, green 50 %, serving blue" in story.world.wrote("route.write")
    assert story.weights == {"blue": 100}


def test_a_promote_that_came_too_early_approves_nothing():
    story = stand(steps=APPROVALS)
    story.later(10, "promote")
    assert story.release(2).exit_code == 3


def test_nothing_is_approved_by_the_wish_of_an_earlier_rollout():
    story = stand(steps=APPROVALS)
    story.later(60, "promote")
    story.release(2)
    assert story.release(2).exit_code == 3
    assert story.world.wrote("route.write")[-2:] == [
        "blue 90 %, green 10 %, serving blue",
        "blue 100 %, serving blue",
    ]


def test_while_it_waits_for_a_person_the_candidate_is_still_watched():
    story = stand(steps=APPROVALS)
    story.world.clock.schedule(100, lambda: story.world.behave("green", problem="OOMKilled"))
    result = story.release(2)
    assert result.exit_code == 3
    assert "lost its ready pods" in result.rollout.reason


def test_where_nobody_drives_promote_goes_on_from_here():
    story = wait_for_approval()
    story.later(100, "promote")
    result = promote_here(story)
    assert (result.exit_code, result.rollout.phase) == (0, Phase.SUCCEEDED)


def test_promote_refuses_other_values_as_resume_does():
    story = wait_for_approval()
    with pytest.raises(UsageError, match=story.target(3).version.label.replace("(", r"\(").replace(")", r"\)")):
        promote_here(story, version=3)
    assert story.world.writes == []


def test_promote_needs_something_that_waits():
    story = stop_after("helm.upgrade genai-green", stand, lambda story: story.release(2))
    with pytest.raises(UsageError, match="waits for nobody: it is at install candidate"):
        promote_here(story)


def test_a_silent_candidate_is_never_promoted():
    story = stand()
    story.world.behave("green", is_silent=True)
    result = story.release(2)
    assert result.exit_code == 3
    assert "undecided after 60 s" in result.rollout.reason
    assert story.world.wrote("route.write") == ["blue 90 %, green 10 %, serving blue", "blue 100 %, serving blue"]


def test_no_traffic_is_no_proof():
    story = stand()
    story.world.rate = 0.0
    result = story.release(2)
    assert result.exit_code == 3
    assert "undecided" in result.rollout.reason


def test_what_is_undecided_can_wait_for_a_person():
    story = stand(analysis={"maxHold": "60s", "onInconclusive": "pause"})
    story.world.behave("green", is_silent=True)
    story.later(200, "promote", "I looked myself")
    story.later(400, "promote", "and again")
    result = story.release(2)
    assert result.exit_code == 0
    assert result.facts["seconds"] > 400
