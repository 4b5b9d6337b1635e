"""Commands on a rollout, with fakes behind them: exit codes, what goes where, one result document for programs."""

import json

import pytest

from tests.app.story import LOAD, Story, stand, stand_twice, stop_after
from tooling.errors import HelmError, UnavailableError


def stop_half_way() -> Story:
    return stop_after("route.write blue 90 %, green 10 %", stand, lambda story: story.release(2))


def stand_badly() -> Story:
    story = stand()
    story.world.behave("green", error_share=0.5)
    return story


def stand_helpless() -> Story:
    """Return a story whose next release is bad, and whose route then refuses to be given back."""
    story = stand_badly()
    write = story.world.route.write

    def refuse(namespace, instance, manifests, **rest):
        if story.weights == {"blue": 90, "green": 10}:
            raise HelmError("httproutes is forbidden")
        return write(namespace, instance, manifests, **rest)

    story.world.route.write = refuse
    return story


def stand_silent() -> Story:
    story = stand()
    story.world.fail_next("store.load", UnavailableError("no answer from https://10.0.0.1:6443 in time."))
    return story


def stand_locked() -> Story:
    story = stand_twice()
    story.world.lease.holder = "anna@desk"
    return story


RELEASE = ("release", "--set", "version=2", "--yes")
CODES = [
    pytest.param(Story, ("release", "--yes"), 0, "Succeeded after 3 s", id="first install"),
    pytest.param(stand, RELEASE, 0, "Succeeded after", id="canary"),
    pytest.param(stand, ("release", "--yes"), 0, "nothing to do", id="what already runs"),
    pytest.param(stand, ("release", "--yes", "--again"), 0, "green serves", id="again"),
    pytest.param(stand, ("release", "--set", "version=2", "--dry-run"), 0, "plan for genai", id="dry run"),
    pytest.param(stand, ("plan", "--set", "version=2"), 0, "plan for genai", id="plan"),
    pytest.param(stand, ("release", "--base", "--yes"), 0, "nothing to do", id="base as it is"),
    pytest.param(stand, ("release", "--base", "--yes", "--again"), 2, "--without-backup", id="no backup"),
    pytest.param(
        stand, ("release", "--base", "--yes", "--again", "--without-backup"), 0, "base is", id="base again"
    ),
    pytest.param(
        stand,
        ("release", "--base", "--again", "--without-backup", "--dry-run"),
        0,
        "plan for base",
        id="base plan",
    ),
    pytest.param(stand, ("release", "--without-backup"), 2, "is for --base", id="a backup of slots"),
    pytest.param(stop_half_way, RELEASE, 0, "found an unfinished rollout", id="the same target goes on"),
    pytest.param(stop_half_way, ("resume", "--set", "version=2"), 0, "Succeeded", id="resume"),
    pytest.param(stand_twice, ("rollback", "--yes"), 0, "RolledBack", id="rollback"),
    pytest.param(stop_half_way, ("abort", "--reason", "no"), 0, "Reason: aborted by", id="abort"),
    pytest.param(
        stop_half_way,
        ("release", "--set", "version=3", "--yes", "--abort-unfinished"),
        0,
        "Succeeded",
        id="abort unfinished",
    ),
    pytest.param(stand, ("uninstall", "--yes"), 0, "volumes were kept", id="uninstall"),
    pytest.param(stand, ("uninstall", "--yes", "--delete-data"), 0, "deleted volumes: none", id="uninstall data"),
    pytest.param(stand, RELEASE[:-1], 2, "Pass --yes. Nothing was touched.", id="not confirmed"),
    pytest.param(stop_half_way, ("release", "--set", "version=3", "--yes"), 2, "genai-stack abort", id="another"),
    pytest.param(stop_half_way, ("resume", "--set", "version=3"), 2, "these values make", id="resume another"),
    pytest.param(stand, ("resume",), 2, "no unfinished rollout", id="nothing to resume"),
    pytest.param(stand, ("promote",), 2, "no rollout on its way", id="nothing to promote"),
    pytest.param(stand, ("abort",), 2, "no rollout on its way", id="nothing to abort"),
    pytest.param(stand, ("rollback", "--yes"), 2, "no verified version", id="nothing to go back to"),
    pytest.param(stand_badly, RELEASE, 3, "Aborted after", id="bad canary"),
    pytest.param(stand_helpless, RELEASE, 4, "Look with: genai-stack status", id="an abort that failed"),
    pytest.param(stand_silent, RELEASE, 4, "no answer from https://10.0.0.1:6443", id="silent cluster"),
    pytest.param(stand_locked, ("release", "--set", "version=3", "--yes"), 5, "anna@desk", id="release held"),
    pytest.param(stand_locked, ("rollback", "--yes"), 5, "anna@desk", id="rollback held"),
    pytest.param(stand_locked, ("uninstall", "--yes"), 5, "anna@desk", id="uninstall held"),
]


