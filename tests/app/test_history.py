"""What is kept of a rollout that ended: who, when, from what to what, every step, and small enough to be kept."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.app.story import Story, stand, stand_twice
from tooling.adapters.store_configmap import LARGEST, write_text
from tooling.app.history import read_history, read_past
from tooling.core.analysis import Result, SlotNumbers, Verdict
from tooling.core.record import from_record, to_record
from tooling.core.rollout import INTERFERENCES_LENGTH, TRAIL_LENGTH, Phase, Rollout, Snapshot
from tooling.core.trail import Approval, Interference, StepRecord, TargetVersion, Trace
from tooling.errors import UnavailableError, UsageError


def test_an_aborted_canary_is_kept_whole() -> None:
    story = stand()
    story.world.behave("green", error_share=0.5)
    story.release(2)
    first, second = read_history(story.ports, story.target(2))
    assert (first["kind"], first["was"], first["number"]) == ("install", None, 1)
    assert (second["kind"], second["phase"], second["number"]) == ("canary", "Aborted", 2)
    assert (second["stable"], second["candidate"]) == ("blue", "green")
    assert second["was"] == first["version"]
    assert second["version"]["label"] == story.target(2).version.label
    assert second["version"]["chart"].startswith("genai-stack-")
    assert len(second["version"]["values"]) == 64
    assert second["started_at"] < second["ended_at"]
    failed = next(one for one in second["trail"] if not one["done"])
    assert "candidate requests failed" in failed["reason"]
    assert [one["step"] for one in second["trail"]].index(failed["step"]) > 0
    assert second["trail"][-1]["done"]
    assert all(one["started_at"] <= one["ended_at"] for one in second["trail"])
    (verdict,) = second["verdicts"]
    assert verdict["verdict"] == "Failed"
    assert verdict["candidate"]["requests"] > verdict["candidate"]["errors"] >= 3
    assert verdict["started_at"] < verdict["ended_at"]


def test_an_approval_is_kept_with_name_and_reason() -> None:
    story = stand(steps=[{"weight": 10, "hold": "20s"}, {"approval": {"timeout": "1h"}}])
    story.later(60, "promote", "looks good")
    story.release(2)
    (approval,) = read_history(story.ports, story.target(2))[-1]["approvals"]
    assert (approval["verb"], approval["reason"]) == ("promote", "looks good")
    assert "@" in approval["by"]
    assert approval["step"] == "approval within 3600 s"


def test_a_rollback_says_from_what_to_what() -> None:
    story = stand_twice()
    story.rollback()
    past = read_history(story.ports, story.target(1))
    assert (past[-1]["kind"], past[-1]["phase"]) == ("rollback", "RolledBack")
    assert past[-1]["was"] == past[1]["version"]
    assert past[-1]["version"] == past[0]["version"]


def test_one_is_found_by_id_and_by_number() -> None:
    story = stand_twice()
    target = story.target(2)
    first, second = read_history(story.ports, target)
    assert read_past(story.ports, target, "1") == read_past(story.ports, target, first["rollout"]) == first
    assert read_past(story.ports, target, "2") == second
    with pytest.raises(UsageError, match="no rollout 3 of genai is kept") as told:
        read_past(story.ports, target, "3")
    assert first["rollout"] in told.value.hint


def test_one_that_its_driver_could_not_keep_is_there_all_the_same() -> None:
    story = Story()
    story.world.fail_next("store.archive", UnavailableError("no answer."))
    story.release(1)
    assert [one["phase"] for one in read_history(story.ports, story.target(1))] == ["Succeeded"]


def test_one_that_has_not_ended_is_no_past() -> None:
    story = stand()
    seen: list[int] = []
    story.world.clock.schedule(10, lambda: seen.append(len(read_history(story.ports, story.target(2)))))
    story.release(2)
    assert seen == [1]


def make_longest() -> Rollout:
    """Return a rollout that filled everything which is bounded, with long texts."""
    text = "x" * 700
    version = TargetVersion(
        "d" * 64, "label", "chart", "v" * 64, tuple(f"registry/{'y' * 120}:{n}" for n in range(40))
    )
    verdict = Verdict(Result.FAILED, text, SlotNumbers(1e6, 1e5, 1.5), SlotNumbers(1e6, 1e5, 1.5))
    return replace(
        Rollout("r1", "genai", "green", version, (), Snapshot("blue"), Phase.ABORTED),
        was=version,
        reason=text,
        records=tuple(StepRecord("analysis", 10, verdict, 1.5, 2.5) for _ in range(30)),
        trail=tuple(Trace(text[:80], 1.5, 2.5, is_done=True, reason=text) for _ in range(TRAIL_LENGTH)),
        interferences=tuple(Interference(1.5, text, "kubectl", text) for _ in range(INTERFERENCES_LENGTH)),
        approvals=tuple(Approval(1, "approval", "bob", text, 1.5) for _ in range(10)),
        differences=(text,) * 20,
    )


def test_the_largest_past_is_small_enough_to_be_kept() -> None:
    longest = make_longest()
    assert len(write_text(longest)) < LARGEST
    assert from_record(to_record(longest)) == longest
