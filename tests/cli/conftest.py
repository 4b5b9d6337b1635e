"""What tests of the command line share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tooling import bootstrap
from tooling.cli.main import run

if TYPE_CHECKING:
    from tests.app.story import Story


@pytest.fixture
def mine(tmp_path: Path) -> Callable[[str], str]:
    """Write a file of somebody's own, and return its path as an argument."""

    def write(text: str) -> str:
        file = tmp_path / "mine.yaml"
        file.write_text(text, encoding="utf-8")
        return str(file)

    return write


@pytest.fixture
def command(monkeypatch, capfd):
    """Run a command line on a story; it releases the version of `--set version=N`, 1 unless said otherwise."""

    def call(story: Story, *arguments: str) -> tuple[int, str, str]:
        def wire(**options):
            sets = dict(one.text.split("=") for one in options["request"].sets)
            ports = replace(story.ports, reporter=bootstrap.reporter(options["output"]))
            return ports, story.target(int(sets.get("version", 1)))

        monkeypatch.setattr(bootstrap, "rollout", wire)
        capfd.readouterr()
        code = run(list(arguments))
        captured = capfd.readouterr()
        assert "Traceback" not in captured.out + captured.err
        return code, captured.out, captured.err

    return call
