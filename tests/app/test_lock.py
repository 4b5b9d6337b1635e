"""One driver at a time: whoever lost the lock writes nothing more (promise P7)."""

import pytest

from tests.app.story import Story, forget, stand, stand_twice
from tooling.app.release import Wishes, release
from tooling.app.uninstall import uninstall
from tooling.core.rollout import Phase
from tooling.errors import HeldError

COMMANDS = {
    "release": lambda story: story.release(3),
    "rollback": lambda story: story.rollback(2),
    "uninstall": lambda story: uninstall(story.ports, story.target(2), delete_data=True, is_confirmed=True),
}


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_whoever_comes_second_is_told_who_drives(command):
    story = stand_twice()
    before = story.end_state()
    story.world.lease.holder = "anna@desk"
    with pytest.raises(HeldError, match="anna@desk") as refused:
        command(story)
    assert refused.value.exit_code == 5
    story.world.lease.holder = ""
    assert story.end_state() == before
    assert story.world.writes == []


@pytest.mark.parametrize("after", [1, 4, 10, 30, 42])
def test_a_stolen_lock_ends_the_driver_before_its_next_write(after):
    story = stand()
    story.world.clock.schedule(after, lambda: story.world.lease.steal("anna@desk"))
    stolen_at = story.world.clock.now() + after
    with pytest.raises(HeldError, match="lock was lost"):
        story.release(2)
    assert [write for write in story.world.writes if write.at > stolen_at] == []
    assert story.world.lease.holder == "anna@desk", "a lock that is somebody else's is not let go"
    assert story.phase is not Phase.ABORTING


def test_whoever_took_the_lock_ends_the_rollout():
    story = stand()
    story.world.clock.schedule(10, lambda: story.world.lease.steal("anna@desk"))
    with pytest.raises(HeldError):
        story.release(2)
    story.world.lease.holder = ""
    assert story.resume(2).exit_code == 0
    assert story.world.route.epoch == story.world.lease.epoch


def test_a_lock_that_is_lost_during_a_write_is_noticed_before_the_next():
    story = stand()
    upgrade = story.world.helm.upgrade

    def upgrade_slowly(name, values, *, description):
        state = upgrade(name, values, description=description)
        if name == "genai-green":
            story.world.lease.steal("anna@desk")
        return state

    story.world.helm.upgrade = upgrade_slowly
    with pytest.raises(HeldError):
        story.release(2)
    calls = [write.call for write in story.world.writes]
    after = calls[calls.index("helm.upgrade", calls.index("helm.upgrade") + 1) + 1 :]
    assert set(after) <= {"store.save"}


@pytest.mark.parametrize("after", [2, 12, 30])
def test_a_record_that_somebody_else_wrote_ends_the_driver(after):
    story = stand()
    world = story.world

    def write_as_somebody_else():
        stored = world.store.load("genai", "genai")
        world.store.save("genai", stored.rollout.intend("something else", world.clock.now()), seen=stored)

    world.clock.schedule(after, write_as_somebody_else)
    written_at = world.clock.now() + after
    with pytest.raises(HeldError, match="somebody else changed the recorded rollout"):
        story.release(2)
    assert [write for write in world.writes if write.at > written_at] == []


def test_a_silent_lock_is_taken_over_after_its_duration():
    story = stand()
    story.world.lease.holder, story.world.lease.is_silent = "anna@desk", True
    began_at = story.world.clock.now()
    assert story.release(2).exit_code == 0
    assert story.world.writes[0].at - began_at == story.world.lease.duration


class Interruption:
    """A reporter whose person lets somebody else go first while the question waits."""

    def __init__(self, story: Story, command) -> None:
        self._story, self._command = story, command

    def __getattr__(self, name):
        return getattr(self._story.world.reporter, name)

    def confirm(self, question, answer):
        self._command()
        forget(self._story)
        return True


def interrupt(story: Story, command) -> None:
    ports = {name: getattr(story.ports, name) for name in story.ports.__slots__}
    story.ports = type(story.ports)(**{**ports, "reporter": Interruption(story, lambda: command(ports))})


@pytest.mark.parametrize(
    "late",
    [lambda story: story.release(3, is_confirmed=False), lambda story: story.rollback(2, is_confirmed=False)],
    ids=["release", "rollback"],
)
def test_a_plan_that_was_overtaken_while_it_waited_for_a_yes_is_not_carried_out(late):
    story = stand_twice()
    interrupt(
        story,
        lambda ports: release(type(story.ports)(**ports), story.target(4), Wishes(is_confirmed=True)),
    )
    with pytest.raises(HeldError) as refused:
        late(story)
    assert refused.value.exit_code == 5
    assert {write.call for write in story.world.writes} <= {"lease.hold", "store.archive"}
    assert story.is_of(4)


def test_a_route_that_somebody_else_writes_ends_the_canary():
    story = stand()
    before = story.end_state()
    story.world.clock.schedule(12, lambda: story.world.route.set({"green": 100}, "green"))
    result = story.release(2)
    assert result.exit_code == 3
    assert "somebody else changed the route" in result.rollout.reason
    assert {**story.end_state(), "phase": None} == {**before, "phase": None}


def test_a_route_that_somebody_else_deletes_ends_the_canary():
    story = stand()
    story.world.clock.schedule(12, lambda: setattr(story.world.route, "state", None))
    result = story.release(2)
    assert result.exit_code == 3
    assert "somebody else deleted the route" in result.rollout.reason
    assert story.weights == {"blue": 100}


def test_a_route_whose_status_changes_is_no_reason_to_stop():
    story = stand()
    for after in range(1, 40):
        story.world.clock.schedule(after + 0.75, story.world.route.touch)
    assert story.release(2).exit_code == 0


@pytest.mark.parametrize("action", ["helm upgrade --install green", "route blue 90 %, green 10 %"])
def test_what_was_announced_is_not_done_when_the_lock_went_meanwhile(action):
    story = stand()
    save = story.world.store.save

    def save_slowly(namespace, rollout, *, seen):
        stored = save(namespace, rollout, seen=seen)
        if rollout.journal and rollout.journal[-1].action == action and not rollout.journal[-1].done_at:
            story.world.lease.steal("anna@desk")
            announced.append(len(story.world.writes))
        return stored

    announced = []
    story.world.store.save = save_slowly
    with pytest.raises(HeldError, match="lock was lost"):
        story.release(2)
    assert announced == [len(story.world.writes)]
