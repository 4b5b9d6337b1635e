"""Rules on the entries of `rollout.steps` and `rollout.blueGreen`: what each says, and in which order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tooling.core.entries import EntryKind, QualitySettings, StrategyStep
from tooling.core.finding import Finding, Severity
from tooling.core.quality import find_prompts_needed
from tooling.core.strategy import Strategy
from tooling.core.suite import Suite, read_suite
from tooling.core.values import KeyPath, Layered, Origin, pick, place_finding

CANARY: KeyPath = ("rollout", "steps")
PREVIEW: KeyPath = ("rollout", "blueGreen", "preview")
AFTER: KeyPath = ("rollout", "blueGreen", "after")

_DURATIONS: tuple[KeyPath, ...] = (("hold",), ("analysis", "hold"), ("approval", "timeout"))
_EXAMPLE = "Write rollout: {steps: [{weight: 5, hold: 10m}, {weight: 50, hold: 10m}]}."
_READ_BY: Mapping[str, tuple[KeyPath, str]] = {
    "canary": (("rollout", "blueGreen"), "blueGreen"),
    "blueGreen": (CANARY, "canary"),
}
"""By strategy: what is written for the other one."""


def list_durations(layered: Layered) -> tuple[KeyPath, ...]:
    """Return the paths of all durations in entries, whether they are there or not."""
    return tuple(
        (*where, index, *tail)
        for where in (CANARY, PREVIEW, AFTER)
        for index in range(len(_list(layered, where)))
        for tail in _DURATIONS
    )


def find_step_findings(layered: Layered, strategy: Strategy, chart_layers: frozenset[str]) -> Iterator[Finding]:
    """Check the entries that the strategy goes through, each fault at the line of its entry."""
    lists: dict[KeyPath, tuple[StrategyStep, ...]] = {}
    if strategy.kind == "canary":
        lists = {CANARY: strategy.steps}
        yield from _check_weights(layered.origins, strategy.steps)
    elif strategy.kind == "blueGreen":
        lists = {PREVIEW: strategy.preview, AFTER: strategy.after}
    for where, entries in lists.items():
        yield from _check_suites(layered, where, entries)
    yield from _check_strategy(layered, strategy.kind, chart_layers)


def _check_weights(origins: Mapping[KeyPath, Origin], entries: tuple[StrategyStep, ...]) -> Iterator[Finding]:
    reached = 0
    for index, entry in enumerate(entries):
        at: KeyPath = (*CANARY, index, entry.kind.value)
        if entry.kind is EntryKind.ANALYSIS and not reached:
            message = "comes before the first weight: until then the candidate gets nothing that could be judged."
            hint = "Put it after a weight, or take it out: a weight with a hold is judged anyway."
            yield place_finding(origins, at, message, rule="rollout-steps", hint=hint)
        if entry.kind is not EntryKind.WEIGHT:
            continue
        if entry.weight >= 100:
            message = "leaves stable nothing to be compared with: promotion does that by itself."
            yield place_finding(origins, at, message, rule="rollout-steps", hint=_EXAMPLE)
        elif entry.weight <= reached:
            message = f"is {entry.weight}, after {reached}: weights must rise from step to step."
            yield place_finding(origins, at, message, rule="rollout-steps", hint=_EXAMPLE)
        reached = max(reached, entry.weight)
    if not reached:
        message = "has no weight: a canary needs at least one, such as {weight: 10, hold: 10m}."
        yield place_finding(origins, CANARY, message, rule="rollout-steps", hint=_EXAMPLE)


def _check_suites(layered: Layered, where: KeyPath, entries: tuple[StrategyStep, ...]) -> Iterator[Finding]:
    for index, entry in enumerate(entries):
        if entry.kind is not EntryKind.QUALITY:
            continue
        at: KeyPath = (*where, index, "quality")
        try:
            suite = read_suite(layered.values, entry.quality.suite)
        except ValueError as error:
            yield place_finding(layered.origins, at, f"cannot be judged: {error}.", rule="rollout-quality")
        except (AttributeError, KeyError, TypeError, OverflowError):
            continue  # the schema says what is wrong there
        else:
            yield from _check_size(layered, at, suite, entry.quality)


def _check_size(layered: Layered, at: KeyPath, suite: Suite, gate: QualitySettings) -> Iterator[Finding]:
    """A gate that no answers could open is a mistake; one that equal answers cannot open may be meant."""
    count, least = len(suite.prompts), find_prompts_needed(1, 0, gate.max_drop)
    if count < gate.min_prompts:
        message = f"needs {gate.min_prompts} answered prompts and {suite.name} has {count}: it is never decided."
        hint = f"Write minPrompts: {count} or less, or more prompts."
        yield place_finding(layered.origins, at, message, rule="rollout-quality", hint=hint)
    elif count < least:
        message = (
            f"{suite.name} has {count} prompts: a candidate that answers as stable does is not let pass, since it "
            f"takes {least} to rule out a drop of {100 * gate.max_drop:g} %."
        )
        hint = "Write more prompts, a greater maxDrop, or rollout: {analysis: {onInconclusive: pause}}."
        yield place_finding(
            layered.origins, at, message, rule="rollout-quality-size", severity=Severity.WARNING, hint=hint
        )


def _check_strategy(layered: Layered, kind: str, chart_layers: frozenset[str]) -> Iterator[Finding]:
    """Warn of settings of the other strategy, which nobody reads."""
    for where, reader in (one for name, one in _READ_BY.items() if name == kind):
        origin = layered.origins.get(where)
        if origin is not None and origin.layer not in chart_layers and pick(layered.values, *where):
            yield place_finding(
                layered.origins,
                where,
                f"is read by strategy {reader} alone, and rollout.strategy is {kind}.",
                rule="rollout-strategy",
                severity=Severity.WARNING,
                hint=f"Write rollout: {{strategy: {reader}}}, or take it out.",
            )


def _list(layered: Layered, path: KeyPath) -> list[object]:
    found = pick(layered.values, *path)
    return found if isinstance(found, list) else []