@pytest.mark.parametrize(("make", "arguments", "code", "text"), CODES)
def test_exit_codes(command, make, arguments, code, text):
    actual, out, err = command(make(), *arguments)
    assert actual == code, out + err
    assert text in out + err


@pytest.mark.parametrize(("make", "arguments", "code", "text"), [row for row in CODES if row.values[2] in {2, 5}])
def test_an_error_is_one_sentence_on_standard_error(command, make, arguments, code, text):
    _, out, err = command(make(), *arguments)
    last = err.strip().splitlines()[-1]
    assert last.startswith("error: ")
    assert "error: " not in out


@pytest.mark.parametrize(
    ("make", "arguments", "code", "text"), [row for row in CODES if row.values[1][0] != "uninstall"]
)
def test_programs_get_json_lines_and_one_document_at_the_end(command, make, arguments, code, text):
    actual, out, _ = command(make(), *arguments, "--output", "json")
    lines = [json.loads(line) for line in out.splitlines()]
    assert actual == code
    assert lines[-1]["exit"] == code
    assert all("event" in line for line in lines[:-1])
    if code in {2, 5}:
        assert lines[-1]["error"]
        assert text in f"{lines[-1]['error']} {lines[-1]['hint']}"
    elif make is not stand_silent:
        assert lines[-1]["event"] == ("plan" if "--dry-run" in arguments or arguments[0] == "plan" else "result")


def test_the_result_document(command):
    story = stand(load={**LOAD, "rate": 20})
    story.world.behave("green", error_share=0.5)
    code, out, _ = command(story, *RELEASE, "--output", "json")
    document = json.loads(out.splitlines()[-1])
    assert code == 3
    assert {key: document[key] for key in ("event", "phase", "exit", "stable", "candidate")} == {
        "event": "result",
        "phase": "Aborted",
        "exit": 3,
        "stable": "blue",
        "candidate": "green",
    }
    assert "candidate requests failed" in document["reason"]
    assert document["rollout"].startswith("genai-")
    assert document["seconds"] > 0
    assert document["load_requests"] > document["load_errors"] > 0
    assert 0 <= document["verdict_to_last_request_seconds"] <= 1.0


@pytest.mark.parametrize("output", [("--output", "json"), ("--output=json",)])
def test_an_error_is_a_document_for_programs(command, output):
    code, out, err = command(stand(), "release", "--set", "version=2", *output)
    assert code == 2
    document = json.loads(out.splitlines()[-1])
    assert document["error"] == "nobody is here to confirm this."
    assert document["hint"] == "Pass --yes. Nothing was touched."
    assert document["exit"] == 2
    assert "error:" not in err


def test_a_word_that_is_no_option_makes_no_document(command):
    code, out, err = command(stand(), "abort", "--reason", "json")
    assert code == 2
    assert err.startswith("error: ")
    assert out == ""


def test_plan_and_dry_run_say_the_same_and_write_nothing(command):
    story = stand()
    before = len(story.world.writes)
    told = [
        command(story, *arguments, "--set", "version=2", *output)[1]
        for output in ((), ("--output", "json"))
        for arguments in (("plan",), ("release", "--dry-run"))
    ]
    assert told[0] == told[1]
    plan, dry = (json.loads(text.splitlines()[-1]) for text in told[2:])
    assert {**plan, "rollout": ""} == {**dry, "rollout": ""}
    assert len(plan["steps"]) == len([line for line in told[0].splitlines() if line.strip()[:1].isdigit()])
    assert len(story.world.writes) == before


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, EOFError])
def test_an_interrupted_release_can_be_resumed(command, interruption):
    story = stand()

    def interrupt():
        raise interruption

    story.world.clock.schedule(10, interrupt)
    code, _, err = command(story, *RELEASE)
    assert code == 130
    assert "genai-stack resume" in err
    assert story.world.lease.holder == ""
    assert story.weights == {"blue": 90, "green": 10}
    assert command(story, "resume", "--set", "version=2")[0] == 0
    assert story.weights == {"green": 100}
