"""A receiver of notices behind an HTTP address: Slack, or whatever takes its JSON (`{"text": ...}`).

The address may be a secret in itself: it is in no message, no log and no state, and redirects are not followed.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.request import getproxies, proxy_bypass

import urllib3

from tooling.adapters.kube_client import KubeClient, make_path
from tooling.adapters.notices_outbox import UndeliveredError
from tooling.core.notice import Notice, NoticeKind, Notification, Severity
from tooling.errors import OutsideError

TIMEOUT = urllib3.Timeout(connect=3.0, read=5.0)
_MAY_PASS = frozenset({408, 425, 429})
_COLOURS = {Severity.INFO: "good", Severity.WARNING: "warning", Severity.ERROR: "danger"}
_LONGEST_ANSWER = 4096


class WebhookReceiver:
    """Posts notices of the chosen kinds. `find_url` is asked at the first one, in the receiver's own thread.

    It raises OutsideError where the address cannot be read now.
    """

    def __init__(self, name: str, find_url: Callable[[], str], kinds: frozenset[NoticeKind]) -> None:
        self.name = f"notification {name}"
        self._find_url = find_url
        self._kinds = kinds
        self._url = ""
        self._pool: urllib3.PoolManager | None = None

    def takes(self, notice: Notice) -> bool:
        """Whether that kind was chosen."""
        return notice.kind in self._kinds

    def deliver(self, notice: Notice) -> None:
        """Post once. Raises UndeliveredError for anything but a success."""
        try:
            answer = self._open().request(
                "POST",
                self._url,
                body=json.dumps(write_message(notice)).encode(),
                headers={"Content-Type": "application/json", "User-Agent": "genai-stack"},
                timeout=TIMEOUT,
                retries=False,
                redirect=False,
                preload_content=False,
            )
            try:
                answer.read(_LONGEST_ANSWER)
            finally:
                answer.close()
        except urllib3.exceptions.HTTPError as error:
            raise UndeliveredError(_name(error)) from None  # the error's own text holds the address
        except (OSError, ValueError) as error:
            raise UndeliveredError(f"the address cannot be used ({type(error).__name__})", is_final=True) from None
        if not 200 <= answer.status < 300:
            is_passing = answer.status in _MAY_PASS or answer.status >= 500
            wait = _read_wait(answer.headers.get("Retry-After", ""))
            raise UndeliveredError(f"HTTP {answer.status}", wait=wait, is_final=not is_passing)

    def _open(self) -> urllib3.PoolManager:
        if self._pool is not None:
            return self._pool
        try:
            self._url = self._find_url()
        except OutsideError as error:
            raise UndeliveredError(error.message, is_final=not error.is_retryable) from None
        if not re.match(r"https?://[^/\s]", self._url):
            raise UndeliveredError("the address is no http:// or https:// URL", is_final=True)
        self._pool = _make_pool(self._url)
        return self._pool


def make_receiver(client: KubeClient, namespace: str, notification: Notification) -> WebhookReceiver:
    """Return the receiver of a notification whose Secret, if it has one, lies in the namespace."""

    def find_url() -> str:
        return read_address(client, namespace, notification)

    return WebhookReceiver(notification.name, find_url, notification.kinds)


def read_address(client: KubeClient, namespace: str, notification: Notification) -> str:
    """Return where a notification goes. Raises OutsideError, or UndeliveredError for a Secret without the key."""
    if not notification.secret:
        return notification.url
    what = f"Secret {namespace}/{notification.secret}"
    found = client.get(make_path("v1", "secrets", namespace, notification.secret), what=what)
    try:
        address = base64.b64decode(found["data"][notification.key], validate=True).decode().strip()
    except (KeyError, TypeError, ValueError):
        address = ""
    if not address:
        raise UndeliveredError(f"{what} has no address under the key {notification.key}", is_final=True)
    return address


def write_message(notice: Notice) -> dict[str, Any]:
    """Return the message as Slack takes it; programs read the rest of the keys."""
    at = datetime.fromtimestamp(notice.at, UTC).isoformat(timespec="seconds")
    text = f"{notice.instance}: {notice.text}"
    fields = [
        {"title": key, "value": str(value), "short": True}
        for key, value in notice.facts.items()
        if isinstance(value, (str, int, float)) and value != ""
    ]
    return {
        "text": text,
        "attachments": [
            {"color": _COLOURS[notice.severity], "fallback": text, "fields": fields, "ts": int(notice.at)}
        ],
        "event": notice.kind.value,
        "instance": notice.instance,
        "rollout": notice.rollout,
        "phase": notice.phase.value,
        "severity": notice.severity.value,
        "at": at,
        "facts": dict(notice.facts),
    }


def _make_pool(url: str) -> urllib3.PoolManager:
    """Go through the proxy that the environment names, as other programs do."""
    parts = urllib3.util.parse_url(url)
    proxies = getproxies()
    proxy = proxies.get(parts.scheme or "", "") or proxies.get("all", "")
    if proxy and not proxy_bypass(parts.host or ""):
        return urllib3.ProxyManager(proxy, maxsize=1)
    return urllib3.PoolManager(maxsize=1)


def _read_wait(text: str) -> float:
    return float(text) if text.isdigit() else 0.0


def _name(error: urllib3.exceptions.HTTPError) -> str:
    """Name what happened without the address that the error's own text has."""
    if isinstance(error, (urllib3.exceptions.NewConnectionError, urllib3.exceptions.ProxyError)):
        return "it cannot be reached"
    if isinstance(error, urllib3.exceptions.TimeoutError):
        return "no answer in time"
    if isinstance(error, urllib3.exceptions.SSLError):
        return "its certificate is not accepted"
    if isinstance(error, (urllib3.exceptions.LocationParseError, urllib3.exceptions.LocationValueError)):
        return "the address cannot be used"
    return f"the connection broke ({type(error).__name__})"
