"""After the fact: back to the last verified version that still exists."""

import pytest

from tests.app.story import Story, stand, stand_twice
from tooling.core.rollout import Phase
from tooling.errors import HeldError, UsageError


def stand_after_a_bad_release(times: int = 1) -> Story:
    """Return a story in which green serves version 2, and bad versions came to blue and were taken back."""
    story = stand_twice()
    story.world.behave("blue", error_share=0.5)
    for number in range(times):
        assert story.release(3 + number).exit_code == 3
    story.world.behave("blue", error_share=0.0)
    return story


def test_all_traffic_goes_back_at_once_to_a_ready_slot():
    story = stand_twice()
    result = story.rollback()
    assert (result.exit_code, result.rollout.phase) == (0, Phase.ROLLED_BACK)
    assert story.world.wrote("route.write") == ["blue 100 %, serving blue"]
    assert story.world.wrote("helm.upgrade") == []
    calls = [write.call for write in story.world.writes if not write.call.startswith(("store", "lease"))]
    assert calls == ["cluster.scale", "cluster.scale", "route.write", "cluster.scale", "cluster.scale"]
    assert not story.overloads
    assert "blue serves" in story.said
    assert story.target(1).version.label in story.world.reporter.said[-1]


def test_the_plan_is_told_first_and_needs_a_yes():
    story = stand_twice()
    with pytest.raises(UsageError, match="nobody is here to confirm"):
        story.rollback(is_confirmed=False)
    assert story.world.reporter.tables[0][0].startswith("plan")
    assert story.world.writes == []


def test_what_came_back_already_runs_and_what_left_can_come_again():
    story = stand_twice()
    story.rollback()
    assert "already runs" in (story.release(1) and story.said)
    assert story.release(2).exit_code == 0
    assert story.weights == {"green": 100}


def test_there_and_back_again():
    story = stand_twice()
    for serving in ("blue", "green", "blue"):
        assert story.rollback().exit_code == 0
        assert story.weights == {serving: 100}


@pytest.mark.parametrize("make", [Story, stand])
def test_without_an_earlier_version_it_is_refused(make):
    story = make()
    with pytest.raises(UsageError) as refused:
        story.rollback()
    assert "genai-stack release" in refused.value.hint
    assert story.world.writes == []


@pytest.mark.parametrize("times", [1, 2, 3])
def test_after_releases_that_were_aborted_the_verified_version_is_still_there(times):
    story = stand_after_a_bad_release(times)
    result = story.rollback()
    assert result.exit_code == 0
    assert result.rollout.target.digest == story.target(1).version.digest
    assert story.weights == {"blue": 100}
    assert story.world.helm.revisions["genai-blue"][-1].values["gateway"]["extraEnv"]["VERSION"] == 1


def test_after_an_aborted_first_canary_nothing_verified_is_left():
    story = stand()
    story.world.behave("green", error_share=0.5)
    assert story.release(2).exit_code == 3
    with pytest.raises(UsageError, match="green holds no verified version"):
        story.rollback()


def test_a_slot_that_somebody_removed_is_verified_no_more():
    story = stand_twice()
    story.world.helm.uninstall("genai-blue")
    with pytest.raises(UsageError, match="blue holds no verified version to go back to"):
        story.rollback()


def test_a_slot_that_somebody_upgraded_goes_back_to_the_revision_that_proved_itself():
    story = stand_twice()
    story.world.helm.upgrade("genai-blue", {"global": {}}, description="by hand")
    assert story.rollback().exit_code == 0
    assert "genai-blue 1" in story.world.wrote("helm.rollback")
    assert story.world.helm.revisions["genai-blue"][-1].values["gateway"]["extraEnv"]["VERSION"] == 1
    assert story.weights == {"blue": 100}


def test_a_slot_that_somebody_elses_helm_works_on_is_left_alone():
    story = stand_twice()
    story.world.helm.leave_pending("genai-blue", {}, "")
    with pytest.raises(HeldError, match="genai-blue"):
        story.rollback()
    assert story.world.writes == []


def test_without_a_route_it_is_refused():
    story = stand_twice()
    story.world.route.state = None
    with pytest.raises(UsageError, match="nothing serves"):
        story.rollback()


def test_an_old_version_that_does_not_get_ready_gets_no_traffic():
    story = stand_twice()
    before = story.end_state()
    story.world.behave("blue", is_never_ready=True)
    result = story.rollback()
    assert (result.exit_code, result.rollout.phase) == (3, Phase.ABORTED)
    assert story.weights == {"green": 100}
    story.world.behave("blue", is_never_ready=False)
    assert {**story.end_state(), "phase": None} == {**before, "phase": None}


def test_a_rollback_is_in_the_history():
    story = stand_twice()
    story.rollback()
    phases = [one.phase for one in story.world.store.history("genai", "genai")]
    assert phases == [Phase.SUCCEEDED, Phase.SUCCEEDED, Phase.ROLLED_BACK]


def test_a_version_with_other_models_is_rolled_back_whole():
    """What the old version needs is not in today's values: it gets what it had when it proved itself."""
    story = Story()
    two = {"models": {"smollm2": {"replicas": 3}, "coder": {"replicas": 2}}}
    old = story.target(1, inference=two)
    now = story.target
    story.target = lambda version, **values: old if version == 1 else now(version, **values)
    assert story.release(1).exit_code == 0
    assert story.release(2).exit_code == 0
    assert story.rollback(2).exit_code == 0
    ready = {workload.key: workload.ready for workload in story.world.observe("blue")}
    assert ready == {"gateway": 1, "inference/smollm2": 3, "inference/coder": 2}
