"""The checks of `helm test` pass where the stack works, and fail where it does not."""

from __future__ import annotations

import json

import httpx
import pytest


def check(what, answer, *arguments):
    from genai_evals.__main__ import main

    return main(["check", what, "--endpoint", "http://there:80", *arguments], httpx.MockTransport(answer))


def say(text, slot="blue"):
    body = {"choices": [{"message": {"content": text}}]}
    return httpx.Response(200, json=body, headers={"x-genai-slot": slot})


def test_chat_gets_several_completions(capsys):
    requests = []

    def answer(request):
        requests.append(request)
        return say("4")

    assert check("chat", answer, "--requests", "4", "--model", "small") == 0
    assert len(requests) == 4
    assert json.loads(requests[0].content)["model"] == "small"
    assert "4 completions from slot blue" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("last", "said"),
    [
        (httpx.Response(502), "completion 3 of 3: status 502"),
        (httpx.Response(404), "status 404"),
        (httpx.Response(200, json={}), "not an OpenAI completion"),
        (say("  \n"), "the answer is empty"),
        (httpx.ConnectError("refused"), "ConnectError: refused"),
    ],
)
def test_one_bad_completion_fails_the_check(capsys, last, said):
    answers = [say("4"), say("4"), last]

    def answer(_):
        given = answers.pop(0)
        if isinstance(given, Exception):
            raise given
        return given

    assert check("chat", answer) == 1
    assert said in capsys.readouterr().err


class Database:
    """As much of Weaviate as the check uses."""

    def __init__(self, classes=(), key="", broken=""):
        self.classes = {found["class"]: found for found in classes}
        self.objects, self.key, self.broken, self.calls = [], key, broken, []

    def __call__(self, request):
        call = f"{request.method} {request.url.path}"
        self.calls.append(call)
        if self.key and request.headers.get("authorization") != f"Bearer {self.key}":
            return httpx.Response(401, text="who are you?")
        if call == self.broken:
            return httpx.Response(500, text="no space left")
        body = json.loads(request.content) if request.content else {}
        if call == "GET /v1/schema":
            return httpx.Response(200, json={"classes": list(self.classes.values())})
        if call == "POST /v1/schema":
            self.classes[body["class"]] = body
        elif call == "POST /v1/objects":
            self.objects.append(body)
        elif request.method == "DELETE":
            del self.classes[request.url.path.rsplit("/", 1)[1]]
            return httpx.Response(200)
        elif call == "POST /v1/graphql":
            return self.search()
        return httpx.Response(200, json={})

    def search(self):
        found = max(self.objects, key=lambda entry: entry["vector"][0]) if self.objects else None
        text = [{"text": found["properties"]["text"]}] if found else []
        return httpx.Response(200, json={"data": {"Get": {"GenaiStackCheck": text}}})


def test_vectors_are_written_found_and_taken_away(capsys, tmp_path):
    database = Database([{"class": "Documents"}], key="the-key")
    (tmp_path / "key").write_text("the-key\n")
    assert check("vectors", database, "--key-file", str(tmp_path / "key")) == 0
    assert list(database.classes) == ["Documents"]
    assert len(database.objects) == 2
    assert "the nearest found" in capsys.readouterr().out


def test_what_a_killed_check_left_is_taken_away_first():
    from genai_evals.check import DESCRIPTION

    database = Database([{"class": "GenaiStackCheck", "description": DESCRIPTION}])
    assert check("vectors", database) == 0
    assert database.classes == {}
    assert database.calls[1] == "DELETE /v1/schema/GenaiStackCheck"


def test_a_class_of_somebody_else_is_not_touched(capsys):
    database = Database([{"class": "GenaiStackCheck", "description": "mine"}])
    assert check("vectors", database) == 1
    assert "it is not touched" in capsys.readouterr().err
    assert database.calls == ["GET /v1/schema"]


@pytest.mark.parametrize("broken", ["POST /v1/objects", "POST /v1/graphql", "POST /v1/schema", "GET /v1/schema"])
def test_a_database_that_fails_fails_the_check_and_keeps_no_class(capsys, broken):
    database = Database(broken=broken)
    assert check("vectors", database) == 1
    assert database.classes == {}
    assert f"{broken.replace('/', '', 1)}: status 500: no space left" in capsys.readouterr().err


def test_a_search_that_finds_the_wrong_object_fails_the_check(capsys, monkeypatch):
    database = Database()
    monkeypatch.setattr(database, "search", lambda: httpx.Response(200, json={"errors": ["no index"]}))
    assert check("vectors", database) == 1
    assert "the search found nothing" in capsys.readouterr().err
    far = {"data": {"Get": {"GenaiStackCheck": [{"text": "far"}]}}}
    monkeypatch.setattr(database, "search", lambda: httpx.Response(200, json=far))
    assert check("vectors", database) == 1


def test_a_wrong_key_fails_the_check_and_is_not_said(capsys, tmp_path):
    (tmp_path / "key").write_text("wrong-key")
    assert check("vectors", Database(key="right"), "--key-file", str(tmp_path / "key")) == 1
    said = capsys.readouterr().err
    assert "status 401" in said
    assert "wrong-key" not in said


def test_a_key_file_that_is_not_there_ends_with_2(tmp_path):
    assert check("vectors", Database(), "--key-file", str(tmp_path / "no")) == 2
