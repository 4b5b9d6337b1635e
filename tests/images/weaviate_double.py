"""A server that speaks the part of Weaviate's API that backups need."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

KEY = "c0ffee"


@dataclass
class FakeServer:
    """A database that does at once what it is asked to, or what `ends_with` and `answers` say."""

    classes: list[str] = field(default_factory=lambda: ["Article", "Note"])
    healthy: list[int] = field(default_factory=lambda: [1])
    ends_with: str = "SUCCESS"
    error: str = ""
    backups: dict[str, dict[str, Any]] = field(default_factory=dict)
    answers: dict[str, tuple[int, Any]] = field(default_factory=dict)
    lost: set[str] = field(default_factory=set)
    """Requests that are carried out while their answer breaks off."""
    running: list[str] = field(default_factory=list)
    """What backups and restores say of themselves before they end."""
    requests: list[tuple[str, str, Any]] = field(default_factory=list)
    url: str = ""

    def add(self, name: str, status: str = "SUCCESS", classes: tuple[str, ...] = ("Article", "Note")) -> None:
        self.backups[name] = {"id": name, "status": status, "classes": list(classes), "size": 0.25}

    def answer(self, method: str, path: str, body: Any, key: str) -> tuple[int, Any]:
        self.requests.append((method, path, body))
        if f"{method} {path}" in self.answers:
            return self.answers[f"{method} {path}"]
        if key != f"Bearer {KEY}":
            return 401, {"error": [{"message": "anonymous access not enabled"}]}
        if path == "/v1/nodes":
            count = self.healthy.pop(0) if len(self.healthy) > 1 else self.healthy[0]
            states = ["HEALTHY"] * count + ["UNHEALTHY"] * (3 - count)
            return 200, {"nodes": [{"name": f"node-{n}", "status": state} for n, state in enumerate(states)]}
        if path == "/v1/schema":
            return 200, {"classes": [{"class": name} for name in self.classes]}
        return self.answer_backup(method, path.removeprefix("/v1/backups/filesystem").strip("/"), body)

    def answer_backup(self, method: str, path: str, body: Any) -> tuple[int, Any]:
        name, _, verb = path.partition("/")
        if method == "GET" and not name:
            return 200, list(self.backups.values())
        if method == "POST" and not name:
            self.add(body["id"], self.ends_with, tuple(self.classes))
            return 200, {"status": "STARTED"}
        if method == "POST" and verb == "restore":
            self.classes += body["include"]
        if method == "GET" and self.running:
            return 200, {"status": self.running.pop(0)}
        return 200, {"status": self.ends_with, "error": self.error}

    def asked(self, method: str) -> list[str]:
        return [path for verb, path, _ in self.requests if verb == method]


@contextmanager
def serve() -> Iterator[FakeServer]:
    """Run one on loopback."""
    fake = FakeServer()

    class Handler(BaseHTTPRequestHandler):
        def handle_any(self) -> None:
            length = int(self.headers.get("content-length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            status, answer = fake.answer(self.command, self.path, body, self.headers.get("authorization", ""))
            data = answer.encode() if isinstance(answer, str) else json.dumps(answer).encode()
            self.send_response(status)
            if status == 302:
                self.send_header("location", f"{fake.url}/elsewhere")
            broken = fake.lost & {f"{self.command} {self.path}"}
            fake.lost -= broken
            self.send_header("content-length", str(len(data) + len(broken)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_DELETE = handle_any  # noqa: N815

        def log_message(self, *_: Any) -> None:
            pass

    listener = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    fake.url = f"http://127.0.0.1:{listener.server_port}"
    try:
        yield fake
    finally:
        listener.shutdown()
        listener.server_close()
