"""Verdicts on paired answers: the exact test, the bound, missing answers, and how often each is wrong."""

from __future__ import annotations

import math
from itertools import product

import pytest

from tooling.core.analysis import Result, Verdict
from tooling.core.quality import (
    QualityAnswer,
    QualityRun,
    find_mcnemar,
    find_prompts_needed,
    find_upper_bound,
    judge_quality,
)


def make_run(pairs: int, lost: int = 0, gained: int = 0, *, missing: int = 0, total: int = 0) -> QualityRun:
    """`lost` pairs that only stable passed, `gained` ones that only the candidate did, the rest passed by both."""
    answers = [
        *(QualityAnswer(f"lost-{number}", True, False) for number in range(lost)),
        *(QualityAnswer(f"gained-{number}", False, True) for number in range(gained)),
        *(QualityAnswer(f"same-{number}", True, True) for number in range(pairs - lost - gained)),
        *(QualityAnswer(f"none-{number}", True, None, "green: status 502") for number in range(missing)),
    ]
    return QualityRun("golden", total or len(answers), tuple(answers))


def judge(run: QualityRun, *, max_drop: float = 0.05, min_prompts: int = 20) -> Verdict:
    return judge_quality(run, max_drop=max_drop, min_prompts=min_prompts)


@pytest.mark.parametrize(
    ("run", "result"),
    [
        (make_run(500), Result.SUCCESSFUL),
        (make_run(500, 10, 10), Result.SUCCESSFUL),
        (make_run(500, 0, 60), Result.SUCCESSFUL),
        (make_run(500, 60, 0), Result.FAILED),
        (make_run(500, 45, 20), Result.FAILED),
        (make_run(30, 12, 0), Result.FAILED),
        (make_run(30), Result.INCONCLUSIVE),
        (make_run(100, 10, 5), Result.INCONCLUSIVE),
        (make_run(300, 20, 12), Result.INCONCLUSIVE),
        (make_run(2000, 40, 10), Result.SUCCESSFUL),
    ],
)
def test_verdicts(run: QualityRun, result: Result) -> None:
    assert judge(run).result is result


def test_a_small_drop_that_is_certain_is_allowed_and_told() -> None:
    verdict = judge(make_run(2000, 40, 10))
    assert find_mcnemar(40, 10) < 0.001
    assert verdict.reason.startswith(
        "the candidate passed 1960 and stable 1990 of 2000 prompts: a drop of 5.0 % is ruled out, at most 2.1 % is"
    )
    assert judge(make_run(2000, 40, 10), max_drop=0.01).result is Result.FAILED


def test_a_failure_names_the_prompts_that_flipped() -> None:
    verdict = judge(make_run(40, 7, 1))
    assert verdict.result is Result.FAILED
    assert verdict.reason == (
        "the candidate passed 33 and stable 39 of 40 prompts: a drop of 15.0 %, by chance with p = 0.035"
        "; lost: lost-0, lost-1, lost-2, lost-3, lost-4 and 2 more; gained: gained-0"
    )
    assert (str(verdict.stable), str(verdict.candidate)) == ("1 of 40 failed, p95 -", "7 of 40 failed, p95 -")


def test_what_is_undecided_says_how_many_prompts_it_takes() -> None:
    numbers = "the candidate passed 90 and stable 95 of 100 prompts: a drop of up to 11.9 % is possible"
    told = judge(make_run(100, 10, 5)).reason
    assert told.startswith(f"{numbers}, 5.0 % is allowed; it takes about 516 prompts to tell; lost: ")
    assert judge(make_run(100, 10, 5), max_drop=0.0).reason.startswith(f"{numbers}, 0.0 % is allowed; lost: ")


@pytest.mark.parametrize("missing", [1, 30])
def test_a_prompt_without_an_answer_speaks_for_nobody(missing: int) -> None:
    verdict = judge(make_run(500, missing=missing))
    assert verdict.result is Result.SUCCESSFUL
    assert verdict.reason.endswith(
        f"; without an answer and not counted: {missing} ({missing} at the candidate, such as: green: status 502)"
    )
    assert judge(make_run(19, missing=missing)).reason.startswith(
        "19 prompts of golden were answered by both slots, 20 are needed; without an answer"
    )


def test_both_sides_may_be_missing() -> None:
    answers = (QualityAnswer("a", None, None), QualityAnswer("b", None, True))
    verdict = judge(QualityRun("golden", 2, answers), min_prompts=0)
    assert verdict.result is Result.INCONCLUSIVE
    assert verdict.reason == (
        "0 prompts of golden were answered by both slots, 1 are needed"
        "; without an answer and not counted: 2 (1 at the candidate, 2 at stable)"
    )


