"""Compare what the candidate did with what stable did over the same time.

Plain on purpose: shares and quantiles with limits. Missing data is never good and never bad (promise P6).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from math import isfinite

from tooling.core.strategy import AnalysisSettings

LEAST_ERRORS = 3
"""Fewer failed requests than this never condemn a candidate: one may always be chance."""

LEAST_FOR_P95 = 20
"""Requests below which a p95 is no quantile but the slowest request: latency then condemns nobody."""

LEAST_LATENCY_GAP = 0.05
"""Seconds by which p95 must differ before its ratio counts: below it the ratio measures noise."""


class Result(StrEnum):
    """What an analysis says."""

    SUCCESSFUL = "Successful"
    FAILED = "Failed"
    INCONCLUSIVE = "Inconclusive"


@dataclass(frozen=True, slots=True)
class Histogram:
    """Cumulative latency counts: `counts[i]` requests took at most `bounds[i]` seconds; the last bound is +Inf."""

    bounds: tuple[float, ...] = ()
    counts: tuple[float, ...] = ()

    def minus(self, earlier: Histogram) -> Histogram:
        """What was added since `earlier`; after a counter reset, or with other bounds, all of it."""
        if self.bounds != earlier.bounds or any(
            now < then for now, then in zip(self.counts, earlier.counts, strict=True)
        ):
            return self
        return Histogram(
            self.bounds, tuple(now - then for now, then in zip(self.counts, earlier.counts, strict=True))
        )

    def plus(self, other: Histogram) -> Histogram:
        """Both together; histograms with other bounds than the first one's cannot be added and are left out."""
        if not self.bounds:
            return other
        if self.bounds != other.bounds:
            return self
        return Histogram(self.bounds, tuple(one + two for one, two in zip(self.counts, other.counts, strict=True)))

    def quantile(self, share: float) -> float | None:
        """Upper bound in seconds of the bucket that holds the quantile `share` (0-1); None without requests."""
        if not self.counts or self.counts[-1] <= 0:
            return None
        rank = share * self.counts[-1]
        reached = (bound for bound, count in zip(self.bounds, self.counts, strict=True) if count >= rank)
        return next(reached, None)


@dataclass(frozen=True, slots=True)
class PodCounts:
    """Counters of one gateway pod since it started: requests, those answered 5xx, latency."""

    requests: float = 0.0
    errors: float = 0.0
    latency: Histogram = Histogram()


Measurement = Mapping[str, Mapping[str, PodCounts]]
"""Counters by slot and pod at one moment. A slot that is missing was not measured."""


@dataclass(frozen=True, slots=True)
class SlotNumbers:
    """What one slot did in a window: requests, failed ones, p95 in seconds (None without requests)."""

    requests: float = 0.0
    errors: float = 0.0
    p95: float | None = None

    @property
    def error_percent(self) -> float:
        """Failed requests in percent of all, 0 without requests."""
        return 100.0 * self.errors / self.requests if self.requests else 0.0

    def __str__(self) -> str:
        p95 = "-" if self.p95 is None else f"{self.p95:.2f} s"
        return f"{self.errors:.0f} of {self.requests:.0f} failed, p95 {p95}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The result of one look, with the numbers that it rests on and one line that a person understands."""

    result: Result
    reason: str
    stable: SlotNumbers = field(default_factory=SlotNumbers)
    candidate: SlotNumbers = field(default_factory=SlotNumbers)


def add_pods(
    baseline: Measurement | None, measurement: Measurement | None, slots: tuple[str, ...]
) -> Measurement | None:
    """Return the baseline with the pods that it did not know: they count from when they were first seen.

    A baseline begins only with a measurement of all `slots`.
    """
    if not measurement or (baseline is None and not set(slots) <= set(measurement)):
        return baseline
    known = baseline or {}
    return {slot: {**measurement.get(slot, {}), **known.get(slot, {})} for slot in {*known, *measurement}}


def count_between(earlier: Mapping[str, PodCounts], later: Mapping[str, PodCounts]) -> SlotNumbers:
    """Add up what each pod did between two moments; a pod whose counters fell restarted, and counts from zero."""
    requests = errors = 0.0
    latency = Histogram()
    for pod, now in later.items():
        then = earlier.get(pod, PodCounts())
        if now.requests < then.requests or now.errors < then.errors:
            then = PodCounts()
        requests += now.requests - then.requests
        errors += now.errors - then.errors
        latency = latency.plus(now.latency.minus(then.latency) if then.latency.bounds else now.latency)
    return SlotNumbers(requests, errors, latency.quantile(0.95))


