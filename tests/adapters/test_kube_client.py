"""The Kubernetes client: errors in our words, one line each, no secret in any of them."""

from __future__ import annotations

import socket
import threading
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.adapters.api_double import TOKEN, ApiDouble, Reply, Request, serve_api, write_kubeconfig
from tooling.adapters.kube_client import KubeClient, clip, connect, make_path
from tooling.errors import ClusterError, ConflictError, OutsideError, UnavailableError, UsageError

PATH = "/api/v1/namespaces/genai/configmaps/one"


def status_body(reason: str, message: str) -> dict[str, str]:
    return {"kind": "Status", "reason": reason, "message": message}


@pytest.mark.parametrize(
    ("status", "body", "kind", "text"),
    [
        (409, status_body("Conflict", "modified"), ConflictError, "Conflict: modified"),
        (403, status_body("Forbidden", "no\nway"), ClusterError, "Forbidden: no way"),
        (401, status_body("Unauthorized", ""), ClusterError, "Unauthorized"),
        (404, status_body("NotFound", "gone"), ClusterError, "NotFound: gone"),
        (422, status_body("Invalid", "bad field"), ClusterError, "Invalid: bad field"),
        (429, status_body("TooManyRequests", "slow down"), ClusterError, "TooManyRequests"),
        (500, b"boom", ClusterError, "HTTP 500: boom"),
        (503, b"<html>\n" + b"x" * 999, ClusterError, "HTTP 503: <html> xxx"),
        (200, b"not json", ClusterError, "not a JSON object"),
    ],
)
def test_answers_become_errors(status: int, body: object, kind: type[ClusterError], text: str) -> None:
    with serve_api() as double, TemporaryDirectory() as folder:
        double.on("GET", PATH, status, body)
        with pytest.raises(kind) as caught:
            connect(write_kubeconfig(Path(folder), double.url)).get(PATH, what="ConfigMap genai/one")
    assert caught.value.message.startswith("cannot read ConfigMap genai/one")
    assert text in caught.value.message
    assert "\n" not in str(caught.value)
    assert len(caught.value.message) < 400
    assert caught.value.status == status
    assert caught.value.is_retryable is (status in {409, 429, 500, 503})


def test_the_token_is_sent_and_never_told(double: ApiDouble, double_client: KubeClient) -> None:
    double.on("GET", PATH, 500, b"boom")
    with pytest.raises(ClusterError) as caught:
        double_client.get(PATH, what="it")
    assert double.requests[0].headers["authorization"] == f"Bearer {TOKEN}"
    assert TOKEN not in str(caught.value)
    assert TOKEN not in repr(caught.value)


def test_a_lost_reply_to_a_write_is_unavailable_and_not_sent_again(
    double: ApiDouble, double_client: KubeClient
) -> None:
    double.lose = 1
    with pytest.raises(UnavailableError):
        double_client.create("/api/v1/namespaces/genai/configmaps", {"metadata": {"name": "one"}}, what="it")
    assert [request.method for request in double.requests] == ["POST"]
    assert PATH in double.objects


def test_a_read_on_a_closed_connection_is_tried_once_more(double: ApiDouble, double_client: KubeClient) -> None:
    def drop_first(request: Request) -> Reply | None:
        return Reply(200, {}, is_lost=True) if len(double.requests) == 1 else Reply(200, {"fine": True})

    double.scripts.append(drop_first)
    assert double_client.get(PATH, what="it") == {"fine": True}
    assert len(double.requests) == 2


def test_nobody_listens(tmp_path: Path) -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
    with pytest.raises(UnavailableError, match="no answer from the API server"):
        connect(write_kubeconfig(tmp_path, url)).get("/version", what="the version")


def test_a_server_that_does_not_answer_is_given_up(double: ApiDouble, double_client: KubeClient) -> None:
    is_over = threading.Event()

    def stall(_request: Request) -> Reply:
        is_over.wait(10)
        return Reply(200, {})

    double.scripts.append(stall)
    try:
        with pytest.raises(UnavailableError):
            double_client.send("POST", PATH, what="it", body={}, timeout=0.2)
    finally:
        is_over.set()


def test_connections_are_kept(double: ApiDouble, double_client: KubeClient) -> None:
    double.on("GET", "/version", 200, {"gitVersion": "v1"})
    for _ in range(3):
        double_client.get("/version", what="the version")
    assert len({request.peer for request in double.requests}) == 1


@pytest.mark.parametrize("content", [None, "{}", "not: [yaml", "current-context: gone\ncontexts: []\n"])
def test_a_kubeconfig_that_cannot_be_used_is_the_users_mistake(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "config"
    if content is not None:
        path.write_text(content)
    with pytest.raises(UsageError, match="cannot use the kubeconfig") as caught:
        connect(str(path))
    assert "--kubeconfig" in caught.value.hint


def test_a_context_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="gone"):
        connect(write_kubeconfig(tmp_path, "http://127.0.0.1:1"), "gone")


def test_an_outside_error_is_never_hidden() -> None:
    assert issubclass(UnavailableError, OutsideError)
    assert issubclass(ClusterError, OutsideError)


@pytest.mark.parametrize(
    ("arguments", "path"),
    [
        (("v1", "pods", "genai"), "/api/v1/namespaces/genai/pods"),
        (("apps/v1", "deployments", "genai", "one"), "/apis/apps/v1/namespaces/genai/deployments/one"),
        (("v1", "namespaces", "", "genai"), "/api/v1/namespaces/genai"),
        (("v1", "services", "a/b", "http:x:80"), "/api/v1/namespaces/a%2Fb/services/http:x:80"),
    ],
)
def test_paths(arguments: tuple[str, ...], path: str) -> None:
    assert make_path(*arguments) == path


@pytest.mark.parametrize(("text", "clipped"), [("a\n  b\t c", "a b c"), ("x" * 20, "xxxxxxx..."), ("", "")])
def test_clip(text: str, clipped: str) -> None:
    assert clip(text, 10) == clipped
