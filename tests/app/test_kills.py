"""kill -9 at any write leaves what ends as the rollout that nobody killed (promise P3).

Each of TALES is told once without a fault; then its driver dies before and during each of its writes.
"""

from collections.abc import Iterator
from contextlib import suppress
from itertools import count

import pytest

from tests.app.story import Story, find_difference, kill, stop_after
from tests.app.tales import TALE, TALES, Tale, note, stand_quickly, tell
from tests.fakes import Killed
from tooling.core.rollout import Phase
from tooling.errors import UsageError

pytestmark = pytest.mark.usefixtures("plain_records")
MOMENT = pytest.mark.parametrize("moment", ["before", "during"])
"""A death during a write that knows no half is one right after it."""


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


@pytest.mark.parametrize("name", ["install", "canary", "bad canary over a verified version"])
def test_whatever_died_can_be_aborted(name):
    tale = TALES[name]
    before = {**tale.make().end_state(), "phase": Phase.ABORTED}
    wrong = {}
    for death, story in die_everywhere(tale, "during"):
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
    targets = [one.target.digest for one in story.world.store.history("genai", "genai")]
    assert targets == [story.target(version).version.digest for version in (1, 2, 3)]
