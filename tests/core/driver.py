"""Drive a rollout through the pure world, and keep every point at which a driver could have died."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from math import inf

from tests.core.pods import Pods
from tests.core.stories import PLAIN, World, settle
from tooling.core.action import Action, RunTests, Scale, SetWeights, WarmUp
from tooling.core.decide import Decision, decide
from tooling.core.observation import Failure, Wish
from tooling.core.plan import Step, StepKind
from tooling.core.record import from_record, to_record
from tooling.core.rollout import DONE, UNKNOWN, Phase, Rollout
from tooling.core.steps.look import Look
from tooling.core.strategy import Strategy

LOOKS = 2000
"""More looks than any story needs: one that takes more does not end."""

Script = Callable[[World, Rollout], World]
Applies = Callable[[World, Action, Rollout], tuple[World, Failure | None]]


@dataclass(frozen=True, slots=True)
class Point:
    """A moment at which the driver may die: the world as it is, and the rollout as it is stored."""

    name: str
    world: World
    rollout: Rollout


@dataclass(slots=True)
class Story:
    """What happened: where it ended, every decision, and every point."""

    world: World
    rollout: Rollout
    points: list[Point] = field(default_factory=list)
    decisions: list[Decision] = field(default_factory=list)

    @property
    def writes(self) -> tuple[Action, ...]:
        return self.world.writes

    @property
    def phases(self) -> list[Phase]:
        """Phases in the order in which they were entered."""
        seen = [decision.rollout.phase for decision in self.decisions]
        return [phase for number, phase in enumerate(seen) if number == 0 or seen[number - 1] is not phase]

    @property
    def routes(self) -> list[dict[str, int]]:
        return [dict(write.weights) for write in self.writes if isinstance(write, SetWeights)]

    def since(self, phase: Phase) -> list[Action]:
        """Actions decided in the phase."""
        return [one.action for one in self.decisions if one.action and one.rollout.phase is phase]


def leave_alone(world: World, rollout: Rollout) -> World:
    """Let things take their course."""
    return world


def apply_plainly(world: World, action: Action, rollout: Rollout) -> tuple[World, Failure | None]:
    """Carry the action out."""
    return world.applied(action, rollout.id)


def drive(
    world: World,
    rollout: Rollout,
    strategy: Strategy = PLAIN,
    *,
    script: Script = leave_alone,
    applies: Applies = apply_plainly,
) -> Story:
    """Look, decide, record, act, until the rollout ends."""
    story = Story(world, rollout)
    failure: Failure | None = None
    for _ in range(LOOKS):
        world = script(world, rollout)
        decision = decide(rollout, world.look(failure), strategy, world.now)
        story.decisions.append(decision)
        rollout, failure, action = decision.rollout, None, decision.action
        if action is not None:
            rollout = rollout.intend(str(action), world.now)
            story.points.append(Point(f"before {action}", world, rollout))
            world, failure = applies(world, action, rollout)
            story.points.append(Point(f"after {action}", world, rollout))
            rollout = conclude(rollout, action, failure, world.now)
        story.points.append(Point(f"{rollout.phase}: {decision.reason}", world, rollout))
        story.world, story.rollout = world, rollout
        if rollout.phase.is_terminal:
            return story
        world = world.passed(max(decision.wait, 0.1))
    raise AssertionError(f"still {rollout.phase} at {rollout.step} after {LOOKS} looks: {decision.reason}")


def conclude(rollout: Rollout, action: Action, failure: Failure | None, now: float) -> Rollout:
    """Return the rollout as a driver stores it once an action was tried."""
    if failure is None and isinstance(action, WarmUp):
        rollout = replace(rollout, is_warm=True)
    if failure is None and isinstance(action, RunTests):
        rollout = replace(rollout, is_tested=True)
    return rollout.conclude(name_outcome(failure), now)


def name_outcome(failure: Failure | None) -> str:
    """Return the journal's word for how an action ended."""
    if failure is None:
        return DONE
    return f"{UNKNOWN if failure.is_retryable else ''}{failure.message}"


def store(rollout: Rollout) -> Rollout:
    """Write the rollout as JSON and read it back, as another process would."""
    return from_record(json.loads(json.dumps(to_record(rollout))))


def resume(point: Point, strategy: Strategy = PLAIN, *, after: float = 0.0, script: Script = leave_alone) -> Story:
    """Let another process take over where a driver died, some seconds later."""
    world = point.world.passed(after)
    claimed = replace(store(point.rollout), epoch=point.rollout.epoch + 1, step_started_at=world.now)
    return drive(world, claimed, strategy, script=script)


