"""Servers on loopback that speak as much of the Hugging Face Hub and of S3 as a download needs."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@dataclass
class Store:
    """What a server holds, what it asks for, and how it misbehaves."""

    files: dict[str, bytes]
    token: str = ""
    damaged: set[str] = field(default_factory=set)
    """Files whose bytes differ from what the listing says."""
    broken_after: int = -1
    """Refuse downloads after so many; -1 for never."""
    requests: list[str] = field(default_factory=list)
    downloads: int = 0
    url: str = ""


class Handler(BaseHTTPRequestHandler):
    """What both servers share."""

    store: ClassVar[Store]
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        raise NotImplementedError

    def answer(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        if "Content_Length" not in headers:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def send_file(self, name: str, **headers: str) -> None:
        content = self.store.files[name]
        if name in self.store.damaged:
            content = bytes(reversed(content))
        if self.command == "GET":
            self.store.downloads += 1
            if 0 <= self.store.broken_after < self.store.downloads:
                self.answer(403)
                return
        wanted = self.headers.get("Range", "")
        if wanted.startswith("bytes="):
            start, _, end = wanted.removeprefix("bytes=").partition("-")
            part = content[int(start) : int(end) + 1 if end else None]
            span = f"bytes {start}-{int(start) + len(part) - 1}/{len(content)}"
            self.answer(206, part, Content_Range=span, **headers)
            return
        self.answer(200, content, **headers)


class HubHandler(Handler):
    """/api/models/OWNER/NAME/... and /OWNER/NAME/resolve/COMMIT/FILE."""

    def do_GET(self) -> None:
        path = unquote(urlsplit(self.path).path)
        self.store.requests.append(f"{self.command} {path}")
        if self.store.token and self.headers.get("Authorization") != f"Bearer {self.store.token}":
            self.answer(401, b"", X_Error_Code="RepoNotFound", X_Error_Message="Repository Not Found")
        elif "/owner/small/" not in path:
            self.answer(404, b"", X_Error_Code="RepoNotFound", X_Error_Message="Repository Not Found")
        elif COMMIT not in path:
            self.answer(404, b"", X_Error_Code="RevisionNotFound", X_Error_Message="Invalid rev id")
        elif path.startswith("/api/"):
            self._tell(path)
        else:
            name = path.split(f"/resolve/{COMMIT}/")[1]
            etag = hashlib.sha256(self.store.files[name]).hexdigest()
            self.send_file(name, ETag=f'"{etag}"', X_Repo_Commit=COMMIT, Accept_Ranges="bytes")

    def _tell(self, path: str) -> None:
        entries = [self._describe(name) for name in sorted(self.store.files)]
        if "/tree/" in path:
            shown: object = [{"type": "file", "path": e["rfilename"], "oid": e["blobId"], **e} for e in entries]
        else:
            shown = {"id": "owner/small", "modelId": "owner/small", "sha": COMMIT, "siblings": entries}
        self.answer(200, json.dumps(shown).encode(), Content_Type="application/json")

    def _describe(self, name: str) -> dict[str, object]:
        content = self.store.files[name]
        entry: dict[str, object] = {
            "rfilename": name,
            "size": len(content),
            "blobId": hashlib.sha1(content).hexdigest(),
        }
        if name.endswith((".safetensors", ".gguf")):
            digest = hashlib.sha256(content).hexdigest()
            entry["lfs"] = {"oid": digest, "sha256": digest, "size": len(content), "pointerSize": 134}
        return entry


class BucketHandler(Handler):
    """ListObjectsV2 two keys at a time, and GetObject."""

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
        self.store.requests.append(f"{self.command} {unquote(parts.path)}")
        bucket, _, key = unquote(parts.path).lstrip("/").partition("/")
        signature = self.headers.get("Authorization", "")
        if self.store.token and f"Credential={self.store.token}/" not in signature:
            self._refuse(403, "InvalidAccessKeyId", "The key is unknown.")
        elif bucket != "models":
            self._refuse(404, "NoSuchBucket", "The bucket does not exist.")
        elif "location" in query:
            self.answer(200, b"<LocationConstraint>here</LocationConstraint>")
        elif not key:
            self._list(query)
        elif key in self.store.files:
            modified = formatdate(0, usegmt=True)
            self.send_file(key, ETag='"e"', Last_Modified=modified, Content_Type="application/octet-stream")
        else:
            self._refuse(404, "NoSuchKey", "No such key.")

    def _refuse(self, status: int, code: str, message: str) -> None:
        body = f"<Error><Code>{code}</Code><Message>{message}</Message><RequestId>1</RequestId></Error>"
        self.answer(status, body.encode(), Content_Type="application/xml")

    def _list(self, query: dict[str, str]) -> None:
        keys = [key for key in sorted(self.store.files) if key.startswith(query.get("prefix", ""))]
        start = int(query.get("continuation-token", "0"))
        page, rest = keys[start : start + 2], keys[start + 2 :]
        entries = "".join(
            f"<Contents><Key>{escape(key)}</Key><Size>{len(self.store.files[key])}</Size>"
            "<LastModified>2026-01-01T00:00:00.000Z</LastModified><ETag>e</ETag></Contents>"
            for key in page
        )
        more = f"<NextContinuationToken>{start + 2}</NextContinuationToken>" if rest else ""
        more += f"<IsTruncated>{str(bool(rest)).lower()}</IsTruncated>"
        body = f"<ListBucketResult><Name>models</Name>{more}{entries}</ListBucketResult>"
        self.answer(200, body.encode(), Content_Type="application/xml")


@contextmanager
def serve(kind: type[Handler], store: Store) -> Iterator[Store]:
    """Serve the store on a free port of loopback, and stop at the end."""
    handler = type("Bound", (kind,), {"store": store})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    store.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield store
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
