"""Gates that need a port of their own: answers compared, the chart's tests, streams that end, autoscalers held."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from tests.app.story import QUICK, Story
from tooling.app.release import Wishes, release
from tooling.app.report import Result
from tooling.core.rollout import Phase

PROMPTS = [{"id": f"p{number}", "prompt": f"say {number}", "expect": str(number)} for number in range(60)]
EVALS: Mapping[str, Any] = {"evals": {"suites": {"golden": {"prompts": PROMPTS}}}}
JUDGED: Mapping[str, Any] = {**QUICK, "quality": {"suite": "golden", "maxDrop": 0.06, "minPrompts": 50}}
SCALED: Mapping[str, Any] = {
    "gateway": {"replicas": 1, "models": {"smollm2": {}}, "autoscaling": {"enabled": True, "minReplicas": 1}}
}


def tell(story: Story, version: int, **values: Any) -> Result:
    """Release a version with more values than its number."""
    target = story.target(version, **{**EVALS, **values})
    return release(story.ports, target, Wishes(is_confirmed=True))


def judged(*steps: Mapping[str, Any], **rollout: Any) -> Story:
    story = Story(**{**JUDGED, "steps": list(steps), **rollout})
    assert tell(story, 1).exit_code == 0
    return story


def name(*numbers: int) -> frozenset[str]:
    return frozenset(f"p{number}" for number in numbers)


def test_answers_as_good_as_before_let_it_pass() -> None:
    story = judged({"quality": {}}, {"weight": 10, "hold": "3s"})
    story.world.quality.wrong = {"blue": name(1, 2), "green": name(2, 3)}
    ended = tell(story, 2)
    assert (ended.exit_code, story.phase) == (0, Phase.SUCCEEDED)
    assert story.recorded is not None
    (verdict,) = [one.verdict for one in story.recorded.records if "quality" in one.step]
    assert "passed 58 and stable 58 of 60 prompts" in verdict.reason
    assert "lost: p3; gained: p1" in verdict.reason


def test_worse_answers_are_taken_back_with_the_prompts_that_flipped() -> None:
    story = judged({"weight": 10, "hold": "3s"}, {"quality": {}})
    story.world.quality.wrong = {"green": name(*range(10))}
    ended = tell(story, 2)
    assert (ended.exit_code, story.phase, story.weights) == (3, Phase.ABORTED, {"blue": 100})
    assert story.recorded is not None
    assert "lost: p0, p1, p2, p3, p4 and 5 more" in story.recorded.reason


def test_a_slot_that_gives_no_answers_is_undecided_and_not_failed() -> None:
    story = judged({"weight": 10, "hold": "3s"}, {"quality": {"minPrompts": 1}})
    story.world.behave("blue", is_silent=True)
    ended = tell(story, 2)
    assert (ended.exit_code, story.phase) == (3, Phase.ABORTED)
    assert story.recorded is not None
    assert story.recorded.reason.startswith("undecided")


@pytest.mark.parametrize(
    ("values", "reason"),
    [({}, "there is no suite evals.suites.other"), ({"evals": {"suites": {"other": {}}}}, "has no prompts")],
)
def test_a_suite_that_cannot_be_asked_is_refused_before_anything_is_touched(
    values: Mapping[str, Any], reason: str
) -> None:
    story = judged({"weight": 10, "hold": "3s"})
    before = len(story.world.writes)
    story.settings["steps"] = [{"quality": {"suite": "other"}}, {"weight": 10, "hold": "3s"}]
    with pytest.raises(Exception, match=reason) as caught:
        tell(story, 2, **values)
    assert getattr(caught.value, "exit_code", 0) == 2
    assert len(story.world.writes) == before


def test_the_charts_tests_decide_before_any_weight() -> None:
    story = judged({"test": {}}, {"weight": 10, "hold": "3s"})
    story.world.behave("green", tests_pass=False)
    before = len(story.world.wrote("route.write"))
    assert tell(story, 2).exit_code == 3
    assert story.recorded is not None
    assert "pod genai-green-gateway-test failed" in story.recorded.reason
    gave = story.world.wrote("route.write")[before:]
    assert not [one for one in gave if "green" in one], "weight before the tests had passed"
    story.world.behave("green", tests_pass=True)
    assert tell(story, 3).exit_code == 0
    assert story.world.wrote("helm.test") == ["genai-green"]


def test_autoscalers_are_frozen_first_at_rest_last_and_on_where_it_serves() -> None:
    story = Story(**QUICK)
    assert tell(story, 1, **SCALED).exit_code == 0
    assert story.world.scalers.states == {"blue": "on"}
    before = len(story.world.writes)
    assert tell(story, 2, **SCALED, inference={"enabled": False}).exit_code == 0
    calls = [
        str(write) for write in story.world.writes[before:] if write.call.split(".")[0] in {"scalers", "helm"}
    ]
    assert calls[0] == "scalers.freeze blue"
    assert calls.index("helm.upgrade genai-green") < calls.index("scalers.rest blue")
    assert story.world.scalers.states == {"blue": "resting", "green": "on"}
    assert story.rollback(2).exit_code == 0
    assert story.world.scalers.states["blue"] == "on"


def test_an_abort_gives_stable_its_autoscalers_back() -> None:
    story = Story(**QUICK)
    assert tell(story, 1, **SCALED).exit_code == 0
    story.world.behave("green", error_share=0.5)
    assert tell(story, 2, **SCALED, inference={"enabled": False}).exit_code == 3
    assert story.world.wrote("scalers.freeze") == ["blue"]
    assert story.world.scalers.states == {"blue": "on"}


def test_the_old_slot_is_scaled_down_when_its_streams_have_ended() -> None:
    story = judged({"weight": 10, "hold": "3s"}, drainTimeout="60s")
    story.world.behave("blue", in_flight=2)
    story.world.clock.schedule(60.0, lambda: story.world.behave("blue", in_flight=0))
    begun = story.world.clock.now()
    assert tell(story, 2).exit_code == 0
    down = [
        write.at
        for write in story.world.writes
        if str(write).startswith("cluster.scale genai-blue") and write.at > begun
    ]
    assert down
    assert min(down) >= begun + 60.0
    assert story.recorded is not None
    assert not story.recorded.cut_streams


def test_streams_that_do_not_end_are_cut_and_counted() -> None:
    story = judged({"weight": 10, "hold": "3s"}, drainTimeout="5s")
    story.world.behave("blue", in_flight=2)
    assert tell(story, 2).exit_code == 0
    assert story.recorded is not None
    assert story.recorded.cut_streams == 2
