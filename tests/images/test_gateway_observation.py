"""Gateway: probes, headers, counts and logs."""

from __future__ import annotations

import asyncio
import itertools
import json
import logging
import sys

import httpx
import pytest


@pytest.fixture
def lines(caplog):
    caplog.set_level(logging.INFO, logger="genai_gateway")

    def read():
        from genai_gateway.logs import JsonFormatter

        return [
            json.loads(JsonFormatter().format(record))
            for record in caplog.records
            if record.name == "genai_gateway"
        ]

    return read


def test_health_does_not_depend_on_the_model_and_ready_does(gateway, server):
    server.is_healthy = False
    assert gateway.send("GET", "/health").status_code == 200
    assert gateway.send("GET", "/ready").status_code == 503
    server.is_healthy = True
    assert gateway.send("GET", "/ready").status_code == 200


def test_ready_stays_once_it_was_reached(gateway, server):
    assert gateway.send("GET", "/ready").status_code == 200
    server.is_healthy = False
    assert gateway.send("GET", "/ready").status_code == 200


@pytest.mark.parametrize("path", ["/health", "/ready", "/metrics", "/chat", "/nowhere"])
def test_every_answer_names_slot_and_request(gateway, path):
    answer = gateway.send("GET", path)
    assert answer.headers["x-genai-slot"] == "green"
    assert len(answer.headers["x-request-id"]) == 32


@pytest.mark.parametrize(
    ("given", "is_kept"), [("abc-1.2:3", True), ("x" * 128, True), ("x" * 129, False), ("a b", False), ("", False)]
)
def test_a_request_id_is_kept_when_harmless_and_sent_on(gateway, server, given, is_kept):
    answer = gateway.send("POST", "/chat", json={"message": "hi"}, headers={"x-request-id": given})
    assert (answer.headers["x-request-id"] == given) is is_kept
    assert server.requests[0].headers["x-request-id"] == answer.headers["x-request-id"]


def test_models_are_listed_only_where_the_flag_says_so(gateway, make_gateway):
    assert gateway.send("GET", "/v1/models").status_code == 404
    answer = make_gateway(flags={"exposeModels": True}).send("GET", "/v1/models")
    assert [entry["id"] for entry in answer.json()["data"]] == ["small", "large", "vendor/small"]


def test_requests_are_counted_exactly_and_probes_are_not(gateway, server):
    for _ in range(3):
        gateway.chat(message="hi")
    gateway.chat(message="hi", model="made-up-by-a-caller")
    gateway.chat(message="")
    server.reply = lambda _: httpx.Response(500)
    gateway.chat(message="hi", model="large")
    gateway.send("GET", "/chat")
    for path in ("/health", "/ready", "/metrics", "/nowhere"):
        gateway.send("GET", path)
    assert gateway.counted() == {
        ("/chat", "small", "200"): 3,
        ("/chat", "small", "400"): 1,
        ("/chat", "unknown", "404"): 1,
        ("/chat", "unknown", "405"): 1,
        ("/chat", "large", "502"): 1,
    }
    assert gateway.count("genai_gateway_request_duration_seconds_count", endpoint="/chat", model="small") == 4
    assert gateway.count("genai_gateway_tokens_total", model="small", kind="prompt") == 21
    assert gateway.count("genai_gateway_requests_in_flight") == 0


def test_requests_in_flight_are_seen_while_they_run(gateway, server):
    seen = []

    def look(_):
        seen.append(gateway.count("genai_gateway_requests_in_flight"))
        return httpx.Response(500)

    server.reply = look
    gateway.chat(message="hi")
    assert seen == [1]


