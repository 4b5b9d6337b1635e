"""The little of HTTP/1.1 that the front speaks: one request for each connection."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, replace
from typing import Any

_REASONS = {
    200: "OK",
    400: "Bad Request",
    404: "Not Found",
    408: "Request Timeout",
    411: "Length Required",
    413: "Content Too Large",
    500: "Internal Server Error",
    502: "Bad Gateway",
    503: "Service Unavailable",
}
_MAX_BODY_BYTES = 8 * 1024 * 1024
_DROPPED = ("connection", "keep-alive", "expect")


class BadRequestError(Exception):
    """What came is no request that is understood here; answered with `status`."""

    def __init__(self, status: int) -> None:
        super().__init__(f"status {status}")
        self.status = status


@dataclass(frozen=True, slots=True)
class Request:
    """One request; names of header fields are in lower case."""

    method: str
    target: str
    head: tuple[tuple[str, str], ...]
    body: bytes

    @property
    def path(self) -> str:
        """The target without its query."""
        return self.target.partition("?")[0]

    def read_fields(self) -> dict[str, Any]:
        """The body as a JSON object; empty when it is none."""
        try:
            found = json.loads(self.body or b"null")
        except (ValueError, RecursionError):
            return {}
        return found if isinstance(found, dict) else {}

    def with_field(self, name: str, value: Any) -> Request:
        """The same request with another value of one field of its JSON object."""
        body = json.dumps({**self.read_fields(), name: value}).encode()
        head = [(key, text) for key, text in self.head if key != "content-length"]
        return replace(self, head=(*head, ("content-length", str(len(body)))), body=body)

    def encode(self) -> bytes:
        """The request as it is passed on: the end of the answer is then the end of the connection."""
        kept = [f"{name}: {value}" for name, value in self.head if name not in _DROPPED]
        lines = [f"{self.method} {self.target} HTTP/1.1", *kept, "connection: close", "", ""]
        return "\r\n".join(lines).encode("latin-1") + self.body


async def read_request(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Request:
    """Read one request, whole; `writer` is told to go on where a client waits for that."""
    try:
        raw = await reader.readuntil(b"\r\n\r\n")
    except asyncio.LimitOverrunError as error:
        raise BadRequestError(400) from error
    first, *lines = raw.decode("latin-1").rstrip("\r\n").split("\r\n")
    words = first.split(" ")
    if len(words) != 3 or any(":" not in line for line in lines):
        raise BadRequestError(400)
    pairs = (line.split(":", 1) for line in lines)
    head = tuple((name.strip().lower(), value.strip()) for name, value in pairs)
    size = _read_size(dict(head))
    if size and ("expect", "100-continue") in head:
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    return Request(words[0], words[1], head, await reader.readexactly(size))


def _read_size(fields: dict[str, str]) -> int:
    if "transfer-encoding" in fields:
        raise BadRequestError(411)
    length = fields.get("content-length", "0")
    # isdigit alone takes digits such as a raised 2, and int() refuses more than 4300 of them.
    if not (length.isascii() and length.isdecimal() and len(length) < 12):
        raise BadRequestError(400)
    if int(length) > _MAX_BODY_BYTES:
        raise BadRequestError(413)
    return int(length)


def encode_answer(status: int, body: bytes, content_type: str = "application/json") -> bytes:
    """One whole answer, the last on its connection."""
    head = (
        f"HTTP/1.1 {status} {_REASONS[status]}\r\n"
        f"content-type: {content_type}\r\ncontent-length: {len(body)}\r\nconnection: close\r\n\r\n"
    )
    return head.encode() + body


def encode_error(status: int, message: str, kind: str = "server_error") -> bytes:
    """An error as OpenAI's API writes it."""
    body = {"error": {"code": status, "type": kind, "message": message}}
    return encode_answer(status, json.dumps(body).encode())
