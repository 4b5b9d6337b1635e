"""Answers of both slots to the same prompts, paired prompt by prompt, and the verdict on them.

A prompt that one of the slots did not answer is missing data: it is told, and speaks for nobody and against nobody
(promise P6). Only the pairs that differ say anything about a drop.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import ceil, comb, sqrt

from tooling.core.analysis import Result, SlotNumbers, Verdict

ALPHA = 0.05
"""How often a candidate that is as good as stable may be failed, and one that is worse by `maxDrop` passed."""

_Z = 1.6448536269514722
"""Quantile of the normal distribution at 1 - ALPHA."""

_POWER = 8.6
"""(1.645 + 1.282)^2: with that many times discordance / maxDrop^2 prompts, 90 of 100 verdicts are right."""

_ROUNDS = 60
"""Halvings of the interval that the upper bound lies in: more than a float can tell apart."""

_NAMED = 5
"""Prompts that a reason names; the others are counted."""


@dataclass(frozen=True, slots=True)
class QualityAnswer:
    """How both slots answered one prompt: whether each passed; None where a slot gave no answer, and why not."""

    prompt: str
    stable: bool | None
    candidate: bool | None
    error: str = ""

    @property
    def is_paired(self) -> bool:
        """Whether both slots answered."""
        return self.stable is not None and self.candidate is not None


@dataclass(frozen=True, slots=True)
class QualityRun:
    """A suite that is asked of both slots: how many prompts it has, and the answers so far."""

    suite: str
    total: int
    answers: tuple[QualityAnswer, ...] = ()
    problem: str = ""
    """Why it cannot go on, in one line."""

    @property
    def is_done(self) -> bool:
        """Whether every prompt was asked."""
        return len(self.answers) >= self.total

    @property
    def pairs(self) -> tuple[QualityAnswer, ...]:
        """The answers that both slots gave."""
        return tuple(one for one in self.answers if one.is_paired)

    @property
    def lost(self) -> tuple[str, ...]:
        """Prompts that stable passed and the candidate failed."""
        return tuple(one.prompt for one in self.pairs if one.stable and not one.candidate)

    @property
    def gained(self) -> tuple[str, ...]:
        """Prompts that stable failed and the candidate passed."""
        return tuple(one.prompt for one in self.pairs if one.candidate and not one.stable)


@dataclass(frozen=True, slots=True)
class _Counts:
    """Pairs of a run: all of them, and those that flipped either way."""

    pairs: int
    lost: int
    gained: int

    @property
    def drop(self) -> float:
        """Share of the pairs by which the candidate passed fewer."""
        return (self.lost - self.gained) / self.pairs


@dataclass(frozen=True, slots=True)
class _Evidence:
    """What a run shows, with the words for it."""

    run: QualityRun
    counts: _Counts
    passed: tuple[int, int] = field(default=(0, 0))

    def conclude(self, result: Result, reason: str) -> Verdict:
        """Return the verdict with the numbers of both slots: prompts that both answered, and those that failed."""
        pairs = self.counts.pairs
        stable, candidate = (SlotNumbers(float(pairs), float(pairs - count)) for count in self.passed)
        return Verdict(result, f"{reason}{_describe_missing(self.run)}", stable, candidate)


def judge_quality(run: QualityRun, *, max_drop: float, min_prompts: int) -> Verdict:
    """Say whether the candidate answers worse than stable. `max_drop` is a share, 0-1, of the prompts.

    Successful: a drop of `max_drop` is ruled out. Failed: the exact McNemar test shows a drop, and `max_drop` is
    not ruled out. Each is wrong in about ALPHA of the cases at most. Inconclusive: everything else, with the
    number of prompts that it would take; also while prompts are still asked: a look then would be one too many.
    """
    pairs = run.pairs
    counts = _Counts(len(pairs), len(run.lost), len(run.gained))
    passed = (sum(bool(one.stable) for one in pairs), sum(bool(one.candidate) for one in pairs))
    evidence = _Evidence(run, counts, passed)
    if not run.is_done:
        reason = run.problem or f"{len(run.answers)} of {run.total} prompts of {run.suite} were asked"
        return evidence.conclude(Result.INCONCLUSIVE, reason)
    least = max(1, min_prompts)
    if counts.pairs < least:
        reason = f"{counts.pairs} prompts of {run.suite} were answered by both slots, {least} are needed"
        return evidence.conclude(Result.INCONCLUSIVE, reason)
    return _compare(evidence, max_drop)


def find_mcnemar(lost: int, gained: int) -> float:
    """Return how likely at least `lost` of the flipped prompts are lost ones when both slots are equally good.

    The exact one-sided McNemar test: 0-1, and 1 where nothing flipped.
    """
    flipped = lost + gained
    term = tail = comb(flipped, lost)
    for count in range(lost, flipped):
        term = term * (flipped - count) // (count + 1)
        tail += term
    return tail / (1 << flipped)


def find_upper_bound(pairs: int, lost: int, gained: int) -> float:
    """Return the least drop (share of `pairs`, 1 or more) that is ruled out at ALPHA: Tango's bound for pairs."""
    low, high = (lost - gained) / pairs, 1.0
    for _ in range(_ROUNDS):
        middle = (low + high) / 2
        if _find_deviation(pairs, lost, gained, middle) < -_Z:
            high = middle
        else:
            low = middle
    return high