def test_while_prompts_are_asked_nothing_is_decided() -> None:
    verdict = judge(make_run(400, 200, total=500))
    assert (verdict.result, verdict.reason) == (Result.INCONCLUSIVE, "400 of 500 prompts of golden were asked")
    broken = QualityRun("golden", 3, problem="cannot ask the gateway of green: Forbidden")
    assert judge(broken).reason == "cannot ask the gateway of green: Forbidden"
    done = make_run(500)
    assert judge(QualityRun("golden", 500, done.answers, "8 prompts in a row")).result is Result.SUCCESSFUL


@pytest.mark.parametrize(("lost", "gained"), [(0, 0), (1, 0), (5, 0), (4, 1), (12, 30), (300, 250)])
def test_the_exact_test_is_a_binomial_tail(lost: int, gained: int) -> None:
    flipped = lost + gained
    tail = sum(math.comb(flipped, count) for count in range(lost, flipped + 1))
    assert find_mcnemar(lost, gained) == pytest.approx(tail / 2**flipped, rel=1e-12)


@pytest.mark.parametrize(("pairs", "lost", "gained"), [(44, 0, 1), (100, 10, 5), (500, 60, 20), (50, 1, 9)])
def test_the_bound_is_the_drop_that_the_observed_one_is_just_too_far_from(
    pairs: int, lost: int, gained: int
) -> None:
    """Against the likelihood itself: its maximum where the drop is the bound, found by search."""
    bound = find_upper_bound(pairs, lost, gained)

    def find_log_likelihood(share: float) -> float:
        counts = ((lost, share + bound), (gained, share), (pairs - lost - gained, 1 - 2 * share - bound))
        return sum(count * math.log(chance) for count, chance in counts if count)

    low, high = max(0.0, -bound) + 1e-12, (1 - bound) / 2 - 1e-12
    for _ in range(200):
        one, two = low + (high - low) / 3, high - (high - low) / 3
        low, high = (one, high) if find_log_likelihood(one) < find_log_likelihood(two) else (low, two)
    deviation = (lost - gained - pairs * bound) / math.sqrt(pairs * (2 * low + bound - bound * bound))
    assert deviation == pytest.approx(-1.645, abs=1e-3)


def test_the_bound_at_the_ends() -> None:
    assert find_upper_bound(500, 0, 0) == pytest.approx(2.7055 / 502.7055, rel=1e-3)
    assert find_upper_bound(20, 20, 0) == 1.0
    assert find_upper_bound(20, 0, 20) < 0


@pytest.mark.parametrize(
    ("flipped", "max_drop", "needed"), [(60, 0.05, 413), (0, 0.05, 52), (60, 0.0, 0), (60, 1.0, 0)]
)
def test_prompts_needed(flipped: int, max_drop: float, needed: int) -> None:
    assert find_prompts_needed(500, flipped, max_drop) == needed


@pytest.mark.parametrize(
    ("pairs", "lost", "gained", "failed", "passed"),
    [
        (500, 0.05, 0.05, (0.0, 0.05), (0.75, 1.0)),  # as good: 5 % may fail
        (500, 0.085, 0.035, (0.90, 1.0), (0.0, 0.055)),  # 5 points worse at a discordance of 12 %
        (200, 0.06, 0.01, (0.80, 1.0), (0.0, 0.055)),
        (100, 0.05, 0.0, (0.5, 1.0), (0.0, 0.055)),
        (40, 0.02, 0.02, (0.0, 0.05), (0.0, 1.0)),
    ],
)
def test_how_often_it_is_wrong_and_right(
    pairs: int, lost: float, gained: float, failed: tuple[float, float], passed: tuple[float, float]
) -> None:
    """Summed over every outcome, without chance: shares of runs that fail and that pass at a true difference."""
    shares = dict.fromkeys(Result, 0.0)
    near = [range(int(pairs * share) + 26) for share in (lost, gained)]
    for one, two in product(*near):
        weight = find_likelihood(pairs, (one, lost), (two, gained))
        if weight > 1e-5:
            shares[judge(make_run(pairs, one, two)).result] += weight
    assert sum(shares.values()) == pytest.approx(1.0, abs=5e-3)
    assert failed[0] <= shares[Result.FAILED] <= failed[1]
    assert passed[0] <= shares[Result.SUCCESSFUL] <= passed[1]


def find_likelihood(pairs: int, lost: tuple[int, float], gained: tuple[int, float]) -> float:
    """The trinomial probability of so many lost and gained prompts."""
    rest = pairs - lost[0] - gained[0]
    if rest < 0:
        return 0.0
    total = math.lgamma(pairs + 1)
    for count, share in (lost, gained, (rest, 1 - lost[1] - gained[1])):
        if share == 0.0:
            if count:
                return 0.0
            continue
        total += count * math.log(share) - math.lgamma(count + 1)
    return math.exp(total)
