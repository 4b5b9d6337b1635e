"""Steps of base: backup, readiness, and the comparison at the end."""

from dataclasses import replace

import pytest

from tooling.core.action import RemoveLeftovers, StartBackup
from tooling.core.comparison import Comparison
from tooling.core.diff.objects import ObjectName
from tooling.core.gate import State
from tooling.core.leftovers import Leftover
from tooling.core.observation import JobState, Observation, Workload
from tooling.core.plan import Step, StepKind, Target
from tooling.core.rollout import Entry, Rollout, Snapshot
from tooling.core.steps.base import back_up, name_backup, steady, verify
from tooling.core.steps.look import Look
from tooling.core.strategy import Strategy
from tooling.core.trail import TargetVersion

LEFT = Leftover(ObjectName("v1", "ConfigMap", "genai", "extra"))


def look(kind, seen, *, elapsed=0.0, seconds=60.0, journal=()):
    rollout = Rollout(
        id="genai-1",
        instance="genai",
        candidate="",
        target=TargetVersion("d", "l"),
        steps=(Step(kind, Target.BASE, seconds=seconds),),
        snapshot=Snapshot(serving="blue"),
        number=7,
        backup="genai-vectordb-backup",
        is_base=True,
        step_started_at=100.0,
        journal=journal,
    )
    return Look(rollout, seen, Strategy("genai", "genai"), 100.0 + elapsed)


@pytest.mark.parametrize(
    ("backup", "elapsed", "state", "reason"),
    [
        (None, 0, State.ACT, "start backup genai-vectordb-backup-7 from CronJob genai-vectordb-backup"),
        (JobState("j"), 3600, State.WAIT, "backup j runs"),
        (JobState("j"), 7 * 3600, State.FAILED, "backup j did not end in time"),
        (JobState("j", is_done=True), 0, State.DONE, "backup j is done"),
        (JobState("j", is_done=True, problem="no space"), 0, State.FAILED, "the backup failed: no space"),
    ],
)
def test_a_backup_is_made_and_waited_for(backup, elapsed, state, reason):
    progress = back_up(look(StepKind.BACKUP, Observation(backup=backup), elapsed=elapsed))
    assert (progress.state, progress.reason) == (state, reason)


def test_a_job_has_a_name_that_kubernetes_takes():
    one = look(StepKind.BACKUP, Observation())
    name = name_backup(replace(one.rollout, backup="x" * 60, number=12345))
    assert len(name) <= 63
    assert name.endswith("-12345")
    assert back_up(one).action == StartBackup("genai-vectordb-backup", "genai-vectordb-backup-7")


@pytest.mark.parametrize(
    ("workloads", "elapsed", "state", "reason"),
    [
        ((), 0, State.DONE, "base is ready"),
        ((Workload("StatefulSet/db", "db", 3, 3),), 0, State.DONE, "base is ready"),
        ((Workload("StatefulSet/db", "db", 3, 1),), 59, State.WAIT, "db has 1 of 3 pods ready"),
        (
            (Workload("StatefulSet/db", "db", 3, 3, is_current=False, waiting="old pods"),),
            0,
            State.WAIT,
            "db has 3 of 3 pods ready (old pods)",
        ),
        (
            (Workload("StatefulSet/db", "db", 3, 1, problem="ErrImagePull"),),
            60,
            State.FAILED,
            "db has 1 of 3 pods ready (ErrImagePull), after 60 s",
        ),
    ],
)
def test_base_gets_ready(workloads, elapsed, state, reason):
    progress = steady(look(StepKind.STEADY, Observation(base_workloads=workloads), elapsed=elapsed))
    assert (progress.state, progress.reason) == (state, reason)


def test_a_comparison_is_waited_for_and_recorded():
    assert verify(look(StepKind.VERIFY, Observation())).state is State.WAIT
    progress = verify(look(StepKind.VERIFY, Observation(comparison=Comparison(4, ("a is b",)))))
    assert (progress.state, progress.changes) == (State.DONE, {"compared": 4, "differences": ("a is b",)})


def test_leftovers_are_removed_and_told_when_they_stay():
    seen = Observation(comparison=Comparison(4, (), (LEFT,)))
    assert verify(look(StepKind.VERIFY, seen)).action == RemoveLeftovers((LEFT,))
    action = str(RemoveLeftovers((LEFT,)))
    tries = tuple(Entry(number, str(number), action, 100.0, 100.0, "no") for number in range(3))
    progress = verify(look(StepKind.VERIFY, seen, journal=tries))
    assert progress.state is State.DONE
    assert progress.changes["differences"] == ("ConfigMap/extra could not be removed",)