def find_prompts_needed(pairs: int, flipped: int, max_drop: float) -> int:
    """Return how many pairs it takes to tell a drop of `max_drop` from none, 0 for one that no number tells.

    They are thought to flip as often as those at hand; it takes some even where none flips.
    """
    if not 0 < max_drop < 1:
        return 0
    return ceil(max(_POWER * flipped / pairs / max_drop**2, _Z * _Z * (1 - max_drop) / max_drop))


def _find_deviation(pairs: int, lost: int, gained: int, drop: float) -> float:
    """Return by how many standard deviations the observed drop exceeds `drop`, were that the true one."""
    linear = -lost - gained + (2 * pairs - lost + gained) * drop
    root = sqrt(max(0.0, linear * linear + 8 * pairs * gained * drop * (1 - drop)))
    variance = pairs * ((root - linear) / (2 * pairs) + drop * (1 - drop))
    return (lost - gained - pairs * drop) / sqrt(variance) if variance > 0 else 0.0


def _compare(evidence: _Evidence, max_drop: float) -> Verdict:
    counts = evidence.counts
    bound = find_upper_bound(counts.pairs, counts.lost, counts.gained)
    likelihood = find_mcnemar(counts.lost, counts.gained)
    stable, candidate = evidence.passed
    numbers = f"the candidate passed {candidate} and stable {stable} of {counts.pairs} prompts"
    flipped = _describe_flipped(evidence.run)
    if bound < max_drop:
        reason = f"{numbers}: a drop of {_percent(max_drop)} is ruled out, at most {_percent(bound)} is left"
        return evidence.conclude(Result.SUCCESSFUL, reason + flipped)
    if likelihood <= ALPHA:
        reason = f"{numbers}: a drop of {_percent(counts.drop)}, by chance with p = {likelihood:.2g}"
        return evidence.conclude(Result.FAILED, reason + flipped)
    needed = find_prompts_needed(counts.pairs, counts.lost + counts.gained, max_drop)
    reason = f"{numbers}: a drop of up to {_percent(bound)} is possible, {_percent(max_drop)} is allowed"
    if needed > counts.pairs:
        reason += f"; it takes about {needed} prompts to tell"
    return evidence.conclude(Result.INCONCLUSIVE, reason + flipped)


def _describe_flipped(run: QualityRun) -> str:
    told = ((run.lost, "lost"), (run.gained, "gained"))
    return "".join(f"; {word}: {_enumerate(names)}" for names, word in told if names)


def _describe_missing(run: QualityRun) -> str:
    missing = [one for one in run.answers if not one.is_paired]
    if not missing:
        return ""
    sides = [
        f"{count} at {side}"
        for side, count in (
            ("the candidate", sum(one.candidate is None for one in missing)),
            ("stable", sum(one.stable is None for one in missing)),
        )
        if count
    ]
    error = next((f", such as: {one.error}" for one in missing if one.error), "")
    return f"; without an answer and not counted: {len(missing)} ({', '.join(sides)}{error})"


def _enumerate(names: Sequence[str]) -> str:
    rest = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {rest} more" if rest > 0 else "")


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"
