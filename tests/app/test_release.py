"""Releases from the first install to a canary that is taken back."""

import pytest

from tests.app.story import LOAD, Story, forget, stand
from tooling.core.rollout import Phase
from tooling.errors import HelmError, UsageError


def test_the_first_install_brings_base_then_blue_then_the_route():
    story = Story()
    result = story.release(1)
    assert (result.exit_code, result.rollout.phase) == (0, Phase.SUCCEEDED)
    assert story.world.wrote("helm.upgrade") == ["genai", "genai-blue"]
    assert story.world.wrote("route.write") == ["blue 100 %, serving blue"]
    assert story.world.cluster.asked, "nobody gets traffic before it answered a question"
    assert story.world.lease.holder == ""
    assert "first install" in story.said
    assert "blue serves" in story.world.reporter.said[-1]


def test_the_first_install_makes_the_namespace_before_anything_else():
    story = Story()
    story.world.cluster.namespaces.clear()
    assert story.release(1).exit_code == 0
    assert [write.call for write in story.world.writes][:2] == ["cluster.ensure_namespace", "lease.hold"]


def test_a_good_canary_moves_traffic_in_steps_and_leaves_stable_asleep():
    story = stand()
    result = story.release(2)
    assert (result.exit_code, result.rollout.phase) == (0, Phase.SUCCEEDED)
    assert story.world.wrote("route.write") == [
        "blue 90 %, green 10 %, serving blue",
        "blue 50 %, green 50 %, serving blue",
        "green 100 %, serving green",
    ]
    assert story.world.wrote("helm.upgrade") == ["genai", "genai-green"]
    assert story.world.wrote("cluster.scale")[-2:] == [
        "genai-blue-gateway to 0",
        "genai-blue-inference-smollm2 to 0",
    ]
    assert not story.overloads


def test_slots_take_turns():
    story = stand()
    for version, serving in ((2, "green"), (3, "blue"), (4, "green")):
        assert story.release(version).exit_code == 0
        assert story.weights == {serving: 100}


def test_each_step_is_held_for_its_time():
    story = stand()
    result = story.release(2)
    assert result.facts["seconds"] >= 20 + 15 + 5


def test_the_plan_is_told_before_anything_is_written():
    story = stand()
    story.release(2, is_dry_run=True)
    (title, rows) = story.world.reporter.tables[0]
    assert title.startswith("plan")
    assert [row["step"] for row in rows] == list(range(1, len(rows) + 1))
    does = [row["does"] for row in rows]
    assert does[:2] == ["install base", "install candidate"]
    assert "weight 10 %" in does
    assert "weight 50 %" in does
    assert "blue serves, the target goes into green" in story.said


@pytest.mark.parametrize("make", [Story, stand])
def test_a_dry_run_writes_nothing(make):
    story = make()
    before = story.end_state()
    assert story.release(2, is_dry_run=True, is_confirmed=False).exit_code == 0
    assert story.world.writes == []
    assert story.end_state() == before
    assert story.world.reporter.questions == []


def test_what_already_runs_is_said_and_left_alone():
    story = stand()
    result = story.release(1)
    assert result.exit_code == 0
    assert "already runs" in story.said
    assert story.world.writes == []


def test_what_already_runs_is_released_again_when_asked():
    story = stand()
    assert story.release(1, is_again=True).exit_code == 0
    assert story.weights == {"green": 100}


def test_settings_of_the_rollout_are_no_other_target():
    story = stand()
    story.settings["scaleDownDelay"] = "30s"
    story.release(1)
    assert "already runs" in story.said


def test_a_target_that_already_runs_is_not_enough_while_the_other_slot_has_traffic():
    story = stand()
    story.world.route.set({"blue": 60, "green": 40}, "blue")
    assert story.release(1).exit_code == 0
    assert sum(story.weights.values()) == 100
    assert len([slot for slot, weight in story.weights.items() if weight]) == 1


def test_a_bad_canary_is_taken_back_route_first():
    story = stand()
    before = story.end_state()
    story.world.behave("green", error_share=0.3)
    result = story.release(2)
    assert (result.exit_code, result.rollout.phase) == (3, Phase.ABORTED)
    verdict = next(at for at, save in enumerate(story.world.store.saves) if save.phase is Phase.ABORTING)
    assert story.world.store.saves[verdict].verdict_at
    writes = [write for write in story.world.writes if write.at >= story.world.store.saves[verdict].verdict_at]
    effects = [str(write) for write in writes if not write.call.startswith("store.")]
    assert effects[0] == "route.write blue 100 %, serving blue"
    assert story.weights == {"blue": 100}
    after = story.end_state()
    assert {**after, "phase": None} == {**before, "phase": None}
    assert "30.0 %" in result.rollout.reason


