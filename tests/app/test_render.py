"""What a render of each role asks of helm."""

import pytest

from tooling.app.render import find_namespace, render
from tooling.app.values import LoadedValues
from tooling.errors import UsageError
from tooling.ports.helm import Rendered


class Recorder:
    """A helm that tells what it was asked."""

    def template(self, release, values, settings):
        return (Rendered({"release": release, "values": values}),)


VALUES = {"gateway": {"port": None}, "route": {"enabled": True}, "global": {"image": {"tag": "1"}, "role": "all"}}
LOADED = LoadedValues("prod", VALUES, {"rollout": {"instance": "chat"}}, {})


@pytest.mark.parametrize("rollout", [None, [1], "x", {}, {"instance": None, "namespace": ""}])
def test_values_of_another_shape_name_the_default_instance_and_namespace(rollout):
    loaded = LoadedValues("prod", {}, {"rollout": rollout}, {})
    assert loaded.instance == find_namespace(loaded, None) == "genai"
    assert find_namespace(loaded, "mine") == "mine"


@pytest.mark.parametrize(
    ("role", "slot", "release", "route"),
    [
        ("all", "", "chat", {"enabled": True}),
        ("base", "", "chat", {"enabled": True}),
        ("slot", "green", "chat-green", {"enabled": True}),
        ("route", "", "chat", {"enabled": True, "weights": {"blue": 100}, "serving": "blue"}),
        ("route", "green", "chat", {"enabled": True, "weights": {"green": 100}, "serving": "green"}),
    ],
)
def test_a_role_is_rendered_under_its_release(role, slot, release, route):
    (asked,) = render(Recorder(), LOADED, role, slot)
    shown = slot if role == "slot" else ""
    assert asked["release"] == release
    assert asked["values"] == {
        "gateway": {"port": None},
        "route": route,
        "global": {"image": {"tag": "1"}, "instance": "chat", "role": role, "slot": shown},
    }
    assert VALUES["global"] == {"image": {"tag": "1"}, "role": "all"}


@pytest.mark.parametrize(
    ("role", "slot", "hint"),
    [("slot", "", "Add --slot blue"), ("slot", "red", "Add --slot blue"), ("base", "blue", "Leave out --slot")],
)
def test_a_slot_belongs_to_the_role_slot(role, slot, hint):
    with pytest.raises(UsageError, match=hint):
        render(Recorder(), LOADED, role, slot)
