"""The entries of `rollout.steps` and of `rollout.blueGreen`: what a person writes, one after the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from tooling.core.durations import parse_duration

Values = Mapping[str, Any]


class EntryKind(StrEnum):
    """What one entry asks for; the key that it is written with."""

    WEIGHT = "weight"
    HOLD = "hold"
    ANALYSIS = "analysis"
    QUALITY = "quality"
    APPROVAL = "approval"
    TEST = "test"


@dataclass(frozen=True, slots=True)
class QualitySettings:
    """Which prompts to ask of both slots, the drop allowed (share 0-1), the least prompts to judge on."""

    suite: str = ""
    max_drop: float = 0.05
    min_prompts: int = 52


@dataclass(frozen=True, slots=True)
class StrategyStep:
    """One entry. `weight` is percent 1-99, `seconds` how long it is held or may wait."""

    kind: EntryKind
    weight: int = 0
    seconds: float = 0.0
    quality: QualitySettings = QualitySettings()


def read_steps(entries: Sequence[Values] | None, quality: QualitySettings) -> tuple[StrategyStep, ...]:
    """Read a list of entries; `quality` holds what its quality entries leave open. Raises ValueError."""
    return tuple(_read_step(entry, quality) for entry in entries or ())


def read_quality(settings: Values, default: QualitySettings) -> QualitySettings:
    """Read settings of the quality gate over a default."""
    return replace(
        default,
        suite=settings.get("suite", default.suite),
        max_drop=float(settings.get("maxDrop", default.max_drop)),
        min_prompts=int(settings.get("minPrompts", default.min_prompts)),
    )


def _read_step(entry: Values, quality: QualitySettings) -> StrategyStep:
    if "weight" in entry:
        return StrategyStep(EntryKind.WEIGHT, int(entry["weight"]), parse_duration(entry.get("hold", "10m")))
    if "hold" in entry:
        return StrategyStep(EntryKind.HOLD, seconds=parse_duration(entry["hold"]))
    if "analysis" in entry:
        hold = (entry["analysis"] or {}).get("hold", "10m")
        return StrategyStep(EntryKind.ANALYSIS, seconds=parse_duration(hold))
    if "quality" in entry:
        return StrategyStep(EntryKind.QUALITY, quality=read_quality(entry["quality"] or {}, quality))
    if "test" in entry:
        return StrategyStep(EntryKind.TEST)
    timeout = (entry["approval"] or {}).get("timeout", "2h")
    return StrategyStep(EntryKind.APPROVAL, seconds=parse_duration(timeout))
