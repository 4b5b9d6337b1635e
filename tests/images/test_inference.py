"""Inference server: its arguments, what it tells llama.cpp, and the drill proxy in front of it."""

from __future__ import annotations

import asyncio
import contextlib
import json
from types import SimpleNamespace

import pytest


@pytest.fixture
def model(tmp_path):
    path = tmp_path / "model.gguf"
    path.write_bytes(b"GGUF")
    return path


def test_the_contracts_arguments_are_read(model):
    from genai_inference.arguments import parse

    line = "--alias smollm2 --host 0.0.0.0 --port 8080 --context 2048 --parallel 4 --threads 2"
    settings = parse(["--model", str(model), *line.split()])
    assert (settings.alias, settings.port, settings.context, settings.parallel) == ("smollm2", 8080, 2048, 4)
    assert (settings.threads, settings.fail_every, settings.never_ready) == (2, 0, False)
    assert not settings.is_drill


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--model", "/nowhere/model.gguf"], "is the model's volume mounted there?"),
        (["--port", "0"], "must be 1 to 65535"),
        (["--port", "70000"], "must be 1 to 65535"),
        (["--context", "0"], "must be at least 1"),
        (["--parallel", "-1"], "must be at least 1"),
        (["--threads", "x"], "invalid"),
        (["--fail-every", "0"], "must be at least 1"),
    ],
)
def test_a_mistake_ends_with_2_and_is_named(model, capsys, arguments, said):
    from genai_inference.arguments import parse

    with pytest.raises(SystemExit) as caught:
        parse(["--model", str(model), *arguments])
    assert caught.value.code == 2
    assert said in capsys.readouterr().err


def test_help_says_what_the_drills_are_for(capsys):
    from genai_inference.arguments import parse

    with pytest.raises(SystemExit):
        parse(["--help"])
    said = " ".join(capsys.readouterr().out.split())
    assert "release drills" in said
    assert "Never for real traffic" in said


@pytest.mark.parametrize(
    ("switch", "is_drill"), [(["--fail-every", "5"], True), (["--never-ready"], True), ([], False)]
)
def test_only_a_drill_starts_the_proxy(model, switch, is_drill):
    from genai_inference.arguments import parse

    assert parse(["--model", str(model), *switch]).is_drill is is_drill


def test_llama_gets_context_for_every_slot_and_bounded_memory(model):
    from genai_inference.arguments import parse
    from genai_inference.server import configure

    parameters = SimpleNamespace(
        model=SimpleNamespace(), cpuparams=SimpleNamespace(), cpuparams_batch=SimpleNamespace()
    )
    settings = parse(
        ["--model", str(model), "--alias", "a", "--context", "512", "--parallel", "3", "--threads", "1"]
    )
    configure(parameters, settings, "127.0.0.1", 0)
    assert (parameters.n_ctx, parameters.n_parallel) == (1536, 3)
    assert (parameters.model.path, parameters.model_alias) == (str(model), {"a"})
    assert (parameters.hostnames, parameters.port) == (["127.0.0.1"], 0)
    assert parameters.cpuparams.n_threads == parameters.cpuparams_batch.n_threads == 1
    assert parameters.cache_ram_mib == 0
    assert parameters.endpoint_metrics
    assert not parameters.endpoint_slots
    assert not parameters.ui


def test_running_requests_are_read_from_the_exposition():
    from genai_inference.server import count_running

    text = "# TYPE x gauge\nllamacpp:requests_processing 2\nllamacpp:requests_deferred 1.0\nllamacpp:other 9\n"
    assert count_running(text) == 3
    assert count_running("") == 0


