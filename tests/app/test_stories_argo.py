"""The cases that Argo Rollouts tests itself with, told of a whole stack."""

from __future__ import annotations

import pytest

from tests.app.story import Story, forget, stand, stand_twice, stop_after
from tooling.app.wishes import promote
from tooling.core.rollout import Phase
from tooling.errors import HelmError, ValuesError

APPROVED = [{"weight": 10, "hold": "20s"}, {"approval": {"timeout": "5m"}}, {"weight": 50, "hold": "15s"}]
KEPT = {"capacity": {"standby": 1}}
HAND = "kubectl-edit (Update, 10:00)"


def runs(story: Story, version: int) -> bool:
    """Whether the version serves everything, from pods that are all ready, and nobody drives."""
    (slot,) = story.weights
    values = story.world.helm.revisions[f"genai-{slot}"][-1].values
    is_ready = all(one.ready == one.wanted > 0 for one in story.world.observe(slot))
    return values["gateway"]["extraEnv"]["VERSION"] == version and is_ready and not story.world.lease.holder


def waits_at_approval() -> Story:
    """Return a story whose canary waits for a person 30 s after it began."""
    return stand(steps=APPROVED)


def test_good_to_bad():
    story = stand()
    story.world.behave("green", error_share=0.5)
    assert story.release(2).exit_code == 3
    assert runs(story, 1)
    assert "genai-green" not in story.world.helm.revisions


def test_bad_to_good():
    story = stand()
    story.world.behave("green", error_share=0.5)
    story.release(2)
    story.world.behave("green", error_share=0.0)
    assert story.release(3).exit_code == 0
    assert runs(story, 3)


def test_bad_to_bad():
    story = stand()
    before = story.end_state()
    story.world.behave("green", error_share=0.5)
    assert [story.release(version).exit_code for version in (2, 3)] == [3, 3]
    assert runs(story, 1)
    assert {**story.end_state(), "phase": None} == {**before, "phase": None}


def test_deadline_exceeded():
    story = stand()
    story.world.behave("green", is_never_ready=True)
    result = story.release(2)
    assert result.exit_code == 3
    assert "0 of 1 pods ready" in result.rollout.reason
    assert "after 90 s" in result.rollout.reason
    assert story.world.wrote("route.write") == [], "it never had traffic, so nothing had to be returned"
    assert runs(story, 1)


def test_deadline_exceeded_with_pause():
    """The pause is for a person and does not hold up what has a deadline of its own."""
    story = stand(steps=[{"approval": {"timeout": "1h"}}, {"weight": 50, "hold": "15s"}])
    story.world.behave("green", is_never_ready=True)
    story.later(600, "promote")
    result = story.release(2)
    assert (result.exit_code, result.rollout.phase) == (3, Phase.ABORTED)
    assert "after 90 s" in result.rollout.reason
    assert Phase.PAUSED in [one.phase for one in story.world.store.saves]


def test_abort_retry_promote():
    story = waits_at_approval()
    story.later(15, "abort")
    assert story.release(2).exit_code == 3
    story.later(60, "promote")
    assert story.release(2).exit_code == 0
    assert runs(story, 2)
    assert [one.phase for one in story.world.store.history("genai", "genai")][-2:] == [
        Phase.ABORTED,
        Phase.SUCCEEDED,
    ]


def test_abort_retry_promote_full():
    story = waits_at_approval()
    story.later(15, "abort")
    story.release(2)
    story.later(15, "promote --full", "the fix is urgent")
    result = story.release(2)
    assert result.exit_code == 0
    assert runs(story, 2)
    assert [one.verb for one in result.rollout.approvals] == ["promote --full"]
    assert result.facts["seconds"] < 60, "no gate that was still to come was waited for"


@pytest.mark.parametrize("replicas", [0, 1])
def test_scale_of_stable_while_paused(replicas):
    """An abort has to find the pods that it needs, so they are put back at the next look."""
    story = stand(steps=APPROVED, capacity={"required": {"gateway": 2}})
    story.world.scale("genai-blue-gateway", 2, "")
    story.world.clock.sleep(5)
    story.world.clock.schedule(60, lambda: story.world.scale("genai-blue-gateway", replicas, HAND))
    story.later(100, "promote")
    result = story.release(2)
    assert result.exit_code == 0, result.rollout.reason
    (noted,) = result.rollout.interferences
    assert f"scaled genai-blue-gateway to {replicas}; 2 are needed" in noted.what
    assert (noted.by, noted.answer) == (HAND, "scale blue gateway to 2")