def wish_at(verb: str, is_time: Callable[[Rollout], bool]) -> Script:
    """Ask for `verb` as soon as `is_time`."""

    def script(world: World, rollout: Rollout) -> World:
        wish = Wish(verb, "bob", "smells", rollout.id, rollout.index)
        return replace(world, wish=wish) if is_time(rollout) and world.wish is None else world

    return script


def is_at(kind: StepKind, *, weight: int = 0) -> Callable[[Rollout], bool]:
    """Whether the rollout works on a step of that kind (and weight), before any abort."""

    def matches(rollout: Rollout) -> bool:
        step = rollout.step
        is_kind = step is not None and step.kind is kind and weight in {0, step.weight}
        return is_kind and rollout.phase is not Phase.ABORTING

    return matches


def once(change: Callable[[World], World], is_time: Callable[[Rollout], bool]) -> Script:
    """Change the world one time, at the first look at which `is_time`."""
    happened: list[bool] = []

    def script(world: World, rollout: Rollout) -> World:
        if happened or not is_time(rollout):
            return world
        happened.append(True)
        return change(world)

    return script


def find_first(actions: list[Action], kind: type[Action]) -> int:
    """Return the place of the first action of that kind."""
    return next(number for number, action in enumerate(actions) if isinstance(action, kind))


def sleeping(slot: str, world: World) -> bool:
    """Whether no pod of the slot is wanted."""
    return all(pods.wanted == 0 for (name, _), pods in world.pods.items() if name == slot)


def scales(actions: list[Action], slot: str) -> dict[str, int]:
    """Return the last replicas that were asked for, by workload."""
    return {one.workload: one.replicas for one in actions if isinstance(one, Scale) and one.slot == slot}


def assert_backed_out(story: Story) -> None:
    """Promise P2: all traffic at stable in the first write, then the rest; nothing of the candidate is left."""
    assert story.rollout.phase is Phase.ABORTED, story.rollout.reason
    assert story.world.weight("blue") == 100
    assert story.world.weight("green") == 0
    if story.routes:
        assert story.since(Phase.ABORTING)[0] == SetWeights({"blue": 100}, "blue")
    assert "green" not in story.world.releases
    assert story.world.pods == settle("blue").pods
    assert story.world.base is not None
    assert story.world.base.description in {"r0", "Rollback to 1"}


def once_asleep(is_time: Callable[[Rollout], bool]) -> Callable[[Rollout], bool]:
    """Whether it is time, and the first workload of stable was put to sleep."""
    return lambda rollout: is_time(rollout) and rollout.journal[-1].action == "scale blue gateway to 0"


def approving(*scripts: Script) -> Script:
    """Approve where a person is asked, and follow the scripts too."""

    def script(world: World, rollout: Rollout) -> World:
        for one in scripts:
            world = one(world, rollout)
        if world.wish is None:
            world = wish_at("promote", is_at(StepKind.APPROVAL))(world, rollout)
        elif world.wish.verb == "promote" and not is_at(StepKind.APPROVAL)(rollout):
            world = replace(world, wish=None)
        return world

    return script


def fail_on(kind: type[Action], *, is_done_anyway: bool, failure: Failure | None = None) -> Applies:
    """Let the first action of that kind fail, before or after its effect."""
    failures: list[Action] = []

    def apply(world: World, action: Action, rollout: Rollout) -> tuple[World, Failure | None]:
        after, why = world.applied(action, rollout.id)
        if failures or not isinstance(action, kind):
            return after, why
        failures.append(action)
        return (after if is_done_anyway else world), failure or Failure("helm: no")

    return apply


def look_at(step: Step, world: World, rollout: Rollout, strategy: Strategy = PLAIN, **changes: object) -> Look:
    """Return what the step sees of the world in a rollout that just came to it."""
    begun = replace(rollout, steps=(step,), phase=Phase.PROGRESSING, step_started_at=world.now)
    return Look(replace(begun, **changes), world.look(), strategy, world.now)  # type: ignore[arg-type]


def lose(slot: str, world: World) -> World:
    """Return the world in which no pod of the slot is ready any more."""
    gone = {at: Pods(pods.wanted, 0, inf) if at[0] == slot else pods for at, pods in world.pods.items()}
    return replace(world, pods=gone)
