"""Long commands: what they say while they run, how they fail, and that none outlives us."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tooling.local import commands, processes


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def test_a_command_returns_what_it_printed(tmp_path: Path) -> None:
    said: list[str] = []
    code = "import os, sys; print(os.getcwd(), os.environ['A']); print('also', file=sys.stderr)"

    output = commands.run(
        python(code), label="working", progress=said.append, folder=tmp_path, environment={"A": "1"}
    )

    assert sorted(output.splitlines()) == sorted([f"{tmp_path} 1", "also"])
    assert said == []


def test_a_command_that_fails_is_a_failure_with_its_output() -> None:
    with pytest.raises(commands.Failure) as failed:
        commands.run(python("print('why'); raise SystemExit(3)"), label="working", progress=print)

    assert failed.value.output == "why\n"


def test_now_and_then_the_time_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(commands, "HEARTBEAT_SECONDS", 0.05)
    said: list[str] = []
    heard = tmp_path / "heard"

    def say(message: str) -> None:
        said.append(message)
        heard.touch()

    # It goes on until it has been spoken of.
    code = "import sys, time, pathlib\nwhile not pathlib.Path(sys.argv[1]).exists(): time.sleep(0.01)"
    commands.run([*python(code), str(heard)], label="working", progress=say)

    assert said[0].startswith("working ... ")


@pytest.mark.parametrize("ignores", ["", "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); "])
def test_an_interruption_takes_the_command_down(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, ignores: str
) -> None:
    monkeypatch.setattr(commands, "HEARTBEAT_SECONDS", 0.05)
    monkeypatch.setattr(commands, "END_SECONDS", 0.2)
    begun = tmp_path / "begun"

    def interrupt(message: str) -> None:
        if begun.exists():
            raise KeyboardInterrupt

    code = f"{ignores}import pathlib, sys, time; pathlib.Path(sys.argv[1]).touch(); time.sleep(600)"
    with pytest.raises(KeyboardInterrupt):
        commands.run([*python(code), str(begun)], label="x", progress=interrupt)

    assert pid_of(str(begun)) is None


def test_a_second_interruption_leaves_no_command_behind(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(commands, "HEARTBEAT_SECONDS", 0.05)
    begun = tmp_path / "begun"
    waiting = subprocess.Popen.wait
    interruptions = [KeyboardInterrupt]

    def wait(process: subprocess.Popen[str], timeout: float | None = None) -> int:
        if timeout == commands.END_SECONDS and interruptions:
            raise interruptions.pop()
        return waiting(process, timeout)

    def interrupt(message: str) -> None:
        if begun.exists():
            raise KeyboardInterrupt

    monkeypatch.setattr(subprocess.Popen, "wait", wait)
    code = "import signal, pathlib, sys, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
    code += "pathlib.Path(sys.argv[1]).touch(); time.sleep(600)"
    with pytest.raises(KeyboardInterrupt):
        commands.run([*python(code), str(begun)], label="x", progress=interrupt)

    assert interruptions == []
    assert pid_of(str(begun)) is None


def pid_of(mark: str) -> int | None:
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            command = path.read_bytes()
        except OSError:
            continue
        if mark.encode() in command and processes.start_time(int(path.parent.name)) is not None:
            return int(path.parent.name)
    return None