def test_scale_of_the_candidate_to_nothing_while_paused():
    story = waits_at_approval()
    story.world.clock.schedule(60, lambda: story.world.scale("genai-green-gateway", 0, HAND))
    story.later(200, "promote")
    result = story.release(2)
    assert result.exit_code == 3
    assert "genai-green-gateway to 0" in result.rollout.reason
    assert HAND in result.rollout.reason
    assert runs(story, 1)


def test_spec_and_replicas_changed_together():
    story = stand()
    target = story.target
    story.target = lambda version, **values: target(
        version, **{**values, "inference": {"models": {"smollm2": {"replicas": 3 if version == 2 else 1}}}}
    )
    assert story.release(2).exit_code == 0
    assert runs(story, 2)
    assert {one.key: one.ready for one in story.world.observe("green")} == {"gateway": 1, "inference/smollm2": 3}


@pytest.mark.parametrize("verb", ["promote", "abort"])
def test_inconclusive(verb):
    story = stand(analysis={"maxHold": "60s", "onInconclusive": "pause"})
    story.world.behave("green", is_silent=True)
    story.later(100, verb)
    story.later(300, verb)
    result = story.release(2)
    assert result.exit_code == (0 if verb == "promote" else 3)
    assert Phase.PAUSED in [one.phase for one in story.world.store.saves]
    assert not [one for one in result.rollout.records if one.verdict.result == "Failed"]


def test_rollback_inside_the_kept_slot():
    """The old slot stands by, so not one pod has to start: the route is the first write."""
    story = stand_twice(**KEPT)
    result = story.rollback()
    assert result.exit_code == 0
    first = next(write for write in story.world.writes if not write.call.startswith(("store", "lease")))
    assert str(first) == "route.write blue 100 %, serving blue"
    assert runs(story, 1)
    assert all(one.wanted == 1 for one in story.world.observe("green")), "and the way forth is as short"


def test_rollback_outside_the_kept_slot():
    story = stand_twice()
    assert all(one.wanted == 0 for one in story.world.observe("blue"))
    story.rollback()
    calls = [str(one) for one in story.world.writes if not one.call.startswith(("store", "lease"))]
    assert calls.index("cluster.scale genai-blue-gateway to 1") < calls.index(
        "route.write blue 100 %, serving blue"
    )
    assert runs(story, 1)
    assert story.overloads == ()


def test_abort_while_the_old_slot_is_still_kept():
    """Until scaleDownDelay is over an abort is the instant way back: route first, no pod has to start."""
    story = stand(scaleDownDelay="60s")
    story.later(75, "abort", "customers complain")
    result = story.release(2)
    assert result.exit_code == 3
    routes = story.world.wrote("route.write")
    assert routes[-2:] == ["green 100 %, serving green", "blue 100 %, serving blue"]
    back = next(at for at, one in enumerate(story.world.writes) if "blue 100 %" in str(one))
    assert not [one for one in story.world.writes[:back] if "blue" in str(one) and one.call == "cluster.scale"]
    assert runs(story, 1)


def test_malformed_values_then_fixed():
    story = stand()
    story.settings["steps"] = [{"weight": 10, "hold": "a while"}]
    with pytest.raises(ValuesError, match="a while"):
        story.release(2)
    assert story.world.writes == []
    story.settings["steps"] = [{"weight": 10, "hold": "20s"}]
    assert story.release(2).exit_code == 0
    assert runs(story, 2)


def test_a_malformed_template_then_fixed():
    story = stand()
    render = story.world.helm.render

    def refuse(release, values, **settings):
        if values["global"]["role"] == "slot":
            raise HelmError("template: gateway/deployment.yaml:12: nil pointer")
        return render(release, values, **settings)

    story.world.helm.render = refuse
    with pytest.raises(HelmError, match=r"deployment\.yaml:12"):
        story.release(2)
    assert story.world.writes == []
    story.world.helm.render = render
    assert story.release(2).exit_code == 0


def test_a_promotion_from_another_terminal_after_the_driver_died():
    story = stop_after("store.save Paused step 5", waits_at_approval, lambda story: story.release(2))
    forget(story)
    assert promote(story.ports, story.target(2), "looks good").exit_code == 0
    assert runs(story, 2)
