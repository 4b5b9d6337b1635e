"""What every kind of route promises, whoever carries it out: a class of tests over one subject."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from tests.fakes.manifests import render_route
from tooling.core.observation import RouteState
from tooling.errors import ConflictError
from tooling.ports.route import Route

Weights = Mapping[str, int]

ELSE = "kubectl-edit"
"""Who else writes in these tests, by the name of the field manager."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A route under test, and what others do to its object behind its back.

    `begin` returns a driver that has not looked yet: another process. `meddle` gives all traffic to a slot,
    `write_status` does what a controller does after every write, `remake` deletes the object and has another one.
    """

    kind: str
    route: Route
    namespace: str
    begin: Callable[[], Route]
    meddle: Callable[[str], None]
    write_status: Callable[[], None]
    remake: Callable[[], None]
    read_epoch: Callable[[], str]

    def read(self) -> RouteState:
        """Return what there is; there has to be a route."""
        state = self.find()
        assert state is not None
        return state

    def find(self) -> RouteState | None:
        return self.route.read(self.namespace, "genai")

    def write(
        self, weights: Weights, serving: str, seen: RouteState | None, *, epoch: int = 1, by: Route | None = None
    ) -> RouteState:
        return (by or self.route).write(
            self.namespace, "genai", self.render(weights, serving), seen=seen, epoch=epoch
        )

    def render(self, weights: Weights, serving: str) -> tuple[Mapping[str, Any], ...]:
        return render_route("genai", weights, serving, kind=self.kind)

    def delete(self) -> None:
        self.route.delete(self.namespace, "genai")


class RouteContract:
    """To be inherited with a fixture `subject`."""

    def test_no_route(self, subject: Subject) -> None:
        assert subject.find() is None

    @pytest.mark.parametrize(
        ("weights", "serving"),
        [({"blue": 100}, "blue"), ({"blue": 90, "green": 10}, "blue"), ({"blue": 50, "green": 50}, "green")],
        ids=str,
    )
    def test_what_is_written_is_read(self, subject: Subject, weights: Weights, serving: str) -> None:
        written = subject.write(weights, serving, None)
        for state in (written, subject.read(), subject.begin().read(subject.namespace, "genai")):
            assert state is not None
            assert state.gives(weights)
            assert (state.serving, state.is_ours, state.written_by) == (serving, True, "")

    def test_a_weight_of_zero_is_none(self, subject: Subject) -> None:
        subject.write({"blue": 100, "green": 0}, "blue", None)
        assert subject.read().gives({"blue": 100})
        assert subject.read().leader == "blue"

    def test_previews_are_the_slots_that_are_in_the_route(self, subject: Subject) -> None:
        subject.write({"blue": 100, "green": 0}, "blue", None)
        assert subject.read().previews == ("blue", "green")

    def test_each_step_of_a_canary_is_read_back(self, subject: Subject) -> None:
        seen = subject.write({"blue": 100}, "blue", None)
        for weight in (1, 25, 99):
            subject.write({"blue": 100 - weight, "green": weight}, "blue", seen)
            seen = subject.read()  # the last look counts: a controller writes the status meanwhile
            assert seen.gives({"blue": 100 - weight, "green": weight})
        subject.write({"green": 100}, "green", seen)
        assert (subject.read().leader, subject.read().serving) == ("green", "green")

    def test_create_never_replaces(self, subject: Subject) -> None:
        subject.write({"blue": 100}, "blue", None)
        with pytest.raises(ConflictError):
            subject.write({"green": 100}, "green", None)
        assert subject.read().gives({"blue": 100})

    def test_a_stale_look_loses(self, subject: Subject) -> None:
        seen = subject.write({"blue": 100}, "blue", None)
        subject.write({"blue": 90, "green": 10}, "blue", subject.read(), epoch=2)
        with pytest.raises(ConflictError):
            subject.write({"green": 100}, "green", seen)
        assert subject.read().gives({"blue": 90, "green": 10})

    def test_of_two_drivers_that_saw_the_same_one_wins(self, subject: Subject) -> None:
        subject.write({"blue": 100}, "blue", None)
        other = subject.begin()
        mine, theirs = subject.read(), other.read(subject.namespace, "genai")
        subject.write({"blue": 75, "green": 25}, "blue", theirs, epoch=2, by=other)
        with pytest.raises(ConflictError):
            subject.write({"green": 100}, "green", mine)
        assert subject.read().gives({"blue": 75, "green": 25})

    def test_what_somebody_else_wrote_is_not_overwritten_unseen(self, subject: Subject) -> None:
        seen = subject.write({"blue": 100}, "blue", None)
        subject.meddle("green")
        with pytest.raises(ConflictError):
            subject.write({"blue": 90, "green": 10}, "blue", seen)
        assert subject.read().gives({"green": 100})

    def test_who_else_wrote_it_is_named_until_we_write(self, subject: Subject) -> None:
        subject.write({"blue": 100}, "blue", None)
        subject.meddle("green")
        state = subject.read()
        assert state.written_by.startswith(f"{ELSE} (")
        assert subject.write({"blue": 100}, "blue", state).written_by == ""
        assert subject.read().written_by == ""

    def test_a_route_that_was_deleted_is_not_brought_back(self, subject: Subject) -> None:
        seen = subject.write({"blue": 100}, "blue", None)
        subject.delete()
        with pytest.raises(ConflictError):
            subject.write({"green": 100}, "green", seen)
        assert subject.find() is None

    def test_a_route_that_was_made_anew_is_another_one(self, subject: Subject) -> None:
        seen = subject.write({"blue": 100}, "blue", None)
        subject.remake()
        with pytest.raises(ConflictError):
            subject.write({"green": 100}, "green", seen)
        assert subject.read().gives({"blue": 100})

    def test_a_controllers_status_is_no_conflict(self, subject: Subject) -> None:
        seen = subject.write({"blue": 100}, "blue", None)
        for _ in range(2):
            subject.write_status()
        live = subject.begin().read(subject.namespace, "genai")
        assert live is not None
        assert live.resource_version != seen.resource_version
        assert subject.write({"green": 100}, "green", seen).gives({"green": 100})

    def test_a_status_does_not_hide_what_somebody_else_wrote(self, subject: Subject) -> None:
        seen = subject.write({"blue": 100}, "blue", None)
        subject.meddle("green")
        subject.write_status()
        with pytest.raises(ConflictError):
            subject.write({"blue": 90, "green": 10}, "blue", seen)

    def test_another_process_goes_on_from_what_it_is_handed(self, subject: Subject) -> None:
        seen = subject.write({"blue": 100}, "blue", None)
        assert subject.write({"blue": 90, "green": 10}, "blue", seen, by=subject.begin()).gives(
            {"blue": 90, "green": 10}
        )
        with pytest.raises(ConflictError):
            subject.write({"green": 100}, "green", seen, by=subject.begin())
        subject.delete()
        with pytest.raises(ConflictError):
            subject.write({"green": 100}, "green", seen, by=subject.begin())
        assert subject.find() is None

    def test_the_same_write_twice_changes_nothing(self, subject: Subject) -> None:
        first = subject.write({"blue": 75, "green": 25}, "blue", None)
        second = subject.write({"blue": 75, "green": 25}, "blue", subject.read())
        assert (dict(first.weights), first.serving) == (dict(second.weights), second.serving)

    def test_delete_of_nothing(self, subject: Subject) -> None:
        subject.write({"blue": 100}, "blue", None)
        subject.delete()
        subject.delete()
        assert subject.find() is None

    def test_the_epoch_is_that_of_the_last_write(self, subject: Subject) -> None:
        seen = subject.write({"blue": 100}, "blue", None, epoch=3)
        assert subject.read_epoch() == "3"
        subject.write({"blue": 90, "green": 10}, "blue", seen, epoch=4)
        assert subject.read_epoch() == "4"
