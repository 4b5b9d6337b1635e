"""A rollout walked through a world in which anything may happen between two looks.

Rules of this file: `Walk` only looks, decides, acts and disturbs; what must hold is in tests/core/test_walks.py,
which is told of every decision before it takes effect.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from math import inf

from tests.core.driver import conclude, store
from tests.core.stories import Behaviour, Pods, World
from tooling.core.action import Action, FinishSlot, InstallBase, InstallSlot, RevertRelease, SetWeights
from tooling.core.decide import Decision, decide
from tooling.core.observation import Failure, Observation, RouteState, Wish
from tooling.core.rollout import Rollout
from tooling.core.strategy import Strategy

CONFLICT = Failure("HTTPRoute genai changed since it was read", is_retryable=True)
LOST = Failure("no answer", is_retryable=True)
BUSY = Failure("the server is busy", is_retryable=True)
REFUSED = Failure("admission webhook said no")


@dataclass(frozen=True, slots=True)
class Turn:
    """One look: what was stored, what was seen, what was decided, and when."""

    before: Rollout
    seen: Observation
    decision: Decision
    now: float


@dataclass(slots=True)
class Walk:
    """The world, the rollout as it is stored, and what the next decision hears of the last action."""

    world: World
    rollout: Rollout
    strategy: Strategy
    judge: Callable[[Walk, Turn], None] = lambda _walk, _turn: None
    failure: Failure | None = None
    stale: World | None = None
    is_interfered: bool = False
    """Whether somebody else wrote route or replicas since our last write of the route."""
    turns: list[Turn] = field(default_factory=list)

    def look(self, outcome: str = "done", *, seconds: float = 0.0, is_stale: bool = False) -> Turn:
        """Look once and follow the decision; `outcome` is what becomes of its action."""
        known = self.stale if is_stale and self.stale else self.world
        seen = replace(known, now=self.world.now).look(self.failure)
        decision = decide(self.rollout, seen, self.strategy, self.world.now)
        turn = Turn(self.rollout, seen, decision, self.world.now)
        self.judge(self, turn)
        self.turns.append(turn)
        self.rollout, self.failure = decision.rollout, seen.failure if decision.wait else None
        if decision.action is not None:
            self.stale = self.world
            self._act(decision.action, "conflict" if is_stale else outcome)
        if not self.rollout.phase.is_terminal:
            self.world = self.world.passed(max(decision.wait, seconds, 0.1))
        return turn

    def finish(self, looks: int) -> None:
        """Look until the rollout ends, at most that many times."""
        for _ in range(looks):
            if self.rollout.phase.is_terminal:
                return
            self.look()

    def die(self, seconds: float) -> None:
        """Let the driver die and another one take over after so many seconds."""
        self.world = self.world.passed(seconds)
        stored = store(self.rollout)
        self.rollout = replace(stored, epoch=stored.epoch + 1, step_started_at=self.world.now)
        self.failure = None

    def wish(self, verb: str) -> None:
        """Have a person ask for something from elsewhere."""
        self.world = replace(self.world, wish=Wish(verb, "bob", "", self.rollout.id, self.rollout.index))

    def break_pods(self, slot: str, problem: str) -> None:
        """Have every pod of a slot lose its readiness."""
        gone = {
            place: Pods(pods.wanted, 0, inf) if place[0] == slot else pods
            for place, pods in self.world.pods.items()
        }
        self.world = replace(self.world, pods=gone).behaving(slot, Behaviour(start_seconds=inf, problem=problem))

    def heal_pods(self, slot: str) -> None:
        """Have the pods of a slot get ready in a while."""
        at = self.world.now + 2.0
        healed = {
            place: replace(pods, ready_at=at) if place[0] == slot and pods.ready_at == inf else pods
            for place, pods in self.world.pods.items()
        }
        self.world = replace(self.world, pods=healed).behaving(slot, Behaviour())

    def interfere_route(self, weights: Mapping[str, int] | None, serving: str) -> None:
        """Have somebody else write or delete the route."""
        self.is_interfered = True
        self.world = replace(self.world, route=RouteState(dict(weights), serving) if weights else None)

    def interfere_scale(self, slot: str, replicas: int) -> None:
        """Have somebody else scale every workload of a slot."""
        self.is_interfered = True
        for place in [place for place in self.world.pods if place[0] == slot]:
            self.world = self.world.scaled(*place, replicas)

    def _act(self, action: Action, outcome: str) -> None:
        rollout = self.rollout.intend(str(action), self.world.now)
        is_route = isinstance(action, SetWeights)
        after, failure = self.world.applied(action, rollout.id)
        if outcome == "conflict" and is_route:
            after, failure = self.world, CONFLICT
        elif outcome == "lost":
            failure = LOST
        elif outcome == "busy":
            after, failure = self.world, BUSY
        elif outcome == "refused":
            after, failure = self.world, REFUSED
        elif outcome == "struck" and isinstance(action, (InstallBase, InstallSlot, FinishSlot, RevertRelease)):
            after, failure = self.world.struck(action), LOST
        if is_route and after is not self.world:
            self.is_interfered = False
        self.world, self.failure = after, failure
        self.rollout = conclude(rollout, action, failure, self.world.now)
