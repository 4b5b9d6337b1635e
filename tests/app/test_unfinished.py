"""What a release, a resume and a rollback do when a rollout is on its way already."""

import pytest

from tests.app.story import Story, stand, stand_twice, stop_after
from tooling.core.rollout import Phase
from tooling.errors import HeldError, HelmError, UsageError


def stop_half_way() -> Story:
    """Return the story after the driver of a canary died while the candidate had 10 %."""
    story = stop_after("route.write blue 90 %, green 10 %", stand, lambda story: story.release(2))
    assert story.weights == {"blue": 90, "green": 10}
    return story


def stand_badly() -> Story:
    """Return a story whose next candidate fails every second request."""
    story = stand()
    story.world.behave("green", error_share=0.5)
    return story


def stop_backing_out() -> Story:
    """Return the story after the driver of a canary died in the middle of taking it back."""
    story = stop_after("route.write blue 100 %", stand_badly, lambda story: story.release(2))
    assert story.phase is Phase.ABORTING
    return story


def stop_going_back() -> Story:
    """Return the story after the driver of a rollback died."""
    return stop_after("cluster.scale", stand_twice, lambda story: story.rollback())


def test_the_same_target_goes_on_where_it_was():
    story = stop_half_way()
    result = story.release(2)
    assert (result.exit_code, result.rollout.phase) == (0, Phase.SUCCEEDED)
    assert "found an unfinished rollout" in story.said
    assert story.world.wrote("helm.upgrade") == []
    assert story.weights == {"green": 100}


def test_another_target_is_refused_by_name():
    story = stop_half_way()
    label = story.target(2).version.label
    with pytest.raises(UsageError) as refused:
        story.release(3)
    assert label in refused.value.message
    assert "genai-stack resume" in refused.value.hint
    assert "genai-stack abort" in refused.value.hint
    assert story.world.writes == []


def test_another_target_goes_after_the_unfinished_one_was_aborted():
    story = stop_half_way()
    result = story.release(3, aborts_unfinished=True)
    assert (result.exit_code, result.rollout.phase) == (0, Phase.SUCCEEDED)
    assert story.weights == {"green": 100}
    phases = [one.phase for one in story.world.store.history("genai", "genai")]
    assert phases == [Phase.SUCCEEDED, Phase.ABORTED, Phase.SUCCEEDED]
    assert story.is_of(3)


def test_no_new_release_after_an_abort_that_failed():
    story = stop_half_way()
    story.world.behave("blue", is_never_ready=True)
    result = story.release(3, aborts_unfinished=True)
    assert (result.exit_code, result.rollout.phase) == (4, Phase.FAILED)
    assert story.is_of(2)
    assert story.weights == {"blue": 90, "green": 10}


@pytest.mark.parametrize("version", [2, 3])
@pytest.mark.parametrize("aborts_unfinished", [False, True])
def test_a_dry_run_leaves_an_unfinished_rollout_where_it_is(version, aborts_unfinished):
    story = stop_half_way()
    try:
        story.release(version, is_dry_run=True, aborts_unfinished=aborts_unfinished)
    except UsageError:
        assert version == 3
    assert story.world.writes == []


def test_what_is_being_aborted_is_not_gone_on_with_by_a_release():
    story = stop_backing_out()
    with pytest.raises(UsageError, match="Aborting"):
        story.release(2)
    assert story.resume(2).exit_code == 3


def test_resume_needs_something_to_resume():
    story = Story()
    with pytest.raises(UsageError, match="no unfinished rollout"):
        story.resume(1)
    story.release(1)
    with pytest.raises(UsageError, match="no unfinished rollout"):
        story.resume(1)


def test_resume_goes_on():
    story = stop_half_way()
    result = story.resume(2)
    assert result.exit_code == 0
    assert story.weights == {"green": 100}


def test_resume_refuses_other_values():
    story = stop_half_way()
    with pytest.raises(UsageError) as refused:
        story.resume(3)
    assert story.target(2).version.label in refused.value.message
    assert story.target(3).version.label in refused.value.message
    assert story.world.writes == []


def test_resume_refuses_another_chart():
    story = stop_half_way()
    story.world.helm.chart = type(story.world.helm.chart)("genai-stack", "0.2.0", "sha256:chart-2")
    with pytest.raises(UsageError, match=r"genai-stack-0\.1\.0 .* genai-stack-0\.2\.0"):
        story.resume(2)


def test_backing_out_is_resumed_with_whatever_values():
    story = stop_backing_out()
    assert story.resume(9).exit_code == 3
    assert story.weights == {"blue": 100}


def test_a_rollback_that_died_is_resumed_with_whatever_values():
    story = stop_going_back()
    result = story.resume(9)
    assert (result.exit_code, result.rollout.phase) == (0, Phase.ROLLED_BACK)


def test_no_rollback_while_a_rollout_is_on_its_way():
    story = stop_half_way()
    with pytest.raises(UsageError, match="a rollout is on its way") as refused:
        story.rollback()
    assert "genai-stack abort" in refused.value.hint
    assert story.world.writes == []


def test_a_rollback_that_died_is_no_release_to_go_on_with():
    story = stop_going_back()
    with pytest.raises(UsageError, match="unfinished rollout"):
        story.release(1)


@pytest.mark.parametrize("command", ["resume", "release"])
def test_the_time_in_which_nobody_drove_does_not_count(command):
    story = stop_after("store.save Preparing step 2", stand, lambda story: story.release(2))
    story.world.behave("green", is_never_ready=True)
    story.world.clock.sleep(3600)
    story.world.clock.schedule(
        5 + story.world.lease.duration, lambda: story.world.behave("green", is_never_ready=False)
    )
    assert getattr(story, command)(2).exit_code == 0


@pytest.mark.parametrize("command", [lambda story: story.resume(2), lambda story: story.release(2)])
def test_while_somebody_drives_nobody_else_goes_on(command):
    story = stop_half_way()
    story.world.lease.holder, story.world.lease.is_silent = "anna@desk", False
    with pytest.raises(HeldError, match="anna@desk"):
        command(story)
    assert not [write for write in story.world.writes if write.call != "lease.hold"]


def test_another_target_is_told_who_drives():
    story = stop_half_way()
    story.world.lease.holder, story.world.lease.is_silent = "anna@desk", False
    with pytest.raises((HeldError, UsageError), match="anna@desk"):
        story.release(3)


@pytest.mark.parametrize("obstacle", ["nobody says yes", "a template does not render"])
def test_nothing_is_aborted_for_a_target_that_will_not_come(obstacle):
    story = stop_half_way()
    render = story.world.helm.render

    def refuse(name, values):
        if values["global"]["role"] == "slot":
            raise HelmError("template: gateway/deployment.yaml:12: nil pointer")
        return render(name, values)

    if obstacle != "nobody says yes":
        story.world.helm.render = refuse
    with pytest.raises((UsageError, HelmError)):
        story.release(3, aborts_unfinished=True, is_confirmed=obstacle != "nobody says yes")
    assert story.world.writes == []
    assert story.weights == {"blue": 90, "green": 10}


def test_what_somebody_else_drives_is_not_taken_from_under_their_hands():
    story = stop_half_way()
    story.world.lease.holder, story.world.lease.is_silent = "anna@desk", False
    with pytest.raises(HeldError) as refused:
        story.release(3, aborts_unfinished=True)
    assert not story.world.wrote("store.wish")
    assert "anna@desk" in str(refused.value)
