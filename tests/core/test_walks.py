"""Random walks: whatever happens between two looks, no decision breaks a promise, and every rollout ends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from math import ceil

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from tests.core.beginnings import BEGINNINGS
from tests.core.driver import store
from tests.core.pods import Behaviour
from tests.core.walker import Turn, Walk
from tooling.core.action import DeleteRoute, InstallSlot, RevertRelease, RunTests, Scale, SetWeights, WarmUp
from tooling.core.analysis import Result
from tooling.core.decide import decide
from tooling.core.observation import Observation
from tooling.core.plan import StepKind
from tooling.core.rollout import Phase

OUTCOMES = ("done", "lost", "busy", "refused", "struck", "conflict")
SLOT = st.sampled_from(("blue", "green"))


def find_shares(seen: Observation) -> Mapping[str, int]:
    """Percent of the traffic that each slot has at this look."""
    return seen.route.weights if seen.route else {}


def count_needed(walk: Walk, slot: str, key: str, share: int) -> int:
    """Pods of a workload that a share of the traffic needs; of stable enough to take all at `abortFloor` too."""
    required = walk.rollout.snapshot.required.get(key, 0)
    capacity = walk.strategy.capacity
    least = ceil(round(required * share / 100 * capacity.floor, 6))
    is_stable = slot == walk.rollout.stable and share > 0
    return max(least, ceil(round(required * capacity.abort_floor, 6))) if is_stable else least


def judge(walk: Walk, turn: Turn) -> None:
    """Hold one decision to every promise that speaks of single decisions."""
    check_p1_weights(turn)
    check_p2_backing_out(turn)
    check_p4_readiness(walk, turn)
    check_floor(walk, turn)
    check_gpus(turn)
    check_p6_missing_data(walk, turn)
    assert decide(store(turn.before), turn.seen, walk.strategy, turn.now) == turn.decision  # P8


def check_p1_weights(turn: Turn) -> None:
    """The candidate never gets more than the steps so far allow, and nobody else gets anything."""
    action, rollout = turn.decision.action, turn.decision.rollout
    if isinstance(action, SetWeights):
        allowed = max((step.weight for step in rollout.steps[: rollout.index + 1]), default=0)
        assert action.weights.get(rollout.candidate, 0) <= allowed
        assert sum(action.weights.values()) == 100
        assert set(action.weights) <= {rollout.stable, rollout.candidate}


def check_p2_backing_out(turn: Turn) -> None:
    """Once it backs out the candidate gets nothing more, and loses nothing before its traffic is gone."""
    action, rollout = turn.decision.action, turn.decision.rollout
    if rollout.phase is not Phase.ABORTING:
        return
    if isinstance(action, SetWeights):
        assert action == SetWeights({rollout.stable: 100}, rollout.stable)
    elif isinstance(action, (RevertRelease, Scale)) and action.slot == rollout.candidate:
        assert not find_shares(turn.seen).get(rollout.candidate), f"{action} while it has traffic"
    elif isinstance(action, DeleteRoute):
        assert not rollout.stable
    else:
        assert not isinstance(action, (InstallSlot, WarmUp, RunTests))


def check_p4_readiness(walk: Walk, turn: Turn) -> None:
    """Only ready and warm pods get weight, as many as their share needs."""
    action, rollout = turn.decision.action, turn.decision.rollout
    if not isinstance(action, SetWeights):
        return
    share = action.weights.get(rollout.candidate, 0)
    if not share:
        assert turn.seen.slot(rollout.stable).can_serve
        return
    assert turn.before.is_warm
    present = {one.key: one for one in turn.seen.slot(rollout.candidate).workloads}
    for key in rollout.snapshot.required:
        # A canary by pods has as many gateways as make the weight, which are fewer than its share.
        is_ratio = walk.strategy.splits_by_pods and key == "gateway" and share < 100
        needed = 1 if is_ratio else count_needed(walk, rollout.candidate, key, share)
        assert present[key].ready >= max(1, needed)
        assert present[key].is_current


def check_floor(walk: Walk, turn: Turn) -> None:
    """No slot is scaled below what its share of the traffic needs, stable not below `abortFloor` either."""
    action, rollout = turn.decision.action, turn.decision.rollout
    if not isinstance(action, Scale):
        return
    workloads = turn.seen.slot(action.slot).workloads
    wanted = next(one.wanted for one in workloads if one.key == action.workload)
    share = find_shares(turn.seen).get(action.slot, 0)
    is_ratio = walk.strategy.splits_by_pods and action.workload == "gateway" and share < 100
    needed = 1 if is_ratio and share else count_needed(walk, action.slot, action.workload, share)
    had = rollout.snapshot.stable.get(action.workload, needed) if action.slot == rollout.stable else needed
    is_down = action.replicas < wanted
    assert not is_down or action.replicas >= min(needed, had), f"{action} with {share} % of the traffic"


def check_gpus(turn: Turn) -> None:
    """No pod is added that would take more GPUs than the plan may; what stable had is given back all the same."""
    action, snapshot, rollout = turn.decision.action, turn.decision.rollout.snapshot, turn.decision.rollout
    if snapshot.most_gpus is None or not isinstance(action, Scale) or action.slot == rollout.stable:
        return
    taken = sum(
        (action.replicas if (slot, one.key) == (action.slot, action.workload) else one.wanted)
        * each.get(one.key, 0)
        for slot, each in ((rollout.stable, snapshot.stable_gpus), (rollout.candidate, snapshot.gpus))
        for one in turn.seen.slot(slot).workloads
    )
    wanted = next(one.wanted for one in turn.seen.slot(action.slot).workloads if one.key == action.workload)
    is_more = action.replicas > wanted and snapshot.gpus.get(action.workload, 0)
    assert not is_more or taken <= snapshot.most_gpus, f"{action} takes {taken} GPUs of {snapshot.most_gpus}"


def check_p6_missing_data(walk: Walk, turn: Turn) -> None:
    """What was not measured is neither good nor bad: it is waited for, up to `max_hold`."""
    step = turn.before.step
    if step is None or step.kind is not StepKind.ANALYSIS or turn.seen.measurement is not None:
        return
    new = turn.decision.rollout.records[len(turn.before.records) :]
    assert all(one.verdict.result is Result.INCONCLUSIVE for one in new)
    assert not new or turn.now - turn.before.step_started_at >= walk.strategy.analysis.max_hold


class Walks(RuleBasedStateMachine):
    """People, pods, networks and other programs do as they like while one rollout is driven."""

    @initialize(beginning=st.sampled_from(sorted(BEGINNINGS)))
    def begin(self, beginning: str) -> None:
        world, rollout, strategy = BEGINNINGS[beginning]()
        self.walk = Walk(world, rollout, strategy, judge)

    @precondition(lambda self: not self.walk.rollout.phase.is_terminal)
    @rule(times=st.integers(1, 12), seconds=st.sampled_from((0.0, 1.0, 9.0)))
    def look(self, times: int, seconds: float) -> None:
        for _ in range(times):
            self.walk.look(seconds=seconds)

    @precondition(lambda self: not self.walk.rollout.phase.is_terminal)
    @rule(outcome=st.sampled_from(OUTCOMES), is_stale=st.booleans())
    def look_in_vain(self, outcome: str, is_stale: bool) -> None:
        self.walk.look(outcome, is_stale=is_stale)

    @rule(seconds=st.sampled_from((0.0, 15.0, 4000.0)))
    def die(self, seconds: float) -> None:
        self.walk.die(seconds)

    @rule(verb=st.sampled_from(("abort", "promote", "promote --full")))
    def wish(self, verb: str) -> None:
        self.walk.wish(verb)

    @rule(slot=SLOT, problem=st.sampled_from(("", "CrashLoopBackOff")))
    def break_pods(self, slot: str, problem: str) -> None:
        self.walk.break_pods(slot, problem)

    @rule(slot=SLOT)
    def heal_pods(self, slot: str) -> None:
        self.walk.heal_pods(slot)

    @rule(
        slot=SLOT,
        behaviour=st.builds(
            Behaviour,
            error_percent=st.sampled_from((0.0, 30.0)),
            is_answering=st.booleans(),
            tests_pass=st.booleans(),
            in_flight=st.sampled_from((0, 3)),
        ),
    )
    def behave(self, slot: str, behaviour: Behaviour) -> None:
        self.walk.world = self.walk.world.behaving(slot, behaviour)

    @rule(is_measured=st.booleans())
    def measure(self, is_measured: bool) -> None:
        self.walk.world = replace(self.walk.world, is_measured=is_measured)

    @rule(weight=st.sampled_from((None, 0, 35, 100)), serving=SLOT)
    def write_the_route(self, weight: int | None, serving: str) -> None:
        weights = None if weight is None else {"blue": 100 - weight, "green": weight}
        self.walk.interfere_route(weights, serving)

    @rule(slot=SLOT, replicas=st.integers(0, 5))
    def scale(self, slot: str, replicas: int) -> None:
        self.walk.interfere_scale(slot, replicas)

    @rule(slot=SLOT, state=st.sampled_from(("on", "frozen", "resting")))
    def turn_scalers(self, slot: str, state: str) -> None:
        if slot in self.walk.world.scalers:
            self.walk.world = self.walk.world.with_scalers(slot, state)

    @rule(slot=SLOT, asked=st.integers(0, 9))
    def ask_for_pods(self, slot: str, asked: int) -> None:
        self.walk.world = replace(self.walk.world, asked={**self.walk.world.asked, slot: asked})

    @rule(slot=SLOT)
    def edit_pods(self, slot: str) -> None:
        self.walk.world = replace(self.walk.world, templates={**self.walk.world.templates, slot: "theirs"})

    @rule(slot=st.sampled_from(("blue", "green", "")))
    def run_helm(self, slot: str) -> None:
        world = self.walk.world
        release = world.releases.get(slot) if slot else world.base
        if release is not None and not release.is_pending:
            theirs = replace(release, revision=release.revision + 1, description="by hand")
            self.walk.world = world.with_release(slot, theirs)

    def teardown(self) -> None:
        """Once nothing more happens it ends, with an abort where it waits for a person."""
        walk = getattr(self, "walk", None)
        if walk is None:
            return
        walk.finish(400)
        if not walk.rollout.phase.is_terminal:
            walk.wish("abort")
            walk.finish(600)
        assert walk.rollout.phase.is_terminal, f"still {walk.rollout.phase} at {walk.rollout.step}"
        check_end(walk)


def check_end(walk: Walk) -> None:
    """All traffic is where the phase says, unless somebody else sent it elsewhere after our last write."""
    rollout, route = walk.rollout, walk.world.route
    assert rollout.ended_at > 0
    if rollout.phase is Phase.FAILED:
        assert "backing out failed" in rollout.reason
        return
    is_new = rollout.phase in {Phase.SUCCEEDED, Phase.ROLLED_BACK}
    serving = rollout.candidate if is_new else rollout.stable
    if not walk.is_interfered:
        assert (route is not None and route.gives({serving: 100})) if serving else route is None
    if is_new:
        assert rollout.verified[-1].slot == rollout.candidate


Walks.TestCase.settings = settings(max_examples=60, stateful_step_count=40)
TestWalks = Walks.TestCase
