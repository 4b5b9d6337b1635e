"""What a shell is offered at a press of Tab, asked for as the shell does it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tooling.cli.main import COMMANDS, run
from tooling.cli.suggestions import complete_assignments, complete_environments, complete_keys

ROOT = Path(__file__).parents[2]
HEAVY = ("kubernetes", "pyhelm3", "jsonschema", "jsonschema_rs", "rich", "yaml")


def ask(words: str, *, folder: Path = ROOT, report: str = "") -> list[str]:
    """What is offered for the last word."""
    split = words.split(" ")
    environment = {
        **{key: value for key, value in os.environ.items() if not key.startswith("COV_")},
        "COMP_WORDS": words,
        "COMP_CWORD": str(len(split) - 1),
        "_GENAI_STACK_COMPLETE": "bash_complete",
        "PYTHONPATH": str(ROOT),
    }
    program = "import sys; sys.argv[0] = 'genai-stack'; from tooling.cli.main import main; "
    command = [sys.executable, "-c", f"{program}{report or 'main()'}"]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert not done.stderr, done.stderr
    return [line.partition(",")[2] for line in done.stdout.splitlines() if line.startswith("plain,")]


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("genai-stack va", ["validate"]),
        ("genai-stack validate --env pro", ["prod"]),
        ("genai-stack release --profile ed", ["edge-k3s"]),
        ("genai-stack size --model smol", ["SmolLM2-135M-Instruct", "SmolLM2-1.7B-Instruct"]),
        ("genai-stack completion f", ["fish"]),
        ("genai-stack validate --output j", ["json"]),
        ("genai-stack release --set rollout.capacity.maxS", ["rollout.capacity.maxSurgeGpus="]),
        ("genai-stack validate --explain gateway.rep", ["gateway.replicas"]),
    ],
)
def test_what_is_offered(words, offered):
    assert ask(words) == offered


def test_all_commands_are_offered():
    assert ask("genai-stack ") == list(COMMANDS)


def test_outside_of_a_checkout_the_installed_one_answers(tmp_path):
    assert "prod" in ask("genai-stack validate --env ", folder=tmp_path)


@pytest.mark.parametrize(
    "words", ["genai-stack ", "genai-stack size --model smol", "genai-stack validate --env p"]
)
def test_nothing_heavy_is_imported(words):
    report = f"import atexit; atexit.register(lambda: print('plain,', *sorted(set(sys.modules) & set({HEAVY}))))"
    last = ask(words, report=f"{report}; main()")[-1]
    assert not set(last.split()) & {"kubernetes", "pyhelm3", "rich"}, last


@pytest.mark.parametrize(
    ("begun", "offered"),
    [
        ("gatew", ["gateway."]),
        ("gateway.rep", ["gateway.replicas"]),
        ("rollout.capacity.max", ["rollout.capacity.maxSurgeGpus"]),
        ("inference.models.mine.repl", ["inference.models.mine.replicas"]),
        ('inference.models."mine.2".repl', ['inference.models."mine.2".replicas']),
        ("rollout.steps[0].wei", ["rollout.steps[0].weight"]),
        ("inference.mod", ["inference.modelDefaults.", "inference.modelDelivery", "inference.models."]),
        ("a..", []),
        ("nothing.there", []),
        ("gateway.replicas.x", []),
    ],
)
def test_keys_are_offered_one_level_at_a_time(begun, offered, monkeypatch):
    monkeypatch.chdir(ROOT)
    assert complete_keys(None, None, begun) == offered


@pytest.mark.parametrize(
    ("begun", "offered"),
    [("gateway.rep", ["gateway.replicas="]), ("gatew", ["gateway."]), ("gateway.replicas=", [])],
)
def test_a_key_to_set_gets_its_equals_sign(begun, offered, monkeypatch):
    monkeypatch.chdir(ROOT)
    assert complete_assignments(None, None, begun) == offered


def test_a_chart_whose_schema_is_damaged_has_no_keys(tmp_path, monkeypatch):
    chart = tmp_path / "charts" / "genai-stack"
    chart.mkdir(parents=True)
    (chart / "Chart.yaml").touch()
    (chart / "values.schema.json").write_text("{")
    monkeypatch.chdir(tmp_path)
    assert complete_keys(None, None, "gatew") == complete_environments(None, None, "") == []


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_is_one_that_its_shell_can_read(shell, tmp_path, capfd):
    assert run(["completion", shell]) == 0
    script = tmp_path / "completion"
    script.write_text(capfd.readouterr().out)
    assert "_GENAI_STACK_COMPLETE" in script.read_text()
    if shutil.which(shell):
        done = subprocess.run([shell, "-n", script], capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, "")


def test_bash_completes_with_it(tmp_path, capfd):
    """The function as bash calls it: words in, COMPREPLY out, and no space after a key that goes on."""
    run(["completion", "bash"])
    script = capfd.readouterr().out
    program = tmp_path / "genai-stack"
    program.write_text("#!/bin/sh\nprintf 'plain,gateway.replicas=\\n'\n")
    program.chmod(0o755)
    text = f"""
    compopt() {{ echo "compopt $*"; }}
    complete() {{ echo "complete $*"; }}
    {script}
    COMP_WORDS=({program} validate --set gatew) COMP_CWORD=3
    _genai_stack_completion {program}
    echo "${{COMPREPLY[@]}}"
    """
    done = subprocess.run(["bash", "-c", text], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [
        "complete -o nosort -F _genai_stack_completion genai-stack",
        "compopt -o nospace",
        "gateway.replicas=",
    ]
