"""Long answers while traffic moves: a switch cuts none of them, and those that had to be cut are counted."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.blue_green import BLUE_GREEN, streaming, write_values
from tests.e2e.conftest import Stack

pytestmark = pytest.mark.e2e


@pytest.fixture
def ready_to_go_back(stack: Stack, tmp_path: Path) -> Stack:
    """The stack with a verified version in the other slot, at rest."""
    ended = stack.release(
        "-f", write_values(tmp_path / "release.yaml", {**BLUE_GREEN, "capacity": {"standby": 0}})
    )
    assert ended.exit_code == 0, ended.text
    return stack


def test_answers_survive_a_switch_and_those_that_take_too_long_are_counted(
    ready_to_go_back: Stack, tmp_path: Path
) -> None:
    stack = ready_to_go_back
    before = stack.status()["serving"]
    patient = write_values(tmp_path / "patient.yaml", {**BLUE_GREEN, "capacity": {}, "drainTimeout": "120s"})
    with streaming(stack.cluster.edge) as streams:
        ended = stack.run("rollback", "--yes", "-f", patient)
    assert ended.exit_code == 0, ended.text
    (answer,) = streams
    assert (answer.slot, answer.error, answer.is_whole) == (before, "", True)
    assert answer.pieces > 50
    assert not ended.result.get("cut_streams")

    hasty = write_values(tmp_path / "hasty.yaml", {**BLUE_GREEN, "capacity": {}, "drainTimeout": "0s"})
    with streaming(stack.cluster.edge, 2) as streams:
        ended = stack.run("rollback", "--yes", "-f", hasty)
    assert ended.exit_code == 0, ended.text
    assert stack.status()["serving"] == before
    assert ended.result["cut_streams"] >= 1
    assert "cut" in ended.text
