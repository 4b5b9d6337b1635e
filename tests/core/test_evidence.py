"""What counts as evidence in an analysis, and from when on."""

from __future__ import annotations

from dataclasses import replace

from tests.core.driver import drive
from tests.core.stories import PLAIN, World, begin_canary
from tooling.core.analysis import PodCounts
from tooling.core.decide import decide
from tooling.core.observation import Observation
from tooling.core.rollout import Phase, Rollout


def analysing(**changes: object) -> tuple[Rollout, World, float]:
    """Return a canary right after its first measurement at 10 %."""
    story = drive(*begin_canary())
    point = next(one for one in story.points if one.name == "Progressing: first measurement")
    return replace(point.rollout, **changes), point.world, point.world.now  # type: ignore[arg-type]


def test_a_first_look_that_lacks_a_slot_is_no_baseline() -> None:
    rollout, world, now = analysing(baseline=None)
    seen = world.look()
    assert seen.measurement is not None
    for slot in ("blue", "green"):
        half = replace(seen, measurement={slot: seen.measurement[slot]})
        decision = decide(rollout, half, PLAIN, now)
        assert decision.rollout.baseline is None
        assert decision.wait == 20 / 10, "a tenth of the hold"
        assert decide(decision.rollout, seen, PLAIN, now + 1).rollout.baseline == seen.measurement


def test_what_a_pod_did_before_anybody_looked_is_no_evidence() -> None:
    rollout, world, now = analysing()
    seen = world.look()
    assert seen.measurement is not None
    baseline = {"blue": {"b1": PodCounts()}, "green": {"g1": PodCounts()}}
    fresh = PodCounts(100, 20, seen.measurement["blue"]["blue-1"].latency)
    ancient = PodCounts(9000, 3000, fresh.latency)
    later = {"blue": {"b1": replace(fresh, errors=0.0), "b2": ancient}, "green": {"g1": fresh}}
    first = decide(replace(rollout, baseline=baseline), replace(seen, measurement=later), PLAIN, now + 5)
    last = decide(first.rollout, replace(seen, measurement=later), PLAIN, now + 25)
    assert last.rollout.phase is Phase.ABORTING
    assert "20 of 100 candidate requests failed" in last.rollout.reason


def test_pods_that_change_at_every_look_do_not_keep_an_analysis_open_for_ever() -> None:
    def churn(world: World) -> Observation:
        seen = world.look()
        if seen.measurement is None or "green" not in seen.measurement:
            return seen
        pods = {f"green-{world.now:.1f}": PodCounts()}
        return replace(seen, measurement={**seen.measurement, "green": pods})

    rollout, world, start = analysing()
    for second in range(int(PLAIN.analysis.max_hold) + 5):
        world = replace(world, now=start + second)
        decision = decide(rollout, churn(world), PLAIN, world.now)
        rollout = decision.rollout
        if rollout.phase is Phase.ABORTING:
            break
    assert rollout.phase is Phase.ABORTING
    assert "undecided after" in rollout.reason


def test_errors_that_condemn_are_not_excused_by_a_pod_that_is_new() -> None:
    rollout, world, now = analysing()
    seen = world.look()
    assert seen.measurement is not None
    good = replace(seen.measurement["blue"]["blue-1"], requests=900.0, errors=0.0)
    bad = PodCounts(100, 60, good.latency)
    later = {"blue": {"blue-1": good}, "green": {"green-1": bad, "green-2": PodCounts()}}
    decision = decide(rollout, replace(seen, measurement=later), PLAIN, now + 5)
    assert decision.rollout.phase is Phase.ABORTING
