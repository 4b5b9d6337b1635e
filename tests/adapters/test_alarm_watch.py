"""Watches that end a wait early: what rings, what does not, and what happens when they break."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest

from tests.adapters.api_double import ApiDouble, Reply, Request, Stream
from tests.fakes import World
from tests.fakes.manifests import make_labels, render_route
from tests.waiting import wait_until
from tooling.adapters.alarm_watch import Allowance, WatchAlarm, Watcher, list_subjects
from tooling.adapters.kube_client import MERGE_PATCH, KubeClient
from tooling.adapters.kube_routes import make_body
from tooling.ports.alarm import Timer

LONG = 60.0
"""Seconds that no test waits: each is over long before, or it fails."""

Json = dict[str, Any]


class Wire:
    """The watches of a double: a queue of events per path, None ends one; `watched` counts their beginnings."""

    def __init__(self, double: ApiDouble) -> None:
        self.double = double
        self.queues: dict[str, queue.Queue[Json | None]] = {}
        self.watched: dict[str, int] = {}
        double.scripts.append(self.answer)

    def answer(self, request: Request) -> Reply | Stream | None:
        if request.query.get("watch") != "true":
            return None
        self.watched[request.path] = self.watched.get(request.path, 0) + 1
        return Stream(self._read(self.find(request.path)))

    def send(self, plural: str, kind: str, thing: Json) -> None:
        """Tell an event of the list whose path ends like that."""
        path = next(path for path in self.watched if path.endswith(f"/{plural}"))
        self.find(path).put({"type": kind, "object": thing})

    def cut(self, plural: str) -> None:
        self.find(next(path for path in self.watched if path.endswith(f"/{plural}"))).put(None)

    def count(self, plural: str) -> int:
        return sum(count for path, count in self.watched.items() if path.endswith(f"/{plural}"))

    def close(self) -> None:
        for one in self.queues.values():
            one.put(None)

    def find(self, path: str) -> queue.Queue[Json | None]:
        return self.queues.setdefault(path, queue.Queue())

    def _read(self, events: queue.Queue[Json | None]) -> Iterator[Json]:
        while (event := events.get()) is not None:
            yield event


@pytest.fixture
def wire(double: ApiDouble) -> Iterator[Wire]:
    one = Wire(double)
    yield one
    one.close()


@pytest.fixture
def alarm(double_client: KubeClient, wire: Wire) -> Iterator[WatchAlarm]:
    one = WatchAlarm(double_client, backoff=(0.01, 0.02))
    yield one
    one.close()


def make_deployment(ready: int = 1, replicas: int = 1, image: str = "a") -> Json:
    containers = [{"name": "main", "image": image}]
    return {
        "metadata": {"name": "genai-blue-gateway", "labels": make_labels("genai", "gateway", "blue")},
        "spec": {"replicas": replicas, "template": {"spec": {"containers": containers}}},
        "status": {"readyReplicas": ready},
    }


def make_record(text: str, wish: str = "") -> Json:
    data = {"rollout.json": text, **({"wish.json": wish} if wish else {})}
    return {"metadata": {"name": "genai-rollout"}, "data": data}


def begin(alarm: WatchAlarm, wire: Wire) -> None:
    """Have all four watches."""
    alarm.wait("genai", "genai", 0.001)
    wait_until(lambda: len(wire.watched) == 4, "four watches have begun")


def wakes(alarm: WatchAlarm, seconds: float = LONG, namespace: str = "genai") -> bool:
    """Whether a wait ends before its time."""
    began = time.monotonic()
    alarm.wait(namespace, "genai", seconds)
    return time.monotonic() - began < seconds


@pytest.mark.parametrize("seconds", [0.0, 0.05])
def test_a_wait_is_over_after_its_time(alarm: WatchAlarm, seconds: float) -> None:
    assert not wakes(alarm, seconds)


def test_the_fake_waits_on_its_own_clock() -> None:
    clock = World().clock
    began = clock.now()
    Timer(clock).wait("genai", "genai", 12.0)
    assert clock.now() == began + 12.0


@pytest.mark.parametrize(
    ("plural", "thing"),
    [
        ("deployments", make_deployment(ready=0)),
        ("deployments", make_deployment(replicas=2)),
        ("deployments", make_deployment(image="b")),
        ("configmaps", make_record("x", wish="abort")),
        ("httproutes", {"metadata": {"name": "genai", "generation": 2}}),
        ("services", {"metadata": {"name": "genai"}, "spec": {"selector": {"genai-stack/slot": "green"}}}),
    ],
)
def test_what_matters_ends_a_wait(alarm: WatchAlarm, wire: Wire, plural: str, thing: Json) -> None:
    begin(alarm, wire)
    wire.send(plural, "MODIFIED", thing)
    assert wakes(alarm)


def test_something_that_is_gone_ends_a_wait(alarm: WatchAlarm, wire: Wire, double: ApiDouble) -> None:
    double.put("/apis/apps/v1/namespaces/genai/deployments/genai-blue-gateway", make_deployment())
    begin(alarm, wire)
    wire.send("deployments", "DELETED", make_deployment())
    assert wakes(alarm)


def test_what_the_driver_writes_into_its_own_record_does_not(
    double: ApiDouble, double_client: KubeClient, wire: Wire
) -> None:
    rung = watch_one(double_client, "configmaps", double, "genai-rollout", make_record("first", wish="promote"))
    wait_until(lambda: wire.count("configmaps") == 1, "the watch has begun")
    wire.send("configmaps", "BOOKMARK", {"metadata": {"resourceVersion": "7"}})
    wire.send("configmaps", "MODIFIED", make_record("second", wish="promote"))
    wire.send("configmaps", "MODIFIED", make_record("third", wish="abort"))
    wait_until(lambda: rung, "the wish has rung")
    assert rung == ["configmaps"]


def test_a_change_while_a_watch_was_cut_rings_once_it_is_back(
    double: ApiDouble, double_client: KubeClient, wire: Wire
) -> None:
    path = "/apis/apps/v1/namespaces/genai/deployments/genai-blue-gateway"
    rung = watch_one(double_client, "deployments", double, "genai-blue-gateway", make_deployment())
    wait_until(lambda: wire.count("deployments") == 1, "the watch has begun")
    wire.cut("deployments")
    wait_until(lambda: wire.count("deployments") == 2, "the watch is back")
    assert rung == []
    double.put(path, make_deployment(ready=0))
    wire.cut("deployments")
    wait_until(lambda: rung, "what changed meanwhile has rung")


def test_a_version_that_is_gone_begins_anew(double: ApiDouble, double_client: KubeClient, wire: Wire) -> None:
    watch_one(double_client, "deployments", double, "genai-blue-gateway", make_deployment())
    wait_until(lambda: wire.count("deployments") == 1, "the watch has begun")
    wire.send("deployments", "ERROR", {"kind": "Status", "code": 410, "reason": "Expired"})
    wait_until(lambda: wire.count("deployments") == 2, "it was begun anew")
    # from what is there now: no version can be too old
    assert not any("resourceVersion" in one.query for one in double.requests)


@pytest.mark.parametrize("answer", [Reply(403, {"kind": "Status"}), Reply(200, {"odd": []}), Reply(200, b"odd")])
def test_a_watch_that_cannot_be_is_not_tried_all_the_time(
    double: ApiDouble, double_client: KubeClient, answer: Reply
) -> None:
    double.scripts.append(lambda _request: answer)
    alarm = WatchAlarm(double_client, backoff=(LONG, LONG))
    alarm.wait("genai", "genai", 0.001)
    wait_until(lambda: len(double.requests) >= 4, "each list was asked for")
    assert not wakes(alarm, 0.2)
    assert len(double.requests) == 4
    alarm.close()


def test_without_a_server_a_wait_is_a_wait(double_client: KubeClient, double: ApiDouble) -> None:
    double.scripts.append(lambda _request: Reply(200, {}, is_lost=True))
    alarm = WatchAlarm(double_client, backoff=(0.01, 0.02))
    assert not wakes(alarm, 0.2)
    alarm.close()


def test_an_instance_is_watched_once(alarm: WatchAlarm, wire: Wire) -> None:
    begin(alarm, wire)
    begin(alarm, wire)
    assert set(wire.watched.values()) == {1}


def test_a_route_of_the_service_alone_needs_no_httproute() -> None:
    assert [one.what for one in list_subjects("n", "genai", has_http_route=False)] == [
        "the record",
        "the Deployments",
        "the Service",
    ]


def test_a_flood_ends_waits_a_few_times_and_no_more(alarm: WatchAlarm, wire: Wire) -> None:
    begin(alarm, wire)
    stop = threading.Event()

    def flood() -> None:
        ready = 0
        while not stop.is_set():
            ready += 1
            with suppress(StopIteration):
                wire.send("deployments", "MODIFIED", make_deployment(ready=ready))
            stop.wait(0.01)

    thread = threading.Thread(target=flood, daemon=True)
    thread.start()
    early = [wakes(alarm, 0.6) for _ in range(6)]
    stop.set()
    thread.join()
    assert early == [True, True, True, True, False, False]


def test_an_allowance_comes_back_with_time() -> None:
    one = Allowance(2, 10.0)
    assert one.find_pause(100.0) == 0
    one.take(100.0)
    one.take(100.0)
    assert one.find_pause(100.0) == 10
    assert one.find_pause(105.0) == 5
    assert one.find_pause(110.0) == 0
    one.take(110.0)
    assert one.find_pause(1000.0) == 0
    one.take(1000.0)
    one.take(1000.0)
    assert one.find_pause(1000.0) == 10


def watch_one(client: KubeClient, plural: str, double: ApiDouble, name: str, thing: Json) -> list[str]:
    """Watch one list in which there is one object; return a list that grows when it rings."""
    subject = next(
        one for one in list_subjects("genai", "genai", has_http_route=True) if one.path.endswith(f"/{plural}")
    )
    double.put(f"{subject.path}/{name}", thing)
    rung: list[str] = []
    watcher = Watcher(client, subject, lambda: rung.append(plural), threading.Event(), (0.01, 0.02))
    threading.Thread(target=watcher.run, daemon=True).start()
    return rung


@pytest.mark.local
def test_on_a_real_server_a_wish_a_scale_and_a_route_end_a_wait(
    real_client: KubeClient, real_namespace: str
) -> None:
    config = f"/api/v1/namespaces/{real_namespace}/configmaps"
    body = {"apiVersion": "v1", "kind": "ConfigMap", **make_record("first")}
    real_client.create(config, body, what="it")
    alarm = WatchAlarm(real_client)
    assert not wakes(alarm, 2.0, real_namespace)
    service, route = render_route("genai", {"blue": 100}, "blue")
    own = {"data": {"rollout.json": "second"}}
    real_client.patch(f"{config}/genai-rollout", own, what="it", content_type=MERGE_PATCH)
    assert not wakes(alarm, 1.0, real_namespace)
    for plural, path, thing in (
        ("services", f"/api/v1/namespaces/{real_namespace}/services", service),
        ("httproutes", f"/apis/gateway.networking.k8s.io/v1/namespaces/{real_namespace}/httproutes", route),
    ):
        real_client.create(path, make_body(thing, real_namespace, 1), what=plural)
        assert wakes(alarm, LONG, real_namespace), plural
    wish = {"data": {"wish.json": "abort"}}
    real_client.patch(f"{config}/genai-rollout", wish, what="it", content_type=MERGE_PATCH)
    assert wakes(alarm, LONG, real_namespace)
    alarm.close()
