"""The load generator against an HTTP server on loopback."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from tests.waiting import wait_until
from tooling.adapters.load_http import HttpLoad, find_p95
from tooling.core.strategy import LoadSettings
from tooling.errors import UsageError

FAST = 200.0


@dataclass(slots=True)
class Edge:
    """A server that answers as told: (status, headers); status 0 closes the connection, -1 breaks off the body."""

    url: str = ""
    answer: Callable[[int], tuple[int, dict[str, str]]] = lambda _number: (200, {"x-genai-slot": "blue"})
    got: list[tuple[str, str, Any]] = field(default_factory=list)
    gate: threading.Event = field(default_factory=threading.Event)


class Server(ThreadingHTTPServer):
    """Takes a burst of new connections, which the default of five would make wait a second each."""

    request_queue_size = 256
    daemon_threads = True


def make_handler(edge: Edge) -> type[BaseHTTPRequestHandler]:
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            with lock:
                edge.got.append((self.path, self.headers["Host"], body))
                number = len(edge.got)
            status, headers = edge.answer(number)
            edge.gate.wait(20)
            if status == 0:
                self.close_connection = True
                return
            self.send_response(abs(status) if status != -1 else 200)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", "5" if status == -1 else "2")
            self.end_headers()
            self.wfile.write(b"{}")
            self.close_connection = status == -1

        def log_message(self, *_: object) -> None:
            pass

    return Handler


@contextmanager
def serve_edge() -> Iterator[Edge]:
    edge = Edge()
    edge.gate.set()
    server = Server(("127.0.0.1", 0), make_handler(edge))
    edge.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield edge
    finally:
        edge.gate.set()
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def edge() -> Iterator[Edge]:
    with serve_edge() as served:
        yield served


def test_requests_are_counted_by_slot(edge: Edge) -> None:
    def answer(number: int) -> tuple[int, dict[str, str]]:
        return (200, {"x-genai-slot": "blue"}) if number % 4 else (502, {"x-genai-slot": "green"})

    edge.answer = answer
    settings = LoadSettings(url=f"{edge.url}/", host="chat.example", rate=FAST, prompts=("a", "b"), max_tokens=3)
    began = time.time()
    with HttpLoad().run(settings) as load:
        wait_until(lambda: load.report().requests >= 20, "20 answers")
    report = load.report()
    assert report.requests == len(edge.got)
    green, blue = report.slots["green"], report.slots["blue"]
    assert green.requests == green.errors == len(edge.got) // 4 == report.errors
    assert blue.errors == 0
    assert blue.p95 is not None
    assert began <= blue.last_started_at <= time.time()
    assert green.last_started_at > 0
    assert {(path, host) for path, host, _ in edge.got} == {("/chat", "chat.example")}
    assert {body["message"] for _, _, body in edge.got} == {"a", "b"}
    assert {body["max_tokens"] for _, _, body in edge.got} == {3}
    assert report.examples == ("HTTP 502 from green",) * 3


@pytest.mark.parametrize(
    ("status", "headers", "slot", "errors", "example"),
    [
        (200, {}, "", 0, None),
        (404, {"x-genai-slot": "blue"}, "blue", 0, None),
        (404, {}, "", 1, "HTTP 404 from the edge"),
        (503, {}, "", 1, "HTTP 503 from the edge"),
        (0, {}, "", 1, "ProtocolError"),
        (-1, {"x-genai-slot": "blue"}, "blue", 1, "from blue"),
    ],
)
def test_what_counts_as_failed(status: int, headers: dict[str, str], slot: str, errors: int, example: str) -> None:
    with serve_edge() as edge:
        edge.answer = lambda _number: (status, headers)
        with HttpLoad().run(LoadSettings(url=edge.url, rate=FAST)) as load:
            wait_until(lambda: load.report().requests >= 5, "5 answers")
    report = load.report()
    assert set(report.slots) == {slot}, report
    assert report.errors == report.requests * errors
    assert len(report.examples) == 3 * errors
    assert all(example in line for line in report.examples)


def test_nobody_listens() -> None:
    with serve_edge() as edge:
        url = edge.url
    with HttpLoad().run(LoadSettings(url=url, rate=FAST)) as load:
        wait_until(lambda: load.report().requests >= 5, "5 failures")
    report = load.report()
    assert report.errors == report.requests
    assert set(report.slots) == {""}


def test_slow_answers_do_not_slow_the_rate_and_what_does_not_fit_is_told(edge: Edge) -> None:
    edge.gate.clear()
    settings = LoadSettings(url=edge.url, rate=FAST, concurrency=4, prompts=("secret prompt",))
    with HttpLoad().run(settings) as load:
        wait_until(lambda: len(edge.got) == 4 and load.report().examples, "all connections are busy")
        assert load.report().requests == 0
        edge.gate.set()
    report = load.report()
    assert report.requests == len(edge.got) >= 4
    assert "were not sent: all connections were busy" in report.examples[-1]
    assert "secret" not in repr(report)


def test_those_on_their_way_are_waited_for(edge: Edge) -> None:
    edge.gate.clear()
    with HttpLoad().run(LoadSettings(url=edge.url, rate=FAST, concurrency=2)) as load:
        wait_until(lambda: len(edge.got) == 2, "two are on their way")
        threading.Timer(0.1, edge.gate.set).start()
    assert load.report().requests == len(edge.got)


def test_the_rate_is_kept_on_average(edge: Edge) -> None:
    began = time.monotonic()
    with HttpLoad().run(LoadSettings(url=edge.url, rate=50.0)) as load:
        wait_until(lambda: load.report().requests >= 25, "25 answers")
    assert len(edge.got) <= (time.monotonic() - began) * 50 + 1


def test_the_load_stops_with_an_error(edge: Edge) -> None:
    with pytest.raises(ZeroDivisionError), HttpLoad().run(LoadSettings(url=edge.url, rate=FAST)):
        raise ZeroDivisionError
    assert not [one for one in threading.enumerate() if one.name == "load-ticker"]


@pytest.mark.parametrize("changes", [{"url": ""}, {"rate": 0}, {"concurrency": 0}, {"prompts": ()}])
def test_settings_that_send_nothing_are_refused(changes: dict[str, Any]) -> None:
    settings = LoadSettings(**{"url": "http://127.0.0.1:9", **changes})
    with pytest.raises(UsageError, match="load needs"), HttpLoad().run(settings):
        pass


@pytest.mark.parametrize(
    ("latencies", "p95"),
    [([], None), ([1.0], 1.0), ([float(number) for number in range(1, 101)], 95.0), ([3.0, 1.0, 2.0], 3.0)],
)
def test_p95(latencies: list[float], p95: float | None) -> None:
    assert find_p95(latencies) == p95