def test_a_slow_canary_is_taken_back():
    story = stand()
    story.world.behave("green", latency=0.5)
    assert story.release(2).exit_code == 3
    assert "p95 of the candidate" in story.said


def test_a_canary_that_gets_bad_at_the_second_step_is_taken_back():
    story = stand()
    story.world.clock.schedule(30, lambda: story.world.behave("green", error_share=1.0))
    result = story.release(2)
    assert result.exit_code == 3
    assert [record.weight for record in result.rollout.records] == [10, 50]
    assert story.weights == {"blue": 100}


def test_a_canary_that_loses_its_pods_is_taken_back():
    story = stand()
    story.world.clock.schedule(12, lambda: story.world.behave("green", problem="OOMKilled"))
    result = story.release(2)
    assert result.exit_code == 3
    assert "green lost its ready pods (OOMKilled)" in result.rollout.reason
    assert story.weights == {"blue": 100}


def test_pods_that_never_get_ready_never_get_traffic():
    story = stand()
    before = story.end_state()
    story.world.behave("green", is_never_ready=True)
    result = story.release(2)
    assert result.exit_code == 3
    assert "gateway has 0 of 1 pods ready (ContainersNotReady), after 90 s" in result.rollout.reason
    assert story.world.wrote("route.write") == []
    assert {**story.end_state(), "phase": None} == {**before, "phase": None}


def test_a_missing_image_is_known_long_before_the_timeout():
    story = stand()
    story.world.behave("green", problem="ImagePullBackOff: genaistack/gateway:9")
    result = story.release(2)
    assert result.exit_code == 3
    assert "ImagePullBackOff: genaistack/gateway:9" in result.rollout.reason
    assert result.facts["seconds"] < 30


def test_a_candidate_that_answers_no_question_gets_no_traffic():
    story = stand()
    story.world.behave("green", can_answer=False)
    result = story.release(2)
    assert result.exit_code == 3
    assert "answers no question" in result.rollout.reason
    assert story.world.wrote("route.write") == []


def test_a_first_install_that_fails_leaves_nothing_installed():
    story = Story()
    story.world.behave("blue", is_never_ready=True)
    result = story.release(1)
    assert (result.exit_code, result.rollout.phase) == (3, Phase.ABORTED)
    assert story.world.helm.revisions == {}
    assert story.world.route.state is None
    assert "nothing is installed" in story.said
    story.world.behave("blue", is_never_ready=False)
    assert story.release(1).exit_code == 0


@pytest.mark.parametrize("release", ["genai", "genai-green"])
def test_what_helm_refuses_ends_the_release_with_its_words(release):
    story = stand()
    before = story.end_state()
    upgrade = story.world.helm.upgrade

    def refuse(name, values, *, description):
        if name == release:
            raise HelmError("admission webhook denied the request")
        return upgrade(name, values, description=description)

    story.world.helm.upgrade = refuse
    result = story.release(2)
    assert result.exit_code == 3
    assert "admission webhook denied the request" in result.rollout.reason
    assert {**story.end_state(), "phase": None} == {**before, "phase": None}


def test_a_failed_revision_is_taken_back():
    story = stand()
    before = story.end_state()
    leave = story.world.helm._add

    def fail(name, values, *, description):
        leave(name, values, "failed", f'Release "{name}" failed: forbidden')
        raise HelmError("forbidden")

    story.world.helm.upgrade = fail
    assert story.release(2).exit_code == 3
    assert {**story.end_state(), "phase": None} == {**before, "phase": None}


def test_two_bad_releases_in_a_row_leave_stable_alone():
    story = stand()
    story.world.behave("green", error_share=0.5)
    for version in (2, 3):
        assert story.release(version).exit_code == 3
        assert story.weights == {"blue": 100}
    story.world.behave("green", error_share=0.0)
    assert story.release(4).exit_code == 0


def test_the_load_of_the_values_runs_during_a_canary_only():
    story = Story(load=LOAD)
    story.release(1)
    assert story.world.load.settings is None
    story.world.rate = 0.0
    assert story.release(2).exit_code == 0
    assert story.world.load.settings.rate == 8
    assert story.world.load.running == []


def test_load_without_an_address_is_refused():
    story = Story(load={"enabled": True})
    with pytest.raises(UsageError, match=r"rollout\.load\.url"):
        story.release(1)
    assert story.world.writes == []


def test_history_keeps_every_rollout_that_ended():
    story = stand()
    story.world.behave("green", error_share=0.5)
    story.release(2)
    forget(story)
    phases = [one.phase for one in story.world.store.history("genai", "genai")]
    assert phases == [Phase.SUCCEEDED, Phase.ABORTED]
