"""The layer around every request: request id, slot header, count, log line, and an answer for what went wrong."""

from __future__ import annotations

import asyncio
import re
import time
import uuid
from collections.abc import Callable

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .logs import logger, write_request
from .metrics import Call, Metrics

COUNTED = frozenset({"/chat", "/v1/chat/completions"})
CLIENT_LEFT = 499
_REQUEST_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}")


def error_response(status: int, kind: str, message: str) -> JSONResponse:
    """The one form that errors have: {"error": {"type", "message"}}."""
    return JSONResponse({"error": {"type": kind, "message": message}}, status_code=status)


def choose_request_id(given: str | None) -> str:
    """The caller's id when it is short and harmless, else a new one."""
    return given if given and _REQUEST_ID.fullmatch(given) else uuid.uuid4().hex


class Observation:
    """ASGI middleware. Handlers find their Call in `request.state.call`."""

    def __init__(
        self, app: ASGIApp, *, slot: str, metrics: Metrics, clock: Callable[[], float] = time.perf_counter
    ) -> None:
        self._app = app
        self._slot = slot
        self._metrics = metrics
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path = scope["path"]
        started = self._clock()
        request_id = choose_request_id(Headers(scope=scope).get("x-request-id"))
        call = Call(path, request_id, clock=self._clock, started=started)
        scope.setdefault("state", {})["call"] = call
        status: int | None = None

        async def send_marked(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers["x-genai-slot"] = self._slot
                headers["x-request-id"] = call.request_id
            await send(message)

        if path not in COUNTED:
            await self._app(scope, receive, send_marked)
            return
        self._metrics.in_flight.inc()
        try:
            await self._app(scope, receive, send_marked)
        except asyncio.CancelledError:
            call.code = call.code or CLIENT_LEFT
            raise
        except Exception as error:
            call.code, call.error = 500, type(error).__name__
            logger.exception("unexpected", extra={"fields": {"request_id": call.request_id}})
            if status is not None:
                raise
            answer = error_response(500, "internal", "the gateway failed; its log names the request id")
            await answer(scope, receive, send_marked)
        finally:
            seconds = self._clock() - started
            self._metrics.in_flight.dec()
            code = call.code or status or CLIENT_LEFT
            self._metrics.observe(call, code, seconds)
            write_request(call, slot=self._slot, code=code, seconds=seconds)
