"""Verdicts: tables of what two slots did, and what follows from it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import inf, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tooling.core.analysis import (
    Histogram,
    Measurement,
    PodCounts,
    Result,
    SlotNumbers,
    Verdict,
    count_between,
    judge,
    judge_alone,
)
from tooling.core.strategy import AnalysisSettings

BOUNDS = (0.1, 0.2, 0.4, 0.8, 1.6, inf)
SETTINGS = AnalysisSettings(max_error_increase=5.0, max_latency_factor=2.0, min_requests=20)


def spread(requests: float, seconds: float, bounds: tuple[float, ...] = BOUNDS) -> Histogram:
    """Return the histogram of that many requests, all in the bucket of one bound."""
    return Histogram(bounds, tuple(requests if bound >= seconds else 0.0 for bound in bounds))


def pod(requests: float, errors: float = 0.0, seconds: float = 0.2) -> PodCounts:
    return PodCounts(requests, errors, spread(requests, seconds))


def look(earlier: Measurement | None, later: Measurement | None) -> Verdict:
    return judge(earlier, later, stable="blue", candidate="green", settings=SETTINGS)


def compare(stable: PodCounts, candidate: PodCounts) -> Verdict:
    """Judge what both slots did since they started."""
    start = {"blue": {"b": PodCounts()}, "green": {"g": PodCounts()}}
    return look(start, {"blue": {"b": stable}, "green": {"g": candidate}})


@dataclass(frozen=True)
class Case:
    stable: PodCounts
    candidate: PodCounts
    result: Result
    says: str


CASES = {
    "same": Case(pod(180), pod(20), Result.SUCCESSFUL, "0 of 20 failed"),
    "one error is chance": Case(pod(180), pod(20, 1), Result.SUCCESSFUL, "1 of 20"),
    "two errors are no proof either way": Case(pod(180), pod(20, 2), Result.INCONCLUSIVE, "too many to go on"),
    "three of twenty": Case(pod(180), pod(20, 3), Result.FAILED, "3 of 20 candidate requests failed (15.0 %)"),
    "exactly what is allowed": Case(pod(180), pod(100, 5), Result.SUCCESSFUL, "5 of 100"),
    "just above": Case(pod(180), pod(100, 6), Result.FAILED, "at most 5.0 % is allowed"),
    "stable fails as often": Case(pod(100, 20), pod(100, 24), Result.SUCCESSFUL, "24 of 100"),
    "worse than a bad stable": Case(pod(100, 20), pod(100, 26), Result.FAILED, "stable failed 20.0 %"),
    "better than stable": Case(pod(100, 50), pod(100, 0), Result.SUCCESSFUL, "0 of 100"),
    "one too few": Case(pod(180), pod(19), Result.INCONCLUSIVE, "19 candidate requests so far, 20 are needed"),
    "none at all": Case(pod(180), pod(0), Result.INCONCLUSIVE, "0 candidate requests"),
    "nothing at stable": Case(pod(0), pod(100), Result.INCONCLUSIVE, "too few stable requests"),
    "too little at stable": Case(pod(19), pod(100), Result.INCONCLUSIVE, "too few stable requests"),
    "twice as slow is allowed": Case(pod(99, 0, 0.2), pod(99, 0, 0.4), Result.SUCCESSFUL, "p95 0.40 s"),
    "four times as slow": Case(pod(99, 0, 0.2), pod(99, 0, 0.8), Result.FAILED, "p95 of the candidate is 0.80 s"),
    "faster": Case(pod(99, 0, 0.8), pod(99, 0, 0.1), Result.SUCCESSFUL, "p95 0.10 s"),
    "slower than any bucket": Case(pod(99, 0, 0.2), pod(99, 0, 9.0), Result.FAILED, "inf s"),
    "both slower than any bucket": Case(pod(99, 0, 9.0), pod(99, 0, 9.0), Result.SUCCESSFUL, "inf s"),
    "no latency at the candidate": Case(pod(99), PodCounts(99), Result.INCONCLUSIVE, "p95 -"),
    "no latency at stable": Case(PodCounts(99), pod(99), Result.INCONCLUSIVE, "p95 -"),
    "over the limit by chance": Case(pod(999), pod(21, 2), Result.INCONCLUSIVE, "too few to condemn it"),
    "errors count before latency": Case(pod(99, 0, 0.1), pod(99, 50, 9.0), Result.FAILED, "50 of 99"),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_verdicts(case: Case) -> None:
    verdict = compare(case.stable, case.candidate)
    assert verdict.result is case.result
    assert case.says in verdict.reason
    assert (verdict.stable.requests, verdict.candidate.requests) == (
        case.stable.requests,
        case.candidate.requests,
    )


@pytest.mark.parametrize(("stable", "candidate"), [(19, 99), (99, 19)])
def test_a_p95_of_a_handful_of_requests_condemns_nobody(stable: int, candidate: int) -> None:
    start = {"blue": {"b": PodCounts()}, "green": {"g": PodCounts()}}
    end = {"blue": {"b": pod(stable, 0, 0.1)}, "green": {"g": pod(candidate, 0, 9.0)}}
    few = replace(SETTINGS, min_requests=5)
    verdict = judge(start, end, stable="blue", candidate="green", settings=few)
    assert verdict.result is not Result.FAILED
    assert "too few requests to judge latency" in verdict.reason


def test_a_gap_that_no_clock_can_measure_is_no_reason() -> None:
    bounds = (0.01, 0.04, inf)
    verdict = compare(PodCounts(99, 0, spread(99, 0.01, bounds)), PodCounts(99, 0, spread(99, 0.04, bounds)))
    assert verdict.result is Result.SUCCESSFUL


FULL: Measurement = {"blue": {"b": pod(50)}, "green": {"g": pod(50)}}
NONE: tuple[Measurement | None, ...] = (None, {}, {"blue": {"b": pod(9)}}, {"green": {"g": pod(9)}})


@pytest.mark.parametrize("missing", NONE, ids=["silent", "empty", "no candidate", "no stable"])
def test_missing_data_is_neither_good_nor_bad(missing: Measurement | None) -> None:
    for earlier, later in ((missing, FULL), (FULL, missing), (missing, missing)):
        verdict = look(earlier, later)
        assert verdict.result is Result.INCONCLUSIVE
        assert verdict.reason.startswith("no measurement of ")


@pytest.mark.parametrize("value", [nan, inf, -inf])
@pytest.mark.parametrize("slot", ["blue", "green"])
@pytest.mark.parametrize("name", ["requests", "errors"])
def test_a_value_that_is_no_number_is_neither_good_nor_bad(slot: str, name: str, value: float) -> None:
    bad = replace(pod(100, 90), requests=value) if name == "requests" else replace(pod(100, 90), errors=value)
    earlier = {"blue": {"p": PodCounts()}, "green": {"p": PodCounts()}}
    later = {"blue": {"p": pod(100)}, "green": {"p": pod(100)}, slot: {"p": bad}}
    assert look(earlier, later).result is Result.INCONCLUSIVE
    assert look(later, {one: {"p": pod(500)} for one in later}).result is not Result.FAILED


def test_a_latency_that_is_no_number_is_neither_good_nor_bad() -> None:
    broken = PodCounts(100, 0, Histogram(BOUNDS, (nan,) * len(BOUNDS)))
    assert compare(pod(100), broken).result is Result.INCONCLUSIVE
    assert compare(broken, pod(100)).result is Result.INCONCLUSIVE


@dataclass(frozen=True)
class Window:
    earlier: dict[str, PodCounts]
    later: dict[str, PodCounts]
    requests: float
    errors: float
    p95: float | None


WINDOWS = {
    "goes on": Window({"a": pod(100, 10)}, {"a": pod(150, 12)}, 50, 2, 0.2),
    "stands still": Window({"a": pod(100, 10)}, {"a": pod(100, 10)}, 0, 0, None),
    "restarted": Window({"a": pod(100, 10, 9.0)}, {"a": pod(30, 3)}, 30, 3, 0.2),
    "restarted, seen by errors alone": Window({"a": pod(10, 8)}, {"a": pod(12, 7)}, 12, 7, 0.2),
    "new": Window({}, {"a": pod(30, 3)}, 30, 3, 0.2),
    "vanished": Window({"a": pod(100, 50), "b": pod(10)}, {"b": pod(40)}, 30, 0, 0.2),
    "replaced": Window({"a": pod(100, 50)}, {"b": pod(40, 1)}, 40, 1, 0.2),
    "two of them": Window({"a": pod(10), "b": pod(20)}, {"a": pod(30, 1), "b": pod(50, 2)}, 50, 3, 0.2),
    "other buckets since": Window(
        {"a": PodCounts(10, 0, spread(10, 0.1, (0.1, inf)))}, {"a": pod(30)}, 20, 0, 0.2
    ),
    "buckets that do not add up": Window(
        {},
        {"a": pod(30), "b": PodCounts(30, 0, spread(30, 0.1, (0.1, inf)))},
        60,
        0,
        0.2,
    ),
    "no buckets": Window({}, {"a": PodCounts(30)}, 30, 0, None),
    "nothing": Window({}, {}, 0, 0, None),
}


@pytest.mark.parametrize("window", WINDOWS.values(), ids=WINDOWS)
def test_windows(window: Window) -> None:
    assert count_between(window.earlier, window.later) == SlotNumbers(window.requests, window.errors, window.p95)


def test_errors_in_percent_and_as_a_person_reads_them() -> None:
    assert SlotNumbers(200, 3).error_percent == 1.5
    assert SlotNumbers().error_percent == 0.0
    assert str(SlotNumbers(200, 3, 0.25)) == "3 of 200 failed, p95 0.25 s"
    assert str(SlotNumbers()) == "0 of 0 failed, p95 -"


@pytest.mark.parametrize(("share", "bound"), [(0.5, 0.1), (0.501, 0.4), (0.95, 0.4), (0.99, inf), (1.0, inf)])
def test_quantiles(share: float, bound: float) -> None:
    histogram = Histogram((0.1, 0.4, inf), (50.0, 95.0, 100.0))
    assert histogram.quantile(share) == bound


counts = st.integers(0, 200)
pods = st.builds(lambda good, bad, seconds: pod(good + bad, bad, seconds), counts, counts, st.sampled_from(BOUNDS))
fleets = st.dictionaries(st.sampled_from("abc"), pods, max_size=3)
measurements = st.none() | st.dictionaries(st.sampled_from(["blue", "green"]), fleets, max_size=2)


@given(fleets, fleets)
def test_a_window_never_holds_less_than_nothing(
    earlier: dict[str, PodCounts], later: dict[str, PodCounts]
) -> None:
    numbers = count_between(earlier, later)
    assert numbers.requests >= 0
    assert numbers.errors >= 0
    assert numbers.requests <= sum(one.requests for one in later.values())


@given(fleets, st.integers(1, 50))
def test_a_counter_reset_is_seen_as_a_new_pod(started: dict[str, PodCounts], more: int) -> None:
    before = {name: pod(one.requests + more, one.errors + more) for name, one in started.items()}
    numbers, fresh = count_between(before, started), count_between({}, started)
    assert (numbers.requests, numbers.errors) == (fresh.requests, fresh.errors)


@given(measurements, measurements)
def test_promise_p6_without_enough_data_there_is_no_success_and_without_errors_or_latency_no_failure(
    earlier: Measurement | None, later: Measurement | None
) -> None:
    verdict = look(earlier, later)
    if verdict.result is Result.SUCCESSFUL:
        assert verdict.candidate.requests >= SETTINGS.min_requests
        assert verdict.stable.requests >= SETTINGS.min_requests
    if verdict.result is Result.FAILED:
        assert verdict.candidate.requests > 0
        assert verdict.candidate.errors >= 3 or verdict.candidate.requests >= SETTINGS.min_requests
    if verdict.result is Result.INCONCLUSIVE:
        assert verdict.reason


@given(measurements)
def test_the_same_measurement_twice_says_nothing(measurement: Measurement | None) -> None:
    assert look(measurement, measurement).result is Result.INCONCLUSIVE


ALONE = {
    "good": (pod(100, 5), Result.SUCCESSFUL, "5 of 100 requests failed (5.0 %); at most 5 % is allowed"),
    "bad": (pod(100, 6), Result.FAILED, "6 of 100 requests failed"),
    "too few": (pod(19), Result.INCONCLUSIVE, "19 requests so far, 20 are needed"),
    "too few errors": (pod(20, 2), Result.INCONCLUSIVE, "too few to condemn it"),
    "no numbers": (pod(nan, 2), Result.INCONCLUSIVE, "no numbers"),
}


@pytest.mark.parametrize("case", ALONE)
def test_a_candidate_that_has_all_traffic_is_judged_by_its_own_errors(case: str) -> None:
    counts, result, says = ALONE[case]
    start: Measurement = {"green": {"g": PodCounts()}}
    verdict = judge_alone(start, {"green": {"g": counts}}, candidate="green", settings=SETTINGS)
    assert verdict.result is result
    assert says in verdict.reason
    for earlier, later in ((None, start), (start, None), ({}, start), (start, {})):
        missing = judge_alone(earlier, later, candidate="green", settings=SETTINGS)
        assert (missing.result, missing.reason) == (Result.INCONCLUSIVE, "no measurement of green")
