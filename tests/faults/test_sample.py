"""A seeded sample of the fault trials: `make test-faults` runs them all (docs/faults.md)."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.faults.campaign import SCENARIOS, draw, learn, list_cases, run_case
from tests.faults.own import open_own_bench
from tests.faults.trial import Bench

pytestmark = pytest.mark.local

SEED = 20261121
TRIALS = 7


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    """Stands on a simulated cluster of this module's own; needs no root."""
    with open_own_bench("faults") as bench:
        yield bench


@pytest.mark.parametrize("name", ["canary", "abort"])
def test_a_sample_of_faults_breaks_no_promise(bench: Bench, name: str) -> None:
    scenario = SCENARIOS[name]
    ended, ends = learn(bench, scenario)
    cases = draw(list_cases(scenario, ended), TRIALS, SEED)
    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(lambda case: run_case(bench, case, ends), cases))

    broken = {str(case): result.broken for case, result in zip(cases, results, strict=True) if result.broken}
    assert not broken
    assert sum(result.struck is not None for result in results) >= TRIALS - 1
