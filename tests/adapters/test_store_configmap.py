"""The store: one contract for fake, loopback double and real API server; and lost replies, size and damage."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any

import pytest

from tests.adapters.api_double import ApiDouble, Reply, Request
from tests.adapters.rollouts import finish, make_rollout
from tests.fakes import World
from tooling.adapters.kube_client import KubeClient
from tooling.adapters.store_configmap import ConfigMapStore
from tooling.core.observation import Wish
from tooling.errors import ClusterError, ConflictError, StateError, UnavailableError
from tooling.ports.store import Store

MAPS = "/api/v1/namespaces/genai/configmaps"
CURRENT = f"{MAPS}/genai-rollout"


@dataclass(frozen=True, slots=True)
class Subject:
    store: Store
    namespace: str


@pytest.fixture(params=["fake", "double", pytest.param("real", marks=pytest.mark.local)])
def subject(request: pytest.FixtureRequest) -> Subject:
    if request.param == "fake":
        return Subject(World().store, "genai")
    if request.param == "double":
        return Subject(ConfigMapStore(request.getfixturevalue("double_client")), "genai")
    client = request.getfixturevalue("real_client")
    return Subject(ConfigMapStore(client), request.getfixturevalue("real_namespace"))


def test_nothing_is_recorded(subject: Subject) -> None:
    assert subject.store.load(subject.namespace, "genai") is None
    assert subject.store.history(subject.namespace, "genai") == ()
    subject.store.delete(subject.namespace, "genai")
    with pytest.raises(StateError, match="no rollout of genai"):
        subject.store.wish(subject.namespace, "genai", Wish("abort", "tester"))


def test_what_is_saved_is_loaded(subject: Subject) -> None:
    rollout = make_rollout()
    stored = subject.store.save(subject.namespace, rollout, seen=None)
    assert (stored.rollout, stored.wish) == (rollout, None)
    assert subject.store.load(subject.namespace, "genai") == stored
    following = replace(rollout, index=1)
    stored = subject.store.save(subject.namespace, following, seen=stored)
    assert subject.store.load(subject.namespace, "genai") == stored
    assert stored.rollout == following


def test_one_of_two_drivers_loses(subject: Subject) -> None:
    first = subject.store.save(subject.namespace, make_rollout(), seen=None)
    with pytest.raises(ConflictError):
        subject.store.save(subject.namespace, make_rollout("r2"), seen=None)
    subject.store.save(subject.namespace, make_rollout(index=1), seen=first)
    with pytest.raises(ConflictError):
        subject.store.save(subject.namespace, make_rollout("r3"), seen=first)
    stored = subject.store.load(subject.namespace, "genai")
    assert stored is not None
    assert (stored.rollout.id, stored.rollout.index) == ("r1", 1)


def test_a_wish_survives_the_driver(subject: Subject) -> None:
    stored = subject.store.save(subject.namespace, make_rollout(), seen=None)
    wish = Wish("promote", "tester", "looks good", "r1", 3)
    subject.store.wish(subject.namespace, "genai", wish)
    stored = subject.store.save(subject.namespace, make_rollout(index=1), seen=stored)
    assert (stored.rollout.index, stored.wish) == (1, wish)
    other = Wish("abort", "tester", rollout="r1")
    subject.store.wish(subject.namespace, "genai", other)
    loaded = subject.store.load(subject.namespace, "genai")
    assert loaded is not None
    assert loaded.wish == other


def test_a_wish_for_another_rollout_is_forgotten(subject: Subject) -> None:
    subject.store.save(subject.namespace, make_rollout(), seen=None)
    subject.store.wish(subject.namespace, "genai", Wish("abort", "tester", rollout="r1"))
    seen = subject.store.load(subject.namespace, "genai")
    assert subject.store.save(subject.namespace, make_rollout("r2"), seen=seen).wish is None
    loaded = subject.store.load(subject.namespace, "genai")
    assert loaded is not None
    assert loaded.wish is None


def test_ten_past_rollouts_are_kept_without_their_bulk(subject: Subject) -> None:
    for number in range(12):
        subject.store.archive(subject.namespace, finish(make_rollout(f"r{number}"), 60.0 * number))
    past = subject.store.history(subject.namespace, "genai")
    assert [rollout.id for rollout in past] == [f"r{number}" for number in range(2, 12)]
    assert all((one.journal, one.baseline, one.verified) == ((), None, ()) for one in past)
    assert subject.store.history(subject.namespace, "other") == ()
    assert subject.store.load(subject.namespace, "genai") is None


def test_archiving_twice_keeps_one(subject: Subject) -> None:
    ended = finish(make_rollout(), 60.0)
    subject.store.archive(subject.namespace, ended)
    subject.store.archive(subject.namespace, ended)
    assert len(subject.store.history(subject.namespace, "genai")) == 1


def test_delete_forgets_everything_of_one_instance(subject: Subject) -> None:
    for instance in ("genai", "other"):
        subject.store.save(subject.namespace, make_rollout(instance=instance), seen=None)
        subject.store.archive(subject.namespace, finish(make_rollout(instance=instance), 60.0))
    subject.store.delete(subject.namespace, "genai")
    assert subject.store.load(subject.namespace, "genai") is None
    assert subject.store.history(subject.namespace, "genai") == ()
    assert subject.store.load(subject.namespace, "other") is not None
    assert len(subject.store.history(subject.namespace, "other")) == 1


class TestAdapter:
    """What the loopback double can do to a store."""

    @pytest.fixture
    def store(self, double_client: KubeClient) -> ConfigMapStore:
        return ConfigMapStore(double_client)

    def test_a_lost_reply_is_read_again(self, double: ApiDouble, store: ConfigMapStore) -> None:
        double.lose = 1
        stored = store.save("genai", make_rollout(), seen=None)
        double.lose = 1
        stored = store.save("genai", make_rollout(index=1), seen=stored)
        assert store.load("genai", "genai") == stored
        assert stored.rollout.index == 1

    @pytest.mark.parametrize("status", [500, 504])
    def test_a_write_that_did_not_happen_is_told(
        self, double: ApiDouble, store: ConfigMapStore, status: int
    ) -> None:
        stored = store.save("genai", make_rollout(), seen=None)
        double.on("PATCH", CURRENT, status, b"no")
        with pytest.raises(ClusterError):
            store.save("genai", make_rollout(index=1), seen=stored)
        assert store.load("genai", "genai") == stored

    def test_a_refused_write_is_not_read_again(self, double: ApiDouble, store: ConfigMapStore) -> None:
        double.on("POST", MAPS, 403, {"kind": "Status", "reason": "Forbidden", "message": "no"})
        with pytest.raises(ClusterError, match="Forbidden"):
            store.save("genai", make_rollout(), seen=None)
        assert len(double.requests) == 1

    def test_a_wish_goes_as_a_patch_of_nothing_else(self, double: ApiDouble, store: ConfigMapStore) -> None:
        store.save("genai", make_rollout(), seen=None)
        store.wish("genai", "genai", Wish("abort", "tester", rollout="r1"))
        request = double.requests[-1]
        assert (request.method, request.headers["content-type"]) == ("PATCH", "application/merge-patch+json")
        assert set(request.body) == {"data"}
        assert set(request.body["data"]) == {"wish.json"}

    def test_a_wish_with_a_lost_reply_is_told(self, double: ApiDouble, store: ConfigMapStore) -> None:
        store.save("genai", make_rollout(), seen=None)
        double.lose = 1
        with pytest.raises(UnavailableError):
            store.wish("genai", "genai", Wish("abort", "tester"))

    def test_names_and_labels(self, double: ApiDouble, store: ConfigMapStore) -> None:
        store.save("genai", make_rollout(), seen=None)
        store.archive("genai", finish(make_rollout(), 0.0))
        assert set(double.objects) == {CURRENT, f"{MAPS}/genai-rollout-20270115080000000"}
        for one in double.objects.values():
            assert one["metadata"]["labels"]["app.kubernetes.io/instance"] == "genai"
            assert one["metadata"]["labels"]["app.kubernetes.io/managed-by"] == "genai-stack"

    @pytest.mark.parametrize(
        "rollout",
        [replace(make_rollout(), reason="x" * 300_000), replace(make_rollout(), started_at=float("nan"))],
        ids=["too large", "not a number"],
    )
    def test_what_cannot_be_kept_is_refused_before_a_write(
        self, double: ApiDouble, store: ConfigMapStore, rollout: Any
    ) -> None:
        with pytest.raises(StateError, match="record of rollout r1"):
            store.save("genai", rollout, seen=None)
        assert double.requests == []

    @pytest.mark.parametrize(
        ("data", "text"),
        [
            (None, "rollout.json in ConfigMap genai/genai-rollout"),
            ({"rollout.json": "{"}, "rollout.json in ConfigMap genai/genai-rollout"),
            ({"rollout.json": "[]"}, "not a JSON object"),
            ({"rollout.json": '{"apiVersion": "genai-stack/v9"}'}, "genai-stack/v9"),
            ({"wish.json": "{}"}, "wish.json"),
            ({"wish.json": "abort"}, "wish.json"),
        ],
    )
    def test_damage_is_told_and_left(
        self, double: ApiDouble, store: ConfigMapStore, data: dict[str, str] | None, text: str
    ) -> None:
        store.save("genai", make_rollout(), seen=None)
        good = double.objects[CURRENT]["data"] if data and "wish.json" in data else {}
        double.objects[CURRENT]["data"] = None if data is None else {**good, **data}
        before = json.dumps(double.objects)
        with pytest.raises(StateError, match=text):
            store.load("genai", "genai")
        assert json.dumps(double.objects) == before

    def test_another_rollout_under_the_name_of_an_archive_is_kept(
        self, double: ApiDouble, store: ConfigMapStore
    ) -> None:
        store.archive("genai", finish(make_rollout("r1"), 0.0))
        with pytest.raises(ConflictError):
            store.archive("genai", finish(make_rollout("r2"), 0.0))
        assert [rollout.id for rollout in store.history("genai", "genai")] == ["r1"]

    def test_a_wish_during_the_save_is_no_conflict(self, double: ApiDouble, store: ConfigMapStore) -> None:
        stored = store.save("genai", make_rollout(), seen=None)

        def wish_first(request: Request) -> Reply | None:
            if request.method == "PATCH" and len(double.scripts) == 1:
                double.scripts.append(lambda _request: None)
                live = double.objects[CURRENT]
                double.put(
                    CURRENT, {**live, "data": {**live["data"], "wish.json": '{"verb": "abort", "by": "me"}'}}
                )
            return None

        double.scripts.append(wish_first)
        stored = store.save("genai", make_rollout(index=1), seen=stored)
        assert stored.rollout.index == 1
