"""The `rollout` section of the values as typed settings."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from tooling.core.values import read_count

# Bounded: more digits would be no finite number, and take long to pass over.
_DURATION = re.compile(r"([0-9]{1,18}(?:\.[0-9]{1,18})?)(ms|[smhd])")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}

Values = Mapping[str, Any]


def parse_duration(text: str, *, has_days: bool = False) -> float:
    """Read `90s`, `10m` or `1h30m` as seconds, `1d` too where days are meant. Raises ValueError for the rest."""
    parts = _DURATION.findall(text)
    is_whole = "".join(number + unit for number, unit in parts) == text
    if not parts or not is_whole or ("d" in text and not has_days):
        raise ValueError(f"{text!r} is not a duration such as 90s, 10m or 1h30m")
    return sum(float(number) * _SECONDS[unit] for number, unit in parts)


@dataclass(frozen=True, slots=True)
class StrategyStep:
    """One entry of `rollout.steps`: a weight (percent 1-100) held for `hold` seconds, or an approval."""

    weight: int = 0
    hold: float = 0.0
    approval_timeout: float | None = None

    @property
    def is_approval(self) -> bool:
        """Whether a person has to say go on."""
        return self.approval_timeout is not None


@dataclass(frozen=True, slots=True)
class AnalysisSettings:
    """Limits of the comparison with the stable slot.

    `max_error_increase` is in percentage points, `max_latency_factor` multiplies the stable slot's p95,
    `min_requests` is the least number of candidate requests to judge on, `max_hold` is in seconds.
    """

    max_error_increase: float = 5.0
    max_latency_factor: float = 2.0
    min_requests: int = 20
    max_hold: float = 1800.0
    on_inconclusive: str = "abort"


@dataclass(frozen=True, slots=True)
class LoadSettings:
    """Load that the release sends itself, through the edge: requests per second, open loop."""

    is_enabled: bool = False
    url: str = ""
    host: str = ""
    rate: float = 5.0
    max_tokens: int = 8
    concurrency: int = 32
    prompts: tuple[str, ...] = ("What is 2+2?",)


@dataclass(frozen=True, slots=True)
class Strategy:
    """How one environment is released. Durations are seconds."""

    instance: str
    namespace: str
    contexts: tuple[str, ...] = ()
    kind: str = "canary"
    steps: tuple[StrategyStep, ...] = ()
    analysis: AnalysisSettings = AnalysisSettings()
    load: LoadSettings = LoadSettings()
    floor: float = 1.0
    ready_timeout: float = 600.0
    scale_down_delay: float = 600.0
    declared: Mapping[str, int] = field(default_factory=dict)


def read_strategy(values: Values) -> Strategy:
    """Take the settings out of values that fit the schema; raises ValueError for a malformed duration."""
    rollout: Values = values.get("rollout") or {}
    instance = rollout.get("instance") or "genai"
    return Strategy(
        instance=instance,
        namespace=rollout.get("namespace") or instance,
        contexts=tuple(rollout.get("contexts") or ()),
        kind=rollout.get("strategy", "canary"),
        steps=tuple(_read_step(step) for step in rollout.get("steps") or ()),
        analysis=_read_analysis(rollout.get("analysis") or {}),
        load=_read_load(rollout.get("load") or {}),
        floor=float((rollout.get("capacity") or {}).get("floor", 1.0)),
        ready_timeout=parse_duration(rollout.get("readyTimeout", "10m")),
        scale_down_delay=parse_duration(rollout.get("scaleDownDelay", "10m")),
        declared=read_replicas(values),
    )


def read_replicas(values: Values) -> Mapping[str, int]:
    """Replicas that the values ask for, by workload key: `gateway`, `inference/<model>`.

    Where an autoscaler is on, at least its minReplicas: a slot starts at what the scaler would never go below.
    """
    replicas: dict[str, int] = {}
    gateway: Values = values.get("gateway") or {}
    inference: Values = values.get("inference") or {}
    if gateway.get("enabled", True):
        replicas["gateway"] = read_declared(gateway, gateway.get("autoscaling") or {})
    if inference.get("enabled", True):
        defaults: Values = (inference.get("modelDefaults") or {}).get("autoscaling") or {}
        for name, model in (inference.get("models") or {}).items():
            if model is not None:
                scaling = {**defaults, **(model.get("autoscaling") or {})}
                replicas[f"inference/{name}"] = read_declared(model, scaling)
    return replicas


def read_declared(settings: Values, scaling: Values) -> int:
    """Replicas that a workload starts with: its own, or its autoscaler's minReplicas where that is on and greater.

    What is no whole number counts as not written: the schema says what is wrong there.
    """
    own, least = read_count(settings.get("replicas")), read_count(scaling.get("minReplicas"))
    return max(1 if own is None else own, (least or 0) if scaling.get("enabled") else 0)


def find_step_faults(steps: tuple[StrategyStep, ...]) -> tuple[str, ...]:
    """Say what is wrong with the order of steps: weights must rise, and something must be judged."""
    weights = [step.weight for step in steps if not step.is_approval]
    faults = [
        f"the weight {later} comes after {earlier}: weights must rise from step to step"
        for earlier, later in pairwise(weights)
        if later <= earlier
    ]
    if any(weight >= 100 for weight in weights):
        faults.append("a weight of 100 leaves stable nothing to be compared with: promotion does that by itself")
    if not weights:
        faults.append("no step has a weight: a canary needs at least one, such as {weight: 10, hold: 10m}")
    return tuple(faults)


def _read_step(step: Values) -> StrategyStep:
    if "approval" in step:
        return StrategyStep(approval_timeout=parse_duration((step["approval"] or {}).get("timeout", "2h")))
    return StrategyStep(weight=int(step["weight"]), hold=parse_duration(step.get("hold", "10m")))


def _read_analysis(analysis: Values) -> AnalysisSettings:
    return AnalysisSettings(
        max_error_increase=float(analysis.get("maxErrorIncrease", 5.0)),
        max_latency_factor=float(analysis.get("maxLatencyFactor", 2.0)),
        min_requests=int(analysis.get("minRequests", 20)),
        max_hold=parse_duration(analysis.get("maxHold", "30m")),
        on_inconclusive=analysis.get("onInconclusive", "abort"),
    )


def _read_load(load: Values) -> LoadSettings:
    return LoadSettings(
        is_enabled=bool(load.get("enabled", False)),
        url=load.get("url", ""),
        host=load.get("host", ""),
        rate=float(load.get("rate", 5)),
        max_tokens=int(load.get("maxTokens", 8)),
        concurrency=int(load.get("concurrency", 32)),
        prompts=tuple(load.get("prompts") or ("What is 2+2?",)),
    )
