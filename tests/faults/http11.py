"""HTTP/1.1 messages on sockets: what a proxy reads, keeps and writes again."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from io import BufferedReader
from urllib.parse import parse_qs, urlsplit

Headers = tuple[tuple[str, str], ...]

_HOP_BY_HOP = frozenset({"connection", "keep-alive", "transfer-encoding", "content-length", "upgrade", "te"})
_LARGEST_LINE = 1 << 16


@dataclass(frozen=True, slots=True)
class Request:
    """One request; `target` is path and query as they were sent."""

    method: str
    target: str
    headers: Headers = ()
    body: bytes = b""

    @property
    def path(self) -> str:
        """The target without its query."""
        return urlsplit(self.target).path

    @property
    def query(self) -> dict[str, str]:
        """The query's last values by name."""
        return {key: values[-1] for key, values in parse_qs(urlsplit(self.target).query).items()}

    @property
    def is_watch(self) -> bool:
        """Whether the answer goes on until somebody ends it."""
        return self.query.get("watch", "") in {"1", "true", "True"}

    def header(self, name: str) -> str:
        """Return a header, empty where it is not there."""
        return find_header(self.headers, name)


@dataclass(frozen=True, slots=True)
class Answer:
    """One whole answer."""

    status: int
    body: bytes = b""
    headers: Headers = ()
    reason: str = ""


class ClosedError(Exception):
    """The other side ended the connection; `is_clean` when it did so between two messages."""

    def __init__(self, *, is_clean: bool) -> None:
        super().__init__("closed")
        self.is_clean = is_clean


def find_header(headers: Headers, name: str) -> str:
    """Return the first header of that name (in lower case), empty where there is none."""
    return next((value for key, value in headers if key.lower() == name), "")


def read_request(stream: BufferedReader) -> Request:
    """Read one request. Raises ClosedError when there is no more."""
    method, target, _ = _read_line(stream, is_first=True).split(" ", 2)
    headers = _read_headers(stream)
    if find_header(headers, "expect"):
        raise ClosedError(is_clean=False)
    return Request(method, target, headers, _read_body(stream, headers, until_end=False))


def read_head(stream: BufferedReader) -> tuple[int, str, Headers]:
    """Read the first line and the headers of an answer."""
    parts = _read_line(stream, is_first=True).split(" ", 2)
    return int(parts[1]), parts[2] if len(parts) > 2 else "", _read_headers(stream)


def read_answer(stream: BufferedReader, method: str) -> Answer:
    """Read one whole answer."""
    status, reason, headers = read_head(stream)
    has_body = method != "HEAD" and status not in {204, 304}
    return Answer(status, _read_body(stream, headers, until_end=True) if has_body else b"", headers, reason)


def write_request(request: Request, host: str, credentials: Headers = ()) -> bytes:
    """Return the bytes of a request: the client's credentials are replaced by ours, and nothing is compressed."""
    left_out = _HOP_BY_HOP | {"host", "authorization", "accept-encoding"}
    kept = [(key, value) for key, value in request.headers if key.lower() not in left_out]
    length = [("content-length", str(len(request.body)))] if request.body or request.method != "GET" else []
    return _write(
        f"{request.method} {request.target} HTTP/1.1", [("host", host), *kept, *credentials, *length], request.body
    )


def write_answer(answer: Answer) -> bytes:
    """Return the bytes of an answer."""
    kept = [(key, value) for key, value in answer.headers if key.lower() not in _HOP_BY_HOP]
    length = ("content-length", str(len(answer.body)))
    return _write(f"HTTP/1.1 {answer.status} {answer.reason or 'X'}", [*kept, length], answer.body)


def write_chunk(part: bytes) -> bytes:
    """Return a part of a chunked answer."""
    return b"%x\r\n%s\r\n" % (len(part), part)


def write_stream_head(status: int, headers: Headers) -> bytes:
    """Return the head of an answer whose body comes in chunks."""
    kept = [(key, value) for key, value in headers if key.lower() not in _HOP_BY_HOP]
    return _write(f"HTTP/1.1 {status} X", [*kept, ("transfer-encoding", "chunked")], b"")


def read_chunk(stream: BufferedReader) -> bytes:
    """Read one chunk; empty at the end of the body."""
    size = int(_read_line(stream).split(";")[0], 16)
    part = _read_exactly(stream, size)
    _read_line(stream)
    return part


@dataclass(slots=True, eq=False)
class Link:
    """One kept connection to the API server."""

    host: str
    port: int
    context: ssl.SSLContext
    socket: socket.socket = field(init=False)
    stream: BufferedReader = field(init=False)

    def __post_init__(self) -> None:
        plain = socket.create_connection((self.host, self.port), timeout=60)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket = self.context.wrap_socket(plain, server_hostname=self.host)
        self.stream = self.socket.makefile("rb")

    def send(self, request: Request, credentials: Headers = ()) -> None:
        """Write one request."""
        self.socket.sendall(write_request(request, f"{self.host}:{self.port}", credentials))

    def close(self) -> None:
        """End the connection."""
        with suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)
        self.stream.close()
        self.socket.close()


def _write(first: str, headers: Iterable[tuple[str, str]], body: bytes) -> bytes:
    lines = [first, *(f"{key}: {value}" for key, value in headers), "", ""]
    return "\r\n".join(lines).encode("latin-1") + body


def _read_line(stream: BufferedReader, *, is_first: bool = False) -> str:
    try:
        line = stream.readline(_LARGEST_LINE)
    except OSError as error:
        raise ClosedError(is_clean=False) from error
    if not line.endswith(b"\n"):
        raise ClosedError(is_clean=is_first and not line)
    return line.decode("latin-1").rstrip("\r\n")


def _read_headers(stream: BufferedReader) -> Headers:
    found = []
    while line := _read_line(stream):
        key, _, value = line.partition(":")
        found.append((key.strip(), value.strip()))
    return tuple(found)


def _read_body(stream: BufferedReader, headers: Headers, *, until_end: bool) -> bytes:
    if find_header(headers, "transfer-encoding").lower() == "chunked":
        parts = []
        while part := read_chunk(stream):
            parts.append(part)
        return b"".join(parts)
    length = find_header(headers, "content-length")
    if length:
        return _read_exactly(stream, int(length))
    return stream.read() if until_end else b""


def _read_exactly(stream: BufferedReader, size: int) -> bytes:
    try:
        part = stream.read(size)
    except OSError as error:
        raise ClosedError(is_clean=False) from error
    if len(part) < size:
        raise ClosedError(is_clean=False)
    return part
