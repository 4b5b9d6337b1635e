"""Gateway: what each kind of request is answered with, and what reaches the inference server."""

from __future__ import annotations

import asyncio
import json

import httpx
import pytest

CHAT, OPENAI = "/chat", "/v1/chat/completions"
HELLO = {"messages": [{"role": "user", "content": "hello"}]}


def test_chat_asks_the_default_model(gateway, server):
    answer = gateway.chat(message="What is 2+2?")
    assert answer.status_code == 200
    assert answer.json() == {"response": "four", "model": "small", "tokens_used": 10}
    assert str(server.requests[0].url) == "http://small:8080/v1/chat/completions"
    assert server.bodies() == [
        {
            "model": "small-served",
            "messages": [{"role": "user", "content": "What is 2+2?"}],
            "max_tokens": 256,
            "stream": False,
        }
    ]


def test_a_named_model_and_its_limit_are_used(gateway, server):
    server.reply = lambda _: httpx.Response(200, json={"choices": [{"message": {"content": None}}]})
    answer = gateway.chat(message="hi", model="large", max_tokens=9)
    assert answer.json() == {"response": "", "model": "large", "tokens_used": 0}
    assert server.requests[0].url.host == "large"
    assert (server.bodies()[0]["model"], server.bodies()[0]["max_tokens"]) == ("large", 9)


def test_an_alias_is_the_model_it_stands_for(gateway, server):
    answer = gateway.chat(message="hi", model="vendor/small")
    assert answer.json()["model"] == "small"
    assert gateway.send("POST", OPENAI, json={**HELLO, "model": "vendor/small"}).status_code == 200
    assert [body["model"] for body in server.bodies()] == ["small-served"] * 2
    assert gateway.counted() == {(CHAT, "small", "200"): 1, (OPENAI, "small", "200"): 1}


@pytest.mark.parametrize(("most", "status", "sent"), [(300, 400, None), (200, 200, 200), (None, 200, 200)])
def test_a_models_own_limit_goes_before_the_gateways(make_gateway, server, most, status, sent):
    models = {"small": {"url": "http://small:8080", "maxTokens": 200}}
    gateway = make_gateway(models=models)
    for path, body in ((CHAT, {"message": "hi"}), (OPENAI, HELLO)):
        answer = gateway.send("POST", path, json={**body, "max_tokens": most})
        assert answer.status_code == status
    assert [body["max_tokens"] for body in server.bodies()] == ([sent, sent] if sent else [])


def test_openai_fields_pass_through_and_the_body_comes_back_as_it_is(gateway, server):
    answer = gateway.send("POST", OPENAI, json={**HELLO, "temperature": 0.5, "seed": 3, "max_tokens": 5})
    assert answer.json()["choices"][0]["message"]["content"] == "four"
    assert server.bodies()[0] == {
        **HELLO,
        "temperature": 0.5,
        "seed": 3,
        "max_tokens": 5,
        "model": "small-served",
    }


def test_an_openai_request_without_a_limit_gets_one(gateway, server):
    gateway.send("POST", OPENAI, json=HELLO)
    assert server.bodies()[0]["max_tokens"] == 256


@pytest.mark.parametrize(
    ("path", "body", "expected"),
    [
        (CHAT, b"{", (400, "invalid_json")),
        (CHAT, b"\xff", (400, "invalid_json")),
        (CHAT, b"[" * 100_000, (400, "invalid_json")),
        (CHAT, b"[]", (400, "invalid_request")),
        (CHAT, b"{}", (400, "invalid_request")),
        (CHAT, b'{"message": " "}', (400, "invalid_request")),
        (CHAT, b'{"message": 5}', (400, "invalid_request")),
        (CHAT, b'{"message": "x", "temperature": 1}', (400, "invalid_request")),
        (CHAT, b'{"message": "x", "max_tokens": 0}', (400, "invalid_request")),
        (CHAT, b'{"message": "x", "max_tokens": 1025}', (400, "invalid_request")),
        (CHAT, b'{"message": "x", "max_tokens": true}', (400, "invalid_request")),
        (CHAT, b'{"message": "x", "max_tokens": "9"}', (400, "invalid_request")),
        (CHAT, b'{"message": "x", "model": "other"}', (404, "unknown_model")),
        (CHAT, b'{"message": "x", "model": ["small"]}', (400, "invalid_request")),
        (CHAT, b'{"message": "' + b"x" * 1_048_576 + b'"}', (413, "request_too_large")),
        (OPENAI, b'{"messages": []}', (400, "invalid_request")),
        (OPENAI, b'{"messages": "hi"}', (400, "invalid_request")),
        (OPENAI, b'{"messages": [{}], "stream": "yes"}', (400, "invalid_request")),
        (OPENAI, b'{"messages": [{}], "n": 0}', (400, "invalid_request")),
        (OPENAI, b'{"messages": [{}], "n": 100}', (400, "invalid_request")),
        (OPENAI, b'{"messages": [{}], "max_completion_tokens": 9999}', (400, "invalid_request")),
        (OPENAI, b'{"messages": [{}], "model": "other"}', (404, "unknown_model")),
    ],
)
def test_the_callers_own_mistakes_are_4xx_and_reach_no_server(gateway, server, path, body, expected):
    answer = gateway.send("POST", path, content=body)
    assert (answer.status_code, answer.json()["error"]["type"]) == expected
    assert server.requests == []


