"""Results stay: a limited history in a folder, and a small summary in one ConfigMap of the cluster."""

from __future__ import annotations

import json
from pathlib import Path

import certifi
import httpx
import pytest


@pytest.fixture
def account(tmp_path, monkeypatch):
    """The folder that a pod finds its token in; the certificates are only read here."""
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "10.0.0.1")
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", "6443")
    folder = tmp_path / "account"
    folder.mkdir()
    (folder / "token").write_text("the-token\n")
    (folder / "namespace").write_text("genai")
    (folder / "ca.crt").write_bytes(Path(certifi.where()).read_bytes())
    return folder


@pytest.fixture
def in_a_pod(account, monkeypatch):
    from genai_evals import keeping

    monkeypatch.setattr(keeping, "ACCOUNT", account)


class ApiServer:
    """Answers patches with the given responses, one after the other."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.requests = []

    def __call__(self, request):
        self.requests.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return httpx.Response(answer)


def make_summary(results=(), **changes):
    return {
        "suite": "golden",
        "total": 2,
        "passed": 1,
        "accuracy": 0.5,
        "started": "2026-11-21T03:17:00Z",
        "slots": {"blue": 2},
        "model": None,
        "results": [{"id": "a", "passed": True, "answer": "secret"}, {"id": "b", "passed": False}, *results],
        **changes,
    }


def publish(api, account, summary=None):
    from genai_evals.keeping import publish as real

    pauses = []
    transport = httpx.MockTransport(api)
    real(
        summary or make_summary(), "genai-evals-results", account=account, transport=transport, sleep=pauses.append
    )
    return pauses


def test_the_summary_is_patched_into_the_one_key_of_its_suite(account):
    api = ApiServer(200)
    assert publish(api, account) == []
    (request,) = api.requests
    assert (request.method, str(request.url)) == (
        "PATCH",
        "https://10.0.0.1:6443/api/v1/namespaces/genai/configmaps/genai-evals-results",
    )
    assert request.headers["authorization"] == "Bearer the-token"
    assert request.headers["content-type"] == "application/merge-patch+json"
    data = json.loads(request.content)["data"]
    assert list(data) == ["golden.json"]
    short = json.loads(data["golden.json"])
    assert (short["accuracy"], short["failed"], "results" in short) == (0.5, ["b"], False)
    assert "secret" not in data["golden.json"]


@pytest.mark.parametrize("letter", ["x", "\U0001d54f"])
def test_the_summary_stays_below_8_kib(letter):
    from genai_evals.keeping import shorten

    failed = [{"id": f"{number}{letter * 500}", "passed": False} for number in range(5000)]
    text = shorten(make_summary(failed))
    assert len(text.encode()) <= 8192
    assert json.loads(text)["accuracy"] == 0.5
    assert len(json.loads(shorten(make_summary(failed, model=letter * 9000))).keys()) > 5
    assert len(shorten(make_summary(failed, model=letter * 9000)).encode()) <= 8192


@pytest.mark.parametrize(
    ("answers", "pauses"), [((503, 200), 1), ((httpx.ConnectError("no"), 429, 200), 2)], ids=["503", "refused"]
)
def test_a_hiccup_of_the_api_server_loses_nothing(account, answers, pauses):
    assert len(publish(ApiServer(*answers), account)) == pauses


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ((403,), "status 403: the Role of the chart is not there"),
        ((404,), "status 404: it is not there; helm upgrade makes it again"),
        ((500, 500, 500), "status 500"),
        ((httpx.ConnectError("no"),) * 3, "the API server cannot be reached"),
    ],
)
def test_what_cannot_be_written_is_said_without_the_token(account, answers, said):
    from genai_evals.keeping import KeepError

    api = ApiServer(*answers)
    with pytest.raises(KeepError, match=said) as caught:
        publish(api, account)
    assert not api.answers
    assert "the-token" not in str(caught.value)


def test_outside_a_cluster_there_is_nothing_to_write_with(tmp_path):
    from genai_evals.keeping import KeepError

    with pytest.raises(KeepError, match="has no account to write with"):
        publish(ApiServer(), tmp_path)


def test_a_history_keeps_the_newest_of_each_suite(tmp_path):
    from genai_evals.keeping import remember

    for day in range(1, 8):
        for suite in ("golden", "other"):
            remember(make_summary(suite=suite, started=f"2026-11-{day:02}T03:17:00Z"), tmp_path, 3)
    for suite in ("golden", "other"):
        names = sorted(path.name[:16] for path in (tmp_path / suite).iterdir())
        assert names == ["20261105T031700Z", "20261106T031700Z", "20261107T031700Z"]


def test_two_runs_of_one_second_are_two_files(tmp_path):
    from genai_evals.keeping import remember

    assert remember(make_summary(), tmp_path, 9) != remember(make_summary(), tmp_path, 9)
    assert len(list((tmp_path / "golden").iterdir())) == 2


@pytest.mark.parametrize(
    ("answered", "status", "code"), [("4", 200, 0), ("4", 403, 4), ("5", 403, 1), ("5", 200, 1)]
)
@pytest.mark.usefixtures("in_a_pod")
def test_a_run_keeps_its_results_and_then_judges(tmp_path, capsys, answered, status, code):
    from genai_evals.__main__ import main

    suite = tmp_path / "golden.jsonl"
    suite.write_text(json.dumps({"id": "a", "prompt": "2+2?", "expect": "4"}))

    def answer(request):
        if request.method == "PATCH":
            return httpx.Response(status)
        return httpx.Response(200, json={"choices": [{"message": {"content": answered}}]})

    kept = tmp_path / "kept"
    options = ["--endpoint", "http://gateway", "--suite", str(suite), "--threshold", "1"]
    options += ["--results-dir", str(kept), "--publish", "genai-evals-results"]
    assert main(["run", *options], httpx.MockTransport(answer)) == code
    (file,) = (kept / "golden").iterdir()
    assert json.loads(file.read_text())["results"][0]["answer"] == answered
    assert ("could not be kept" in capsys.readouterr().err) is (status == 403)
