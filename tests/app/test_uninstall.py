"""An instance is taken away whole, traffic first; data only when asked for."""

from functools import partial

import pytest

from tests.app.story import Story, kill, stand_twice
from tooling.app.uninstall import uninstall
from tooling.errors import HeldError, PreflightError, UsageError


def remove(story: Story, *, delete_data: bool = False, is_confirmed: bool = True):
    return uninstall(story.ports, story.target(2), delete_data=delete_data, is_confirmed=is_confirmed)


def stand_with_data() -> Story:
    story = stand_twice()
    story.world.cluster.claims = {"genai": ("data-genai-vectordb-0",)}
    return story


def test_everything_goes_and_the_data_stays():
    story = stand_with_data()
    assert remove(story) == ()
    assert story.world.route.state is None
    assert story.world.helm.revisions == {}
    assert story.world.store.load("genai", "genai") is None
    assert story.world.store.history("genai", "genai") == ()
    assert story.world.cluster.claims == {"genai": ("data-genai-vectordb-0",)}
    assert story.world.lease.holder == ""
    assert str(story.world.writes[-1]) == "lease.delete genai"


def test_traffic_goes_first():
    story = stand_with_data()
    remove(story)
    effects = [str(write) for write in story.world.writes if not write.call.startswith("lease")]
    assert effects[0] == "route.delete genai"
    assert effects[1:4] == ["helm.uninstall genai-blue", "helm.uninstall genai-green", "helm.uninstall genai"]


def test_the_data_goes_when_asked_for():
    story = stand_with_data()
    assert remove(story, delete_data=True) == ("data-genai-vectordb-0",)
    assert story.world.cluster.claims == {}


@pytest.mark.parametrize("answer", [None, "no"])
def test_it_needs_a_yes(answer):
    story = stand_with_data()
    story.world.reporter.answer = answer
    with pytest.raises(UsageError):
        remove(story, is_confirmed=False)
    assert story.world.writes == []


@pytest.mark.parametrize("delete_data", [False, True])
def test_the_question_says_what_is_about_to_happen(delete_data):
    story = stand_with_data()
    story.world.reporter.answer = "genai"
    remove(story, delete_data=delete_data, is_confirmed=False)
    (question,) = story.world.reporter.questions
    assert "uninstall" in question or "remove" in question
    assert "release to" not in question
    assert ("data" in question) == delete_data


def test_it_is_refused_in_another_context():
    story = stand_with_data()
    story.settings["contexts"] = ["prod-eu"]
    with pytest.raises(PreflightError):
        remove(story)
    assert story.world.writes == []


def test_where_nothing_is_nothing_happens():
    story = Story()
    assert remove(story) == ()
    story.world.cluster.namespaces.clear()
    story.world.writes.clear()
    assert remove(story) == ()
    assert story.world.writes == []


def test_one_that_died_can_be_done_again_and_after_it_all_is_new():
    beginning = stand_with_data()
    for moment in ("before", "during"):
        for number in range(20):
            story = beginning.copy()
            was_killed = kill(story, number, moment, partial(remove, story))
            story.world.revive()
            remove(story)
            assert story.world.helm.revisions == {}
            assert story.world.route.state is None
            assert story.release(5).exit_code == 0
            assert story.weights == {"blue": 100}
            if not was_killed:
                break
        else:
            pytest.fail("it does not end")


def test_one_that_died_is_no_obstacle_to_a_release():
    beginning = stand_with_data()
    wrong = []
    for number in range(20):
        story = beginning.copy()
        was_killed = kill(story, number, "before", partial(remove, story))
        story.world.revive()
        if story.release(5).exit_code != 0 or len(story.weights) != 1 or story.overloads:
            wrong.append((number, story.weights, story.overloads))
        if not was_killed:
            break
    assert wrong == []


@pytest.mark.parametrize("name", ["genai", "genai-blue", "genai-green"])
def test_somebody_elses_helm_at_work_is_respected(name):
    story = stand_with_data()
    story.world.helm.leave_pending(name, {}, "")
    with pytest.raises(HeldError, match=name):
        remove(story)
    assert story.weights == {"green": 100}
