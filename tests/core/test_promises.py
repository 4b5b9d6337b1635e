"""The promises of design section 4, tried with random worlds: whatever is seen, no decision breaks them."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import event, given
from hypothesis import strategies as st

from tests.core.driver import store
from tests.core.stories import (
    CANARY,
    REQUIRED,
    begin_canary,
    begin_install,
    begin_rollback,
)
from tooling.core.action import DeleteRoute, SetWeights, WarmUp
from tooling.core.analysis import PodCounts, Result
from tooling.core.decide import decide
from tooling.core.observation import (
    Failure,
    Observation,
    ReleaseState,
    RouteState,
    SlotState,
    Wish,
    Workload,
)
from tooling.core.plan import StepKind, Target, plan_backout
from tooling.core.replicas import find_replicas
from tooling.core.rollout import Phase, Rollout

SLOT_NAMES = ("blue", "green")
KEYS = tuple(REQUIRED)

releases = st.none() | st.builds(
    ReleaseState,
    name=st.just("genai-x"),
    revision=st.integers(1, 6),
    status=st.sampled_from(
        ["deployed", "failed", "pending-install", "pending-upgrade", "pending-rollback", "uninstalling"]
    ),
    description=st.sampled_from(["rollout r1 action 1", "rollout r0", "Rollback to 4", "Preparing upgrade", ""]),
)
workloads = st.lists(
    st.builds(
        Workload,
        key=st.sampled_from(KEYS),
        name=st.just("w"),
        wanted=st.integers(0, 4),
        ready=st.integers(0, 4),
        is_current=st.booleans(),
        problem=st.sampled_from(["", "ErrImagePull"]),
    ),
    unique_by=lambda one: one.key,
    max_size=2,
).map(tuple)
slots = st.fixed_dictionaries(
    {name: st.builds(SlotState, release=releases, workloads=workloads) for name in SLOT_NAMES}
)
routes = st.none() | st.builds(
    RouteState,
    weights=st.sampled_from(
        [
            {"blue": 100},
            {"blue": 90, "green": 10},
            {"blue": 50, "green": 50},
            {"green": 100},
            {"blue": 7, "green": 93},
        ]
    ),
    serving=st.sampled_from(SLOT_NAMES),
)
pod_counts = st.builds(PodCounts, st.integers(0, 500).map(float), st.integers(0, 50).map(float))
measurements = st.none() | st.dictionaries(
    st.sampled_from(SLOT_NAMES), st.dictionaries(st.just("pod"), pod_counts, max_size=1), max_size=2
)
wishes = st.none() | st.builds(
    Wish,
    verb=st.sampled_from(["abort", "promote"]),
    by=st.just("bob"),
    rollout=st.sampled_from(["r0", "r1"]),
    step=st.integers(0, 15),
)
failures = st.none() | st.builds(Failure, message=st.just("no"), is_retryable=st.booleans())
observations = st.builds(
    Observation,
    base=releases,
    slots=slots,
    route=routes,
    measurement=measurements,
    wish=wishes,
    failure=failures,
)


@st.composite
def rollouts(draw: st.DrawFn) -> Rollout:
    """Return a rollout as it can be recorded anywhere on its way."""
    _, rollout = draw(
        st.sampled_from([begin_install(), begin_canary(CANARY, candidate_revision=4), begin_rollback()])
    )
    phase = draw(st.sampled_from(sorted(set(Phase))))
    if phase is Phase.ABORTING:
        rollout = replace(rollout, steps=plan_backout(CANARY))
    index = draw(st.integers(0, len(rollout.steps) - 1))
    if phase in {Phase.PREPARING, Phase.PROGRESSING, Phase.PAUSED, Phase.PROMOTING, Phase.ROLLING_BACK}:
        phase = find_phase_of(rollout, index)
    return replace(
        rollout,
        phase=phase,
        index=index,
        step_started_at=draw(st.sampled_from([0.0, 990.0, 999.5])),
        is_warm=draw(st.booleans()),
        baseline=draw(measurements),
    )


def find_phase_of(rollout: Rollout, index: int) -> Phase:
    """Return the phase that the decisions are in when they work on that step."""
    if rollout.is_rollback:
        return Phase.ROLLING_BACK
    phase = Phase.PREPARING
    for step in rollout.steps[: index + 1]:
        phase = {
            StepKind.WEIGHT: Phase.PROGRESSING,
            StepKind.ANALYSIS: Phase.PROGRESSING,
            StepKind.APPROVAL: Phase.PAUSED,
            StepKind.PROMOTE: Phase.PROMOTING,
        }.get(step.kind, phase)
    return phase


NOW = 1000.0


def allowed(rollout: Rollout) -> int:
    """Return the highest weight that the steps up to the current one give to the candidate."""
    return max((step.weight for step in rollout.steps[: rollout.index + 1]), default=0)


@given(rollouts(), observations)
def test_p1_the_weight_is_never_above_the_steps(rollout: Rollout, seen: Observation) -> None:
    decision = decide(rollout, seen, CANARY, NOW)
    if isinstance(decision.action, SetWeights):
        weights = decision.action.weights
        assert weights.get(rollout.candidate, 0) <= allowed(decision.rollout)
        assert sum(weights.values()) == 100
        assert set(weights) <= {rollout.stable, rollout.candidate}


@given(rollouts(), observations)
def test_p2_backing_out_never_gives_the_candidate_weight_and_moves_traffic_first(
    rollout: Rollout, seen: Observation
) -> None:
    decision = decide(rollout, seen, CANARY, NOW)
    if decision.rollout.phase is not Phase.ABORTING:
        return
    if decision.rollout.phase is not rollout.phase:
        assert (decision.rollout.index, decision.action) == (0, None)
        first = decision.rollout.steps[0]
        assert (first.kind, first.target) == (StepKind.WEIGHT, Target.STABLE)
    if isinstance(decision.action, SetWeights):
        assert decision.action == SetWeights({rollout.stable: 100}, rollout.stable)
    if isinstance(decision.action, DeleteRoute):
        assert not rollout.stable


@given(rollouts(), observations)
def test_p4_no_weight_is_raised_without_readiness_and_an_answer(rollout: Rollout, seen: Observation) -> None:
    action = decide(rollout, seen, CANARY, NOW).action
    if isinstance(action, SetWeights):
        event("weights")
        share = action.weights.get(rollout.candidate, 0)
        if not share:
            assert seen.slot(rollout.stable).can_serve
            return
        assert rollout.is_warm
        needed = find_replicas(rollout.snapshot.required, share=share, floor=CANARY.capacity.floor)
        present = {one.key: one for one in seen.slot(rollout.candidate).workloads}
        assert all(present[key].ready >= count and present[key].is_current for key, count in needed.items())
    if isinstance(action, WarmUp):
        assert seen.slot(rollout.candidate).can_serve


@given(rollouts(), observations)
def test_p8_the_same_input_gives_the_same_decision_and_what_holds_is_not_done_again(
    rollout: Rollout, seen: Observation
) -> None:
    first = decide(rollout, seen, CANARY, NOW)
    assert decide(rollout, seen, CANARY, NOW) == first
    assert decide(store(rollout), seen, CANARY, NOW) == first
    if isinstance(first.action, SetWeights):
        route = RouteState(dict(first.action.weights), first.action.serving)
        again = decide(first.rollout, replace(seen, route=route, failure=None), CANARY, NOW)
        assert not isinstance(again.action, SetWeights)


@given(rollouts(), observations)
def test_what_ended_stays_as_it_ended(rollout: Rollout, seen: Observation) -> None:
    decision = decide(rollout, seen, CANARY, NOW)
    if rollout.phase.is_terminal:
        assert decision.rollout == rollout
        assert (decision.action, decision.wait) == (None, 0.0)


@given(rollouts(), observations)
def test_every_decision_can_be_stored_and_says_why(rollout: Rollout, seen: Observation) -> None:
    decision = decide(rollout, seen, CANARY, NOW)
    assert store(decision.rollout) == decision.rollout
    is_still = decision.action is None and decision.wait == 0 and decision.rollout == rollout
    assert not is_still or rollout.phase.is_terminal
    if decision.rollout.phase in {Phase.ABORTING, Phase.FAILED} and decision.rollout.phase is not rollout.phase:
        assert decision.rollout.reason


silent = st.none() | st.sampled_from([{}, {"blue": {"pod": PodCounts(10)}}, {"green": {"pod": PodCounts(10, 10)}}])


@given(rollouts(), silent, silent, st.floats(NOW, NOW + CANARY.analysis.max_hold - 0.1))
def test_p6_without_data_an_analysis_neither_fails_nor_goes_on_before_max_hold(
    rollout: Rollout, before: object, now_seen: object, now: float
) -> None:
    step = rollout.step
    if step is None or step.kind is not StepKind.ANALYSIS or rollout.phase is not Phase.PROGRESSING:
        rollout = replace(begin_canary(CANARY)[1], phase=Phase.PROGRESSING, index=4)
        step = rollout.steps[4]
    rollout = replace(rollout, baseline=before, step_started_at=NOW)  # type: ignore[arg-type]
    weights = {"blue": 100 - step.weight, "green": step.weight}
    ready = SlotState(workloads=(Workload("gateway", "g", 1, 1),))
    seen = Observation(
        slots={"blue": SlotState(workloads=(Workload("gateway", "b", 2, 2),)), "green": ready},
        route=RouteState(weights, "blue"),
        measurement=now_seen,  # type: ignore[arg-type]
    )
    decision = decide(rollout, seen, CANARY, now)
    assert decision.rollout.phase is Phase.PROGRESSING
    assert decision.rollout.index == rollout.index
    assert decision.wait > 0
    assert not any(one.verdict.result is Result.FAILED for one in decision.rollout.records)
