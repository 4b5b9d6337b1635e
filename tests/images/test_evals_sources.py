"""A suite may be downloaded: only the text that its digest names is ever run."""

from __future__ import annotations

import hashlib
import json

import httpx
import pytest

TEXT = json.dumps({"id": "a", "prompt": "2+2?", "expect": 4})
URL = "https://datasets.example.com/maths.jsonl"


def run(download, sha256, *arguments):
    from genai_evals.__main__ import main

    seen = []

    def answer(request):
        seen.append(str(request.url))
        if request.method == "GET":
            return download(request) if callable(download) else download
        return httpx.Response(200, json={"choices": [{"message": {"content": "it is 4"}}]})

    options = ["--endpoint", "http://gateway", "--suite-url", URL, "--scorer", "numeric", "--name", "maths"]
    digest = ["--sha256", sha256] if sha256 else []
    return main(["run", *options, *digest, *arguments], httpx.MockTransport(answer)), seen


def digest(text):
    return hashlib.sha256(text.encode()).hexdigest()


def test_a_download_with_the_digest_is_run(capsys):
    code, seen = run(httpx.Response(200, text=TEXT), digest(TEXT), "--threshold", "1")
    assert code == 0
    assert seen == [URL, "http://gateway/v1/chat/completions"]
    assert json.loads(capsys.readouterr().out)["suite"] == "maths"


def test_a_redirect_is_followed():
    def download(request):
        if request.url.path == "/moved":
            return httpx.Response(200, text=TEXT)
        return httpx.Response(302, headers={"location": "/moved"})

    assert run(download, digest(TEXT))[0] == 0


@pytest.mark.parametrize(
    ("download", "sha256", "said"),
    [
        (httpx.Response(200, text=TEXT + "\n"), digest(TEXT), f"expected is {digest(TEXT)}"),
        (httpx.Response(404), digest(TEXT), "status 404"),
        (httpx.Response(200, text=TEXT), "", "needs --sha256"),
        (httpx.Response(200, text="{"), digest("{"), "maths.jsonl:1: "),
    ],
)
def test_anything_else_ends_with_2_before_a_prompt_is_sent(capsys, download, sha256, said):
    code, seen = run(download, sha256)
    assert code == 2
    assert "http://gateway/v1/chat/completions" not in seen
    assert said in capsys.readouterr().err


def test_a_download_without_end_is_cut_off(capsys, monkeypatch):
    from genai_evals import suite

    monkeypatch.setattr(suite, "MOST_BYTES", 10)
    assert run(httpx.Response(200, text=TEXT), digest(TEXT))[0] == 2
    assert "is larger than 10 bytes" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [["--suite", "x"], ["--sha256", "short"], ["--suite-url", "ftp://x"], ["--suite-url", "file:///x"]],
)
def test_usage_errors_end_with_2(arguments):
    with pytest.raises(SystemExit) as caught:
        run(httpx.Response(200), digest(TEXT), *arguments)
    assert caught.value.code == 2
