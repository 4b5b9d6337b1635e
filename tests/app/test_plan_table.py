"""The plan as a table of at most 80 columns, for people at a terminal and for a file."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

import pytest

from tests.app.story import Story, stand
from tooling.adapters.reporter_terminal import TerminalReporter
from tooling.app.plan_table import make_capacity, make_notes, make_rows
from tooling.app.planning import look_around, plan_release
from tooling.app.preflight import render_roles
from tooling.core.plan import Step, StepKind
from tooling.core.rollout import Rollout

EVERYTHING: dict[str, Any] = {
    "steps": [
        {"test": {}},
        {"weight": 5, "hold": "10m"},
        {"approval": {"timeout": "2h"}},
        {"weight": 50, "hold": "1h"},
    ],
    "capacity": {"abortFloor": 0.5, "standby": 0.5},
}


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def make_plan(story: Story) -> tuple[Rollout, tuple[dict[str, Any], ...]]:
    target = story.target(2)
    standing = look_around(story.ports, target)
    roles = render_roles(story.ports, target, standing.candidate)
    rollout = plan_release(story.ports, target, standing, story.recorded, roles)
    return rollout, tuple(map(dict, make_rows(rollout, make_capacity(rollout, target))))


@pytest.mark.parametrize("stream", [io.StringIO, Terminal])
def test_the_widest_plan_fits_80_columns(stream: type[io.StringIO], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("TERM", "dumb")
    story = stand(**EVERYTHING)
    rollout, _ = make_plan(story)
    quality = Step(StepKind.QUALITY, weight=100, suite="a-suite-with-quite-a-long-name")
    rollout = replace(rollout, steps=(*rollout.steps, quality))
    rows = make_rows(rollout, make_capacity(rollout, story.target(2)))
    out = stream()
    TerminalReporter(out=out).table(
        "plan", tuple({**row, "blue": "120 / 88", "green": "120 / 88"} for row in rows)
    )
    lines = out.getvalue().splitlines()
    assert max(map(len, lines)) <= 80
    assert sum("quality with suite" in line for line in lines) == 1
    assert len([line for line in lines if "120 / 88" in line]) == len(rows)
    assert not any(line.strip().startswith("120") for line in lines), "a row is one line"


def test_weights_and_pods_follow_the_steps() -> None:
    _, rows = make_plan(stand())
    told = [(row["does"], row["weights"], row["blue"], row["green"]) for row in rows]
    assert told[:6] == [
        ("install base", "100/0", "2", "0"),
        ("install candidate", "100/0", "2", "2"),
        ("scale candidate to 10 %", "100/0", "2", "2"),
        ("weight 10 %", "90/10", "2", "2"),
        ("analysis for 20 s at 10 %", "90/10", "2", "2"),
        ("scale candidate to 50 %", "90/10", "2", "2"),
    ]
    assert told[-1][1:] == ("0/100", "0", "2")


def test_a_first_install_has_one_slot_and_no_other_weight() -> None:
    _, rows = make_plan(Story())
    assert [(row["weights"], row["blue"]) for row in rows] == [("0", "0"), ("0", "2"), ("0", "2"), ("100", "2")]


def test_base_alone_has_neither_weights_nor_slots() -> None:
    story = stand()
    rollout, _ = make_plan(story)
    alone = replace(rollout, is_base=True)
    plan = make_capacity(alone, story.target(2))
    assert set(make_rows(alone, plan)[0]) == {"step", "does"}
    assert list(make_notes(alone, plan)) == []


def test_gpus_that_were_recorded_are_shown_again() -> None:
    story = stand(capacity={"maxSurgeGpus": 2})
    rollout, _ = make_plan(story)
    own = {"inference/smollm2": 2}
    recorded = replace(rollout, snapshot=replace(rollout.snapshot, gpus=own, stable_gpus=own))
    plan = make_capacity(recorded, story.target(2))
    assert make_rows(recorded, plan)[2]["blue"] == "2 / 2"
    assert list(make_notes(recorded, plan)) == [
        "floor 1, abortFloor 1, maxSurgeGpus 2",
        "GPUs: 2 serve, 4 at the peak, 2 beside those that serve",
    ]
