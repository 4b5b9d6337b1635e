"""What clients talk to: passes requests on to the engine of their model, counts them, and drains at the end."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import Iterator, Sequence

from .engine import Engine
from .exposition import Load, read_counters, write
from .faults import COMPLETIONS, Fate, Faults
from .messages import BadRequestError, Request, encode_answer, encode_error, read_request

_READ_SECONDS = 60
_LOOK_SECONDS = 2
_DRILL = "release drill: this failure is on purpose"


class Front:
    """Serves engines that listen on loopback, each of which takes `parallel` requests at a time."""

    def __init__(self, engines: Sequence[Engine], parallel: int, faults: Faults) -> None:
        self._engines = engines
        self._faults = faults
        self._loads = {engine.model.names[0]: Load(engine.model.names[0], parallel) for engine in engines}
        self._by_name = {name: engine for engine in engines for name in engine.model.names}
        self._adapters: dict[str, int] = {}
        for engine in engines:
            self._by_name |= {adapter.name: engine for adapter in engine.model.adapters}
            self._adapters |= {adapter.name: number for number, adapter in enumerate(engine.model.adapters)}

    async def serve(self, host: str, port: int) -> asyncio.Server:
        """Start listening; the caller closes what is returned."""
        return await asyncio.start_server(self._answer, host, port)

    async def watch(self) -> None:
        """Look at the engines' own counters for ever. One in a long step answers late; nobody waits for it."""
        await asyncio.gather(*(self._watch(engine) for engine in self._engines))

    async def drain(self, seconds: float) -> bool:
        """Wait until no request is on its way, at most `seconds`; says whether that was reached."""
        deadline = time.monotonic() + seconds
        while any(load.in_flight for load in self._loads.values()):
            if time.monotonic() > deadline:
                return False
            await asyncio.sleep(0.05)
        return True

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            request = await asyncio.wait_for(read_request(reader, writer), _READ_SECONDS)
            answering = asyncio.ensure_future(self._dispatch(request, writer))
            await _finish_unless_left(answering, reader)
        except BadRequestError as error:
            writer.write(encode_error(error.status, "not a request that is understood here", "invalid_request"))
        except TimeoutError:
            writer.write(encode_error(408, "the request did not come in time", "invalid_request"))
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass  # the client left, or the server ends and waits no longer
        finally:
            with contextlib.suppress(ConnectionError):
                await writer.drain()
                writer.close()
                await writer.wait_closed()

    async def _dispatch(self, request: Request, writer: asyncio.StreamWriter) -> None:
        if request.method == "GET" and request.path in ("/metrics", "/health", "/v1/models"):
            writer.write(await self._tell(request))
            return
        name = request.read_fields().get("model", self._engines[0].model.names[0])
        engine = self._by_name.get(name) if isinstance(name, str) else None
        if engine is None:
            served = ", ".join(self._by_name)
            writer.write(encode_error(404, f"there is no model {name!r} here; there is {served}", "not_found"))
            return
        if name in self._adapters:
            request = request.with_field("lora", [{"id": self._adapters[name], "scale": 1.0}])
        load = self._loads[engine.model.names[0]]
        with _count(load, request):
            fate = self._faults.judge(request.method, request.path)
            if fate is Fate.FAILED:
                writer.write(encode_error(500, _DRILL, "drill"))
            elif fate is Fate.HUNG:
                await asyncio.Event().wait()
            else:
                await _pass_on(request, engine.port, load, writer)

    async def _tell(self, request: Request) -> bytes:
        if request.path == "/metrics":
            return encode_answer(200, write(list(self._loads.values())), "text/plain; version=0.0.4")
        if request.path == "/v1/models":
            models = [{"id": name, "object": "model", "owned_by": "genai-stack"} for name in self._by_name]
            return encode_answer(200, json.dumps({"object": "list", "data": models}).encode())
        if self._faults.judge(request.method, request.path) is Fate.UNREADY:
            return encode_error(503, _DRILL, "drill")
        answers = await asyncio.gather(*(_fetch(engine.port, "/health") for engine in self._engines))
        is_well = all(answer.startswith("HTTP/1.1 200 ") for answer in answers)
        return (
            encode_answer(200, b'{"status": "ok"}') if is_well else encode_error(503, "not every engine is well")
        )

    async def _watch(self, engine: Engine) -> None:
        load = self._loads[engine.model.names[0]]
        while True:
            load.counters = read_counters(await _fetch(engine.port, "/metrics")) or load.counters
            await asyncio.sleep(_LOOK_SECONDS)


async def _finish_unless_left(answering: asyncio.Future[None], reader: asyncio.StreamReader) -> None:
    """Wait for the answer's end. A client that leaves ends it at once: its engine has better things to do."""
    leaving = asyncio.ensure_future(reader.read(1))
    await asyncio.wait((answering, leaving), return_when=asyncio.FIRST_COMPLETED)
    if leaving.done() and not leaving.exception() and leaving.result():
        await asyncio.wait((answering,))  # it sent more than its request, so it is still there
    for task in (answering, leaving):
        task.cancel()
    with contextlib.suppress(asyncio.CancelledError, ConnectionError):
        await leaving
    with contextlib.suppress(asyncio.CancelledError):
        await answering


@contextlib.contextmanager
def _count(load: Load, request: Request) -> Iterator[None]:
    """Count a request as on its way; questions about the engine (GET) are none."""
    is_work = request.method == "POST"
    load.in_flight += is_work
    try:
        yield
    finally:
        load.in_flight -= is_work


async def _pass_on(request: Request, port: int, load: Load, writer: asyncio.StreamWriter) -> None:
    began = time.monotonic()
    is_timed = request.method == "POST" and request.path in COMPLETIONS
    is_waiting = is_timed and bool(request.read_fields().get("stream"))
    try:
        answer, upstream = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        writer.write(encode_error(502, "the engine cannot be reached"))
        return
    try:
        upstream.write(request.encode())
        await upstream.drain()
        chunk = await answer.read(65_536)
        is_timed = is_timed and chunk.startswith(b"HTTP/1.1 200 ")
        while chunk:
            if is_waiting and is_timed and b"data:" in chunk:
                load.first_token.observe(time.monotonic() - began)
                is_waiting = False
            writer.write(chunk)
            await writer.drain()
            chunk = await answer.read(65_536)
        if is_timed:
            load.whole.observe(time.monotonic() - began)
    finally:
        upstream.close()


async def _fetch(port: int, path: str) -> str:
    """Return the whole answer of an engine as text; empty when none came."""
    try:
        answer, upstream = await asyncio.open_connection("127.0.0.1", port)
        try:
            upstream.write(Request("GET", path, (("host", "localhost"),), b"").encode())
            return (await asyncio.wait_for(answer.read(), _READ_SECONDS)).decode("utf-8", "replace")
        finally:
            upstream.close()
    except (OSError, TimeoutError):
        return ""
