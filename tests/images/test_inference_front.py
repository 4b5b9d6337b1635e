"""The front of the inference server: requests reach the engine of their model, are counted, and end in time."""

from __future__ import annotations

import asyncio
import contextlib
import json
from types import SimpleNamespace

import pytest

WHOLE = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
COUNTERS = b"# TYPE x counter\nllamacpp:n_decode_total 7\nllamacpp:tokens_predicted_total 5\n"


class Behind:
    """A server behind the front; each model's answers are `pieces`, after `go` is set."""

    def __init__(self, pieces=(WHOLE,)):
        self.pieces, self.got, self.left = pieces, [], 0
        self.health = b"HTTP/1.1 200 OK\r\n\r\n"
        self.go = asyncio.Event()
        self.go.set()

    async def answer(self, reader, writer):
        head = await reader.readuntil(b"\r\n\r\n")
        if head.startswith(b"GET /health"):
            writer.write(self.health)
        elif head.startswith(b"GET /metrics"):
            writer.write(b"HTTP/1.1 200 OK\r\n\r\n" + COUNTERS)
        else:
            lines = head.lower().split(b"\r\n")
            length = next((int(x.split(b":")[1]) for x in lines if x.startswith(b"content-length")), 0)
            self.got.append(head + await reader.readexactly(length))
            going = asyncio.ensure_future(self.go.wait())
            leaving = asyncio.ensure_future(reader.read(1))
            await asyncio.wait((going, leaving), return_when=asyncio.FIRST_COMPLETED)
            self.left += not going.done()
            leaving.cancel()
            for piece in self.pieces if going.done() else ():
                writer.write(piece)
                await writer.drain()
        writer.close()


@contextlib.asynccontextmanager
async def front(behind=None, faults=None, parallel=2, models=(("m", "alias"),), adapters=()):
    """A front before one server for all models; gives a way to send, the server behind, and the front."""
    from genai_inference.faults import Faults
    from genai_inference.front import Front

    behind = behind or Behind()
    server = await asyncio.start_server(behind.answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    engines = [
        SimpleNamespace(
            model=SimpleNamespace(names=names, adapters=[SimpleNamespace(name=name) for name in adapters]),
            port=port,
            handle=None,
        )
        for names in models
    ]
    tested = Front(engines, parallel, Faults(**(faults or {})))
    serving = await tested.serve("127.0.0.1", 0)
    own = serving.sockets[0].getsockname()[1]

    async def send(raw):
        reader, writer = await asyncio.open_connection("127.0.0.1", own)
        writer.write(raw)
        try:
            return await asyncio.wait_for(reader.read(), 20)
        finally:
            writer.close()

    try:
        yield send, behind, tested
    finally:
        serving.close()
        server.close()


def post(path="/v1/chat/completions", **body):
    text = json.dumps(body).encode()
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nConnection: keep-alive\r\nContent-Length: {len(text)}\r\n\r\n"
    return head.encode() + text


def status(answer):
    return int(answer.split(b" ")[1])


async def until(condition):
    """Wait for what the story brings about."""
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.01)


async def sample(send, name, model="m"):
    text = (await send(b"GET /metrics HTTP/1.1\r\n\r\n")).decode()
    line = next((x for x in text.splitlines() if x.startswith(f'{name}{{model_name="{model}"')), "none -1")
    return float(line.rsplit(" ", 1)[1])


def test_requests_and_streams_are_passed_on_as_they_are():
    async def story():
        pieces = [b"HTTP/1.1 200 OK\r\n\r\n", b"data: 1\n\n", b"data: [DONE]\n\n"]
        async with front(Behind(pieces)) as (send, behind, _):
            answer = await send(post(model="m", stream=True))
            await send(post(model="m"))
            first = await sample(send, "vllm:time_to_first_token_seconds_count")
            return (
                answer,
                behind.got,
                b"".join(pieces),
                first,
                await sample(send, "vllm:e2e_request_latency_seconds_count"),
            )

    answer, got, whole, first, finished = asyncio.run(story())
    assert answer == whole
    assert b"connection: close\r\n\r\n{" in got[0]
    assert b"keep-alive" not in got[0]
    assert (first, finished) == (1, 2), "the first token is timed where it is seen: in a stream"


def test_a_request_for_an_adapter_asks_its_model_to_use_that_one_alone():
    async def story():
        async with front(adapters=("tone", "legal")) as (send, behind, _):
            for model in ("m", "tone", "legal"):
                await send(post(model=model, prompt="a"))
            served = json.loads((await send(b"GET /v1/models HTTP/1.1\r\n\r\n")).split(b"\r\n\r\n")[1])
            wrong = await send(b"POST /v1/completions HTTP/1.1\r\nContent-Length: 3\r\n\r\n[1]")
            return [json.loads(each.split(b"\r\n\r\n")[1]) for each in behind.got[:3]], served, status(wrong)

    bodies, served, wrong = asyncio.run(story())
    assert [body.get("lora") for body in bodies] == [None, [{"id": 0, "scale": 1.0}], [{"id": 1, "scale": 1.0}]]
    assert [body["prompt"] for body in bodies] == ["a"] * 3
    assert [each["id"] for each in served["data"]] == ["m", "alias", "tone", "legal"]
    assert wrong == 200, "what is no object goes to the first model as it is"


def test_a_request_reaches_its_model_by_any_of_its_names_and_no_other():
    async def story():
        async with front(models=(("a", "b"), ("c",))) as (send, _, __):
            names = [await send(post(model=name)) for name in ("a", "b", "c", "d", 7)]
            models = json.loads((await send(b"GET /v1/models HTTP/1.1\r\n\r\n")).partition(b"\r\n\r\n")[2])
            counts = [await sample(send, "vllm:e2e_request_latency_seconds_count", each) for each in "ac"]
            return [status(answer) for answer in names], await send(post()), models, counts

    statuses, unnamed, models, counts = asyncio.run(story())
    assert statuses == [200, 200, 200, 404, 404]
    assert status(unnamed) == 200
    assert [model["id"] for model in models["data"]] == ["a", "b", "c"]
    assert counts == [2, 1]