def judge(
    earlier: Measurement | None,
    later: Measurement | None,
    *,
    stable: str,
    candidate: str,
    settings: AnalysisSettings,
) -> Verdict:
    """Give the verdict on everything that both slots did between two measurements."""
    missing = next(
        (
            f"no measurement of {slot}"
            for slot in (candidate, stable)
            if not earlier or not later or slot not in earlier or slot not in later
        ),
        "",
    )
    if missing or earlier is None or later is None:
        return Verdict(Result.INCONCLUSIVE, missing)
    ours = count_between(earlier[candidate], later[candidate])
    theirs = count_between(earlier[stable], later[stable])
    if not all(isfinite(one) for numbers in (ours, theirs) for one in (numbers.requests, numbers.errors)):
        return Verdict(Result.INCONCLUSIVE, "the metrics hold values that are no numbers")
    result, reason = _compare(ours, theirs, settings)
    return Verdict(result, reason, stable=theirs, candidate=ours)


def judge_alone(
    earlier: Measurement | None, later: Measurement | None, *, candidate: str, settings: AnalysisSettings
) -> Verdict:
    """Give the verdict on a candidate that has all traffic: nothing runs beside it, so its own error share counts.

    Latency is not judged: what came before is no control for what comes after.
    """
    if not earlier or not later or candidate not in earlier or candidate not in later:
        return Verdict(Result.INCONCLUSIVE, f"no measurement of {candidate}")
    ours = count_between(earlier[candidate], later[candidate])
    if not isfinite(ours.requests) or not isfinite(ours.errors):
        return Verdict(Result.INCONCLUSIVE, "the metrics hold values that are no numbers", candidate=ours)
    allowed = settings.max_error_increase
    numbers = f"{ours.errors:.0f} of {ours.requests:.0f} requests failed ({ours.error_percent:.1f} %)"
    if ours.requests < settings.min_requests:
        reason = f"{ours.requests:.0f} requests so far, {settings.min_requests} are needed"
        return Verdict(Result.INCONCLUSIVE, reason, candidate=ours)
    if ours.error_percent <= allowed:
        return Verdict(Result.SUCCESSFUL, f"{numbers}; at most {allowed:g} % is allowed", candidate=ours)
    if ours.errors >= LEAST_ERRORS:
        return Verdict(Result.FAILED, f"{numbers}; at most {allowed:g} % is allowed", candidate=ours)
    return Verdict(Result.INCONCLUSIVE, f"{numbers}: too few to condemn it, too many to go on", candidate=ours)


def _compare(ours: SlotNumbers, theirs: SlotNumbers, settings: AnalysisSettings) -> tuple[Result, str]:
    allowed = theirs.error_percent + settings.max_error_increase
    if ours.requests < settings.min_requests:
        return Result.INCONCLUSIVE, (
            f"{ours.requests:.0f} candidate requests so far, {settings.min_requests} are needed"
        )
    if ours.errors >= LEAST_ERRORS and ours.error_percent > allowed:
        return Result.FAILED, (
            f"{ours.errors:.0f} of {ours.requests:.0f} candidate requests failed ({ours.error_percent:.1f} %); "
            f"stable failed {theirs.error_percent:.1f} %, at most {allowed:.1f} % is allowed"
        )
    if ours.error_percent > allowed:
        return Result.INCONCLUSIVE, (
            f"{ours.errors:.0f} of {ours.requests:.0f} candidate requests failed: "
            "too few to condemn it, too many to go on"
        )
    return _compare_latency(ours, theirs, settings)


def _compare_latency(ours: SlotNumbers, theirs: SlotNumbers, settings: AnalysisSettings) -> tuple[Result, str]:
    numbers = f"candidate: {ours}; stable: {theirs}"
    if ours.p95 is None or theirs.p95 is None or theirs.requests < settings.min_requests:
        return Result.INCONCLUSIVE, f"too few stable requests to compare latency with ({numbers})"
    if min(ours.requests, theirs.requests) < LEAST_FOR_P95:
        return Result.SUCCESSFUL, f"{numbers}; too few requests to judge latency"
    is_slower = ours.p95 > theirs.p95 * settings.max_latency_factor
    if is_slower and ours.p95 - theirs.p95 > LEAST_LATENCY_GAP:
        return Result.FAILED, (
            f"p95 of the candidate is {ours.p95:.2f} s, stable's {theirs.p95:.2f} s; "
            f"at most {settings.max_latency_factor:g} times is allowed"
        )
    return Result.SUCCESSFUL, numbers
