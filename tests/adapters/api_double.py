"""A tiny API server on loopback: enough objects, versions and conflicts for the adapters, and faults on demand.

Where it differs from a real one the contract tests tell: they run against both.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import yaml

TOKEN = "very-secret-token"


@dataclass(frozen=True, slots=True)
class Request:
    """What the server got."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: Any
    peer: object = None


@dataclass(frozen=True, slots=True)
class Reply:
    """What the server says. `is_lost`: the effect took place, the connection ends without a word."""

    status: int
    body: Any
    is_lost: bool = False


@dataclass(frozen=True, slots=True)
class Stream:
    """An answer that goes on: its lines are sent as they come, and the connection ends with them."""

    lines: Iterator[dict[str, Any]]


Script = Callable[[Request], "Reply | Stream | None"]


@dataclass(slots=True)
class ApiDouble:
    """Objects by path. A script may answer instead; `lose` counts the writes whose reply gets lost."""

    url: str = ""
    objects: dict[str, dict[str, Any]] = field(default_factory=dict)
    requests: list[Request] = field(default_factory=list)
    scripts: list[Script] = field(default_factory=list)
    lose: int = 0
    _version: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, request: Request) -> Reply | Stream:
        self.requests.append(request)
        for script in self.scripts:
            scripted = script(request)
            if scripted is not None:
                return scripted
        with self._lock:
            reply: Reply = getattr(self, f"_{request.method.lower()}")(request)
            if request.method != "GET" and self.lose > 0:
                self.lose -= 1
                return Reply(reply.status, reply.body, is_lost=True)
        return reply

    def on(self, method: str, path: str, status: int, body: Any) -> None:
        """Answer requests of that method and path with this."""

        def script(request: Request) -> Reply | None:
            return Reply(status, body) if (request.method, request.path) == (method, path) else None

        self.scripts.append(script)

    def put(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Have an object, as somebody else would write it."""
        self._version += 1
        before = self.objects.get(path, {}).get("metadata", {})
        namespace = path.split("/namespaces/")[1].split("/", maxsplit=1)[0]
        metadata = {
            "uid": f"uid-{self._version}",
            "generation": 0,
            **before,
            **body["metadata"],
            "namespace": namespace,
            "resourceVersion": str(self._version),
        }
        is_same = self.objects.get(path, {}).get("spec") == body.get("spec")
        metadata["generation"] = before.get("generation", 0) + (not is_same)
        self.objects[path] = {**body, "metadata": metadata}
        return self.objects[path]

    def _get(self, request: Request) -> Reply:
        if request.path in self.objects:
            return Reply(200, self.objects[request.path])
        if not request.path.rstrip("/").endswith("s"):
            return _fail(404, "NotFound", f"{request.path} not found")
        wanted = _read_selector(request.query.get("labelSelector", ""))
        items = [
            one
            for path, one in self.objects.items()
            if path.rpartition("/")[0] == request.path
            and all(one["metadata"].get("labels", {}).get(key) in values for key, values in wanted.items())
        ]
        return Reply(200, {"kind": "List", "metadata": {"resourceVersion": str(self._version)}, "items": items})

    def _post(self, request: Request) -> Reply:
        path = f"{request.path}/{request.body['metadata']['name']}"
        if path in self.objects:
            return _fail(409, "AlreadyExists", f"{path} already exists")
        owned = {**request.body["metadata"], "managedFields": [_own(request, "Update")]}
        return Reply(201, self.put(path, {**request.body, "metadata": owned}))

    def _put(self, request: Request) -> Reply:
        refused = self._refuse(request, is_needed=True)
        return refused or Reply(200, self.put(request.path, request.body))

    def _patch(self, request: Request) -> Reply:
        if request.headers["content-type"] == "application/apply-patch+yaml":
            return self._apply(request)
        refused = self._refuse(request, is_needed=True)
        return refused or Reply(200, self.put(request.path, _merge(self.objects[request.path], request.body)))

    def _apply(self, request: Request) -> Reply:
        metadata = request.body["metadata"]
        version = metadata.get("resourceVersion")
        is_custom = request.path.startswith("/apis/gateway.")
        if request.path in self.objects and version == "0" and is_custom:
            return _fail(
                422, "Invalid", "metadata.resourceVersion: Invalid value: 0: must be specified for an update"
            )
        if request.path not in self.objects and "uid" in metadata:
            return _fail(409, "Conflict", "uid mismatch: no existing object was found")
        refused = self._refuse(request, is_needed=False)
        clean = {key: value for key, value in metadata.items() if key != "resourceVersion"}
        clean["managedFields"] = [_own(request, "Apply")]
        return refused or Reply(200, self.put(request.path, {**request.body, "metadata": clean}))

    def _delete(self, request: Request) -> Reply:
        if request.path not in self.objects:
            return _fail(404, "NotFound", f"{request.path} not found")
        del self.objects[request.path]
        return Reply(200, {"kind": "Status", "status": "Success"})

    def _refuse(self, request: Request, *, is_needed: bool) -> Reply | None:
        live = self.objects.get(request.path)
        if live is None:
            return _fail(404, "NotFound", f"{request.path} not found") if is_needed else None
        version = request.body.get("metadata", {}).get("resourceVersion")
        if version not in {None, "0", live["metadata"]["resourceVersion"]}:
            return _fail(409, "Conflict", "the object has been modified")
        uid = request.body.get("metadata", {}).get("uid")
        if uid not in {None, live["metadata"]["uid"]}:
            return _fail(409, "Conflict", "Precondition failed: UID in precondition")
        return None


@contextmanager
def serve_api() -> Iterator[ApiDouble]:
    """Run a double until the block ends."""
    double = ApiDouble()
    server = _Server(("127.0.0.1", 0), _make_handler(double))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    double.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread.start()
    try:
        yield double
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def write_kubeconfig(folder: Path, url: str) -> str:
    """Write a kubeconfig with a token for a server and return its path."""
    content = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "double",
        "contexts": [{"name": "double", "context": {"cluster": "double", "user": "tester"}}],
        "clusters": [{"name": "double", "cluster": {"server": url}}],
        "users": [{"name": "tester", "user": {"token": TOKEN}}],
    }
    path = folder / "kubeconfig"
    path.write_text(yaml.safe_dump(content))
    return str(path)


class _Server(ThreadingHTTPServer):
    request_queue_size = 256
    daemon_threads = True


def _make_handler(double: ApiDouble) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def _handle(self) -> None:
            parts = urlsplit(self.path)
            raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            query = {key: values[0] for key, values in parse_qs(parts.query).items()}
            headers = {key.lower(): value for key, value in self.headers.items()}
            body = json.loads(raw) if raw else None
            reply = double.answer(Request(self.command, parts.path, query, headers, body, self.client_address))
            if isinstance(reply, Reply) and reply.is_lost:
                self.close_connection = True
                return
            with suppress(ConnectionError):  # a client that gave up is part of some tests
                self._stream(reply) if isinstance(reply, Stream) else self._write(reply)

        def _stream(self, reply: Stream) -> None:
            self.close_connection = True
            self.send_response(200)
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            for line in reply.lines:
                text = json.dumps(line).encode() + b"\n"
                self.wfile.write(b"%x\r\n%s\r\n" % (len(text), text))
            self.wfile.write(b"0\r\n\r\n")

        def _write(self, reply: Reply) -> None:
            content = reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body).encode()
            self.send_response(reply.status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _handle  # noqa: N815

        def log_message(self, *_: object) -> None:
            pass

    return Handler


def _fail(status: int, reason: str, message: str) -> Reply:
    return Reply(
        status, {"kind": "Status", "status": "Failure", "reason": reason, "message": message, "code": status}
    )


def _own(request: Request, operation: str) -> dict[str, Any]:
    """Return the entry of managedFields for a write: it owns the whole of each field."""
    fields: dict[str, Any] = {
        f"f:{key}": {} for key in request.body if key not in {"apiVersion", "kind", "metadata"}
    }
    manager = request.query.get("fieldManager", "unknown")
    return {"manager": manager, "operation": operation, "time": "2026-01-01T00:00:00Z", "fieldsV1": fields}


def _read_selector(text: str) -> dict[str, set[str]]:
    """Read `a=b,c in (d,e)`."""
    found = re.findall(r"([^=,\s]+)(?:=([^,]*)| in \(([^)]*)\))", text)
    return {key: {one} if one else set(several.split(",")) for key, one, several in found}


def _merge(live: Any, patch: Any) -> Any:
    if not isinstance(live, dict) or not isinstance(patch, dict):
        return patch
    merged = {**live, **{key: _merge(live.get(key), value) for key, value in patch.items()}}
    return {key: value for key, value in merged.items() if value is not None}
