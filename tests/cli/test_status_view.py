"""What a status looks like: `pytest --update-golden` redraws tests/data/status."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.cli.states import NOON, STATES, make_rollout, make_state
from tooling.cli.status_view import draw, find_shape, show_seconds, tell_line
from tooling.cli.watching import write_changes, write_lines

FOLDER = Path(__file__).parents[1] / "data" / "status"


def picture(state: dict[str, Any]) -> str:
    lines = [f"{line.text}  <{line.style}>" if line.style else line.text for line in draw(state, 79)]
    return "\n".join([*lines, "", tell_line(state), ""])


@pytest.mark.parametrize("name", STATES)
def test_a_state_is_drawn_as_written_down(name: str, pytestconfig: pytest.Config) -> None:
    file, found = FOLDER / f"{name}.txt", picture(STATES[name])
    if pytestconfig.getoption("--update-golden"):
        file.write_text(found, encoding="utf-8")
    assert found == file.read_text(encoding="utf-8")


def test_no_picture_is_without_a_state() -> None:
    assert {file.stem for file in FOLDER.glob("*.txt")} == set(STATES)


def test_the_picture_in_the_docs_is_what_is_drawn() -> None:
    page = (FOLDER.parents[2] / "docs" / "watching.md").read_text(encoding="utf-8")
    drawn = "\n".join(line.text for line in draw(STATES["analysis"], 79))
    assert f"```text\n{drawn}\n```" in page


@pytest.mark.parametrize("name", STATES)
@pytest.mark.parametrize("width", [79, 40, 20])
def test_no_line_is_wider_than_the_window(name: str, width: int) -> None:
    assert max(len(line.text) for line in draw(STATES[name], width)) <= width


def test_nothing_is_cut_where_there_is_no_window() -> None:
    whole = "\n".join(line.text for line in draw(STATES["pending"]))
    assert "No preemption victims found." in whole


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-3.0, "0s"),
        (0.4, "0s"),
        (59.4, "59s"),
        (59.6, "1m00s"),
        (3599.0, "59m59s"),
        (3600.0, "1h00m"),
        (9e4, "25h00m"),
    ],
)
def test_durations(seconds: float, text: str) -> None:
    assert show_seconds(seconds) == text


@pytest.mark.parametrize(
    "changes",
    [
        {"at": NOON + 9},
        {"gpus": {}},
        {"traffic": {"blue": {"asked": 75, "measured": 20.0}}},
        {"rollout": make_rollout(next=None)},
        {"rollout": make_rollout(verdict={**STATES["analysis"]["rollout"]["verdict"], "reason": "9 so far"})},
    ],
)
def test_a_log_is_not_told_of_clocks_and_counts(changes: dict[str, Any]) -> None:
    assert find_shape(make_state(**changes)) == find_shape(make_state())


@pytest.mark.parametrize("name", [name for name in STATES if name != "analysis"])
def test_a_log_is_told_of_everything_else(name: str) -> None:
    assert find_shape(STATES[name]) != find_shape(STATES["analysis"])


def test_programs_are_told_of_changes_and_not_of_clocks(capsys: pytest.CaptureFixture[str]) -> None:
    show = write_changes()
    show(make_state())
    show(make_state(at=NOON + 2))
    show(make_state(make_rollout(next={"what": "verdict", "seconds": 3.0}), at=NOON + 4))
    assert len(capsys.readouterr().out.splitlines()) == 1
    show(make_state(gpus={}))
    show(make_state(silent={"seconds": 2.0, "reason": "no answer"}))
    show(make_state(silent={"seconds": 4.0, "reason": "no answer"}))
    assert len(capsys.readouterr().out.splitlines()) == 2


def test_a_log_gets_a_line_a_minute_when_nothing_happens(capsys: pytest.CaptureFixture[str]) -> None:
    show = write_lines()
    for seconds in (0, 2, 30, 59, 61, 90):
        show(make_state(at=NOON + seconds))
    told = [line[:8] for line in capsys.readouterr().out.splitlines()]
    assert told == ["12:00:00", "12:01:01"]
