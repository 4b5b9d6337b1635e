"""An instance without a controller for its route: the Service splits traffic by the numbers of gateway pods."""

from __future__ import annotations

from typing import Any

import pytest

from tests.app.story import Story, forget
from tooling.app.context import Target, make_target
from tooling.core.ratio import find_ratio_replicas
from tooling.core.rollout import Phase
from tooling.errors import PreflightError

STEPS = ({"weight": 25, "hold": "10s"}, {"weight": 60, "hold": "10s"})
HTTP_ROUTE = "HTTPRoute/genai"


class ServiceStory(Story):
    """Its targets have `route.kind: service` and as many gateways as `pods` says."""

    pods = 3

    def target(self, version: int, **values: Any) -> Target:
        whole = {
            "rollout": self.settings,
            "route": {"kind": "service"},
            "gateway": {"replicas": self.pods, "extraEnv": {"VERSION": version}, "models": {"smollm2": {}}},
            "inference": {"models": {"smollm2": {"replicas": 1}}},
            **values,
        }
        return make_target(self.world.helm, values=whole, effective=whole)


def stand(**rollout: Any) -> ServiceStory:
    story = ServiceStory(steps=list(STEPS), **rollout)
    assert story.release(1).exit_code == 0
    forget(story)
    return story


def watch_shares(story: ServiceStory) -> list[tuple[float, int]]:
    """Return what fills with the candidate's share of ready gateway pods and the route's weight, tick by tick."""
    shares: list[tuple[float, int]] = []
    tick = story.world.clock.on_tick

    def note(seconds: float) -> None:
        tick(seconds)
        route = story.world.route.state
        if route is not None and 0 < route.weights.get("green", 0) < 100:
            ready = {slot: story.world.observe(slot)[0].ready for slot in ("blue", "green")}
            shares.append((100 * ready["green"] / sum(ready.values()), route.weights["green"]))

    story.world.clock.on_tick = note
    return shares


def test_weights_are_made_of_pods_that_were_counted_for_them() -> None:
    story = stand()
    shares = watch_shares(story)
    assert story.release(2).rollout.phase is Phase.SUCCEEDED
    assert story.weights == {"green": 100}
    held = {weight: share for share, weight in shares}
    assert set(held) == {25, 60}
    # while the next step's pods come, the share is between the two weights
    assert all(share <= 60 for share, _ in shares)
    assert shares[0] == (25.0, 25)
    assert story.world.wrote("route.write") == [
        "blue 75 %, green 25 %, serving blue",
        "blue 40 %, green 60 %, serving blue",
        "green 100 %, serving green",
    ]


def test_a_bad_candidate_loses_its_traffic_in_one_write() -> None:
    story = stand()
    story.world.behave("green", error_share=0.5)
    assert story.release(2).rollout.phase is Phase.ABORTED
    assert story.world.wrote("route.write")[-1] == "blue 100 %, serving blue"


def test_pods_are_counted_beside_what_stable_has_and_not_what_the_target_wants() -> None:
    story = stand()
    story.pods = 9
    shares = watch_shares(story)
    assert story.release(2).rollout.phase is Phase.SUCCEEDED
    at_first = [share for share, weight in shares if weight == 25]
    assert at_first[0] == 25.0
    assert find_ratio_replicas(3, 25) == 1


def test_a_weight_that_pods_cannot_make_is_refused_before_anything_is_written() -> None:
    story = stand()
    story.settings["steps"] = [{"weight": 5, "hold": "10s"}, {"weight": 50, "hold": "10s"}]
    with pytest.raises(PreflightError) as caught:
        story.release(2)
    assert "rollout.steps: weight 5 cannot be made of gateway pods" in caught.value.message
    assert "beside 3 of blue gets 25 %" in caught.value.message
    assert caught.value.hint == (
        "Write a weight of 25 or more, or have 19 gateway pods in blue first. Nothing was touched."
    )
    assert story.world.writes == []


def test_a_second_route_beside_the_service_is_refused() -> None:
    story = stand()
    story.world.cluster.objects[HTTP_ROUTE] = {"kind": "HTTPRoute", "metadata": {"name": "genai"}}
    with pytest.raises(PreflightError, match="would go on to send traffic past the Service") as caught:
        story.release(2)
    assert "kubectl delete httproute genai -n genai" in caught.value.hint
    assert story.world.writes == []


def test_a_route_to_something_else_is_refused() -> None:
    story = stand()
    story.world.route.set({"app=web": 100}, "app=web", by="kubectl-edit (Update, now)")
    with pytest.raises(PreflightError, match="leads to 'app=web', which is neither slot"):
        story.release(2)
    assert story.world.writes == []
