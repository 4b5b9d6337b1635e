"""The part of Weaviate's HTTP API that backups need."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any, Protocol, TypeVar

Taken = TypeVar("Taken")


class BackupError(Exception):
    """What went wrong and what to do next, in one line."""


class UnreachableError(BackupError):
    """No answer, or none that says anything about the request: asking again may help."""


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup as the database lists it. `size_gib` is the size before compression."""

    id: str
    status: str
    classes: tuple[str, ...]
    size_gib: float = 0.0


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a backup or a restore is."""

    status: str
    error: str = ""

    @property
    def has_ended(self) -> bool:
        """Whether nothing more will happen."""
        return self.status in ("SUCCESS", "FAILED", "CANCELED")

    @property
    def is_running(self) -> bool:
        """Whether something is on its way; an empty status says nothing about that."""
        return bool(self.status) and not self.has_ended


class Database(Protocol):
    """What a backup needs of a database. Every method raises BackupError."""

    def count_healthy_nodes(self) -> int:
        """Return the number of nodes that take part."""
        ...

    def list_classes(self) -> tuple[str, ...]:
        """Return the names of all classes."""
        ...

    def list_backups(self) -> tuple[Backup, ...]:
        """Return every backup at the target."""
        ...

    def start_backup(self, backup_id: str) -> None:
        """Begin a backup of all classes."""
        ...

    def read_backup(self, backup_id: str) -> Progress:
        """Return how far a backup is."""
        ...

    def cancel_backup(self, backup_id: str) -> None:
        """Stop a backup that is on its way."""
        ...

    def start_restore(self, backup_id: str, classes: tuple[str, ...]) -> None:
        """Begin to restore these classes of a backup."""
        ...

    def read_restore(self, backup_id: str) -> Progress:
        """Return how far a restore is."""
        ...


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    # A redirect would carry the key to somebody else.
    def redirect_request(self, *_: Any) -> None:
        return None


class Weaviate:
    """A database at `url`; `backend` is `filesystem` or `s3`. The key is sent as a bearer token, never shown."""

    def __init__(self, url: str, backend: str, key: str = "", timeout: float = 30.0) -> None:
        self._url = url.rstrip("/")
        self._backups = f"/v1/backups/{backend}"
        self._headers = {"content-type": "application/json"}
        if key:
            self._headers["authorization"] = f"Bearer {key}"
        self._timeout = timeout
        # No proxy: the database is in the same namespace.
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), _NoRedirect())

    def count_healthy_nodes(self) -> int:
        """Return the number of nodes that say they are healthy."""
        return self._call("GET", "/v1/nodes", _count_healthy)

    def list_classes(self) -> tuple[str, ...]:
        """Return the names of all classes, sorted."""
        return self._call("GET", "/v1/schema", _take_classes)

    def list_backups(self) -> tuple[Backup, ...]:
        """Return every backup at the target, as listed."""
        return self._call("GET", self._backups, _take_backups)

    def start_backup(self, backup_id: str) -> None:
        """Begin a backup of all classes."""
        self._call("POST", self._backups, _ignore, {"id": backup_id})

    def read_backup(self, backup_id: str) -> Progress:
        """Return how far a backup is."""
        return self._call("GET", f"{self._backups}/{backup_id}", _take_progress)

    def cancel_backup(self, backup_id: str) -> None:
        """Stop a backup that is on its way."""
        self._call("DELETE", f"{self._backups}/{backup_id}", _ignore)

    def start_restore(self, backup_id: str, classes: tuple[str, ...]) -> None:
        """Begin to restore these classes of a backup."""
        self._call("POST", f"{self._backups}/{backup_id}/restore", _ignore, {"include": list(classes)})

    def read_restore(self, backup_id: str) -> Progress:
        """Return how far a restore is."""
        return self._call("GET", f"{self._backups}/{backup_id}/restore", _take_progress)

    def _call(self, method: str, path: str, take: Callable[[Any], Taken], body: Any = None) -> Taken:
        data = None if body is None else json.dumps(body).encode()
        # The schemes are the chart's: http only.
        request = urllib.request.Request(self._url + path, data, self._headers, method=method)  # noqa: S310
        try:
            with self._opener.open(request, timeout=self._timeout) as answer:
                document = json.loads(answer.read() or b"{}")
        except urllib.error.HTTPError as error:
            with error:
                raise _translate(error, f"{method} {path}") from None
        except (OSError, HTTPException, ValueError) as error:
            # No connection, one that broke within the answer, or an answer that is not JSON.
            raise UnreachableError(
                f"{self._url} does not answer {method} {path}: {type(error).__name__}: {error}"
            ) from error
        try:
            return take(document)
        except (LookupError, TypeError, AttributeError) as error:
            raise UnreachableError(
                f"{self._url} answers {method} {path} with something else than it should"
            ) from error


def _ignore(_: Any) -> None:
    """What it says beyond its status does not matter."""


def _count_healthy(answer: Any) -> int:
    return sum(node.get("status") == "HEALTHY" for node in answer.get("nodes") or [])


def _take_classes(answer: Any) -> tuple[str, ...]:
    return tuple(sorted(entry["class"] for entry in answer.get("classes") or []))


def _take_backups(answer: Any) -> tuple[Backup, ...]:
    if not isinstance(answer, list):
        raise TypeError(type(answer).__name__)
    return tuple(
        Backup(entry["id"], entry.get("status", ""), tuple(entry.get("classes") or ()), entry.get("size") or 0.0)
        for entry in answer
    )


def _take_progress(answer: Any) -> Progress:
    return Progress(answer.get("status") or "", answer.get("error") or "")


def _translate(error: urllib.error.HTTPError, request: str) -> BackupError:
    said = _read_message(error)
    if error.code in (401, 403):
        return BackupError(
            f"{request}: the database refuses the key ({error.code}). It must be the one that the database runs"
            " with: after a change of the Secret both have to start again."
        )
    kind = UnreachableError if error.code >= 500 else BackupError
    return kind(f"{request}: status {error.code}: {said}")


def _read_message(error: urllib.error.HTTPError) -> str:
    try:
        text = error.read(4096).decode(errors="replace").strip()
    except (OSError, HTTPException):
        return str(error.reason)  # cut off within the message
    try:
        return "; ".join(entry["message"] for entry in json.loads(text)["error"])
    except (ValueError, LookupError, TypeError):
        return text or str(error.reason)
