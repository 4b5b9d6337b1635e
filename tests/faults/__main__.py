"""`python -m tests.faults`: every write of every scenario, every fault class, against a cluster of its own.

`--scenario canary --point 17 --fault kill-after --then resume` repeats one trial and prints its history.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from tests.faults.campaign import (
    SCENARIOS,
    Case,
    draw,
    is_wanted,
    learn,
    list_cases,
    open_bench,
    run_case,
)
from tests.faults.reactions import ALL, BY_NAME
from tests.faults.results import Result, keep_result, make_result, read_results, write_table
from tests.faults.stand import Picture
from tests.faults.trial import Bench
from tooling.local import simulated
from tooling.local.binaries import build

SECONDS_EACH = 6.0
"""CPU seconds that a trial takes, those of the API server included."""


def main() -> int:
    """Run what was asked for and return 1 where a promise was broken."""
    asked = _read_arguments()
    began = time.monotonic()
    results = read_results(asked.results) if asked.results else []
    with _open_cluster(asked.kubeconfig) as kubeconfig, _open_bench(asked, kubeconfig) as bench:
        _tell(f"stands ready after {time.monotonic() - began:.0f} s")
        cases, ends = _choose(bench, asked, {one.case for one in results})
        _tell(f"{len(cases)} trials, about {len(cases) * SECONDS_EACH / asked.jobs / 60:.0f} minutes")
        for result in _run(bench, cases, ends, asked):
            results.append(result)
            if asked.results:
                keep_result(asked.results, result)
    _tell(f"\n{write_table(results)}")
    for result in results:
        if result.broken or asked.point:
            _tell_trial(result)
    broken = sum(len(result.broken) for result in results)
    _tell(f"\n{len(results)} trials, {broken} violations, {time.monotonic() - began:.0f} s")
    return 1 if broken else 0


def _read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    add = parser.add_argument
    add("--scenario", action="append", choices=list(SCENARIOS), help="Only that one; may be repeated.")
    add("--point", type=int, default=0, help="Only the write of that number.")
    add("--fault", action="append", choices=list(BY_NAME), help="Only that class; may be repeated.")
    add("--then", choices=["resume", "abort"], help="What is run after the fault.")
    add("--draw", type=int, default=0, metavar="N", help="Only N trials, drawn with the seed.")
    add("--seed", type=int, default=1)
    add("--jobs", type=int, default=os.cpu_count() or 1, help="How many trials at once.")
    add("--helm4", action="store_true", help="With Helm 4 instead of Helm 3.")
    add("--kubeconfig", type=Path, help="A simulated cluster that runs already.")
    add("--results", type=Path, metavar="FILE", help="Keep results there; what it has already is not run again.")
    return parser.parse_args()


@contextmanager
def _open_cluster(kubeconfig: Path | None) -> Iterator[Path]:
    if kubeconfig is not None:
        yield kubeconfig
        return
    name = f"faults-{os.getpid()}"
    cluster = simulated.up(name, progress=_tell)
    try:
        yield cluster.kubeconfig
    finally:
        simulated.down(name)


def _open_bench(asked: argparse.Namespace, kubeconfig: Path) -> AbstractContextManager[Bench]:
    return open_bench(kubeconfig, helm=build(["helm4"])["helm4"] if asked.helm4 else None)


def _choose(
    bench: Bench, asked: argparse.Namespace, known: set[str]
) -> tuple[list[Case], Mapping[str, Mapping[str, Picture]]]:
    cases: list[Case] = []
    ends: dict[str, Mapping[str, Picture]] = {}
    for name in asked.scenario or SCENARIOS:
        ended, ends[name] = learn(bench, SCENARIOS[name])
        found = list_cases(SCENARIOS[name], ended)
        cases += [case for case in found if is_wanted(case, point=asked.point, faults=asked.fault)]
        _tell(f"{name}: {len(found) // len(ALL)} writes, {len(ALL)} classes")
    if asked.then:
        cases = [Case(one.scenario, one.point, one.reaction, asked.then == "abort") for one in cases]
    drawn = draw(cases, asked.draw, asked.seed) if asked.draw else cases
    return [case for case in drawn if str(case) not in known], ends


def _run(
    bench: Bench,
    cases: Sequence[Case],
    ends: Mapping[str, Mapping[str, Picture]],
    asked: argparse.Namespace,
) -> Iterator[Result]:
    def run(case: Case) -> Result:
        return make_result(case, run_case(bench, case, ends[case.scenario]), has_history=bool(asked.point))

    with ThreadPoolExecutor(asked.jobs) as pool:
        try:
            for number, future in enumerate(as_completed([pool.submit(run, case) for case in cases]), start=1):
                result = future.result()
                _tell(f"{number}/{len(cases)} {result}")
                yield result
        finally:
            pool.shutdown(wait=False, cancel_futures=True)  # an interrupt waits for those that run, no more


def _tell_trial(result: Result) -> None:
    _tell(f"\n{'BROKEN' if result.broken else 'kept'}: python -m tests.faults --scenario {result.case}")
    _tell("\n".join((f"  at: {result.at}", *(f"  {line}" for line in result.broken), result.history)))


def _tell(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
