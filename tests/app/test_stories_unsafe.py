"""What goes wrong around a rollout, a story each, and the safe answer to it."""

from __future__ import annotations

import pytest

from tests.app.story import Story, stand, stand_twice
from tooling.core.rollout import Phase
from tooling.errors import HelmError

HAND = "kubectl-edit (Update, 10:00)"
PATIENT = {"analysis": {"maxHold": "60s", "onInconclusive": "pause"}}
BLUE_GREEN = {
    "strategy": "blueGreen",
    "steps": [],
    "blueGreen": {"preview": [{"test": {}}], "after": [{"analysis": {"hold": "20s"}}]},
}


def at(story: Story, seconds: float, change) -> None:
    """Have something happen while the command runs."""
    story.world.clock.schedule(seconds, change)


def is_stable(story: Story, slot: str = "blue") -> bool:
    """Whether a slot has all traffic, and pods for it."""
    route = story.world.route.state
    is_whole = route is not None and route.gives({slot: 100}) and route.serving == slot
    return is_whole and story.world.can_serve(slot) and story.overloads == ()


def test_stable_pods_die_during_canary():
    """No traffic goes back to a slot that is not there: what is healthy keeps its share, a person is called."""
    story = stand()
    at(story, 12, lambda: story.world.behave("blue", problem="OOMKilled"))
    result = story.release(2)
    assert (result.exit_code, result.rollout.phase) == (4, Phase.FAILED)
    assert "blue 100 %" not in "".join(story.world.wrote("route.write"))
    assert story.weights["green"] == 10
    assert story.world.can_serve("green")
    assert "blue is not ready" in result.rollout.reason
    assert "genai-stack status" in story.said


def test_stable_pods_die_and_come_back():
    story = stand()
    at(story, 12, lambda: story.world.behave("blue", problem="OOMKilled"))
    at(story, 130, lambda: story.world.behave("blue", problem=""))
    result = story.release(2)
    assert result.exit_code == 3
    assert is_stable(story)


def test_approval_never_comes():
    story = stand(steps=[{"weight": 10, "hold": "20s"}, {"approval": {"timeout": "10m"}}])
    result = story.release(2)
    assert result.exit_code == 3
    assert "nobody approved within 600 s" in result.rollout.reason
    assert is_stable(story)


@pytest.mark.parametrize("seconds", [3600.0, -3600.0])
def test_clock_jump(seconds):
    """Time alone promotes nobody: after a jump there is still no verdict without requests."""
    story = stand()

    def jump():
        story.world.clock._now += seconds

    at(story, 8, jump)
    result = story.release(2)
    assert result.rollout.phase.is_terminal
    judged = [one.verdict for one in result.rollout.records]
    assert all(one.candidate.requests >= 20 for one in judged if one.result == "Successful")
    assert is_stable(story, "green" if result.exit_code == 0 else "blue")


def test_duplicate_tick():
    """Two looks for one change: woken twice, the driver does everything once."""
    story, once = stand(), stand()
    wait = story.ports.alarm.wait
    object.__setattr__(story.ports, "alarm", _Restless(wait))
    assert story.release(2).exit_code == once.release(2).exit_code == 0
    effects = [
        [str(one) for one in each.world.writes if not one.call.startswith("store")] for each in (story, once)
    ]
    assert effects[0] == effects[1]


class _Restless:
    """An alarm that is woken for nothing before every wait."""

    def __init__(self, wait):
        self._wait = wait

    def wait(self, namespace, instance, seconds):
        self._wait(namespace, instance, 0.0)
        self._wait(namespace, instance, seconds)


def test_weights_reset_by_re_apply():
    story = stand()
    at(story, 20, lambda: story.world.route.set({"blue": 100, "green": 0}, "blue", by="argocd (Apply, 10:00)"))
    result = story.release(2)
    assert result.exit_code == 3
    assert "argocd (Apply, 10:00)" in result.rollout.reason
    assert is_stable(story)


