"""A proxy between the commands of one trial and the real API server: a door (a port of the loopback) per command.

So every write is known by who sent it.
"""

from __future__ import annotations

import socket
import struct
import threading
from contextlib import suppress
from dataclasses import dataclass, field

from tests.faults.http11 import (
    Answer,
    ClosedError,
    Request,
    read_chunk,
    read_head,
    read_request,
    write_answer,
    write_chunk,
    write_stream_head,
)
from tests.faults.processes import Command
from tests.faults.wire import End, Wire

_RESET = struct.pack("ii", 1, 0)


@dataclass(slots=True)
class Door:
    """One port for one command."""

    wire: Wire
    number: int
    command: Command | None = None
    is_shut: bool = False
    _listener: socket.socket = field(default_factory=lambda: socket.create_server(("127.0.0.1", 0), backlog=64))
    _links: set[socket.socket] = field(default_factory=set)

    @property
    def address(self) -> str:
        """Where commands find the API server."""
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def open(self) -> None:
        """Begin to serve."""
        threading.Thread(target=self._accept, daemon=True, name=f"door {self.number}").start()

    def close(self) -> None:
        """Stop, and end every connection."""
        self.is_shut = True
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for link in list(self._links):
            with suppress(OSError):
                link.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        while True:
            try:
                link, _ = self._listener.accept()
            except OSError:
                return
            link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self._serve, args=(link,), daemon=True, name="link").start()

    def _serve(self, link: socket.socket) -> None:
        self._links.add(link)
        is_sampled = False
        try:
            with link, link.makefile("rb") as stream:
                while True:
                    request = read_request(stream)
                    if not is_sampled and self.command is not None:
                        is_sampled = True
                        self.command.sample()
                    if request.is_watch:
                        self._stream(link, request)
                        return
                    reply = self.wire.handle(self, request)
                    if isinstance(reply, End):
                        if reply is End.RESET:
                            link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
                        return
                    link.sendall(write_answer(reply))
        except (ClosedError, OSError):
            pass
        finally:
            self._links.discard(link)

    def _stream(self, link: socket.socket, request: Request) -> None:
        source = self.wire.upstream.connect()
        source.socket.settimeout(None)
        self.wire.watches.add(source)
        try:
            source.send(request)
            status, _, headers = read_head(source.stream)
            if status != 200:
                link.sendall(write_answer(Answer(status, b"{}", (("content-type", "application/json"),))))
                return
            link.sendall(write_stream_head(status, headers))
            while part := read_chunk(source.stream):
                link.sendall(write_chunk(part))
            link.sendall(b"0\r\n\r\n")
        except (ClosedError, OSError, ValueError):
            return
        finally:
            self.wire.watches.discard(source)
            source.close()
