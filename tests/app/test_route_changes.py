"""Values that change between two commands: another kind of route, no suite any more, and wishes that cross."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from tests.app.story import QUICK, Story, forget, stand, stop_after
from tests.app.test_gates import EVALS
from tests.fakes import Killed
from tooling.app.apply import RouteBook, apply
from tooling.app.base import BaseWishes, release_base
from tooling.app.context import Target
from tooling.app.rollback import rollback
from tooling.app.same_target import check_route_kind
from tooling.core.action import RevertRelease
from tooling.core.observation import Observation, Wish
from tooling.core.rollout import Phase
from tooling.errors import HeldError, UsageError
from tooling.ports.store import check_wish


class RoutedStory(Story):
    """Its targets have a kind of route, and a hostname of each version."""

    kind = "gatewayApi"

    def target(self, version: int, **values: Any) -> Target:
        route = {"kind": self.kind, "hostnames": [f"v{version}.example"]}
        return super().target(version, **{"route": route, **values})

    def watch_routes(self) -> list[tuple[str, ...]]:
        """Return what fills with kind and hostname of each route that is rendered."""
        rendered: list[tuple[str, ...]] = []
        render = self.world.helm.render

        def note(release: str, values: Mapping[str, Any], **rest: Any) -> Any:
            if values["global"]["role"] == "route":
                rendered.append((values["route"]["kind"], *values["route"]["hostnames"]))
            return render(release, values, **rest)

        self.world.helm.render = note  # type: ignore[method-assign]
        return rendered


def stand_routed(kind: str = "gatewayApi", versions: int = 1) -> RoutedStory:
    """Return a story in which so many versions were released, one after the other, with that kind of route."""
    story = RoutedStory(**QUICK)
    story.kind = kind
    for version in range(1, versions + 1):
        assert story.release(version).exit_code == 0
    forget(story)
    return story


def test_a_bad_candidate_that_brings_another_kind_of_route_is_taken_back_with_that_kind() -> None:
    story = stand_routed("service")
    story.kind = "gatewayApi"
    story.world.behave("green", error_share=0.6)
    rendered = story.watch_routes()
    assert story.release(2).rollout.phase is Phase.ABORTED
    assert story.weights == {"blue": 100}
    assert story.world.route.kind == "gatewayApi"
    assert ("gatewayApi", "v1.example") in rendered, "the hosts are stable's, the kind is the one that splits"
    assert not [one for one in rendered if one[0] == "service"]


def stop_split(kind: str) -> RoutedStory:
    """Return the story after the driver of a canary died while the candidate had traffic."""
    story = stop_after("route.write blue 90 %", lambda: stand_routed(kind), lambda story: story.release(2))
    assert isinstance(story, RoutedStory)
    return story


ABORTING: Mapping[str, Callable[[Story], object]] = {
    "abort": lambda story: story.abort(2),
    "release": lambda story: story.release(3, aborts_unfinished=True),
}


@pytest.mark.parametrize("verb", sorted(ABORTING))
@pytest.mark.parametrize("kind", ["gatewayApi", "service"])
def test_an_abort_with_another_kind_of_route_is_refused_before_it_is_asked_for(verb: str, kind: str) -> None:
    story = stop_split("gatewayApi")
    story.kind = kind
    if kind == "gatewayApi":
        ABORTING[verb](story)
        assert story.weights in ({"blue": 100}, {"green": 100})
        return
    with pytest.raises(UsageError, match=r"route.kind is service, .* is split by gatewayApi") as refused:
        ABORTING[verb](story)
    assert "route: {kind: gatewayApi}" in refused.value.hint
    assert not [write for write in story.world.writes if write.call != "lease.hold"]
    assert story.weights == {"blue": 90, "green": 10}


def test_a_rollback_with_another_kind_of_route_is_refused() -> None:
    story = stand_routed(versions=2)
    story.kind = "service"
    with pytest.raises(UsageError, match="split by gatewayApi"):
        story.rollback()
    assert story.world.writes == []
    story.kind = "gatewayApi"
    assert story.rollback().exit_code == 0


def test_a_record_that_does_not_say_its_kind_of_route_is_driven_as_before() -> None:
    story = stand_routed()
    assert story.recorded is not None
    other = replace(story.target(1).strategy, route="service")
    check_route_kind(replace(story.recorded, route=""), replace(story.target(1), strategy=other))


def test_a_recall_is_routed_like_the_version_that_comes_back() -> None:
    story = stand_routed(versions=4)
    rendered = story.watch_routes()
    ended = rollback(story.ports, story.target(4), is_confirmed=True, number=1)
    assert (ended.rollout.phase, bool(ended.rollout.recalled)) == (Phase.ROLLED_BACK, True)
    assert set(rendered) == {("gatewayApi", "v1.example")}


def test_a_route_is_rendered_anew_only_for_the_slot_whose_release_changed() -> None:
    story = stand_routed(versions=3)
    book = RouteBook(story.ports, story.target(3))
    rendered = story.watch_routes()
    for slot in ("blue", "green", "blue"):
        book.open({slot: 100}, slot)
    assert rendered == [("gatewayApi", "v3.example"), ("gatewayApi", "v2.example")]
    assert story.recorded is not None
    apply(book, story.recorded, RevertRelease("blue", 1), Observation())
    for slot in ("blue", "green"):
        book.open({slot: 100}, slot)
    assert rendered[2:] == [("gatewayApi", "v1.example")]


def test_a_release_does_not_go_on_with_a_release_of_base() -> None:
    wishes = BaseWishes(is_confirmed=True, skips_backup=True, is_again=True)
    story = stop_after(
        "helm.upgrade", lambda: stand(**QUICK), lambda story: release_base(story.ports, story.target(2), wishes)
    )
    assert story.recorded is not None
    assert story.recorded.is_base
    with pytest.raises(UsageError, match="unfinished rollout") as refused:
        story.release(2)
    assert "genai-stack resume" in refused.value.hint
    assert story.world.writes == []


def stop_at_quality() -> Story:
    """Return a story whose driver died while both slots were asked; its values have the suite no more."""
    story = stand(**QUICK)
    plain, target = story.settings, story.target
    story.settings = {**plain, "steps": [{"weight": 10, "hold": "3s"}, {"quality": {"suite": "golden"}}]}
    story.target = lambda version, **values: target(version, **{**EVALS, **values})  # type: ignore[method-assign]
    run = story.world.quality.run

    def die(*_: Any, **__: Any) -> Any:
        raise Killed("at the first prompt")

    story.world.quality.run = die  # type: ignore[method-assign]
    with pytest.raises(Killed):
        story.release(2)
    story.world.quality.run, story.target, story.settings = run, target, plain  # type: ignore[method-assign]
    story.world.revive()
    forget(story)
    assert "quality" in str(story.recorded and story.recorded.step)
    return story


def test_an_abort_needs_no_suite() -> None:
    story = stop_at_quality()
    assert story.abort(3).rollout.phase is Phase.ABORTED
    assert story.weights == {"blue": 100}


def test_neither_does_a_release_that_takes_the_unfinished_one_back() -> None:
    story = stop_at_quality()
    assert story.release(3, aborts_unfinished=True).exit_code == 0
    assert story.is_of(3)


@pytest.mark.parametrize(
    ("waiting", "new", "is_refused"),
    [
        (Wish("abort", "ada", rollout="r1"), Wish("promote", "bob", rollout="r1"), True),
        (Wish("abort", "ada", rollout="r1"), Wish("promote --full", "bob", rollout="r1"), True),
        (Wish("abort", "ada", rollout="r1"), Wish("abort", "bob", rollout="r1"), False),
        (Wish("abort", "ada", rollout="r0"), Wish("promote", "bob", rollout="r1"), False),
        (Wish("promote", "ada", rollout="r1"), Wish("abort", "bob", rollout="r1"), False),
    ],
)
def test_an_abort_that_waits_is_written_over_by_no_other_wish(waiting: Wish, new: Wish, is_refused: bool) -> None:
    if not is_refused:
        check_wish(waiting, new)
        return
    with pytest.raises(HeldError, match="ada asked for the abort"):
        check_wish(waiting, new)


def test_a_promote_right_after_an_abort_does_not_swallow_it() -> None:
    story = stand(**{**QUICK, "steps": [{"weight": 10, "hold": "30s"}, {"approval": {"timeout": "60s"}}]})
    story.later(5.0, "abort")
    story.later(5.0, "promote --full")
    assert story.release(2).rollout.phase is Phase.ABORTED
    assert story.weights == {"blue": 100}