def test_weights_reset_by_re_apply_after_the_switch():
    """Stable is not taken away from under traffic that somebody sent back to it."""
    story = stand(drainTimeout="30s", scaleDownDelay="1s")
    story.world.behave("blue", in_flight=3)
    at(story, 60, lambda: story.world.route.set({"blue": 100}, "blue", by=HAND))
    result = story.release(2)
    assert result.exit_code == 3
    assert is_stable(story)
    assert not [one for one in story.world.wrote("cluster.scale") if "blue" in one and one.endswith(" 0")]


def test_the_candidate_gets_traffic_again_while_it_is_taken_back():
    story = stand(drainTimeout="30s")
    story.world.behave("green", in_flight=3, error_share=0.5)
    at(story, 24, lambda: story.world.route.set({"blue": 50, "green": 50}, "blue", by=HAND))
    result = story.release(2)
    assert result.exit_code == 3
    assert is_stable(story)
    writes = [str(one) for one in story.world.writes]
    returned = max(at for at, one in enumerate(writes) if one == "route.write blue 100 %, serving blue")
    assert returned < writes.index("helm.uninstall genai-green")


def test_candidate_scaled_to_0_by_somebody():
    story = stand()
    at(story, 20, lambda: story.world.scale("genai-green-inference-smollm2", 0, HAND))
    result = story.release(2)
    assert result.exit_code == 3
    assert HAND in result.rollout.reason
    assert is_stable(story)


def test_stable_scaled_to_0_by_an_autoscaler():
    story = stand()
    at(story, 20, lambda: story.world.scale("genai-blue-gateway", 0, "hpa (Update, 10:00)"))
    result = story.release(2)
    assert result.rollout.interferences[0].answer == "scale blue gateway to 1"
    assert is_stable(story, "green" if result.exit_code == 0 else "blue")


def test_somebody_who_keeps_scaling_stable_down():
    story = stand()
    for second in range(15, 60, 5):
        at(story, second, lambda: story.world.scale("genai-blue-gateway", 0, "hpa (Update, 10:00)"))
    result = story.release(2)
    assert result.exit_code == 3
    assert "hpa" in result.rollout.reason
    assert is_stable(story)


@pytest.mark.parametrize("name", ["genai-green-gateway", "genai-blue-gateway"])
def test_config_map_or_image_changed_by_hand(name):
    """A version that somebody changed is not the one that was judged."""
    story = stand()
    at(story, 20, lambda: story.world.edit(name, HAND))
    result = story.release(2)
    assert result.exit_code == 3
    assert f"changed the pods of {name} ({HAND})" in result.rollout.reason
    assert is_stable(story)


@pytest.mark.parametrize("release", ["genai-green", "genai-blue", "genai"])
def test_helm_upgrade_by_somebody_meanwhile(release):
    story = stand()
    helm = story.world.helm
    old = helm.revisions[release][-1].values if release in helm.revisions else story.target(1).values
    at(story, 20, lambda: helm.upgrade(release, {**old, "by": "hand"}, description="Upgrade complete"))
    result = story.release(2)
    assert result.exit_code == 3
    assert f"somebody else ran helm on {release}" in result.rollout.reason
    assert is_stable(story)


def test_candidate_vanishes_from_metrics():
    """Silence is not good and not bad: it is held, and never promoted by time alone."""
    story = stand()
    at(story, 14, lambda: story.world.behave("green", is_silent=True))
    result = story.release(2)
    assert result.exit_code == 3
    assert "undecided after 60 s" in result.rollout.reason
    assert [one.verdict.result.value for one in result.rollout.records] == ["Inconclusive"]
    assert is_stable(story)


