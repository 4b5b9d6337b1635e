"""Promise P3: whoever drives may die at any moment; another one goes on and ends as a run without faults does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.core.driver import Point, Script, Story, drive, is_at, leave_alone, resume, wish_at
from tests.core.stories import (
    CANARY,
    PLAIN,
    Behaviour,
    World,
    begin_canary,
    begin_install,
    begin_rollback,
    settle,
)
from tooling.core.action import (
    Action,
    InstallBase,
    InstallSlot,
    RevertRelease,
)
from tooling.core.decide import decide
from tooling.core.observation import Failure
from tooling.core.plan import StepKind
from tooling.core.rollout import Phase, Rollout
from tooling.core.strategy import Strategy

Begin = Callable[[], tuple[World, Rollout]]
Helm = InstallBase | InstallSlot | RevertRelease


def begin_bad_canary() -> tuple[World, Rollout]:
    world, rollout = begin_canary(candidate_revision=4)
    return world.behaving("green", Behaviour(error_percent=40)), rollout


def begin_bad_first_canary() -> tuple[World, Rollout]:
    world, rollout = begin_canary()
    return world.behaving("green", Behaviour(error_percent=40)), rollout


def begin_bad_install() -> tuple[World, Rollout]:
    world, rollout = begin_install()
    return world.behaving("blue", Behaviour(start_seconds=1e9, problem="ErrImagePull")), rollout


def approve(strategy: Strategy) -> Script:
    return wish_at("promote", is_at(StepKind.APPROVAL)) if strategy is CANARY else leave_alone


STORIES: list[tuple[str, Begin, Strategy]] = [
    ("first install", begin_install, PLAIN),
    ("first install that fails", begin_bad_install, PLAIN),
    ("good canary", begin_canary, PLAIN),
    ("canary with approval", lambda: begin_canary(CANARY), CANARY),
    ("bad canary in a used slot", begin_bad_canary, PLAIN),
    ("bad canary in a new slot", begin_bad_first_canary, PLAIN),
    ("rollback", begin_rollback, PLAIN),
]
NAMES = [name for name, _, _ in STORIES]


def describe(story: Story) -> object:
    """Return what must not depend on who drove: the end, the traffic, what is installed and how large."""
    world = story.world
    releases = {slot: (one.status, one.description) for slot, one in world.releases.items()}
    wanted = {place: pods.wanted for place, pods in world.pods.items()}
    route = world.route and (dict(world.route.weights), world.route.serving)
    return story.rollout.phase, route, releases, wanted, world.base is None


@pytest.mark.parametrize("after", [0.0, 7.0, 3600.0], ids=["at once", "soon", "an hour later"])
@pytest.mark.parametrize(("begin", "strategy"), [story[1:] for story in STORIES], ids=NAMES)
def test_a_rollout_that_is_resumed_anywhere_ends_as_one_that_was_not_interrupted(
    begin: Begin, strategy: Strategy, after: float
) -> None:
    whole = drive(*begin(), strategy, script=approve(strategy))
    for point in pick(whole.points):
        again = resume_with(point, strategy, after)
        assert describe(again) == describe(whole), f"{point.name}: {again.rollout.reason}"


def pick(points: list[Point]) -> list[Point]:
    """Leave out what ended, and most of the looks at which nothing happened."""
    alive = [point for point in points if not point.rollout.phase.is_terminal]
    return [
        point
        for number, point in enumerate(alive)
        if number % 4 == 0
        or point.name.startswith(("before ", "after "))
        or point.rollout != alive[number - 1].rollout
    ]


def resume_with(point: Point, strategy: Strategy, after: float) -> Story:
    wish = point.world.wish
    if strategy is CANARY and wish is None:
        return resume(point, strategy, after=after, script=approve(strategy))
    return resume(point, strategy, after=after)


def find_deaths(begin: Begin, strategy: Strategy) -> list[tuple[Point, Helm]]:
    """Return each point right before helm is called, with what it is called for."""
    whole = drive(*begin(), strategy, script=approve(strategy))
    writes = iter(whole.writes)
    pairs = [(point, next(writes)) for point in whole.points if point.name.startswith("before ")]
    return [(point, action) for point, action in pairs if isinstance(action, Helm)]


@pytest.mark.parametrize(("begin", "strategy"), [story[1:] for story in STORIES], ids=NAMES)
def test_a_helm_that_was_killed_half_way_is_recovered(begin: Begin, strategy: Strategy) -> None:
    whole = drive(*begin(), strategy, script=approve(strategy))
    for point, action in find_deaths(begin, strategy):
        stuck = replace(point, world=point.world.struck(action))
        again = resume_with(stuck, strategy, 5)
        assert describe(again) == describe(whole), f"{point.name}: {again.rollout.reason}"


@pytest.mark.parametrize("revision", [0, 4])
def test_a_recovery_that_is_killed_half_way_is_recovered(revision: int) -> None:
    begin = lambda: begin_canary(candidate_revision=revision)  # noqa: E731 - one line says it
    point, action = find_deaths(begin, PLAIN)[1]
    assert action == InstallSlot("green")
    undo = RevertRelease("green", revision)
    stuck = replace(point, world=point.world.struck(action), rollout=point.rollout.intend(str(undo), 1001))
    again = resume(replace(stuck, world=stuck.world.struck(undo)), after=5)
    assert again.rollout.phase is Phase.SUCCEEDED, again.rollout.reason


@pytest.mark.parametrize("revision", [0, 4])
def test_a_helm_upgrade_that_failed_is_taken_back(revision: int) -> None:
    def applies(world: World, action: Action, rollout: Rollout) -> tuple[World, Failure | None]:
        if isinstance(action, InstallSlot):
            return replace(world.spoiled(action), writes=(*world.writes, action)), Failure("helm: webhook said no")
        return world.applied(action, rollout.id)

    story = drive(*begin_canary(candidate_revision=revision), applies=applies)
    assert story.rollout.phase is Phase.ABORTED
    assert story.rollout.reason == "helm: webhook said no"
    assert RevertRelease("green", revision) in story.writes


def test_a_base_upgrade_that_failed_on_a_first_install_is_taken_back() -> None:
    def applies(world: World, action: Action, rollout: Rollout) -> tuple[World, Failure | None]:
        if isinstance(action, InstallBase):
            return world.spoiled(action), Failure("helm: quota")
        return world.applied(action, rollout.id)

    story = drive(*begin_install(), applies=applies)
    assert story.rollout.phase is Phase.ABORTED
    assert story.world.base is None


@pytest.mark.parametrize("seconds", [29, 61, 7200])
def test_the_time_nobody_drove_is_not_the_candidates_fault(seconds: float) -> None:
    world, rollout = begin_canary()
    world = world.behaving("green", Behaviour(start_seconds=20))
    story = drive(world, rollout)
    point = next(one for one in story.points if one.name == "after helm upgrade --install green")
    again = resume(point, after=seconds)
    assert again.rollout.phase is Phase.SUCCEEDED, again.rollout.reason


@pytest.mark.parametrize(
    "begin", [begin_install, begin_canary, begin_bad_canary], ids=["install", "canary", "used slot"]
)
def test_an_abort_after_helm_was_killed_leaves_nothing_pending(begin: Begin) -> None:
    for point, action in find_deaths(begin, PLAIN):
        stuck = replace(point, world=point.world.struck(action))
        again = resume(stuck, after=5, script=wish_at("abort", lambda _: True))
        assert again.rollout.phase is Phase.ABORTED, f"{point.name}: {again.rollout.reason}"
        left = [again.world.base, *again.world.releases.values()]
        assert not any(release and release.is_pending for release in left), f"{point.name}: {left}"


def test_a_revision_that_had_failed_before_the_rollout_is_not_ours() -> None:
    world, rollout = begin_canary(candidate_revision=4)
    broken = replace(world.releases["green"], status="failed", description='Upgrade "x" failed')

    def applies(world: World, action: Action, rollout: Rollout) -> tuple[World, Failure | None]:
        if isinstance(action, InstallSlot):
            return world, Failure("helm: the chart is not valid")
        return world.applied(action, rollout.id)

    story = drive(world.with_release("green", broken), rollout, applies=applies)
    assert story.rollout.phase is Phase.ABORTED
    assert RevertRelease("green", 4) not in story.writes


@pytest.mark.parametrize("status", ["failed", "superseded", "uninstalled", "unknown"])
def test_only_a_deployed_revision_is_an_installed_one(status: str) -> None:
    world, rollout = begin_canary()
    release = replace(settle("green", rollout="r1").releases["green"], status=status)
    seen = world.with_release("green", release).look()
    decision = decide(replace(rollout, phase=Phase.PREPARING, index=1), seen, PLAIN, world.now)
    assert decision.action == InstallSlot("green")
