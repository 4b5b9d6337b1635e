"""A recorded rollout for tests of stores: small, and different in every field that a store could lose."""

from __future__ import annotations

from dataclasses import replace

from tooling.core.plan import Step, StepKind
from tooling.core.rollout import Rollout, Snapshot
from tooling.core.trail import TargetVersion, Verified

STARTED = 1_800_000_000.0


def make_rollout(
    identity: str = "r1", *, instance: str = "genai", index: int = 0, ended_at: float = 0.0
) -> Rollout:
    """Return a rollout with one journal entry."""
    rollout = Rollout(
        id=identity,
        instance=instance,
        candidate="green",
        target=TargetVersion("sha256:1", "0.2.0"),
        steps=(Step(StepKind.INSTALL), Step(StepKind.WEIGHT, weight=10)),
        snapshot=Snapshot("blue", 1, 0, {"gateway": 2, "inference/smollm2": 1}),
        index=index,
        started_at=STARTED,
        ended_at=ended_at,
        baseline={"blue": {}},
        verified=(Verified("blue", 1, "sha256:0", "0.1.0", "r0"),),
        by="tester",
    )
    return rollout.intend("install green", STARTED + 1)


def finish(rollout: Rollout, after: float) -> Rollout:
    """Return the rollout as it ended `after` seconds after the start."""
    return replace(rollout, ended_at=STARTED + after)
