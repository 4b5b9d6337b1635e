"""Random behaviour, faults and meddling: every rollout ends, and says how; its traffic is whole."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from hypothesis import event, given, settings
from hypothesis import strategies as st

from tests.core.driver import Story, drive
from tests.core.stories import REQUIRED, Behaviour, World, begin_canary, begin_install, begin_rollback
from tooling.core.action import Action
from tooling.core.analysis import Result
from tooling.core.decide import MOST_TRIES
from tooling.core.observation import Failure, RouteState, Wish
from tooling.core.rollout import Phase, Rollout

behaviours = st.builds(
    Behaviour,
    start_seconds=st.sampled_from([0.0, 3.0, 25.0, 1e9]),
    problem=st.sampled_from(["", "", "ErrImagePull"]),
    error_percent=st.sampled_from([0.0, 0.0, 2.0, 60.0]),
    latency=st.sampled_from([0.1, 0.3, 3.0]),
    is_answering=st.sampled_from([True, True, True, False]),
)
begins = st.sampled_from([begin_install, begin_canary, begin_rollback, lambda: begin_canary(candidate_revision=4)])
faults = st.dictionaries(
    st.integers(0, 25), st.tuples(st.booleans(), st.sampled_from([True, True, True, False])), max_size=8
)


happenings = st.dictionaries(
    st.integers(0, 60),
    st.sampled_from(["silence", "speak", "route", "no route", "abort", "stable down"]),
    max_size=3,
)


def play(
    world: World, rollout: Rollout, happenings: dict[int, str], faults: dict[int, tuple[bool, bool]]
) -> Story:
    looks, actions = iter(range(10**6)), iter(range(10**6))

    def script(world: World, rollout: Rollout) -> World:
        match happenings.get(next(looks)):
            case "silence":
                return replace(world, is_measured=False)
            case "speak":
                return replace(world, is_measured=True)
            case "route":
                return replace(world, route=RouteState({"blue": 30, "green": 70}, "green"))
            case "no route":
                return replace(world, route=None)
            case "abort":
                return replace(world, wish=Wish("abort", "bob", "", rollout.id, rollout.index))
            case "stable down" if ("blue", "gateway") in world.pods:
                return world.scaled("blue", "gateway", 0).scaled("blue", "gateway", REQUIRED["gateway"])
            case _:
                return world

    def applies(world: World, action: Action, rollout: Rollout) -> tuple[World, Failure | None]:
        is_done, is_retryable = faults.get(next(actions), (True, True))
        number = len(world.writes)
        after, failure = world.applied(action, rollout.id)
        if number in faults:
            kept = after if is_done else replace(world, writes=after.writes)
            return kept, Failure("no", is_retryable=is_retryable)
        return after, failure

    return drive(world, rollout, script=script, applies=applies)


@settings(max_examples=100)
@given(begins, behaviours, behaviours, happenings, faults)
def test_whatever_happens_a_rollout_ends_and_its_traffic_is_whole(
    begin: Callable[[], tuple[World, Rollout]],
    blue: Behaviour,
    green: Behaviour,
    happenings: dict[int, str],
    faults: dict[int, tuple[bool, bool]],
) -> None:
    world, rollout = begin()
    story = play(world.behaving("blue", blue).behaving("green", green), rollout, happenings, faults)
    event(story.rollout.phase)
    end = story.rollout
    if "route" not in str(happenings.values()):
        is_good = end.phase in {Phase.SUCCEEDED, Phase.ROLLED_BACK}
        assert end.phase is Phase.FAILED or story.world.weight(end.candidate) == (100 if is_good else 0)
        assert end.phase is not Phase.ABORTED or not end.stable or story.world.weight(end.stable) == 100
    if end.phase in {Phase.SUCCEEDED, Phase.ROLLED_BACK}:
        assert all(one.verdict.result is not Result.FAILED for one in end.records)
    assert all(sum(weights.values()) == 100 for weights in story.routes)
    assert end.ended_at > 0


@settings(max_examples=12)
@given(st.integers(0, 12))
def test_what_does_not_work_is_given_up_but_traffic_is_returned_however_long_it_takes(number: int) -> None:
    long = dict.fromkeys(range(number, 400), (False, True))
    story = play(*begin_canary(), {}, long)
    assert story.rollout.phase.is_terminal
    tries = [str(write) for write in story.writes[number:]]
    endless = ("ask", "route blue 100 %")
    assert all(tries.count(one) <= MOST_TRIES or one.startswith(endless) for one in set(tries))
    assert story.world.weight("green") in {0, 100}
