"""A small proxy in front of the server that misbehaves on purpose. Used in release drills only."""

from __future__ import annotations

import asyncio
import json
import sys
from dataclasses import dataclass

_COMPLETIONS = frozenset({"/v1/chat/completions", "/v1/completions", "/completion", "/chat/completions"})
_REASONS = {400: "Bad Request", 413: "Content Too Large", 500: "Internal Server Error", 502: "Bad Gateway"}
_MAX_BODY_BYTES = 8 * 1024 * 1024


class BadRequestError(Exception):
    """What came is not a request that this proxy understands; answered with `status`."""

    def __init__(self, status: int) -> None:
        super().__init__(f"status {status}")
        self.status = status


@dataclass(slots=True)
class Faults:
    """Decides which requests fail. Counts completion requests from 1."""

    fail_every: int = 0
    never_ready: bool = False
    seen: int = 0

    def judge(self, method: str, path: str) -> int | None:
        """The status to answer instead of the server, or None to pass the request on."""
        path = path.partition("?")[0]
        if path == "/health" and self.never_ready:
            return 503
        if method == "POST" and path in _COMPLETIONS:
            self.seen += 1
            if self.fail_every and self.seen % self.fail_every == 0:
                return 500
        return None


class DrillProxy:
    """Passes requests on to 127.0.0.1:`upstream_port`, except those that `faults` picks."""

    def __init__(self, faults: Faults, upstream_port: int) -> None:
        self._faults = faults
        self._upstream_port = upstream_port

    async def serve(self, host: str, port: int) -> asyncio.Server:
        """Start listening; the caller closes what is returned."""
        return await asyncio.start_server(self._answer, host, port)

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            method, path, head = await _read_head(reader)
            body = await reader.readexactly(_body_bytes(head))
            status = self._faults.judge(method, path)
            if status is None:
                await self._pass_on(_rewrite(method, path, head) + body, writer)
            else:
                writer.write(_error(status, "release drill: this failure is on purpose"))
        except BadRequestError as error:
            writer.write(_error(error.status, "not a request that the drill proxy understands"))
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # the client left
        finally:
            try:
                await writer.drain()
                writer.close()
                await writer.wait_closed()
            except ConnectionError:
                pass

    async def _pass_on(self, request: bytes, writer: asyncio.StreamWriter) -> None:
        try:
            answer, upstream = await asyncio.open_connection("127.0.0.1", self._upstream_port)
        except OSError:
            writer.write(_error(502, "the server behind the drill proxy cannot be reached"))
            return
        try:
            upstream.write(request)
            await upstream.drain()
            while chunk := await answer.read(65_536):
                writer.write(chunk)
                await writer.drain()
        finally:
            upstream.close()


async def _read_head(reader: asyncio.StreamReader) -> tuple[str, str, list[tuple[str, str]]]:
    try:
        raw = await reader.readuntil(b"\r\n\r\n")
    except asyncio.LimitOverrunError as error:
        raise BadRequestError(400) from error
    first, *lines = raw.decode("latin-1").rstrip("\r\n").split("\r\n")
    words = first.split(" ")
    if len(words) != 3 or any(":" not in line for line in lines):
        raise BadRequestError(400)
    pairs = (line.split(":", 1) for line in lines)
    return words[0], words[1], [(name.strip().lower(), value.strip()) for name, value in pairs]


def _body_bytes(head: list[tuple[str, str]]) -> int:
    fields = dict(head)
    if "transfer-encoding" in fields:
        raise BadRequestError(400)
    length = fields.get("content-length", "0")
    if not length.isdigit():
        raise BadRequestError(400)
    if int(length) > _MAX_BODY_BYTES:
        raise BadRequestError(413)
    return int(length)


def _rewrite(method: str, path: str, head: list[tuple[str, str]]) -> bytes:
    # One request per connection: the end of the answer is then the end of the connection.
    kept = [f"{name}: {value}" for name, value in head if name not in ("connection", "keep-alive")]
    return "\r\n".join([f"{method} {path} HTTP/1.1", *kept, "connection: close", "", ""]).encode("latin-1")


def _error(status: int, message: str) -> bytes:
    body = json.dumps({"error": {"code": status, "type": "drill", "message": message}}).encode()
    head = (
        f"HTTP/1.1 {status} {_REASONS.get(status, 'Service Unavailable')}\r\n"
        f"content-type: application/json\r\ncontent-length: {len(body)}\r\nconnection: close\r\n\r\n"
    )
    return head.encode() + body


async def run(faults: Faults, upstream_port: int, host: str, port: int, stopped: asyncio.Event) -> None:
    """Serve until `stopped` is set."""
    server = await DrillProxy(faults, upstream_port).serve(host, port)
    sys.stderr.write(f"release drill: fail_every={faults.fail_every} never_ready={faults.never_ready}\n")
    async with server:
        await stopped.wait()
