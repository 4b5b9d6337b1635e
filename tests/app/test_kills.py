"""kill -9 at any write leaves what ends as the rollout that nobody killed (promise P3).

Each row of TALES is told once without a fault; then its driver dies before, during and after each of its writes.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from typing import Any

import pytest

from tests.app.story import QUICK, Story, kill, stand, stand_twice, stop_after
from tests.fakes import Killed
from tooling.core.rollout import Phase
from tooling.errors import GenaiError, UsageError


def begin() -> Story:
    return Story(rate=100.0, **QUICK)


def stand_quickly() -> Story:
    return stand(rate=100.0, **QUICK)


def stand_badly() -> Story:
    """Return a story whose next candidate fails every second request."""
    story = stand_quickly()
    story.world.behave("green", error_share=0.5)
    return story


def stand_again_badly() -> Story:
    """Return a story whose next candidate takes the slot of a verified version and is bad."""
    story = stand_twice(rate=100.0, **QUICK)
    story.world.behave("blue", error_share=0.5)
    return story


def begin_badly() -> Story:
    story = begin()
    story.world.behave("blue", is_never_ready=True)
    return story


def stand_long() -> Story:
    return stand_twice(rate=100.0, **QUICK)


@dataclass(frozen=True)
class Tale:
    """A beginning, a command, the version that it is about, and how it ends when nobody dies."""

    make: Callable[[], Story]
    command: Callable[[Story], object]
    version: int
    phase: Phase


TALES = {
    "install": Tale(begin, lambda story: story.release(1), 1, Phase.SUCCEEDED),
    "bad install": Tale(begin_badly, lambda story: story.release(1), 1, Phase.ABORTED),
    "canary": Tale(stand_quickly, lambda story: story.release(2), 2, Phase.SUCCEEDED),
    "bad canary": Tale(stand_badly, lambda story: story.release(2), 2, Phase.ABORTED),
    "bad canary over a verified version": Tale(
        stand_again_badly, lambda story: story.release(3), 3, Phase.ABORTED
    ),
    "rollback": Tale(stand_long, lambda story: story.rollback(), 1, Phase.ROLLED_BACK),
}
TALE = pytest.mark.parametrize("tale", TALES.values(), ids=TALES)
MOMENT = pytest.mark.parametrize("moment", ["before", "during"])
"""A death during a write that knows no half is one right after it."""


def tell(tale: Tale) -> Mapping[str, Any]:
    """Return the end of a tale in which nobody dies."""
    story = tale.make()
    tale.command(story)
    assert story.phase is tale.phase
    return story.end_state()


def die_everywhere(tale: Tale, moment: str, step: int = 1) -> Iterator[tuple[str, Story]]:
    """Return the story with a dead driver, for each write at which it can die, and the name of that write."""
    beginning = tale.make()
    for number in count(step=step):
        story = beginning.copy()
        if not kill(story, number, moment, lambda story=story: tale.command(story)):
            assert number > 15, "there are more writes than that to die at"
            return
        story.world.revive()
        last = story.world.writes[-1] if story.world.writes else ""
        yield f"{moment} write {number}, the last one was {last}", story


def go_on(story: Story, tale: Tale) -> None:
    """Be the process that comes after a dead one, and does what the dead one was asked."""
    story.world.revive()
    recorded = story.recorded
    if recorded and not recorded.phase.is_terminal:
        story.resume(tale.version)
    elif recorded is None or recorded.phase is not tale.phase or not story.is_of(tale.version):
        tale.command(story)


def find_difference(story: Story, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is not as wanted, and every write that gave traffic to pods that were not ready."""
    state = story.end_state()
    wrong = {key: (state[key], value) for key, value in wanted.items() if state[key] != value}
    return {**wrong, **({"overloads": story.overloads} if story.overloads else {})}


def note(wrong: dict[str, Any], death: str, check: Callable[[], dict[str, Any]]) -> None:
    """Keep what was wrong after one death, so that a test shows all of them at once."""
    try:
        difference = check()
    except GenaiError as error:
        difference = {"raised": repr(error)}
    if difference:
        wrong[death] = difference


@MOMENT
@TALE
def test_whoever_comes_next_ends_where_the_dead_driver_would_have(tale, moment):
    wanted, wrong = tell(tale), {}
    for death, story in die_everywhere(tale, moment):

        def check(story=story):
            go_on(story, tale)
            return find_difference(story, wanted)

        note(wrong, death, check)
    assert wrong == {}


@pytest.mark.parametrize("pace", [3, 4, 7])
@TALE
def test_drivers_that_die_one_after_the_other_get_there_too(tale, pace):
    wanted = tell(tale)
    story = tale.make()
    kill(story, pace, "during", lambda: tale.command(story))
    for _ in range(60):
        with suppress(Killed):
            story.world.kill_at(len(story.world.writes) + pace, "during")
            go_on(story, tale)
            break
    story.world.kill_at(-1)
    go_on(story, tale)
    assert find_difference(story, wanted) == {}


@MOMENT
@pytest.mark.parametrize("name", ["install", "canary", "bad canary over a verified version"])
def test_whatever_died_can_be_aborted(name, moment):
    tale = TALES[name]
    before = without_phase(tale.make().end_state())
    wrong = {}
    for death, story in die_everywhere(tale, moment):
        if story.recorded is None or story.recorded.phase.is_terminal:
            continue

        def check(story=story):
            assert story.abort(tale.version).exit_code == 3
            return find_difference(story, before)

        note(wrong, death, check)
    assert wrong == {}


def test_what_has_ended_cannot_be_aborted():
    with pytest.raises(UsageError, match="no rollout on its way"):
        stand_quickly().abort(1)


@pytest.mark.parametrize("name", ["canary", "bad canary", "rollback"])
def test_whatever_died_gives_way_to_another_target(name):
    tale = TALES[name]
    wrong = {}
    for death, story in die_everywhere(tale, "during", step=3):
        story.world.behave("blue", error_share=0.0)
        story.world.behave("green", error_share=0.0)

        def check(story=story):
            assert story.release(5, aborts_unfinished=True).exit_code == 0
            difference = {} if story.is_of(5) and len(story.weights) == 1 else {"ended": story.weights}
            return {**difference, **({"overloads": story.overloads} if story.overloads else {})}

        note(wrong, death, check)
    assert wrong == {}


def test_a_driver_that_dies_between_the_end_and_its_record_is_in_the_history_all_the_same():
    story = stop_after("store.save Succeeded", stand_quickly, lambda story: story.release(2))
    assert story.phase is Phase.SUCCEEDED
    story.release(3)
    targets = [one.target for one in story.world.store.history("genai", "genai")]
    assert targets == [story.target(version).version for version in (1, 2, 3)]


def without_phase(state: Mapping[str, Any]) -> Mapping[str, Any]:
    return {key: value for key, value in state.items() if key != "phase"}