def test_the_exposition_is_what_prometheus_reads(gateway):
    gateway.chat(message="hi")
    answer = gateway.send("GET", "/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    assert 'genai_gateway_requests_total{code="200",endpoint="/chat",model="small"} 1.0' in answer.text
    assert "_created" not in answer.text


def test_buckets_bound_the_error_of_a_quantile():
    from genai_gateway.metrics import duration_buckets

    buckets = duration_buckets()
    assert (buckets[0], buckets[-1]) == (0.005, 120)
    assert all(1 < high / low <= 1.25 for low, high in itertools.pairwise(buckets))


def test_a_defect_is_500_counted_and_told_without_details(gateway, server, lines):
    def fail(_):
        raise RuntimeError("inner detail")

    server.reply = fail
    answer = gateway.chat(message="hi")
    assert (answer.status_code, answer.json()["error"]["type"]) == (500, "internal")
    assert "inner detail" not in answer.text
    assert answer.headers["x-genai-slot"] == "green"
    assert gateway.counted() == {("/chat", "small", "500"): 1}
    assert "RuntimeError" in lines()[0]["exception"]


def test_one_line_per_request_and_no_prompt_or_header_in_it(gateway, lines):
    headers = {"authorization": "Bearer top-secret", "x-request-id": "r1"}
    gateway.send("POST", "/chat", json={"message": "my private words"}, headers=headers)
    (line,) = lines()
    assert line["event"] == "request"
    assert {key: line[key] for key in ("request_id", "slot", "endpoint", "model", "code")} == {
        "request_id": "r1",
        "slot": "green",
        "endpoint": "/chat",
        "model": "small",
        "code": 200,
    }
    assert line["tokens"] == {"prompt": 7, "completion": 3}
    text = json.dumps(line)
    assert not any(word in text for word in ("private", "top-secret", "four"))


def test_prompts_are_logged_only_where_the_flag_says_so(make_gateway, lines):
    make_gateway(flags={"logPrompts": True}).chat(message="my words")
    assert lines()[0]["prompt"] == "my words"


FIRST = "genai_gateway_time_to_first_token_seconds"
OPENAI = "/v1/chat/completions"


def test_an_answer_without_a_stream_begins_when_it_is_there(gateway, server):
    gateway.chat(message="hi")
    gateway.send("POST", OPENAI, json={"messages": [{}]})
    gateway.chat(message="")
    server.reply = lambda _: httpx.Response(500)
    gateway.chat(message="hi", model="large")
    for endpoint in ("/chat", OPENAI):
        assert gateway.count(f"{FIRST}_count", endpoint=endpoint, model="small") == 1
    assert gateway.count(f"{FIRST}_count", endpoint="/chat", model="large") is None


class Ticking(httpx.AsyncByteStream):
    """Before each piece one second passes on the clock."""

    def __init__(self, clock, pieces):
        self.clock, self.pieces = clock, pieces

    async def __aiter__(self):
        for piece in self.pieces:
            self.clock.now += 1
            yield piece

    async def aclose(self):
        pass


@pytest.mark.parametrize(
    ("status", "pieces", "expected"),
    [
        (200, [b"data: 1\n\n", b"data: 2\n\n"], 1),
        (200, [b": wait\n\n", b"\n", b'data: {"choices"', b": []}\n\n", b"data: [DONE]\n\n"], 3),
        (200, [b": wait\n\nda", b"ta: 1\n\n"], 2),
        (200, [b": nothing\n\n"], None),
        (429, [b'data: {"error": {}}\n\n'], None),
    ],
)
def test_a_stream_begins_with_its_first_data(gateway, server, status, pieces, expected):
    class Clock:
        now = 100.0

        def __call__(self):
            return self.now

    clock = Clock()
    gateway.app.user_middleware[0].kwargs["clock"] = clock
    server.reply = lambda _: httpx.Response(status, stream=Ticking(clock, pieces))
    gateway.send("POST", OPENAI, json={"messages": [{}], "stream": True})
    assert gateway.count(f"{FIRST}_sum", endpoint=OPENAI, model="small") == expected
    total = gateway.count("genai_gateway_request_duration_seconds_sum", endpoint=OPENAI, model="small")
    assert total == len(pieces)


def leave_while(gateway, body, stop):
    """Send a request to the app itself; the client goes away once `stop` is set."""

    async def run():
        sent, left = [], asyncio.Event()
        queue = [{"type": "http.request", "body": json.dumps(body).encode(), "more_body": False}]

        async def receive():
            if queue:
                return queue.pop(0)
            await left.wait()
            return {"type": "http.disconnect"}

        async def send(message):
            sent.append(message)

        path = "/v1/chat/completions"
        scope = {"type": "http", "asgi": {"version": "3.0", "spec_version": "2.3"}, "http_version": "1.1"}
        scope |= {"method": "POST", "path": path, "raw_path": path.encode(), "query_string": b"", "headers": []}
        running = asyncio.ensure_future(gateway.app(scope, receive, send))
        await stop(left)
        await asyncio.wait_for(running, 10)
        return sent

    return asyncio.run(run())


@pytest.mark.parametrize("is_stream", [False, True])
def test_a_client_that_leaves_is_499_and_the_servers_work_is_stopped(gateway, server, is_stream):
    reached, was_stopped = asyncio.Event(), []

    async def hang(_):
        reached.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            was_stopped.append(True)
            raise

    server.reply = hang

    async def stop(left):
        await reached.wait()
        left.set()

    leave_while(gateway, {"messages": [{}], "stream": is_stream}, stop)
    assert gateway.counted() == {("/v1/chat/completions", "small", "499"): 1}
    assert was_stopped == [True]


def test_a_client_that_leaves_in_the_middle_of_a_stream_is_499(gateway, server):
    begun = asyncio.Event()

    class Slow(httpx.AsyncByteStream):
        is_closed = False

        async def __aiter__(self):
            yield b"data: 1\n\n"
            begun.set()
            await asyncio.Event().wait()

        async def aclose(self):
            self.is_closed = True

    stream = Slow()
    server.reply = lambda _: httpx.Response(200, stream=stream)

    async def stop(left):
        await begun.wait()
        left.set()

    sent = leave_while(gateway, {"messages": [{}], "stream": True}, stop)
    assert sent[0]["status"] == 200
    assert stream.is_closed
    assert gateway.counted() == {("/v1/chat/completions", "small", "499"): 1}
    assert gateway.count("genai_gateway_requests_in_flight") == 0


def test_set_up_sends_every_log_to_stdout_as_json(capsys):
    from genai_gateway import logs

    root = logging.getLogger()
    before = (root.handlers, root.level, logging.getLogger("httpx").level)
    try:
        logs.set_up()
        assert root.handlers[0].stream is sys.stdout
        logging.getLogger("uvicorn.error").warning("line\nbreak")
    finally:
        root.handlers, level, httpx_level = before
        root.setLevel(level)
        logging.getLogger("httpx").setLevel(httpx_level)
    (line,) = capsys.readouterr().out.splitlines()
    assert json.loads(line)["event"] == "line\nbreak"
