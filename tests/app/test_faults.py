"""A single error at any write, and a cluster that is silent for a while, change nothing about the end."""

from typing import Any

import pytest

from tests.app.story import Story, find_difference
from tests.app.tales import TALE, TALES, Tale, note, stand_quickly, tell
from tooling.core.rollout import Phase
from tooling.errors import ClusterError, ConflictError, OutsideError, UnavailableError

pytestmark = pytest.mark.usefixtures("plain_records")
FAULTS = {
    "conflict": (ConflictError("it changed since it was read."), False),
    "overload": (ClusterError("too many requests", status=429), False),
    "lost reply": (UnavailableError("no answer in time."), True),
}
KNOW_CONFLICTS = {"store.save", "route.write", "cluster.scale"}
LOOKS = [
    "store.load",
    "helm.read_release",
    "cluster.read_workloads",
    "route.read",
    "metrics.measure",
]


class Fuse(list[Any]):
    """A list of writes that has the write of one number fail: before it is made, or after it (lost reply)."""

    def __init__(self, story: Story, number: int, call: str, fault: tuple[BaseException, bool]) -> None:
        super().__init__()
        self._arm = lambda: story.world.fail_next(call, fault[0], is_lost_reply=fault[1])
        self._length = number + 1 if fault[1] else number

    def append(self, write: Any) -> None:
        super().append(write)
        if len(self) == self._length:
            self._arm()


def fail_everywhere(tale: Tale, fault: str) -> dict[str, Any]:
    """Tell the tale with one fault at each write of the driver in turn; return what then was wrong."""
    beginning, wanted, wrong = tale.make(), tell(tale), {}
    twin = beginning.copy()
    tale.command(twin)
    writes = [str(write) for write in twin.world.writes]
    planned = writes.index("store.save Pending step 0")
    for number, write in enumerate(twin.world.writes):
        if number <= planned or (fault == "conflict" and write.call not in KNOW_CONFLICTS):
            continue
        story = beginning.copy()
        story.world.calls.writes = Fuse(story, number, write.call, FAULTS[fault])

        def check(story=story):
            tale.command(story)
            return find_difference(story, wanted)

        note(wrong, f"{fault} at write {number}, {write}", check)
    return wrong


@pytest.mark.parametrize("fault", FAULTS)
@TALE
def test_one_error_at_any_write_is_ridden_out(tale, fault):
    assert fail_everywhere(tale, fault) == {}


@pytest.mark.parametrize("call", LOOKS)
@pytest.mark.parametrize("name", ["canary", "bad canary"])
def test_errors_of_looks_are_ridden_out(name, call):
    tale = TALES[name]
    story = tale.make()
    story.world.clock.schedule(
        2, lambda: story.world.fail_next(call, UnavailableError("no answer in time."), times=3)
    )
    tale.command(story)
    assert find_difference(story, tell(tale)) == {}


def silence(story: Story, seconds: float) -> None:
    """Have no answer from the cluster for so long, from the next look on."""
    ends_at = story.world.clock.now() + seconds
    read = story.world.route.read

    def read_later(namespace, instance):
        if story.world.clock.now() < ends_at:
            raise UnavailableError("no answer in time.")
        return read(namespace, instance)

    story.world.route.read = read_later


@pytest.mark.parametrize("seconds", [20, 100])
def test_silence_is_ridden_out(seconds):
    story = stand_quickly()
    story.world.clock.schedule(5, lambda: silence(story, seconds))
    assert story.release(2).exit_code == 0
    assert any("no answer" in text for text in story.world.reporter.progressed)


def test_a_long_silence_ends_the_driver_and_leaves_the_rollout_resumable():
    story = stand_quickly()
    story.world.clock.schedule(5, lambda: silence(story, 180))
    with pytest.raises(OutsideError) as ended:
        story.release(2)
    assert ended.value.exit_code == 4
    assert story.phase is Phase.PROGRESSING
    assert story.world.lease.holder == ""
    story.world.clock.sleep(120)
    assert story.resume(2).exit_code == 0


def test_an_answer_that_says_no_ends_the_driver_at_once():
    story = stand_quickly()
    story.world.fail_next("cluster.read_workloads", ClusterError("deployments is forbidden", status=403))
    with pytest.raises(ClusterError, match="forbidden"):
        story.release(2)


def test_a_write_that_never_works_is_given_up_and_taken_back():
    story = stand_quickly()
    before = story.end_state()
    story.world.behave("green", ready_after=0.0)
    story.world.fail_next("helm.upgrade", UnavailableError("no answer in time."), times=40)
    result = story.release(2)
    assert result.exit_code == 3
    assert {**story.end_state(), "phase": None} == {**before, "phase": None}


def test_a_route_that_cannot_be_given_back_calls_a_person():
    story = stand_quickly()
    story.world.behave("green", error_share=0.5)
    write = story.world.route.write

    def refuse(namespace, instance, manifests, *, seen, epoch):
        if story.phase is Phase.ABORTING:
            raise ClusterError("httproutes is forbidden", status=403)
        return write(namespace, instance, manifests, seen=seen, epoch=epoch)

    story.world.route.write = refuse
    result = story.release(2)
    assert (result.exit_code, result.rollout.phase) == (4, Phase.FAILED)
    assert "forbidden" in result.rollout.reason
    assert "Look with: genai-stack status --env local" in story.said


def test_one_error_of_the_lock_leaves_nothing_behind():
    story = stand_quickly()
    before = story.end_state()
    story.world.fail_next("lease.hold", UnavailableError("no answer in time."))
    with pytest.raises(OutsideError):
        story.release(2)
    assert story.end_state() == before
    assert story.release(2).exit_code == 0
