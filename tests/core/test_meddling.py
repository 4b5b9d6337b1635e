"""What somebody else does in the middle of a rollout: noticed at one look, named, and answered."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.core.beginnings import BEGINNINGS
from tests.core.driver import drive, is_at
from tests.core.stories import CANARY, PLAIN, REQUIRED, World, begin_canary
from tooling.core.action import Scale
from tooling.core.analysis import Result
from tooling.core.decide import Decision, decide
from tooling.core.observation import Observation, ReleaseMark, RouteState
from tooling.core.plan import Step, StepKind
from tooling.core.quality import QualityAnswer, QualityRun
from tooling.core.rollout import Phase, Rollout

HAND = "kubectl-edit (Update, 10:00)"


def analysing() -> tuple[Rollout, World]:
    """Return a canary in the middle of its first analysis, with what it recorded of pods and revisions."""
    story = drive(*begin_canary())
    point = next(one for one in story.points if is_at(StepKind.ANALYSIS)(one.rollout) and one.rollout.baseline)
    known = dict.fromkeys(REQUIRED, "t1")
    snapshot = replace(point.rollout.snapshot, stable_revision=1, templates=known)
    return replace(point.rollout, snapshot=snapshot, templates=known), point.world


def judge(seen: Observation, rollout: Rollout, world: World) -> Decision:
    return decide(rollout, seen, PLAIN, world.now)


def changed(seen: Observation, slot: str, **changes: object) -> Observation:
    """Return the look with the gateway of a slot changed."""
    state = seen.slots[slot]
    first, *rest = state.workloads
    workloads = (replace(first, **changes), *rest)  # type: ignore[arg-type]
    return replace(seen, slots={**seen.slots, slot: replace(state, workloads=workloads)})


@pytest.mark.parametrize("name", ["genai-blue", "genai-green", "genai"])
def test_a_revision_that_this_rollout_did_not_make_ends_it(name: str) -> None:
    rollout, world = analysing()
    rollout = replace(rollout, base_revision=2)
    marks = {
        one: ReleaseMark(2 if one == "genai" else 1, "deployed", 60)
        for one in ("genai", "genai-blue", "genai-green")
    }
    assert judge(replace(world.look(), revisions=marks), rollout, world).rollout.phase is Phase.PROGRESSING
    theirs = {**marks, name: ReleaseMark(7, "deployed", 12.4)}
    decision = judge(replace(world.look(), revisions=theirs), rollout, world)
    assert decision.rollout.phase is Phase.ABORTING
    assert f"somebody else ran helm on {name}" in decision.reason
    assert "became 7 (deployed, 12 s ago)" in decision.reason
    assert [one.answer for one in decision.rollout.interferences] == ["aborted"]


@pytest.mark.parametrize("slot", ["blue", "green"])
def test_pods_of_another_template_than_was_judged_end_it(slot: str) -> None:
    rollout, world = analysing()
    same = changed(world.look(), slot, template="t1", edited_by=HAND)
    assert judge(same, rollout, world).rollout.phase is Phase.PROGRESSING
    decision = judge(changed(world.look(), slot, template="t2", edited_by=HAND), rollout, world)
    assert decision.rollout.phase is Phase.ABORTING
    assert f"somebody else changed the pods of genai-{slot}-gateway ({HAND})" in decision.reason
    assert decision.rollout.interferences[-1].by == HAND


def test_a_route_that_somebody_wrote_ends_it_and_is_noted() -> None:
    rollout, world = analysing()
    theirs = replace(world.look(), route=RouteState({"blue": 100}, "blue", written_by=HAND))
    decision = judge(theirs, rollout, world)
    assert decision.rollout.phase is Phase.ABORTING
    assert (decision.rollout.interferences[-1].by, decision.rollout.interferences[-1].answer) == (HAND, "aborted")
    assert HAND in decision.reason


def test_stable_is_given_back_its_pods_once() -> None:
    rollout, world = analysing()
    fewer = changed(world.look(), "blue", wanted=0, scaled_by=HAND)
    first = judge(fewer, rollout, world)
    remedy = Scale("blue", "gateway", 2)
    assert (first.action, first.rollout.phase) == (remedy, Phase.PROGRESSING)
    assert first.rollout.interferences[-1].answer == "scale blue gateway to 2"
    rollout = first.rollout
    for _ in range(2):
        rollout = rollout.intend(str(remedy), world.now).conclude("done", world.now)
    again = judge(fewer, rollout, world)
    assert again.rollout.phase is Phase.ABORTING
    assert HAND in again.reason


def test_a_candidate_that_somebody_scaled_down_is_judged_no_more() -> None:
    rollout, world = analysing()
    decision = judge(changed(world.look(), "green", wanted=0, scaled_by=HAND), rollout, world)
    assert decision.rollout.phase is Phase.ABORTING
    assert f"scaled genai-green-gateway to 0; 1 are needed ({HAND})" in decision.reason


def test_a_candidate_that_lost_its_pods_to_somebody_is_told_with_who() -> None:
    rollout, world = analysing()
    early = replace(rollout, steps=(Step(StepKind.HOLD, seconds=60),), index=0, is_warm=True)
    seen = replace(
        changed(world.look(), "green", wanted=0, ready=0, scaled_by=HAND), route=RouteState({"blue": 100}, "blue")
    )
    assert f"green lost its ready pods (scaled by {HAND})" in judge(seen, early, world).reason


def test_while_it_backs_out_nothing_else_matters() -> None:
    rollout, world = analysing()
    aborting = judge(changed(world.look(), "green", wanted=0), rollout, world).rollout
    decision = judge(changed(world.look(), "green", wanted=0, template="t9"), aborting, world)
    assert (decision.rollout.phase, decision.rollout.interferences) == (Phase.ABORTING, aborting.interferences)


QUALITY = Step(StepKind.QUALITY, weight=10, suite="golden", max_drop=0.2, min_prompts=20)


def run(count: int, *, total: int = 200, lost: int = 0, problem: str = "") -> QualityRun:
    """Return a run with that many answers; the candidate fails the first `lost` of them."""
    answers = tuple(QualityAnswer(f"p{at}", stable=True, candidate=at >= lost) for at in range(count))
    return QualityRun("golden", total, answers, problem)


@pytest.mark.parametrize(
    ("quality", "elapsed", "phase", "reason"),
    [
        (None, 5.0, Phase.PROGRESSING, "on their way"),
        (run(50), 5.0, Phase.PROGRESSING, "50 of 200 prompts"),
        (run(200), 5.0, Phase.PROGRESSING, "is ruled out"),
        (run(200, lost=90), 5.0, Phase.ABORTING, "a drop of 45.0 %"),
        (run(50, problem="suite not found"), 5.0, Phase.PROGRESSING, "undecided"),
        (run(50, problem="suite not found"), 41.0, Phase.ABORTING, "suite not found"),
        (run(10, total=10), 5.0, Phase.ABORTING, "20 are needed"),
    ],
    ids=["not begun", "on its way", "good", "bad", "stopped", "stopped for long", "too few"],
)
def test_quality_is_judged_when_all_was_asked(
    quality: QualityRun | None, elapsed: float, phase: Phase, reason: str
) -> None:
    rollout, world = analysing()
    asked = replace(rollout, steps=(QUALITY, QUALITY), index=0, step_started_at=world.now - elapsed)
    decision = decide(asked, replace(world.look(), quality=quality), CANARY, world.now)
    assert decision.rollout.phase is phase
    assert reason in decision.reason
    is_judged = decision.rollout.index == 1 or phase is Phase.ABORTING
    assert bool(decision.rollout.records) is is_judged
    if quality is not None and len(quality.answers) < 200:
        assert all(one.verdict.result is not Result.SUCCESSFUL for one in decision.rollout.records)


def test_quality_of_a_candidate_that_is_gone_is_not_asked_for() -> None:
    rollout, world = analysing()
    asked = replace(rollout, steps=(QUALITY,), index=0)
    seen = changed(world.look(), "green", ready=0)
    assert "lost its ready pods" in decide(asked, replace(seen, quality=run(200)), CANARY, world.now).reason


def test_a_pause_for_a_person_ends_when_evidence_comes() -> None:
    _, _, patient = BEGINNINGS["canary over a verified version"]()
    rollout, world = analysing()
    late = replace(rollout, step_started_at=world.now - 100)
    silent = replace(world.look(), measurement=None)
    paused = decide(late, silent, patient, world.now).rollout
    assert (paused.phase, paused.step_started_at) == (Phase.PAUSED, late.step_started_at)
    busy = replace(world.look(), measurement=world.passed(30.0).look().measurement)
    assert decide(paused, busy, patient, world.now).rollout.index == paused.index + 1
    resumed = decide(replace(paused, step_started_at=world.now), silent, patient, world.now).rollout
    assert (resumed.phase, resumed.step_started_at) == (Phase.PROGRESSING, world.now)
