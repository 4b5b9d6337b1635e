"""Evals: suites are checked, answers scored, and results written whole."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import httpx
import pytest

LINE = {"id": "sum", "prompt": "What is 2+2?", "expect": {"contains": "4"}}


@pytest.fixture
def suite_file(tmp_path):
    def write(*lines):
        path = tmp_path / "golden.jsonl"
        path.write_text("\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines))
        return path

    return write


def test_a_suite_is_read_in_order_with_defaults_and_a_digest(suite_file):
    from genai_evals.suite import load

    path = suite_file(LINE, "", {**LINE, "id": "b", "max_tokens": 5})
    suite = load(path)
    assert (suite.name, [case.id for case in suite.cases]) == ("golden", ["sum", "b"])
    assert [case.max_tokens for case in suite.cases] == [64, 5]
    before = suite.digest
    assert load(suite_file(LINE)).digest != before


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ([], "has no prompts"),
        (["{"], ":1: "),
        ([LINE, "[]"], ":2: a line: must be an object"),
        ([LINE, LINE], ":2: id 'sum' is there twice"),
        ([{**LINE, "id": ""}], ":1: id:"),
        ([{**LINE, "prompt": 5}], ":1: prompt:"),
        ([{**LINE, "max_tokens": 0}], ":1: max_tokens:"),
        ([{**LINE, "max_tokens": True}], ":1: max_tokens:"),
        ([{**LINE, "expected": "4"}], ":1: a line: unknown field 'expected'"),
        ([{**LINE, "expect": {}}], ":1: expect: needs at least one of contains, exact, regex, numeric, json"),
        ([{**LINE, "expect": None}], ":1: expect: must be an object"),
        ([{**LINE, "expect": {"equals": "4"}}], ":1: expect: unknown field 'equals'"),
        ([{**LINE, "expect": {"contains": ""}}], ":1: expect.contains:"),
        ([{**LINE, "expect": {"regex": "("}}], ":1: expect.regex:"),
        ([{**LINE, "expect": {"numeric": 10**400}}], ":1: expect.numeric: must be a number"),
        (["[" * 100_000], ":1: is nested too deeply"),
    ],
)
def test_a_bad_suite_ends_with_2_before_any_request(suite_file, capsys, lines, said):
    from genai_evals.__main__ import main

    def never(_):
        raise AssertionError("a request was sent")

    path = suite_file(*lines)
    arguments = ["run", "--endpoint", "http://gateway", "--suite", str(path)]
    assert main(arguments, httpx.MockTransport(never)) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("endpoint", ["gateway:80", "ftp://x", "http://", "http://[x", "http://x:port"])
def test_an_endpoint_that_is_no_url_ends_with_2(suite_file, endpoint):
    from genai_evals.__main__ import main

    assert main(["run", "--endpoint", endpoint, "--suite", str(suite_file(LINE))]) == 2


def test_a_suite_that_is_not_there_ends_with_2(tmp_path, capsys):
    from genai_evals.__main__ import main

    assert main(["run", "--endpoint", "http://x", "--suite", str(tmp_path / "no.jsonl")]) == 2
    assert "no.jsonl: cannot be read" in capsys.readouterr().err


@pytest.fixture
def run(suite_file, tmp_path):
    """Run a suite of four prompts; `answers` maps a prompt to its answer or an httpx.Response."""

    def start(answers, *arguments):
        from genai_evals.__main__ import main

        requests = []

        def answer(request):
            requests.append(request)
            given = answers[json.loads(request.content)["messages"][0]["content"]]
            if isinstance(given, httpx.Response):
                return given
            if isinstance(given, Exception):
                raise given
            return httpx.Response(200, json={"choices": [{"message": {"content": given}}]})

        lines = [{"id": name, "prompt": name, "expect": {"exact": "yes"}} for name in "abcd"]
        out = tmp_path / "out.json"
        options = ["--endpoint", "http://gateway/base/", "--suite", str(suite_file(*lines)), "--out", str(out)]
        code = main(["run", *options, *arguments], httpx.MockTransport(answer))
        return code, json.loads(out.read_text()), requests

    return start


def test_a_run_writes_each_result_and_the_share(run):
    code, result, requests = run(
        {"a": "yes", "b": "no", "c": "yes", "d": "yes"}, "--header", "x-genai-preview: green"
    )
    assert code == 0
    assert (result["suite"], result["total"], result["passed"], result["accuracy"]) == ("golden", 4, 3, 0.75)
    assert [(entry["id"], entry["passed"], entry["answer"]) for entry in result["results"]] == [
        ("a", True, "yes"),
        ("b", False, "no"),
        ("c", True, "yes"),
        ("d", True, "yes"),
    ]
    assert str(requests[0].url) == "http://gateway/base/v1/chat/completions"
    assert requests[0].headers["x-genai-preview"] == "green"
    body = json.loads(requests[0].content)
    assert (body["temperature"], body["max_tokens"], "model" in body) == (0, 64, False)


@pytest.mark.parametrize(
    ("option", "least", "code"),
    [("--threshold", "0.75", 0), ("--threshold", "0.76", 1), ("--min-accuracy", "0.76", 1)],
)
def test_accuracy_below_the_threshold_ends_with_1(run, option, least, code):
    answers = {"a": "yes", "b": "no", "c": "yes", "d": "yes"}
    assert run(answers, option, least)[0] == code


def test_a_limit_runs_the_first_prompts_only(run):
    code, result, requests = run({"a": "yes", "b": "yes"}, "--limit", "2", "--name", "short")
    assert (code, result["total"], len(requests), result["suite"]) == (0, 2, 2, "short")


def test_the_result_says_when_against_what_and_who_answered(run, monkeypatch):
    monkeypatch.setenv("GENAI_VERSION", "1.2.3")

    def say(slot):
        body = {"choices": [{"message": {"content": "yes"}}]}
        return httpx.Response(200, json=body, headers={"x-genai-slot": slot})

    answers = {"a": say("blue"), "b": say("green"), "c": say("blue"), "d": httpx.Response(502)}
    _, result, requests = run(answers, "--model", "small", "--threshold", "0.5")
    assert result["slots"] == {"blue": 2, "green": 1}
    assert (result["version"], result["model"], result["threshold"]) == ("1.2.3", "small", 0.5)
    assert json.loads(requests[0].content)["model"] == "small"
    began = datetime.strptime(result["started"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    assert abs((datetime.now(UTC) - began).total_seconds()) < 3600
    assert 0 <= result["seconds"] < 3600


@pytest.mark.parametrize(
    "broken",
    [
        httpx.Response(502),
        httpx.Response(200, text="no json"),
        httpx.Response(200, json={"choices": []}),
        httpx.Response(200, json={"choices": [{"message": {"content": None}}]}),
        httpx.ConnectError("refused"),
    ],
)
def test_a_prompt_without_an_answer_is_an_error_and_no_exception(run, broken):
    code, result, _ = run({"a": "yes", "b": broken, "c": "yes", "d": "yes"})
    assert code == 3
    assert (result["errors"], result["passed"], result["accuracy"]) == (1, 3, 0.75)
    assert result["results"][1]["answer"] is None
    assert result["results"][1]["error"]


def test_results_keep_the_suites_order_when_requests_overlap(run):
    code, result, _ = run(dict.fromkeys("abcd", "yes"), "--concurrency", "4", "--model", "small")
    assert code == 0
    assert [entry["id"] for entry in result["results"]] == list("abcd")


@pytest.mark.parametrize(
    "arguments",
    [
        ["--threshold", "2"],
        ["--limit", "0"],
        ["--name", "../x"],
        ["--scorer", "luck"],
        ["--concurrency", "0"],
        ["--header", "x"],
        ["--nope"],
    ],
)
def test_usage_errors_end_with_2(suite_file, arguments):
    from genai_evals.__main__ import main

    with pytest.raises(SystemExit) as caught:
        main(["run", "--endpoint", "http://x", "--suite", str(suite_file(LINE)), *arguments])
    assert caught.value.code == 2


def test_the_endpoint_may_come_from_the_environment(suite_file, monkeypatch):
    from genai_evals.__main__ import make_parser

    with pytest.raises(SystemExit):
        make_parser().parse_args(["run", "--suite", "x"])
    monkeypatch.setenv("GENAI_ENDPOINT", "http://from-env")
    assert make_parser().parse_args(["run", "--suite", "x"]).endpoint == "http://from-env"


def test_a_folder_that_cannot_be_written_ends_with_4(suite_file, tmp_path, capsys):
    from genai_evals.__main__ import main

    answer = httpx.Response(200, json={"choices": [{"message": {"content": "4"}}]})
    out = tmp_path / "no" / "x"
    arguments = ["run", "--endpoint", "http://x", "--suite", str(suite_file(LINE)), "--out", str(out)]
    assert main(arguments, httpx.MockTransport(lambda _: answer)) == 4
    assert f"could not be kept: {out}: No such file" in capsys.readouterr().err
