"""The few calls to the API server that starting a cluster takes; standard library only, so that it is quick."""

from __future__ import annotations

import http.client
import json
import ssl
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from pathlib import Path

FIELD_MANAGER = "genai-stack-cluster"


def client_context(certificates: Path, client: str = "admin") -> ssl.SSLContext:
    """Return a context that trusts this cluster's authority only and presents `client`'s certificate."""
    context = ssl.create_default_context(cafile=str(certificates / "ca.crt"))
    context.load_cert_chain(certificates / f"{client}.crt", certificates / f"{client}.key")
    return context


def unchecked_context() -> ssl.SSLContext:
    """Return a context for components on our own loopback that serve with a certificate made at their start."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def fetch_status(url: str, context: ssl.SSLContext | None = None, timeout: float = 1.0) -> int | None:
    """Return the HTTP status that `url` answers within `timeout` seconds, or None."""
    parts = urlsplit(url)
    connection = _connect(parts.hostname or "", parts.port or 80, context, timeout)
    try:
        connection.request("GET", parts.path or "/")
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


def _connect(host: str, port: int, context: ssl.SSLContext | None, timeout: float) -> http.client.HTTPConnection:
    if context is None:
        return http.client.HTTPConnection(host, port, timeout=timeout)
    return http.client.HTTPSConnection(host, port, timeout=timeout, context=context)


class Api:
    """The API server at one address, over one connection that is opened again when it broke."""

    def __init__(self, host: str, port: int, context: ssl.SSLContext, timeout: float = 5.0) -> None:
        self._connection = _connect(host, port, context, timeout)

    def _ask(self, method: str, path: str, body: str | None = None, kind: str = "") -> tuple[int, bytes]:
        headers = {"Content-Type": kind} if kind else {}
        try:
            self._connection.request(
                method, path, body=body.encode() if body is not None else None, headers=headers
            )
            answer = self._connection.getresponse()
            return answer.status, answer.read()
        except (OSError, http.client.HTTPException) as error:
            self._connection.close()
            return 0, str(error).encode()

    def get(self, path: str) -> dict[str, Any] | None:
        """Return the object at `path`, or None when it is not there or cannot be read now."""
        status, body = self._ask("GET", path)
        return json.loads(body) if status == 200 else None

    def apply(self, path: str, body: str) -> str:
        """Apply `body` (JSON or YAML) to `path`; return an empty text, or why it was not taken."""
        target = f"{path}?fieldManager={FIELD_MANAGER}&force=true"
        status, answer = self._ask("PATCH", target, body, "application/apply-patch+yaml")
        return "" if status in {200, 201} else f"{status} {answer.decode(errors='replace')[:500]}"

    def merge(self, path: str, change: dict[str, Any]) -> bool:
        """Change the fields of the object at `path` that `change` has; return whether that was taken."""
        status, _ = self._ask("PATCH", path, json.dumps(change), "application/merge-patch+json")
        return status == 200

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


def has_condition(item: dict[str, Any] | None, kind: str) -> bool:
    """Return whether the object has the condition `kind` with status True."""
    conditions = ((item or {}).get("status") or {}).get("conditions") or ()
    return any(each.get("type") == kind and each.get("status") == "True" for each in conditions)
