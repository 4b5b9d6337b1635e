"""The proxy of the fault trials: what the server did and what the client heard, class by class."""

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field

import pytest

from tests.faults.gateways import Gateways, read_weights
from tests.faults.http11 import Answer, Request, write_chunk, write_request
from tests.faults.proxy import Door
from tests.faults.reactions import BY_NAME
from tests.faults.wire import Wire

STATE = "/api/v1/namespaces/n/configmaps/genai-rollout"
JSON = (("content-type", "application/json"),)


class FakeLink:
    """A connection on which an API server answers a watch."""

    def __init__(self) -> None:
        self.socket, self._server = socket.socketpair()
        self.stream = self.socket.makefile("rb")

    def send(self, request: Request) -> None:
        """Begin the answer."""
        self._server.sendall(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")

    def say(self, part: bytes) -> None:
        """Go on with the answer."""
        self._server.sendall(write_chunk(part))

    def close(self) -> None:
        """End it."""
        self.socket.close()
        self._server.close()


@dataclass
class FakeUpstream:
    """An API server with one object, which counts the writes of it."""

    count: int = 0
    seen: list[Request] = field(default_factory=list)
    link: FakeLink = field(default_factory=FakeLink)

    def connect(self) -> FakeLink:
        """Return the one connection for a stream."""
        return self.link

    def send(self, request: Request) -> Answer:
        """Count and answer."""
        self.seen.append(request)
        self.count += request.method == "PATCH"
        return Answer(200, json.dumps({"count": self.count}).encode(), JSON, "OK")

    def ask(self, method: str, target: str, body: object = None, content_type: str = "") -> None:
        """Answer the proxy's own questions: there is nothing else."""


@pytest.fixture
def upstream() -> FakeUpstream:
    """The server."""
    return FakeUpstream()


@pytest.fixture
def wire(upstream: FakeUpstream) -> Wire:
    """The proxy's state."""
    return Wire(upstream, "n", Gateways("genai", weights={"blue": 100}))  # type: ignore[arg-type]


@pytest.fixture
def client(wire: Wire) -> Iterator[http.client.HTTPConnection]:
    """A client at a door."""
    door = Door(wire, 1)
    door.open()
    client = http.client.HTTPConnection(door.address.removeprefix("http://"), timeout=10)
    yield client
    client.close()
    door.close()


def ask(client: http.client.HTTPConnection, method: str, path: str = STATE) -> tuple[int, dict[str, int]]:
    """Return status and body; 0 where the connection ended without an answer."""
    try:
        client.request(method, path, body="{}" if method == "PATCH" else None)
        answer = client.getresponse()
        return answer.status, json.loads(answer.read())
    except (ConnectionError, http.client.HTTPException):
        client.close()
        return 0, {}


@pytest.mark.parametrize(
    ("fault", "ends"),
    [
        ("reply-lost", (0, 1)),
        ("reset", (0, 0)),
        ("conflict", (409, 0)),
        ("throttled", (429, 0)),
        ("broken", (500, 0)),
        ("expired", (401, 0)),
        ("kill-before", (0, 0)),
        ("kill-after", (0, 1)),
        ("watch-cut", (200, 1)),
        ("writer-state", (200, 1)),
    ],
)
def test_only_the_struck_write_is_broken(
    wire: Wire, upstream: FakeUpstream, client: http.client.HTTPConnection, fault: str, ends: tuple[int, int]
) -> None:
    told, done = ends
    wire.point, wire.reaction = 2, BY_NAME[fault]

    assert ask(client, "PATCH")[0] == 200
    assert ask(client, "PATCH")[0] == told
    assert upstream.count == 1 + done
    if not fault.startswith("kill"):  # a door is shut for good with its command
        assert ask(client, "PATCH")[0] == 200


def test_a_stale_read_says_what_was_true_before_the_write(wire: Wire, client: http.client.HTTPConnection) -> None:
    wire.point, wire.reaction = 1, BY_NAME["stale"]
    ask(client, "GET")
    ask(client, "PATCH")

    counts = [ask(client, "GET")[1]["count"] for _ in range(6)]

    assert counts == [0, 0, 0, 0, 1, 1]


def test_a_watch_passes_and_can_be_cut(wire: Wire, upstream: FakeUpstream) -> None:
    door = Door(wire, 1)
    door.open()
    with closing(http.client.HTTPConnection(door.address.removeprefix("http://"), timeout=10)) as client:
        client.request("GET", "/api/v1/namespaces/n/pods?watch=true")
        answer = client.getresponse()
        upstream.link.say(b"one")

        assert answer.read1(100) == b"one"
        wire.cut_watches()
        with pytest.raises(http.client.IncompleteRead):
            answer.read()
    door.close()


def test_credentials_of_a_client_are_not_passed_on() -> None:
    sent = write_request(Request("GET", STATE, (("Authorization", "Bearer hush"), ("accept", "x"))), "host")

    assert b"hush" not in sent
    assert b"accept: x" in sent


def test_a_planted_secret_is_noticed_in_a_body(wire: Wire, client: http.client.HTTPConnection) -> None:
    wire.secrets = (b"hush",)
    client.request("PATCH", STATE, body='{"a": "hush"}')
    client.getresponse().read()

    assert [leak for leak in wire.leaks if leak.startswith("P10")]
    assert wire.writes[0].number == 1


def test_gateways_count_what_the_weights_give_them() -> None:
    now = [0.0]
    gateways = Gateways("genai", bad="green", weights={"blue": 75, "green": 25}, clock=lambda: now[0])
    pages = [
        f"/api/v1/namespaces/n/pods/http:genai-{slot}-gateway-x:8080/proxy/metrics" for slot in ("blue", "green")
    ]
    for page in pages:
        gateways.answer(Request("GET", page))
    now[0] = 1.0

    blue, green = (gateways.answer(Request("GET", page)) for page in pages)

    assert blue is not None
    assert green is not None
    assert b'code="200"} 301\n' in blue.body
    assert b'code="200"} 51\n' in green.body
    assert b'code="500"} 50\n' in green.body


def test_weights_are_read_by_slot() -> None:
    backends = [{"name": "genai-blue-gateway", "weight": 90}, {"name": "genai-green-gateway", "weight": 10}]

    assert read_weights({"spec": {"rules": [{"backendRefs": backends}]}}, "genai") == {"blue": 90, "green": 10}
