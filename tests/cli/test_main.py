"""The command line as a whole: what there is, what there is not, and that nobody ever sees a traceback."""

import importlib
import json
import signal
import subprocess
import sys
from pathlib import Path

import click
import pytest

from tooling.cli import main
from tooling.cli.main import COMMANDS, cli, run
from tooling.core.finding import Finding, Severity
from tooling.errors import (
    ClusterError,
    HeldError,
    HelmError,
    IllegalTransition,
    PreflightError,
    StateError,
    UnavailableError,
    UsageError,
    ValuesError,
)

ROOT = Path(__file__).parents[2]
ERRORS = [
    (UsageError("no.", hint="Say yes."), 2),
    (PreflightError("no.", hint="Say yes."), 2),
    (ValuesError("no.", hint="Say yes."), 2),
    (HeldError("no.", hint="Say yes."), 5),
    (HelmError("no.", hint="Say yes."), 4),
    (ClusterError("no.", status=403, hint="Say yes."), 4),
    (UnavailableError("no.", hint="Say yes."), 4),
    (StateError("no.", hint="Say yes."), 4),
]


def name(value: object) -> str:
    """Name a row of ERRORS."""
    return str(value) if isinstance(value, int) else type(value).__name__


@pytest.fixture
def failing(monkeypatch):
    """Have the command `fail`, which raises what it is given."""

    def install(error: BaseException) -> None:
        @click.command()
        @click.option("--output", default="text")
        def fail(output: str) -> None:
            raise error

        monkeypatch.setattr(cli, "get_command", lambda _context, asked: fail if asked == "fail" else None)

    return install


@pytest.mark.parametrize("word", COMMANDS)
def test_every_command_exists_and_explains_itself(word, capfd):
    module, _, attribute = COMMANDS[word].place.partition(":")
    command = getattr(importlib.import_module(module), attribute)
    assert run([word, "--help"]) == 0
    out = capfd.readouterr().out
    assert word in out.splitlines()[0]
    assert " ".join(command.help.replace("\b", "").split()) in " ".join(out.split())
    assert command.help.startswith(COMMANDS[word].summary.rstrip(".)"))


def test_help_names_every_command(capfd):
    assert run(["--help"]) == 0
    out = capfd.readouterr().out
    for word in COMMANDS:
        assert f"  {word} " in out


def test_the_version_is_told(capfd):
    assert run(["--version"]) == 0
    assert capfd.readouterr().out.startswith("genai-stack, version ")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "Usage:"),
        (["relaese"], "No such command 'relaese'"),
        (["release", "--nonsense"], "No such option"),
        (["release", "--output", "xml"], "'xml' is not one of 'text', 'json'"),
        (["release", "--env", "nowhere"], "there is no environment 'nowhere'. There are: "),
        (["release", "--profile", "moon"], "there is no profile 'moon'"),
        (["status", "--set", "a"], "--set: it has no value; write key=value"),
        (["release", "-f", "/nowhere/mine.yaml"], "/nowhere/mine.yaml"),
    ],
)
def test_a_wrong_command_line_exits_with_2(arguments, message, capfd, monkeypatch):
    monkeypatch.chdir(ROOT)
    assert run(arguments) == 2
    captured = capfd.readouterr()
    assert message in captured.err
    assert "Traceback" not in captured.err
    assert captured.out == ""


@pytest.mark.parametrize(("error", "code"), ERRORS, ids=name)
def test_an_error_is_a_sentence_with_a_hint_and_an_exit_code(error, code, failing, capfd):
    failing(error)
    assert run(["fail"]) == code
    captured = capfd.readouterr()
    assert captured.err == "error: no. Say yes.\n"
    assert captured.out == ""


@pytest.mark.parametrize(("error", "code"), [ERRORS[0], ERRORS[2], ERRORS[3], ERRORS[-1]], ids=name)
@pytest.mark.parametrize("output", [["--output", "json"], ["--output=json"]], ids=" ".join)
def test_an_error_is_one_document_for_programs(error, code, output, failing, capfd):
    failing(error)
    assert run(["fail", *output]) == code
    captured = capfd.readouterr()
    assert json.loads(captured.out) == {"error": "no.", "hint": "Say yes.", "exit": code, "findings": []}
    assert captured.err == ""


def test_our_own_mistakes_ask_to_be_reported(failing, capfd):
    failing(IllegalTransition("Pending", "promote"))
    assert run(["fail"]) == 4
    assert "please report it" in capfd.readouterr().err


def test_findings_are_told_line_by_line(failing, capfd):
    finding = Finding("schema", Severity.ERROR, "is not known", path="gateway.replcas", file="prod.yaml", line=3)
    failing(ValuesError("the values of prod cannot be released.", findings=(finding, finding)))
    assert run(["fail"]) == 2
    lines = capfd.readouterr().err.splitlines()
    assert lines[0] == lines[1] == str(finding)
    assert lines[2].startswith("error: the values of prod cannot be released.")


@pytest.mark.parametrize(
    ("error", "shown"),
    [
        (ValuesError("no.", findings=(Finding("x", Severity.ERROR, "bad.", "a\x1b[2J\nb"),)), "a\\x1b[2J\\x0ab"),
        (HelmError("no:\n\tat \x1b[2J"), "error: no:\n\\x09at \\x1b[2J"),
        (OSError(2, "No such file", "a\x1b[2J\nb\udcff"), "a\\x1b[2J\\x0ab\\xdcff"),
    ],
    ids=["finding", "error", "file"],
)
def test_what_is_told_cannot_act_on_the_terminal(error, shown, failing, capfd):
    failing(error)
    run(["fail"])
    err = capfd.readouterr().err
    assert shown in err
    assert "\x1b" not in err


@pytest.mark.parametrize("error", [KeyboardInterrupt(), click.exceptions.Abort(), EOFError()])
def test_an_interruption_exits_with_130_and_says_how_to_go_on(error, failing, capfd):
    failing(error)
    assert run(["fail"]) == 130
    assert "genai-stack resume" in capfd.readouterr().err


def test_a_closed_pipe_is_no_traceback(failing, capfd):
    failing(BrokenPipeError())
    assert run(["fail"]) == 1
    assert capfd.readouterr().err == ""


def test_sigterm_interrupts_like_ctrl_c():
    with pytest.raises(KeyboardInterrupt):
        main._interrupt(signal.SIGTERM, None)


def test_asking_for_help_loads_no_client():
    code = "import sys, tooling.cli.main; sys.exit(bool({'kubernetes', 'rich', 'yaml'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0
