"""The HTTP surface: which path does what. The rest is in the modules it names."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import httpx
from fastapi import FastAPI
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from . import bodies
from .config import Config
from .metrics import Call, Metrics
from .observation import CLIENT_LEFT, Observation, error_response
from .upstream import StreamUsage, Upstream, UpstreamError, read_chunks, read_usage


def create_app(config: Config, transport: httpx.AsyncBaseTransport | None = None) -> FastAPI:
    """Make the gateway for `config`; `transport` replaces the network in tests."""
    metrics = Metrics()
    upstream = Upstream(transport)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        await upstream.close()

    app = FastAPI(title="genai-stack gateway", openapi_url=None, lifespan=lifespan)
    app.add_middleware(Observation, slot=config.slot, metrics=metrics)
    app.state.metrics = metrics
    _add_errors(app)
    _add_probes(app, config, upstream, metrics)
    _add_completions(app, config, upstream)
    return app


def _add_errors(app: FastAPI) -> None:
    async def answer_caller(request: Request, error: Exception) -> Response:
        assert isinstance(error, bodies.RequestError)  # noqa: S101 - registered for it
        request.state.call.error = error.kind
        return error_response(error.status, error.kind, str(error))

    async def answer_upstream(request: Request, error: Exception) -> Response:
        request.state.call.error = str(error)
        return error_response(502, "upstream", str(error))

    async def answer_nobody(request: Request, _: Exception) -> Response:
        request.state.call.code = CLIENT_LEFT
        return Response(status_code=CLIENT_LEFT)

    app.add_exception_handler(bodies.RequestError, answer_caller)
    app.add_exception_handler(UpstreamError, answer_upstream)
    app.add_exception_handler(ClientDisconnect, answer_nobody)


def _add_probes(app: FastAPI, config: Config, upstream: Upstream, metrics: Metrics) -> None:
    default = config.models[config.default_model]
    # A model scaled to zero comes back only when the gateway counts a request for it, so it can't be waited for.
    is_ready = not default.is_required

    @app.get("/health")
    async def health() -> dict[str, str]:
        return {"status": "ok"}

    @app.get("/ready")
    async def ready() -> Response:
        # Latched: later trouble of the model is answered with 502 and seen in the metrics; taking the
        # gateway out of its Service as well would turn a slow model into an outage.
        nonlocal is_ready
        is_ready = is_ready or await upstream.is_healthy(default)
        if is_ready:
            return JSONResponse({"status": "ready"})
        return error_response(503, "not_ready", f"model {default.name} has not been healthy yet")

    @app.get("/metrics")
    async def exposition() -> Response:
        return Response(metrics.exposition(), headers={"content-type": CONTENT_TYPE_LATEST})

    if config.flags.expose_models:

        @app.get("/v1/models")
        async def models() -> dict[str, Any]:
            data = [{"id": name, "object": "model", "owned_by": config.instance} for name in config.by_name]
            return {"object": "list", "data": data}


def _add_completions(app: FastAPI, config: Config, upstream: Upstream) -> None:
    async def accept(request: Request) -> tuple[Call, dict[str, Any]]:
        call: Call = request.state.call
        body = await bodies.read_json(request, config.limits)
        call.model = bodies.pick_model(body, config).name
        return call, body

    def note_prompt(call: Call, wanted: bodies.Completion) -> None:
        if config.flags.log_prompts:
            call.prompt = wanted.prompt

    @app.post("/chat")
    async def chat(request: Request) -> Response:
        call, body = await accept(request)
        model = config.models[call.model]
        wanted = bodies.chat(body, model, config.limits_of(model))
        note_prompt(call, wanted)
        answer = await _unless_left(request, upstream.complete(wanted.model, wanted.payload, call.request_id))
        if answer.status_code != 200:
            raise bodies.RequestError(answer.status_code, "refused_by_model", "the model refused the request")
        document, text = _read_answer(answer.content)
        call.mark_first_token()
        call.tokens = read_usage(document)
        return JSONResponse({"response": text, "model": call.model, "tokens_used": sum(call.tokens.values())})

    @app.post("/v1/chat/completions")
    async def completions(request: Request) -> Response:
        call, body = await accept(request)
        model = config.models[call.model]
        wanted = bodies.openai(body, model, config.limits_of(model))
        note_prompt(call, wanted)
        if wanted.is_stream:
            opened = upstream.open_stream(wanted.model, wanted.payload, call.request_id)
            return _pass_stream(await _unless_left(request, opened), call)
        answer = await _unless_left(request, upstream.complete(wanted.model, wanted.payload, call.request_id))
        if answer.status_code == 200:
            document, _ = _read_answer(answer.content)
            call.mark_first_token()
            call.tokens = read_usage(document)
        return Response(answer.content, answer.status_code, media_type="application/json")


async def _unless_left(request: Request, work: Coroutine[Any, Any, httpx.Response]) -> httpx.Response:
    """Await `work`, but stop it when the client goes away: nobody would read what the model computes."""

    async def wait_for_leave() -> None:
        while (await request.receive())["type"] != "http.disconnect":
            pass

    working, leaving = asyncio.ensure_future(work), asyncio.ensure_future(wait_for_leave())
    try:
        await asyncio.wait((working, leaving), return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            raise ClientDisconnect
        return working.result()
    finally:
        for task in (working, leaving):
            task.cancel()
        await asyncio.gather(working, leaving, return_exceptions=True)


def _pass_stream(answer: httpx.Response, call: Call) -> Response:
    async def relay() -> AsyncIterator[bytes]:
        usage = StreamUsage()
        call.code = CLIENT_LEFT  # until the end of the stream is reached
        try:
            async for chunk in read_chunks(answer):
                usage.feed(chunk)
                if usage.has_begun and answer.status_code == 200:
                    call.mark_first_token()
                yield chunk
            call.code = answer.status_code
        except UpstreamError as error:
            # The status is sent already: say it in the stream, which then ends without [DONE].
            call.code, call.error = 502, str(error)
            event = {"error": {"type": "upstream", "message": str(error)}}
            yield b"data: " + json.dumps(event).encode() + b"\n\n"
        finally:
            call.tokens = usage.tokens
            await answer.aclose()

    kind = answer.headers.get("content-type", "text/event-stream")
    headers = {"cache-control": "no-cache", "content-type": kind}
    return StreamingResponse(relay(), status_code=answer.status_code, headers=headers)


def _read_answer(content: bytes) -> tuple[dict[str, Any], str]:
    try:
        document = json.loads(content)
        text = document["choices"][0]["message"]["content"]
    except (ValueError, LookupError, TypeError) as error:
        raise UpstreamError("the inference server's answer is not an OpenAI completion") from error
    return document, text if isinstance(text, str) else ""
