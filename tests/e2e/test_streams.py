"""Long answers while traffic moves: a switch cuts none of them, and those that had to be cut are counted."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.blue_green import BLUE_GREEN, Stream, streaming, write_values
from tests.e2e.conftest import Ended, Stack, finish, read_until

pytestmark = pytest.mark.e2e


def go_back_under_streams(stack: Stack, values: str) -> tuple[Ended, Stream]:
    """Roll back while an answer is on its way; it begins right before the switch and is not over after it."""
    process = stack.begin("rollback", "--yes", "-f", values)
    read_until(process, "one question")
    with streaming(stack.cluster.edge) as (stream,):
        read_until(process, "promote: all traffic to the candidate")
        is_over = stream.is_whole
        ended = finish(process)
    assert not is_over, "the answer was over before the switch, so it shows nothing"
    assert ended.exit_code == 0, ended.text
    return ended, stream


def test_answers_survive_a_switch_and_those_that_take_too_long_are_counted(stack: Stack, tmp_path: Path) -> None:
    assert stack.release("-f", write_values(tmp_path / "release.yaml")).exit_code == 0
    before = stack.status()["serving"]
    at_rest = {**BLUE_GREEN, "capacity": {"standby": 0}, "load": {"enabled": False}}
    patient = write_values(tmp_path / "patient.yaml", {**at_rest, "drainTimeout": "120s"})
    ended, stream = go_back_under_streams(stack, patient)
    assert (stream.slot, stream.error, stream.is_whole) == (before, "", True)
    assert stream.pieces > 800
    assert not ended.result.get("cut_streams")
    assert not [one for one in stack.status()["slots"][before] if one["wanted"]], "it rests, after the answer"

    hasty = write_values(tmp_path / "hasty.yaml", {**at_rest, "drainTimeout": "1s"})
    ended, stream = go_back_under_streams(stack, hasty)
    assert ended.result["cut_streams"] == 1, ended.text
    assert stack.status()["serving"] == before
