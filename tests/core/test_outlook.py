"""What comes next, and how traffic really splits."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tooling.core.analysis import PodCounts, Result
from tooling.core.outlook import Outlook, find_outlook, find_shares, judge_now
from tooling.core.plan import Step, StepKind
from tooling.core.rollout import Phase, Rollout, Snapshot
from tooling.core.strategy import AnalysisSettings, Strategy
from tooling.core.trail import TargetVersion

STRATEGY = Strategy("genai", "genai", analysis=AnalysisSettings(max_hold=300.0), ready_timeout=90.0)


def at(step: Step, phase: Phase = Phase.PROGRESSING) -> Rollout:
    return Rollout(
        "r1", "genai", "green", TargetVersion("d", "two"), (step,), Snapshot("blue"), phase, step_started_at=100.0
    )


@pytest.mark.parametrize(
    ("step", "now", "outlook"),
    [
        (Step(StepKind.ANALYSIS, weight=10, seconds=60), 110.0, Outlook("verdict", 50.0)),
        (Step(StepKind.ANALYSIS, weight=10, seconds=60), 170.0, Outlook("verdict, else abort", 230.0)),
        (Step(StepKind.ANALYSIS, weight=10, seconds=60), 900.0, Outlook("verdict, else abort", 0.0)),
        (Step(StepKind.HOLD, seconds=60), 90.0, Outlook("hold ends", 60.0)),
        (Step(StepKind.APPROVAL, seconds=60), 110.0, Outlook("abort unless promoted", 50.0)),
        (Step(StepKind.DRAIN, seconds=60), 200.0, Outlook("drained at the latest", 0.0)),
        (Step(StepKind.SCALE, share=10), 110.0, Outlook("ready at the latest", 80.0)),
        (Step(StepKind.WEIGHT, weight=10), 300.0, Outlook("ready at the latest", 0.0)),
        (Step(StepKind.QUALITY, suite="golden"), 110.0, None),
        (Step(StepKind.SCALE), 110.0, None),
        (Step(StepKind.INSTALL), 110.0, None),
    ],
    ids=str,
)
def test_the_next_decision(step: Step, now: float, outlook: Outlook | None) -> None:
    assert find_outlook(at(step), STRATEGY, now) == outlook


def test_what_ended_decides_nothing_more() -> None:
    step = Step(StepKind.HOLD, seconds=60)
    assert find_outlook(at(step, Phase.SUCCEEDED), STRATEGY, 110.0) is None
    assert find_outlook(replace(at(step), index=1), STRATEGY, 110.0) is None


def test_shares_are_what_was_counted_between_the_looks() -> None:
    first = {"blue": {"b1": PodCounts(100, 1)}, "green": {"g1": PodCounts(10)}}
    second = {"blue": {"b1": PodCounts(150, 1), "b2": PodCounts(500)}, "green": {}}
    third = {
        "blue": {"b1": PodCounts(190, 2), "b2": PodCounts(500)},
        "green": {"g1": PodCounts(20), "g2": PodCounts(7)},
        "red": {"r1": PodCounts(3)},
    }
    shares = find_shares((first, second, third))
    assert {slot: (one.requests, one.errors) for slot, one in shares.items()} == {
        "blue": (90, 1),
        "green": (10, 0),
        "red": (0, 0),
    }
    assert find_shares((first,)) == {}
    assert find_shares(()) == {}


BEFORE = {"blue": {"b1": PodCounts(0)}, "green": {"g1": PodCounts(0)}}
NOW = {"blue": {"b1": PodCounts(900)}, "green": {"g1": PodCounts(100, 50)}}


def test_an_analysis_says_what_it_would_say_now() -> None:
    rollout = replace(at(Step(StepKind.ANALYSIS, weight=10, seconds=60)), baseline=BEFORE)
    verdict = judge_now(rollout, NOW, STRATEGY.analysis)
    assert verdict is not None
    assert (verdict.result, verdict.candidate.requests, verdict.stable.requests) == (Result.FAILED, 100, 900)
    alone = judge_now(replace(rollout, steps=(Step(StepKind.ANALYSIS, weight=100),)), NOW, STRATEGY.analysis)
    assert alone is not None
    assert (alone.result, alone.stable.requests) == (Result.FAILED, 0)


@pytest.mark.parametrize(
    "rollout",
    [
        at(Step(StepKind.ANALYSIS, weight=10)),
        replace(at(Step(StepKind.HOLD)), baseline=BEFORE),
        replace(at(Step(StepKind.ANALYSIS)), baseline=BEFORE, index=1),
    ],
)
def test_outside_of_an_analysis_there_is_no_verdict(rollout: Rollout) -> None:
    assert judge_now(rollout, NOW, STRATEGY.analysis) is None
    assert judge_now(replace(rollout, baseline=BEFORE), None, STRATEGY.analysis) is None
