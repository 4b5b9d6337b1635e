"""Calls to the inference servers. Whatever httpx raises ends here, as an UpstreamError."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from typing import Any

import httpx

from .config import Model

COMPLETIONS = "/v1/chat/completions"
# What an inference server says about the caller's own request; every other 4xx (401, 404, ...) means that
# the gateway is set up wrongly, which is not the caller's mistake.
CALLER_STATUSES = frozenset({400, 413, 422, 429})
_CONNECT_SECONDS, _HEALTH_SECONDS = 5.0, 2.0
# Below the 5 s after which llama.cpp's server closes an idle connection: using one while it closes fails.
_KEEPALIVE_SECONDS = 2.0


class UpstreamError(Exception):
    """The inference server failed: answered with 502. The text never holds what the server or caller wrote."""


class Upstream:
    """A connection pool shared by all models. Close it when done."""

    def __init__(self, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._client = httpx.AsyncClient(
            transport=transport,
            limits=httpx.Limits(
                max_connections=1024, max_keepalive_connections=128, keepalive_expiry=_KEEPALIVE_SECONDS
            ),
            follow_redirects=False,
            trust_env=False,
        )

    async def close(self) -> None:
        """Close every connection."""
        await self._client.aclose()

    async def is_healthy(self, model: Model) -> bool:
        """Whether the model's server answers GET /health with 200 within 2 s."""
        try:
            answer = await self._client.get(f"{model.url}/health", timeout=_HEALTH_SECONDS)
        except httpx.HTTPError:
            return False
        return answer.status_code == 200

    async def complete(self, model: Model, payload: Mapping[str, Any], request_id: str) -> httpx.Response:
        """Send a request and read the whole answer within the model's timeout.

        The answer's status is 200 or one of CALLER_STATUSES; all else is an UpstreamError.
        """
        try:
            async with asyncio.timeout(model.timeout_seconds):
                answer = await self._send(model, payload, request_id)
                try:
                    await answer.aread()
                finally:
                    await answer.aclose()
        except TimeoutError as error:
            raise UpstreamError(f"no complete answer in {model.timeout_seconds:g} s") from error
        except httpx.HTTPError as error:
            raise UpstreamError(_explain(error)) from error
        return answer

    async def open_stream(self, model: Model, payload: Mapping[str, Any], request_id: str) -> httpx.Response:
        """Send a request and return the answer with its body unread; the caller closes it.

        The model's timeout bounds the wait for the first byte and between two chunks.
        """
        try:
            async with asyncio.timeout(model.timeout_seconds):
                return await self._send(model, payload, request_id)
        except TimeoutError as error:
            raise UpstreamError(f"no answer in {model.timeout_seconds:g} s") from error
        except httpx.HTTPError as error:
            raise UpstreamError(_explain(error)) from error

    async def _send(self, model: Model, payload: Mapping[str, Any], request_id: str) -> httpx.Response:
        timeout = httpx.Timeout(model.timeout_seconds, connect=min(_CONNECT_SECONDS, model.timeout_seconds))
        request = self._client.build_request(
            "POST",
            f"{model.url}{COMPLETIONS}",
            json=dict(payload),
            headers={"x-request-id": request_id},
            timeout=timeout,
        )
        try:
            answer = await self._client.send(request, stream=True)
        except httpx.RemoteProtocolError:
            # A pooled connection that the server had just closed: no answer came. Once more, not oftener.
            answer = await self._client.send(request, stream=True)
        if answer.status_code != 200 and answer.status_code not in CALLER_STATUSES:
            await answer.aclose()
            raise UpstreamError(f"the inference server answered {answer.status_code}")
        return answer


async def read_chunks(answer: httpx.Response) -> AsyncIterator[bytes]:
    """Yield the body as it comes; a broken body is an UpstreamError."""
    try:
        async for chunk in answer.aiter_bytes():
            yield chunk
    except httpx.HTTPError as error:
        raise UpstreamError(_explain(error)) from error


def read_usage(document: object) -> dict[str, int]:
    """The token counts of an OpenAI answer, as {prompt, completion}; empty where it has none."""
    usage = document.get("usage") if isinstance(document, dict) else None
    if not isinstance(usage, dict):
        return {}
    counts = {"prompt": usage.get("prompt_tokens"), "completion": usage.get("completion_tokens")}
    return {
        kind: count
        for kind, count in counts.items()
        if isinstance(count, int) and not isinstance(count, bool) and count >= 0
    }


class StreamUsage:
    """Follows a stream of server-sent events: whether it has begun, and its token counts where it has any."""

    _LINE_BYTES = 65_536  # a longer line holds no usage: don't keep it

    def __init__(self) -> None:
        self.tokens: dict[str, int] = {}
        self.has_begun = False
        self._rest = b""

    def feed(self, chunk: bytes) -> None:
        """Look at the next bytes of the stream."""
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        self._rest = self._rest[: self._LINE_BYTES]
        # A comment or a blank line keeps a connection alive; only data is an answer.
        self.has_begun = self.has_begun or any(line.startswith(b"data:") for line in (*lines, self._rest))
        for line in lines:
            if line.startswith(b"data:") and b'"usage"' in line:
                try:
                    found = read_usage(json.loads(line[5:]))
                except ValueError:
                    continue
                self.tokens = found or self.tokens


def _explain(error: httpx.HTTPError) -> str:
    if isinstance(error, httpx.TimeoutException):
        return "the inference server did not answer in time"
    if isinstance(error, httpx.ConnectError):
        return "the inference server cannot be reached"
    return "the connection to the inference server broke"
