"""Values that are not those of the rollout, or of the instance, are refused by file and line."""

from dataclasses import replace

import pytest

from tests.app.story import QUICK, Story
from tooling.app.release import Wishes, release, resume
from tooling.app.same_target import check_instance, check_same_target, find_places
from tooling.app.wishes import promote
from tooling.core.values import Origin
from tooling.errors import PreflightError, UsageError

PLACES = {"rollout.steps": "values/prod.yaml:88", "rollout.instance": "values/prod.yaml:3"}


@pytest.fixture
def unfinished():
    """A canary whose driver died at its first upgrade."""
    story = Story(**QUICK)
    story.release(1)
    story.world.fail_next("helm.upgrade", KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        story.release(2)
    story.world.writes.clear()
    return story


@pytest.mark.parametrize("verb", ["resume", "promote", "release"])
def test_a_strategy_that_changed_while_it_runs(unfinished, verb):
    story = unfinished
    story.settings = {**story.settings, "steps": [{"weight": 90, "hold": "1s"}]}
    target = replace(story.target(2), places=PLACES)
    work = {
        "resume": lambda: resume(story.ports, target),
        "promote": lambda: promote(story.ports, target, ""),
        "release": lambda: release(story.ports, target, Wishes(is_confirmed=True)),
    }[verb]
    with pytest.raises(UsageError) as refused:
        work()
    assert str(refused.value.message) == (
        "the strategy changed while the rollout runs: rollout.steps (values/prod.yaml:88)."
    )
    assert "genai-stack abort" in refused.value.hint
    assert story.world.writes == []


def test_an_abort_needs_no_strategy(unfinished):
    unfinished.settings = {**unfinished.settings, "steps": [{"weight": 90, "hold": "1s"}]}
    assert unfinished.abort(2).exit_code == 3


def test_where_and_load_may_change(unfinished):
    unfinished.settings = {**unfinished.settings, "contexts": ["genai-local"]}
    assert unfinished.resume(2).exit_code == 0


def test_other_values_of_the_same_instance(unfinished):
    with pytest.raises(UsageError, match=r"releases .*, these values make"):
        unfinished.resume(3)


def test_a_record_of_another_instance(unfinished):
    rollout = replace(unfinished.recorded, instance="chat")
    with pytest.raises(UsageError) as refused:
        check_same_target(rollout, replace(unfinished.target(2), places=PLACES))
    assert refused.value.message == (
        "the recorded rollout is of the instance chat, and rollout.instance (values/prod.yaml:3) says genai."
    )


def test_nothing_unfinished_here_names_the_instance_that_was_looked_for():
    story = Story()
    with pytest.raises(UsageError, match=r"rollout.instance \(values/prod.yaml:3\)"):
        resume(story.ports, replace(story.target(1), places=PLACES))


@pytest.mark.parametrize(
    ("labels", "part"),
    [
        ({"app.kubernetes.io/instance": "chat", "genai-stack/slot": "blue"}, "slot blue of the instance chat"),
        ({"app.kubernetes.io/instance": "chat", "genai-stack/slot": "all"}, "the instance chat"),
    ],
)
def test_an_instance_that_is_called_like_a_part_of_another_one(labels, part):
    target = replace(Story().target(1), places=PLACES)
    with pytest.raises(PreflightError) as refused:
        check_instance(target, [{"metadata": {}}, {"metadata": {"labels": labels}}])
    assert refused.value.message == (
        f"the Helm release genai is {part}, and rollout.instance (values/prod.yaml:3) takes it for base."
    )


def test_a_slot_of_another_instance_is_not_taken_for_a_plain_install():
    story = Story()
    story.world.stand("blue")
    target = story.target(1)
    other = replace(target, strategy=replace(target.strategy, instance="genai-blue"))
    with pytest.raises(PreflightError, match="genai-blue is slot blue of the instance genai") as refused:
        release(story.ports, other, Wishes(is_confirmed=True))
    assert "uninstall" not in refused.value.hint
    assert story.world.writes == []


def test_places_of_the_rollout_section():
    origins = {
        ("rollout", "steps"): Origin("values/prod.yaml", 88, 3),
        ("rollout", "steps", 0): Origin("values/prod.yaml", 89, 3),
        ("rollout", "instance"): Origin("--set rollout.instance=x"),
        ("route", "kind"): Origin("values/prod.yaml", 40),
        ("gateway",): Origin("values/prod.yaml", 1),
    }
    assert find_places(origins) == {
        "rollout.steps": "values/prod.yaml:88",
        "rollout.instance": "--set rollout.instance=x",
        "route.kind": "values/prod.yaml:40",
    }