def test_metrics_down_and_up_again():
    story = stand()
    at(story, 8, lambda: story.world.behave("green", is_silent=True))
    at(story, 8, lambda: story.world.behave("blue", is_silent=True))
    at(story, 45, lambda: story.world.behave("green", is_silent=False))
    at(story, 45, lambda: story.world.behave("blue", is_silent=False))
    result = story.release(2)
    assert result.exit_code == 0, result.rollout.reason
    assert is_stable(story, "green")


def test_baseline_without_errors_and_a_candidate_with_a_few():
    story = stand(rate=60.0)
    story.world.behave("green", error_share=0.08)
    result = story.release(2)
    assert result.exit_code == 3
    assert "candidate requests failed" in result.rollout.reason


def test_rollback_itself_fails():
    """Traffic first: whatever Helm does afterwards, stable serves."""
    story = stand()
    story.world.behave("green", error_share=0.5)
    story.world.fail_next("helm.uninstall", HelmError("uninstall: hook failed"), times=100)
    result = story.release(2)
    assert (result.exit_code, result.rollout.phase) == (4, Phase.FAILED)
    assert is_stable(story)
    assert "hook failed" in result.rollout.reason
    assert "genai-stack status" in story.said


def test_old_slot_pods_gone_when_it_is_to_be_rolled_back_to():
    """argo#2235: the selector moves only to pods that are ready, whatever is recorded of them."""
    story = stand_twice(capacity={"standby": 1})
    story.world.scale("genai-blue-gateway", 0, HAND)
    result = story.rollback()
    assert result.exit_code == 0
    assert is_stable(story)


def test_drain_long_streams():
    story = stand(drainTimeout="60s")
    story.world.behave("blue", in_flight=3)
    at(story, 75, lambda: story.world.behave("blue", in_flight=0))
    result = story.release(2)
    assert result.exit_code == 0
    down = next(one.at for one in story.world.writes if str(one).startswith("cluster.scale genai-blue"))
    assert down - result.rollout.started_at >= 75
    assert not result.rollout.cut_streams


def test_drain_streams_that_never_end():
    story = stand(drainTimeout="60s")
    story.world.behave("blue", in_flight=3)
    result = story.release(2)
    assert result.exit_code == 0
    assert result.rollout.cut_streams == 3


def test_streams_at_a_bad_candidate_are_drained_before_it_goes():
    story = stand(drainTimeout="30s")
    story.world.behave("green", in_flight=2, error_share=0.5)
    result = story.release(2)
    assert result.exit_code == 3
    writes = story.world.writes
    back = next(one.at for one in writes if str(one) == "route.write blue 100 %, serving blue")
    down = next(
        one.at for one in writes if str(one).startswith("cluster.scale genai-green") and str(one).endswith("0")
    )
    assert down - back >= 30
    assert result.rollout.cut_streams == 2


def test_preview_tests_that_fail_send_no_traffic():
    story = stand(**BLUE_GREEN)
    story.world.behave("green", tests_pass=False)
    result = story.release(2)
    assert result.exit_code == 3
    assert "helm test genai-green" in result.rollout.reason
    assert all("green 0 %" in one or "green" not in one for one in story.world.wrote("route.write"))
    assert is_stable(story)


def test_blue_green_there_and_back():
    story = stand(**BLUE_GREEN)
    assert story.release(2).exit_code == 0
    assert is_stable(story, "green")
    assert story.rollback(2).exit_code == 0
    assert is_stable(story)
    switches = [one for one in story.world.wrote("route.write") if "0 %" not in one.replace("100 %", "")]
    assert switches == ["green 100 %, serving green", "blue 100 %, serving blue"]


def test_blue_green_that_is_bad_after_the_switch_goes_back_at_once():
    story = stand(**BLUE_GREEN, rate=50.0)
    at(story, 12, lambda: story.world.behave("green", error_share=0.5))
    result = story.release(2)
    assert result.exit_code == 3
    assert is_stable(story)
    assert "green 100 %, serving green" in story.world.wrote("route.write")
    assert not [one for one in story.world.wrote("cluster.scale") if "blue" in one], "stable was kept as it was"
