"""The real API server behind the proxy, reached with the cluster's own credentials."""

from __future__ import annotations

import base64
import json
import ssl
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, LifoQueue
from typing import Any
from urllib.parse import urlsplit

import yaml

from tests.faults.http11 import Answer, ClosedError, Link, Request, read_answer

Json = Mapping[str, Any]
JSON_TYPE = "application/json"
MERGE = "application/merge-patch+json"
APPLY = "application/apply-patch+yaml"


class RefusedError(Exception):
    """The API server did not do what a test's own request asked for."""


class Upstream:
    """Kept connections to one API server; any number of threads may ask."""

    def __init__(self, kubeconfig: Path) -> None:
        config = yaml.safe_load(kubeconfig.read_text(encoding="utf-8"))
        cluster, user = config["clusters"][0]["cluster"], config["users"][0]["user"]
        address = urlsplit(cluster["server"])
        self.host, self.port = address.hostname or "127.0.0.1", address.port or 443
        self._context = _open_context(cluster, user)
        self._idle: LifoQueue[Link] = LifoQueue()

    def send(self, request: Request) -> Answer:
        """Ask once; a kept connection that the server had closed is replaced by a new one."""
        link, is_kept = self._take()
        try:
            link.send(request)
            answer = read_answer(link.stream, request.method)
        except (ClosedError, OSError):
            link.close()
            if not is_kept:
                raise
            link = self.connect()
            link.send(request)
            answer = read_answer(link.stream, request.method)
        self._idle.put(link)
        return answer

    def connect(self) -> Link:
        """Return a new connection, for a stream that somebody may cut."""
        return Link(self.host, self.port, self._context)

    def ask(self, method: str, target: str, body: object = None, content_type: str = JSON_TYPE) -> Any:
        """Ask on the tests' own behalf and return the JSON of the answer; None for 404. Raises RefusedError."""
        text = b"" if body is None else json.dumps(body).encode()
        headers = (("content-type", content_type), ("accept", JSON_TYPE), ("user-agent", "kubectl"))
        answer = self.send(Request(method, target, headers, text))
        if answer.status == 404:
            return None
        if answer.status >= 300:
            raise RefusedError(f"{method} {target}: {answer.status} {answer.body[:300]!r}")
        return json.loads(answer.body)

    def close(self) -> None:
        """End what is kept."""
        for link in self._drain():
            link.close()

    def _take(self) -> tuple[Link, bool]:
        try:
            return self._idle.get_nowait(), True
        except Empty:
            return self.connect(), False

    def _drain(self) -> Iterator[Link]:
        while not self._idle.empty():
            yield self._idle.get_nowait()


def _open_context(cluster: Json, user: Json) -> ssl.SSLContext:
    authority = base64.b64decode(cluster["certificate-authority-data"]).decode()
    context = ssl.create_default_context(cadata=authority)
    with _as_file(user["client-certificate-data"]) as certificate, _as_file(user["client-key-data"]) as key:
        context.load_cert_chain(certificate, key)
    return context


@contextmanager
def _as_file(encoded: str) -> Iterator[str]:
    with tempfile.NamedTemporaryFile() as file:
        file.write(base64.b64decode(encoded))
        file.flush()
        yield file.name
