"""Registries on loopback: what is there, what is not, and what nobody can tell from here."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tooling.adapters.images_credentials import Credentials, find_files
from tooling.adapters.images_registry import Limits, RegistryImages

PASSWORD = "very-secret-password"


@dataclass(slots=True)
class Registry:
    """Answers as a registry does: a status and a body per path; `token` is what it wants, and gives for `user`."""

    host: str = ""
    there: set[str] = field(default_factory=set)
    statuses: dict[str, int] = field(default_factory=dict)
    code: str = "MANIFEST_UNKNOWN"
    token: str = ""
    scheme: str = "Bearer"
    user: str = ""
    target: str = ""
    asked: list[tuple[str, str, str]] = field(default_factory=list)
    release: threading.Event = field(default_factory=threading.Event)
    is_slow: bool = False

    def answer(self, method: str, path: str, authorization: str) -> tuple[int, dict[str, str], bytes]:
        self.asked.append((method, path, authorization))
        if self.is_slow:
            self.release.wait(10)
        if path.startswith("/token"):
            wanted = f"Basic {base64.b64encode(self.user.encode()).decode()}" if self.user else ""
            known = authorization == wanted
            return (200, {}, json.dumps({"token": self.token}).encode()) if known else (401, {}, b"{}")
        if self.token and authorization != f"{self.scheme} {self.token}":
            realm = f'realm="http://{self.host}/token",service="test",scope="repository:a:pull"'
            return 401, {"WWW-Authenticate": f"{self.scheme} {realm}"}, b"{}"
        if path in self.statuses:
            return self.statuses[path], {"Location": self.target} if self.target else {}, b"no"
        if path in self.there:
            return 200, {}, b"{}"
        return 404, {}, json.dumps({"errors": [{"code": self.code}] if self.code else "none"}).encode()


def serve(registry: Registry) -> Iterator[Registry]:
    class Handler(BaseHTTPRequestHandler):
        def _handle(self) -> None:
            status, headers, body = registry.answer(
                self.command, self.path, self.headers.get("Authorization") or ""
            )
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        do_GET = do_HEAD = _handle  # noqa: N815

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    registry.host = f"127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield registry
    registry.release.set()
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def registry() -> Iterator[Registry]:
    yield from serve(Registry(there={"/v2/acme/app/manifests/1"}))


@pytest.fixture
def other() -> Iterator[Registry]:
    yield from serve(Registry(there={"/v2/acme/app/manifests/1"}))


@pytest.fixture
def make(tmp_path: Path) -> Callable[..., RegistryImages]:
    def build(host: str = "", limits: Limits | None = None) -> RegistryImages:
        file = tmp_path / "config.json"
        auth = base64.b64encode(f"anna:{PASSWORD}".encode()).decode()
        file.write_text(json.dumps({"auths": {host: {"auth": auth}} if host else {}}))
        return RegistryImages(Credentials((tmp_path / "none.json", file)), limits)

    return build


def test_what_is_there_and_what_is_not(registry: Registry, make: Callable[..., RegistryImages]) -> None:
    there, gone = f"{registry.host}/acme/app:1", f"{registry.host}/acme/app:2"
    review = make().review((there, gone, gone))
    assert (review.missing, review.unchecked) == ((gone,), {})
    assert [method for method, path, _ in registry.asked if path.endswith("/1")] == ["HEAD"]


@pytest.mark.parametrize("reference", ["localhost/genai-stack/gateway:1", "not a reference"])
def test_what_no_registry_has_is_not_asked_for(reference: str, make: Callable[..., RegistryImages]) -> None:
    review = make().review((reference,))
    assert (review.missing, review.unchecked) == ((), {})


@pytest.mark.parametrize("code", ["NAME_UNKNOWN", "NOT_FOUND"])
def test_every_word_for_not_there_counts(
    registry: Registry, make: Callable[..., RegistryImages], code: str
) -> None:
    registry.code = code
    assert make().review((f"{registry.host}/acme/app:2",)).missing == (f"{registry.host}/acme/app:2",)


@pytest.mark.parametrize(
    ("status", "told"),
    [
        (500, "answered 500"),
        (429, "answered 429"),
        (403, "answered 403: it wants credentials"),
        (404, "answered 404"),
    ],
)
def test_anything_else_is_not_known(
    registry: Registry, make: Callable[..., RegistryImages], status: int, told: str
) -> None:
    reference = f"{registry.host}/acme/app:1"
    registry.statuses["/v2/acme/app/manifests/1"] = status
    review = make().review((reference,))
    assert review.missing == ()
    assert told in review.unchecked[reference]


def test_a_web_server_that_is_no_registry_says_nothing(
    registry: Registry, make: Callable[..., RegistryImages]
) -> None:
    registry.code = ""
    assert list(make().review((f"{registry.host}/acme/app:2",)).unchecked) == [f"{registry.host}/acme/app:2"]


def test_nobody_answers(make: Callable[..., RegistryImages]) -> None:
    review = make().review(("127.0.0.1:1/acme/app:1",))
    assert "gave no answer: Connection refused" in review.unchecked["127.0.0.1:1/acme/app:1"]


def test_a_registry_that_is_silent_keeps_nobody(registry: Registry, make: Callable[..., RegistryImages]) -> None:
    registry.is_slow = True
    review = make(limits=Limits(request=9.0, total=0.2)).review((f"{registry.host}/acme/app:1",))
    assert review.unchecked == {f"{registry.host}/acme/app:1": "no answer within 0.2 s"}


@pytest.mark.parametrize("user", ["", f"anna:{PASSWORD}"], ids=["anybody", "a user"])
def test_a_token_is_fetched_with_the_credentials_that_there_are(
    registry: Registry, make: Callable[..., RegistryImages], user: str
) -> None:
    registry.token, registry.user = "t0k3n", user
    there, gone = f"{registry.host}/acme/app:1", f"{registry.host}/acme/app:2"
    review = make(registry.host if user else "").review((there, gone))
    assert (review.missing, review.unchecked) == ((gone,), {})


def test_without_credentials_it_is_not_known_and_nothing_of_them_is_told(
    registry: Registry, make: Callable[..., RegistryImages]
) -> None:
    registry.token, registry.user = "t0k3n", "somebody:else"
    review = make(registry.host).review((f"{registry.host}/acme/app:1",))
    assert "answered 401: it wants credentials" in str(review.unchecked)
    assert PASSWORD not in str(review)


def test_basic_credentials_are_sent_where_they_are_asked_for(
    registry: Registry, make: Callable[..., RegistryImages]
) -> None:
    registry.scheme = "Basic"
    registry.token = base64.b64encode(f"anna:{PASSWORD}".encode()).decode()
    assert make(registry.host).review((f"{registry.host}/acme/app:1",)).unchecked == {}


def test_credentials_stay_with_their_registry(
    registry: Registry, other: Registry, make: Callable[..., RegistryImages]
) -> None:
    registry.scheme = "Basic"
    registry.token = base64.b64encode(f"anna:{PASSWORD}".encode()).decode()
    registry.statuses["/v2/acme/app/manifests/1"] = 307
    registry.target = f"http://{other.host}/v2/acme/app/manifests/1"
    assert make(registry.host).review((f"{registry.host}/acme/app:1",)).unchecked == {}
    assert {authorization for _, _, authorization in other.asked} == {""}


@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://127.0.0.1/a"])
def test_a_redirect_leads_to_no_file(registry: Registry, make: Callable[..., RegistryImages], target: str) -> None:
    registry.statuses["/v2/acme/app/manifests/1"] = 302
    registry.target = target
    assert make().review((f"{registry.host}/acme/app:1",)).missing == ()


def test_files_of_credentials_are_where_the_tools_leave_them() -> None:
    environment = {"REGISTRY_AUTH_FILE": "/a.json", "XDG_RUNTIME_DIR": "/run/1", "HOME": "/home/anna"}
    assert [str(file) for file in find_files(environment)] == [
        "/a.json",
        "/run/1/containers/auth.json",
        "/home/anna/.docker/config.json",
    ]
    assert [str(file) for file in find_files({"DOCKER_CONFIG": "/d"})] == ["/d/config.json"]


@pytest.mark.parametrize(
    "content", ["", "[]", '{"auths": 1}', '{"auths": {"r": 1}}', '{"auths": {"r": {"auth": "%%"}}}', "{"]
)
def test_damaged_files_hold_no_credentials(tmp_path: Path, content: str) -> None:
    file = tmp_path / "config.json"
    file.write_text(content)
    assert Credentials((file,)).find(("r",)) == ""
