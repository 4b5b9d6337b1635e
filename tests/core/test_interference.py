"""What counts as somebody else's doing at which step, and what does not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.core.driver import drive, is_at, once
from tests.core.pods import Pods
from tests.core.stories import PLAIN, REQUIRED, TEMPLATE, World, begin_canary, begin_install, settle
from tooling.core.action import InstallSlot, Scale, SetWeights
from tooling.core.decide import decide
from tooling.core.interference import find_meddling
from tooling.core.observation import Observation, ReleaseMark, ReleaseState, RouteState
from tooling.core.plan import Step, StepKind, Target
from tooling.core.rollout import Phase, Rollout
from tooling.core.steps.look import Look

HAND = "kubectl-edit (Update, 10:00)"
MOVED = Phase.PROGRESSING


def stand(weight: int = 10) -> World:
    """Return a world in which both slots have all their pods and green has that weight."""
    world = settle("blue")
    route = RouteState({"green": 100}, "green") if weight == 100 else RouteState({"blue": 100 - weight}, "blue")
    if 0 < weight < 100:
        route = replace(route, weights={**route.weights, "green": weight})
    return replace(
        world,
        releases={**world.releases, "green": ReleaseState("genai-green", 1, "deployed", "r1")},
        pods={**world.pods, **{("green", key): Pods(count) for key, count in REQUIRED.items()}},
        route=route,
    )


def at(step: Step, *, phase: Phase = MOVED, given: int = 10) -> Rollout:
    """Return a canary that works on that step, with all that it recorded before."""
    _, rollout = begin_canary()
    known = dict.fromkeys(REQUIRED, TEMPLATE)
    return replace(
        rollout, steps=(step,), phase=phase, given=given, installed_revision=1, base_revision=1, templates=known
    )


def find(rollout: Rollout, seen: Observation) -> str:
    return str(find_meddling(Look(rollout, seen, PLAIN, 1000.0)) or "")


def changed(seen: Observation, slot: str, **changes: object) -> Observation:
    """Return the look with the gateway of a slot changed."""
    state = seen.slots[slot]
    first, *rest = state.workloads
    workloads = (replace(first, **changes), *rest)  # type: ignore[arg-type]
    return replace(seen, slots={**seen.slots, slot: replace(state, workloads=workloads)})


def routed(route: RouteState | None) -> Observation:
    return replace(stand().look(), route=route)


SCALE = Step(StepKind.SCALE, share=50)
ELSEWHERE = RouteState({"red": 100}, "red", written_by=HAND)


@pytest.mark.parametrize("phase", [Phase.PREPARING, Phase.PROGRESSING, Phase.PAUSED, Phase.PROMOTING])
@pytest.mark.parametrize(
    ("route", "what"),
    [
        (None, "somebody else deleted the route"),
        (ELSEWHERE, "somebody else changed the route to {'red': 100}"),
        (RouteState({"blue": 90, "green": 10}, "blue", written_by=HAND), ""),
    ],
    ids=["deleted", "led elsewhere", "as it was left"],
)
def test_a_route_that_somebody_wrote_while_pods_come(phase: Phase, route: RouteState | None, what: str) -> None:
    found = find(at(SCALE, phase=phase), routed(route))
    assert found.startswith(what) if what else not found
    if route is ELSEWHERE:
        assert found.endswith(f"({HAND})")


def test_a_step_that_writes_the_route_may_find_it_as_it_was_or_as_it_will_be() -> None:
    writing = at(Step(StepKind.WEIGHT, weight=50), given=10)
    for weights in ({"blue": 90, "green": 10}, {"blue": 50, "green": 50}):
        assert not find(writing, routed(RouteState(weights, "blue")))
    assert "it should be {'blue': 90, 'green': 10}" in find(writing, routed(RouteState({"blue": 100}, "blue")))


def test_a_judging_step_may_find_it_as_it_wants_it_only() -> None:
    judging = at(Step(StepKind.ANALYSIS, weight=50), given=50)
    assert not find(judging, routed(RouteState({"blue": 50, "green": 50}, "blue")))
    assert find(judging, routed(RouteState({"blue": 90, "green": 10}, "blue")))


@pytest.mark.parametrize(
    "step",
    [
        Step(StepKind.FREEZE, Target.STABLE),
        Step(StepKind.FREEZE),
        Step(StepKind.VERIFY, weight=100),
        Step(StepKind.SCALE, Target.STABLE, weight=50, share=50),
    ],
    ids=str,
)
def test_a_route_is_no_matter_of_steps_beside_it(step: Step) -> None:
    assert not find(at(step), routed(ELSEWHERE))


@pytest.mark.parametrize("phase", [Phase.PENDING, Phase.ABORTING, Phase.ROLLING_BACK])
def test_phases_that_only_write_what_stood_before_look_for_nothing(phase: Phase) -> None:
    assert not find(at(SCALE, phase=phase), routed(ELSEWHERE))


def test_a_first_install_and_a_release_of_base_have_no_route_to_keep() -> None:
    _, install = begin_install()
    assert not find(replace(install, phase=Phase.PREPARING), World().look())
    base = replace(at(SCALE), is_base=True)
    assert not find(base, routed(ELSEWHERE))


def test_a_route_taken_back_by_hand_while_pods_come_ends_the_rollout_and_is_named() -> None:
    taken = RouteState({"blue": 100}, "blue", written_by=HAND)

    def is_second_scale(rollout: Rollout) -> bool:
        return is_at(StepKind.SCALE)(rollout) and rollout.given == 10

    script = once(lambda world: replace(world, route=taken), is_second_scale)
    story = drive(*begin_canary(), script=script)
    assert story.rollout.phase is Phase.ABORTED
    assert [(one.by, one.answer) for one in story.rollout.interferences] == [(HAND, "aborted")]
    assert {"blue": 50, "green": 50} not in story.routes


def test_a_route_led_elsewhere_while_it_is_installed_is_never_given_to_the_candidate() -> None:
    script = once(lambda world: replace(world, route=ELSEWHERE), is_at(StepKind.SCALE))
    story = drive(*begin_canary(), script=script)
    assert story.rollout.phase is Phase.ABORTED
    assert story.routes == [{"blue": 100}]
    assert HAND in story.rollout.reason


OWN = (StepKind.INSTALL, StepKind.RECALL, StepKind.FINISH, StepKind.REVERT)


@pytest.mark.parametrize("kind", [StepKind.HOLD, *OWN])
@pytest.mark.parametrize("name", ["genai-blue", "genai-green", "genai"])
def test_somebody_elses_helm_counts_but_for_releases_that_a_step_works_on(kind: StepKind, name: str) -> None:
    seen = stand().look()
    seen = replace(seen, revisions={**seen.revisions, name: ReleaseMark(7, "failed", 12.4)})
    found = find(at(Step(kind, weight=10)), seen)
    is_told = kind is StepKind.HOLD or name == "genai-blue"
    assert found == (
        f"somebody else ran helm on {name}: revision 1 became 7 (failed, 12 s ago)" if is_told else ""
    )


def test_revisions_that_were_not_read_or_not_recorded_say_nothing() -> None:
    hold = at(Step(StepKind.HOLD, weight=10))
    assert not find(hold, replace(stand().look(), revisions={}))
    theirs = {name: ReleaseMark(7, "deployed") for name in ("genai", "genai-green")}
    assert not find(
        replace(hold, installed_revision=0, base_revision=0), replace(stand().look(), revisions=theirs)
    )


@pytest.mark.parametrize(
    ("weight", "slot", "is_told"),
    [(10, "blue", True), (10, "green", True), (100, "blue", False), (100, "green", True)],
)
def test_a_retiring_stable_is_left_to_whoever_changes_it(weight: int, slot: str, is_told: bool) -> None:
    hold = at(Step(StepKind.HOLD, weight=weight), given=weight)
    seen = stand(weight).look()
    edited = find(hold, changed(seen, slot, template="t9", edited_by=HAND))
    marks = {**seen.revisions, f"genai-{slot}": ReleaseMark(7, "deployed")}
    assert bool(edited) is bool(find(hold, replace(seen, revisions=marks))) is is_told
    assert not edited or edited == f"somebody else changed the pods of genai-{slot}-gateway ({HAND})"


@pytest.mark.parametrize("was", ["", TEMPLATE])
def test_templates_that_were_not_read_or_not_recorded_say_nothing(was: str) -> None:
    hold = replace(at(Step(StepKind.HOLD, weight=10)), templates=dict.fromkeys(REQUIRED, was))
    assert not find(hold, changed(stand().look(), "green", template="" if was else "t9"))


def test_editing_the_old_pods_in_the_last_hold_changes_nothing_of_a_good_promotion() -> None:
    edit = once(lambda world: replace(world, templates={"blue": "t9"}), is_at(StepKind.HOLD, weight=100))
    story = drive(*begin_canary(), script=edit)
    assert story.rollout.phase is Phase.SUCCEEDED
    assert story.rollout.interferences == ()


@pytest.mark.parametrize(
    ("step", "slot", "changes", "found"),
    [
        (
            Step(StepKind.HOLD, weight=10),
            "blue",
            {"wanted": 1},
            "somebody else scaled genai-blue-gateway to 1; 2 are",
        ),
        (Step(StepKind.HOLD, weight=10), "blue", {"wanted": 9}, ""),
        (
            Step(StepKind.HOLD, weight=10),
            "green",
            {"wanted": 0},
            "somebody else scaled genai-green-gateway to 0; 1 are",
        ),
        (Step(StepKind.HOLD, weight=10), "green", {"wanted": 0, "autoscaler": "on"}, ""),
        (Step(StepKind.HOLD, weight=10), "green", {"wanted": 0, "autoscaler": "frozen"}, "somebody else scaled"),
        (Step(StepKind.HOLD), "blue", {"wanted": 0}, ""),
        (Step(StepKind.SCALE, weight=10, share=50), "blue", {"wanted": 0}, ""),
        (Step(StepKind.SCALE, Target.STABLE, weight=10, share=90), "green", {"wanted": 0}, ""),
        (Step(StepKind.HOLD, weight=100), "blue", {"wanted": 0}, ""),
        (Step(StepKind.HOLD, weight=100), "green", {"wanted": 1}, "somebody else scaled genai-green-gateway to 1"),
        (Step(StepKind.HOLD, weight=100), "green", {"wanted": 1, "autoscaler": "on"}, ""),
        (Step(StepKind.REST, Target.STABLE, weight=100), "green", {"wanted": 0}, ""),
    ],
)
def test_pods_that_somebody_took(step: Step, slot: str, changes: dict[str, object], found: str) -> None:
    weight = step.weight
    told = find(at(step, given=weight), changed(stand(weight).look(), slot, scaled_by=HAND, **changes))
    assert told.startswith(found) if found else not told
    assert not found or told.endswith(f"({HAND})")


def test_what_stable_never_had_is_not_asked_of_it() -> None:
    hold = at(Step(StepKind.HOLD, weight=10))
    small = replace(hold, snapshot=replace(hold.snapshot, stable={"gateway": 1, "inference/smollm2": 3}))
    assert not find(small, changed(stand().look(), "blue", wanted=1))


def test_stable_is_scaled_back_once_and_then_the_rollout_is_given_up() -> None:
    remedy = Scale("blue", "gateway", 2)

    def take(world: World, rollout: Rollout) -> World:
        return world.scaled("blue", "gateway", 1) if is_at(StepKind.ANALYSIS)(rollout) else world

    story = drive(*begin_canary(), script=take)
    assert story.rollout.phase is Phase.ABORTED
    assert [one.answer for one in story.rollout.interferences][-1] == "aborted"
    assert str(remedy) in {one.answer for one in story.rollout.interferences}
    assert SetWeights({"blue": 100}, "blue") in story.since(Phase.ABORTING)
    single = drive(
        *begin_canary(), script=once(lambda world: world.scaled("blue", "gateway", 1), is_at(StepKind.ANALYSIS))
    )
    assert single.rollout.phase is Phase.SUCCEEDED
    assert [one.answer for one in single.rollout.interferences] == [str(remedy)]


def test_a_rollout_that_installs_is_not_stopped_by_its_own_helm() -> None:
    story = drive(*begin_canary(candidate_revision=4))
    assert InstallSlot("green") in story.writes
    assert (story.rollout.phase, story.rollout.interferences) == (Phase.SUCCEEDED, ())
    world, point = story.world, next(one for one in story.points if is_at(StepKind.HOLD)(one.rollout))
    theirs = replace(point.world.releases["green"], revision=9)
    decision = decide(point.rollout, point.world.with_release("green", theirs).look(), PLAIN, world.now)
    assert decision.rollout.phase is Phase.ABORTING


@pytest.mark.parametrize(
    ("weights", "leader"),
    [({"blue": 40, "green": 60}, "green"), ({"blue": 50, "green": 50}, "blue"), ({}, "blue")],
)
def test_the_slot_with_more_than_half_of_the_traffic_leads(weights: dict[str, int], leader: str) -> None:
    assert RouteState(weights, "blue").leader == leader
