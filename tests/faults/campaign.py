"""Every write of every scenario, every fault class: what to try, and the stands that it needs."""

from __future__ import annotations

import itertools
import os
import random
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.faults.gateways import Gateways
from tests.faults.processes import CHECKOUT, Zygote
from tests.faults.project import BLUE_GREEN, INSTANCE, NEXT, PACE, STABLE, TARGET, make_values
from tests.faults.reactions import ALL
from tests.faults.stand import Grounds, Picture, Stand
from tests.faults.trial import Bench, Ended, Scenario, run_trial
from tests.faults.upstream import Upstream
from tests.faults.wire import Reaction

_YES = ("--yes",)
SCENARIOS: Mapping[str, Scenario] = {
    one.name: one
    for one in (
        Scenario("canary", "first", ("release", *_YES), TARGET, "Succeeded"),
        Scenario("canary-again", "second", ("release", *_YES), NEXT, "Succeeded"),
        Scenario("abort", "first", ("release", *_YES), TARGET, "Aborted", bad="green", from_phase="Aborting"),
        Scenario("rollback", "second", ("rollback", *_YES), TARGET, "RolledBack"),
        Scenario("blue-green", "first", ("release", *_YES), TARGET, "Succeeded", rollout=BLUE_GREEN),
        Scenario(
            "blue-green-abort",
            "second",
            ("release", *_YES),
            NEXT,
            "Aborted",
            bad="blue",
            rollout=BLUE_GREEN,
            from_phase="Aborting",
        ),
    )
}
_ABORTED = "Aborted"


@dataclass(frozen=True, slots=True)
class Case:
    """One point and one class; `is_abort` says what is run afterwards."""

    scenario: str
    point: int
    reaction: Reaction
    is_abort: bool

    def __str__(self) -> str:
        after = "abort" if self.is_abort else "resume"
        return f"{self.scenario} --point {self.point} --fault {name_of(self.reaction)} --then {after}"


def name_of(reaction: Reaction) -> str:
    """Return the class's name."""
    return str(getattr(reaction, "__name__", reaction)).replace("_", "-")


@contextmanager
def open_bench(kubeconfig: Path, *, helm: Path | None = None) -> Iterator[Bench]:
    """Prepare stands on a cluster, in namespaces of this process; `helm`: another one than the CLI would take."""
    with tempfile.TemporaryDirectory(prefix="faults-") as folder:
        environment = {
            "KUBECACHEDIR": f"{folder}/discovery",
            "HELM_CACHE_HOME": f"{folder}/helm",
            "GOGC": "off",  # helm lives for a tenth of a second: collecting its garbage costs a third of that
            "GOMEMLIMIT": "500MiB",
        }
        if helm is not None:
            (Path(folder) / "bin").mkdir()
            (Path(folder) / "bin" / "helm").symlink_to(helm)
            environment["PATH"] = f"{folder}/bin:{os.environ['PATH']}"
        zygote = Zygote(pace=PACE, environment=environment)
        upstream = Upstream(kubeconfig)
        try:
            bench = Bench(Grounds(upstream), zygote, Path(folder), _copy_checkout(Path(folder)))
            _make_stands(bench)
            yield bench
        finally:
            zygote.close()
            upstream.close()


def learn(bench: Bench, scenario: Scenario) -> tuple[Ended, Mapping[str, Picture]]:
    """Run a scenario without a fault: its writes are the points, its end is what others are compared with."""
    ended = run_trial(bench, scenario, next_namespace())
    if not ended.is_good:
        raise AssertionError(f"{scenario.name} without a fault: {ended.broken}\n{ended.output}")
    return ended, {_ABORTED: bench.stands[scenario.stand].picture, ended.phase: ended.picture}


def list_cases(scenario: Scenario, ended: Ended, reactions: Sequence[Reaction] = ALL) -> list[Case]:
    """Return every case of a scenario; what comes after the fault alternates."""
    points = [
        write.number
        for write in ended.writes
        if write.number and (not scenario.from_phase or _is_in(write.before.rollout, scenario.from_phase))
    ]
    return [
        Case(scenario.name, point, reaction, is_abort=(point + place) % 2 == 1)
        for point in points
        for place, reaction in enumerate(reactions)
    ]


def run_case(bench: Bench, case: Case, ends: Mapping[str, Picture]) -> Ended:
    """Run one case."""
    return run_trial(
        bench,
        SCENARIOS[case.scenario],
        next_namespace(),
        point=case.point,
        reaction=case.reaction,
        is_abort=case.is_abort,
        ends=ends,
    )


def draw(cases: Sequence[Case], count: int, seed: int) -> list[Case]:
    """Return some cases, the same for the same seed."""
    return random.Random(seed).sample(list(cases), min(count, len(cases)))


_NUMBERS = itertools.count(1)


def next_namespace() -> str:
    """Return a name that no other trial has."""
    return f"faults-{os.getpid()}-{next(_NUMBERS)}"


def _copy_checkout(folder: Path) -> Path:
    """Copy what releases are made of: who edits the chart meanwhile would make every trial another version."""
    copy = folder / "checkout"
    for name in ("charts", "docs"):
        shutil.copytree(CHECKOUT / name, copy / name)
    return copy


def _make_stands(bench: Bench) -> None:
    """Have the CLI itself make what all trials start from: v1 in blue, then v2 in green with blue at rest."""
    first = f"stand-first-{os.getpid()}"
    bench.grounds.make_namespace(first)
    _release(bench, first, STABLE)
    bench.stands["first"] = Stand(first, tuple(bench.grounds.list(first)))
    second = f"stand-second-{os.getpid()}"
    bench.grounds.copy(bench.stands["first"], second)
    _release(bench, second, TARGET)
    bench.stands["second"] = Stand(second, tuple(bench.grounds.list(second)))


def _release(bench: Bench, namespace: str, version: str) -> None:
    with bench.open_trial(namespace, Gateways(INSTANCE, weights={"blue": 100})) as trial:
        trial.project.write_values("trial", make_values(version))
        code = trial.run(("release", "--yes"), "trial")
        if code:
            raise AssertionError(f"release of {version}: exit {code}\n{trial.read_output()}")


def is_wanted(case: Case, *, point: int, faults: Sequence[str] | None) -> bool:
    """Whether a case fits what was asked for; 0 and None are all."""
    return (not point or case.point == point) and (not faults or name_of(case.reaction) in faults)


def _is_in(rollout: Mapping[str, object], phase: str) -> bool:
    return rollout.get("phase") == phase