def test_a_body_without_a_declared_length_is_bounded_too(gateway):
    async def endless():
        for _ in range(100):
            yield b" " * 65_536

    assert gateway.send("POST", CHAT, content=endless()).status_code == 413


@pytest.mark.parametrize("path", [CHAT, OPENAI])
@pytest.mark.parametrize(
    ("upstream", "expected"),
    [(500, 502), (503, 502), (301, 502), (401, 502), (404, 502), (400, 400), (413, 413), (422, 422), (429, 429)],
)
def test_upstream_statuses(gateway, server, path, upstream, expected):
    server.reply = lambda _: httpx.Response(upstream, json={"error": {"message": "no"}})
    body = {"message": "hi"} if path == CHAT else HELLO
    answer = gateway.send("POST", path, json=body)
    assert answer.status_code == expected
    assert "error" in answer.json()


@pytest.mark.parametrize("path", [CHAT, OPENAI])
@pytest.mark.parametrize("content", [b"not json", b"[]", b'{"choices": []}', b'{"choices": [{"text": "x"}]}'])
def test_an_answer_that_is_no_completion_is_502(gateway, server, path, content):
    server.reply = lambda _: httpx.Response(200, content=content)
    body = {"message": "hi"} if path == CHAT else HELLO
    assert gateway.send("POST", path, json=body).status_code == 502


@pytest.mark.parametrize("error", [httpx.ConnectError, httpx.ReadError, httpx.ReadTimeout, httpx.PoolTimeout])
def test_transport_errors_are_502(gateway, server, error):
    def fail(_):
        raise error("secret detail")

    server.reply = fail
    answer = gateway.chat(message="hi")
    assert (answer.status_code, answer.json()["error"]["type"]) == (502, "upstream")
    assert "secret" not in answer.text


def test_a_connection_that_had_just_closed_is_tried_once_more(gateway, server):
    def close_first(_):
        if len(server.requests) == 1:
            raise httpx.RemoteProtocolError("server disconnected")
        return httpx.Response(200, json={"choices": [{"message": {"content": "ok"}}]})

    server.reply = close_first
    assert gateway.chat(message="hi").status_code == 200
    assert len(server.requests) == 2


@pytest.mark.parametrize("is_stream", [False, True])
def test_a_server_that_does_not_answer_is_502_after_the_models_timeout(gateway, server, is_stream):
    async def hang(_):
        await asyncio.Event().wait()

    server.reply = hang
    answer = gateway.send("POST", OPENAI, json={**HELLO, "model": "large", "stream": is_stream})
    assert answer.status_code == 502
    assert "0.05 s" in answer.json()["error"]["message"]


class Pieces(httpx.AsyncByteStream):
    def __init__(self, pieces, is_broken=False):
        self.pieces, self.is_broken, self.is_closed = pieces, is_broken, False

    async def __aiter__(self):
        for piece in self.pieces:
            yield piece
        if self.is_broken:
            raise httpx.ReadError("gone")

    async def aclose(self):
        self.is_closed = True


USAGE = json.dumps({"choices": [], "usage": {"prompt_tokens": 4, "completion_tokens": 2}}).encode()


def test_a_stream_passes_through_byte_for_byte_and_its_usage_is_counted(gateway, server):
    events = [b'data: {"choices": [1]}\n\nda', b"ta: " + USAGE[:20], USAGE[20:] + b"\n\n", b"data: [DONE]\n\n"]
    stream = Pieces(events)
    server.reply = lambda _: httpx.Response(200, stream=stream, headers={"content-type": "text/event-stream"})
    answer = gateway.send("POST", OPENAI, json={**HELLO, "stream": True})
    assert answer.content == b"".join(events)
    assert answer.headers["content-type"] == "text/event-stream"
    assert stream.is_closed
    assert gateway.count("genai_gateway_tokens_total", model="small", kind="completion") == 2
    assert gateway.counted() == {(OPENAI, "small", "200"): 1}


def test_a_stream_that_breaks_says_so_and_counts_as_502(gateway, server):
    stream = Pieces([b"data: 1\n\n"], is_broken=True)
    server.reply = lambda _: httpx.Response(200, stream=stream)
    answer = gateway.send("POST", OPENAI, json={**HELLO, "stream": True})
    assert answer.status_code == 200
    assert b'"type": "upstream"' in answer.content
    assert b"[DONE]" not in answer.content
    assert stream.is_closed
    assert gateway.counted() == {(OPENAI, "small", "502"): 1}
