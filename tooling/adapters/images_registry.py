"""The images port over the HTTP API of registries, with the credentials that Docker's config has, if any.

Proxies and certificates are those of the environment. Only names of images are sent; no answer means
"not checked", never "not there".
"""

from __future__ import annotations

import base64
import json
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from tooling.adapters.images_credentials import Credentials
from tooling.core.images import GONE, Reference, name_credentials, parse_reference, read_challenge
from tooling.ports.images import ImageReview

_ACCEPT = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)
_LARGEST = 256 * 1024
_WEB = frozenset({"http", "https"})


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds: for one request, and for all images together."""

    request: float = 4.0
    total: float = 8.0


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    def read_json(self) -> Mapping[str, Any]:
        try:
            found = json.loads(self.body)
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}


class RegistryImages:
    """Implements the images port. Images of no registry (`localhost/...`) are not looked for."""

    def __init__(self, credentials: Credentials | None = None, limits: Limits | None = None) -> None:
        self._credentials = credentials or Credentials()
        self._limits = limits or Limits()
        self._opener = _make_opener()

    def review(self, references: Iterable[str]) -> ImageReview:
        """Look for images, all at the same time."""
        parsed = {text: parse_reference(text) for text in dict.fromkeys(references)}
        asked = {text: one for text, one in parsed.items() if one is not None and not one.is_local}
        late = f"no answer within {self._limits.total:g} s"
        answers: dict[str, tuple[bool, str]] = {}

        def look(text: str, reference: Reference) -> None:
            answers[text] = self._look(reference)

        # Daemons, so that a registry that never answers keeps nobody from ending.
        threads = [threading.Thread(target=look, args=item, daemon=True) for item in asked.items()]
        for thread in threads:
            thread.start()
        until = time.monotonic() + self._limits.total
        for thread in threads:
            thread.join(max(0.0, until - time.monotonic()))
        found = {text: answers.get(text, (False, late)) for text in sorted(asked)}
        return ImageReview(
            tuple(text for text, (is_there, problem) in found.items() if not is_there and not problem),
            {text: problem for text, (_, problem) in found.items() if problem},
        )

    def _look(self, reference: Reference) -> tuple[bool, str]:
        """Whether the image is there, and why that is not known ("": it is)."""
        try:
            authorization, answer = "", self._ask("HEAD", reference, "")
            if answer.status == 401:
                authorization = self._authorize(reference, answer.headers.get("www-authenticate", ""))
                answer = self._ask("HEAD", reference, authorization)
            if answer.status == 404:  # the reason is in a body, which HEAD has none of
                answer = self._ask("GET", reference, authorization)
                errors = answer.read_json().get("errors")
                codes = {str(one.get("code")) for one in errors or () if isinstance(one, dict)}
                if answer.status == 404 and not codes.isdisjoint(GONE):
                    return False, ""
        except (OSError, ValueError) as error:  # URLError is an OSError, http.client's are both
            return False, f"{reference.host} gave no answer: {_explain(error)}"
        if answer.status == 200:
            return True, ""
        return False, f"{reference.host} answered {answer.status}{_hint(answer.status)}"

    def _ask(self, method: str, reference: Reference, authorization: str) -> _Answer:
        scheme = "http" if reference.is_loopback else "https"
        headers = {"Accept": ", ".join(_ACCEPT)}
        return self._send(method, f"{scheme}://{reference.host}{reference.path}", headers, authorization)

    def _authorize(self, reference: Reference, challenge: str) -> str:
        """Return what to send as Authorization: a token for anybody, or for whom the config knows."""
        scheme, parameters = read_challenge(challenge)
        basic = self._credentials.find(name_credentials(reference.host))
        own = f"Basic {base64.b64encode(basic.encode()).decode()}" if basic else ""
        realm = parameters.get("realm", "")
        if scheme != "bearer" or urllib.parse.urlsplit(realm).scheme not in _WEB:
            return own
        is_plain = realm.startswith("http:") and not reference.is_loopback
        service, scope = parameters.get("service"), parameters.get("scope") or reference.scope
        query = urllib.parse.urlencode({**({"service": service} if service else {}), "scope": scope})
        target = f"{realm}{'&' if '?' in realm else '?'}{query}"
        answer = self._send("GET", target, {}, "" if is_plain else own).read_json()
        token = answer.get("token") or answer.get("access_token")
        return f"Bearer {token}" if isinstance(token, str) and token else ""

    def _send(self, method: str, target: str, headers: Mapping[str, str], authorization: str) -> _Answer:
        request = urllib.request.Request(target, headers=dict(headers), method=method)  # noqa: S310 - see _WEB
        if authorization:
            request.add_unredirected_header("Authorization", authorization)
        try:
            response = self._opener.open(request, timeout=self._limits.request)
        except urllib.error.HTTPError as error:
            response = error
        with response:
            told = {key.lower(): value for key, value in response.headers.items()}
            return _Answer(response.status, told, response.read(_LARGEST))


def _make_opener() -> urllib.request.OpenerDirector:
    """Make what opens http and https, and nothing that a redirect could name besides."""
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        urllib.request.HTTPHandler(),
        urllib.request.HTTPSHandler(),
        urllib.request.HTTPRedirectHandler(),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.HTTPErrorProcessor(),
        urllib.request.UnknownHandler(),
    ):
        opener.add_handler(handler)
    return opener


def _explain(error: Exception) -> str:
    reason = getattr(error, "reason", None) or error
    text = getattr(reason, "strerror", None) or str(reason) or type(reason).__name__
    return " ".join(str(text).split())[:120]


def _hint(status: int) -> str:
    return ": it wants credentials that are not in Docker's config here" if status in {401, 403} else ""