def test_what_waits_and_what_runs_is_counted_under_vllms_names():
    async def story():
        behind = Behind()
        behind.go.clear()
        async with front(behind, parallel=2) as (send, _, __):
            sent = [asyncio.ensure_future(send(post(model="alias"))) for _ in range(5)]
            await until(lambda: len(behind.got) == 5)
            busy = [await sample(send, f"vllm:num_requests_{each}") for each in ("running", "waiting")]
            behind.go.set()
            await asyncio.gather(*sent)
            idle = [await sample(send, f"vllm:num_requests_{each}") for each in ("running", "waiting")]
            return busy, idle

    assert asyncio.run(story()) == ([2, 3], [0, 0])


def test_the_engines_counters_are_told_under_both_names():
    async def story():
        async with front() as (send, _, tested):
            watching = asyncio.ensure_future(tested.watch())
            names = ("llamacpp:n_decode_total", "vllm:generation_tokens_total")
            async with asyncio.timeout(20):
                while (found := [await sample(send, name) for name in names])[0] < 0:
                    await asyncio.sleep(0.01)
            watching.cancel()
            return found

    assert asyncio.run(story()) == [7, 5]


def test_a_client_that_leaves_frees_the_engine():
    async def story():
        behind = Behind()
        behind.go.clear()
        async with front(behind) as (send, _, tested):
            sent = asyncio.ensure_future(send(post(model="m")))
            await until(lambda: behind.got)
            sent.cancel()
            await until(lambda: behind.left)
            return await tested.drain(20), await sample(send, "vllm:num_requests_running")

    assert asyncio.run(story()) == (True, 0)


def test_an_engine_that_hangs_on_purpose_still_tells_its_health_and_that_a_request_runs():
    async def story():
        async with front(faults={"hang_after": 1}) as (send, behind, tested):
            assert status(await send(post(model="m"))) == 200
            sent = asyncio.ensure_future(send(post(model="m")))
            async with asyncio.timeout(20):
                while not await sample(send, "vllm:num_requests_running"):
                    await asyncio.sleep(0.01)
            health = status(await send(b"GET /health HTTP/1.1\r\n\r\n"))
            is_drained = await tested.drain(0.1)
            sent.cancel()
            return health, len(behind.got), is_drained, await tested.drain(20)

    assert asyncio.run(story()) == (200, 1, False, True)


def test_drain_waits_for_what_runs():
    async def story():
        behind = Behind()
        behind.go.clear()
        async with front(behind) as (send, _, tested):
            sent = asyncio.ensure_future(send(post(model="m")))
            await until(lambda: behind.got)
            draining = asyncio.ensure_future(tested.drain(20))
            await asyncio.sleep(0)
            assert not draining.done()
            behind.go.set()
            return await draining, status(await sent)

    assert asyncio.run(story()) == (True, 200)


def test_every_nth_completion_fails_on_purpose():
    async def story():
        async with front(faults={"fail_every": 3}) as (send, behind, _):
            answers = [await send(post(model="m")) for _ in range(6)]
            return [status(answer) for answer in answers], answers[2], len(behind.got)

    statuses, failed, passed = asyncio.run(story())
    assert statuses == [200, 200, 500, 200, 200, 500]
    assert json.loads(failed.partition(b"\r\n\r\n")[2])["error"]["type"] == "drill"
    assert passed == 4


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"GET /health HTTP/1.1\r\n\r\n", 503),
        (b"nonsense\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nbroken\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\ncontent-length: -1\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\ncontent-length: \u00b2\r\n\r\n".encode("latin-1"), 400),
        (b"POST / HTTP/1.1\r\ncontent-length: " + b"9" * 5000 + b"\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n", 411),
        (b"POST / HTTP/1.1\r\ncontent-length: 99999999\r\n\r\n", 413),
        (b"GET /" + b"x" * 70_000 + b" HTTP/1.1\r\n\r\n", 400),
    ],
)
def test_what_the_front_answers_itself(raw, expected):
    async def story():
        async with front(faults={"never_ready": True}) as (send, behind, _):
            return status(await send(raw)), behind.got

    assert asyncio.run(story()) == (expected, [])


def test_a_body_that_is_nested_too_deep_to_read_is_passed_on_as_it_is():
    body = b"[" * 60_000

    async def story():
        async with front() as (send, behind, _):
            head = f"POST /v1/completions HTTP/1.1\r\nContent-Length: {len(body)}\r\n\r\n".encode()
            return status(await send(head + body)), len(behind.got)

    assert asyncio.run(story()) == (200, 1)


def test_an_engine_that_is_gone_is_502_and_one_that_is_unwell_503():
    async def story():
        behind = Behind()
        behind.health = b"HTTP/1.1 503 Loading\r\n\r\n"
        async with front(behind) as (send, _, tested):
            health = status(await send(b"GET /health HTTP/1.1\r\n\r\n"))
            tested._by_name["m"].port = 1
            return health, status(await send(post(model="m"))), status(await send(b"GET /health HTTP/1.1\r\n\r\n"))

    assert asyncio.run(story()) == (503, 502, 503)


def test_a_client_that_asks_may_go_on():
    async def story():
        async with front() as (send, behind, _):
            raw = post(model="m").replace(b"Host: x", b"Expect: 100-continue")
            return await send(raw), behind.got[0]

    answer, got = asyncio.run(story())
    assert answer.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 ")
    assert b"100-continue" not in got