@pytest.mark.parametrize(
    ("faults", "requests", "expected"),
    [
        ({"fail_every": 5}, [("POST", "/v1/chat/completions")] * 10, [None] * 4 + [500] + [None] * 4 + [500]),
        ({"fail_every": 1}, [("POST", "/v1/completions?x=1"), ("POST", "/completion")], [500, 500]),
        (
            {"fail_every": 2},
            [("GET", "/health"), ("POST", "/v1/chat/completions"), ("GET", "/v1/models")],
            [None] * 3,
        ),
        (
            {"never_ready": True},
            [("GET", "/health"), ("GET", "/health?x"), ("POST", "/completion")],
            [503, 503, None],
        ),
        ({}, [("POST", "/v1/chat/completions"), ("GET", "/health")], [None, None]),
    ],
)
def test_which_requests_a_drill_fails(faults, requests, expected):
    from genai_inference.drill import Faults

    judge = Faults(**faults).judge
    assert [judge(*request) for request in requests] == expected


@contextlib.asynccontextmanager
async def drill(faults, answer):
    """A drill proxy in front of a server that keeps what it got and writes `answer`."""
    from genai_inference.drill import DrillProxy, Faults

    got = []

    async def serve(reader, writer):
        head = await reader.readuntil(b"\r\n\r\n")
        length = next((int(x.split(b":")[1]) for x in head.split(b"\r\n") if x.startswith(b"content-length")), 0)
        got.append(head + await reader.readexactly(length))
        for piece in answer:
            writer.write(piece)
            await writer.drain()
        writer.close()

    upstream = await asyncio.start_server(serve, "127.0.0.1", 0)
    proxy = await DrillProxy(Faults(**faults), upstream.sockets[0].getsockname()[1]).serve("127.0.0.1", 0)
    port = proxy.sockets[0].getsockname()[1]

    async def send(raw):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(raw)
        try:
            return await asyncio.wait_for(reader.read(), 10)
        finally:
            writer.close()

    async with upstream, proxy:
        yield send, got, upstream


POST = b"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nConnection: keep-alive\r\nContent-Length: 4\r\n\r\nbody"


def test_the_proxy_passes_requests_and_streams_on_and_fails_every_nth():
    async def story():
        pieces = [b"HTTP/1.1 200 OK\r\n\r\n", b"data: 1\n\n", b"data: [DONE]\n\n"]
        async with drill({"fail_every": 3}, pieces) as (send, got, _):
            answers = [await send(POST) for _ in range(6)]
            return answers, got, b"".join(pieces)

    answers, got, whole = asyncio.run(story())
    assert [answer == whole for answer in answers] == [True, True, False, True, True, False]
    assert answers[2].startswith(b"HTTP/1.1 500 ")
    assert json.loads(answers[2].partition(b"\r\n\r\n")[2])["error"]["type"] == "drill"
    assert len(got) == 4
    assert got[0].endswith(b"connection: close\r\n\r\nbody")
    assert b"keep-alive" not in got[0]


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (b"GET /health HTTP/1.1\r\n\r\n", b"503"),
        (b"nonsense\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\nbroken\r\n\r\n", b"400"),
        (b"POST / HTTP/1.1\r\ncontent-length: -1\r\n\r\n", b"400"),
        (b"POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n", b"400"),
        (b"POST / HTTP/1.1\r\ncontent-length: 99999999\r\n\r\n", b"413"),
        (b"GET /" + b"x" * 70_000 + b" HTTP/1.1\r\n\r\n", b"400"),
    ],
)
def test_what_the_proxy_answers_itself(raw, status):
    async def story():
        async with drill({"never_ready": True}, [b"never"]) as (send, got, _):
            return await send(raw), got

    answer, got = asyncio.run(story())
    assert answer.split(b" ")[1] == status
    assert got == []


def test_a_server_that_is_gone_is_502():
    async def story():
        async with drill({}, []) as (send, _, upstream):
            upstream.close()
            await upstream.wait_closed()
            return await send(POST)

    assert asyncio.run(story()).startswith(b"HTTP/1.1 502 ")


def test_the_proxy_serves_until_it_is_stopped(capsys):
    from genai_inference.drill import Faults, run

    async def story():
        stopped = asyncio.Event()
        running = asyncio.ensure_future(run(Faults(), 1, "127.0.0.1", 0, stopped))
        await asyncio.sleep(0)
        assert not running.done()
        stopped.set()
        await asyncio.wait_for(running, 10)

    asyncio.run(story())
    assert "release drill" in capsys.readouterr().err
