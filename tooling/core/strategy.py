"""The `rollout` section of the values as typed settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tooling.core.durations import parse_duration
from tooling.core.entries import QualitySettings, StrategyStep, read_quality, read_steps
from tooling.core.values import read_count

Values = Mapping[str, Any]


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
class CapacitySettings:
    """Bounds of a plan (design section 4, Capacity). Shares are 0-1.

    `standby` is the share of what all traffic needs that the old slot keeps after `scaleDownDelay`, for a rollback
    that need not wait for pods. `required` overrides, by workload key, what all traffic needs. `max_surge_gpus`
    None means as many as a second slot takes. `is_autoscaled` says that nodes are added when they are needed.
    """

    floor: float = 1.0
    abort_floor: float = 1.0
    max_surge_gpus: int | None = None
    standby: float = 0.0
    required: Mapping[str, int] = field(default_factory=dict)
    is_autoscaled: bool = False


@dataclass(frozen=True, slots=True)
class Strategy:
    """How one environment is released. Durations are seconds.

    `steps` are those of a canary; of a blueGreen `preview` come before the switch and `after` after it. `route` is
    the kind of object that splits traffic.
    """

    instance: str
    namespace: str
    contexts: tuple[str, ...] = ()
    kind: str = "canary"
    steps: tuple[StrategyStep, ...] = ()
    preview: tuple[StrategyStep, ...] = ()
    after: tuple[StrategyStep, ...] = ()
    analysis: AnalysisSettings = AnalysisSettings()
    quality: QualitySettings = QualitySettings()  # noqa: RUF009 - it is frozen
    load: LoadSettings = LoadSettings()
    capacity: CapacitySettings = CapacitySettings()
    route: str = "gatewayApi"
    ready_timeout: float = 600.0
    scale_down_delay: float = 600.0
    drain_timeout: float = 120.0
    checks_images: bool = True
    declared: Mapping[str, int] = field(default_factory=dict)
    has_scalers: bool = False

    @property
    def splits_by_pods(self) -> bool:
        """Whether weights are made by the number of gateway pods: a canary without a controller for its route."""
        return self.route == "service" and self.kind == "canary"


def read_strategy(values: Values) -> Strategy:
    """Take the settings out of values that fit the schema; raises ValueError for a malformed duration."""
    rollout: Values = values.get("rollout") or {}
    instance = rollout.get("instance") or "genai"
    quality = read_quality(rollout.get("quality") or {}, QualitySettings())
    both: Values = rollout.get("blueGreen") or {}
    return Strategy(
        instance=instance,
        namespace=rollout.get("namespace") or instance,
        contexts=tuple(rollout.get("contexts") or ()),
        kind=rollout.get("strategy", "canary"),
        steps=read_steps(rollout.get("steps"), quality),
        preview=read_steps(both.get("preview"), quality),
        after=read_steps(both.get("after"), quality),
        analysis=_read_analysis(rollout.get("analysis") or {}),
        quality=quality,
        load=_read_load(rollout.get("load") or {}),
        capacity=_read_capacity(rollout.get("capacity") or {}),
        route=(values.get("route") or {}).get("kind", "gatewayApi"),
        ready_timeout=parse_duration(rollout.get("readyTimeout", "10m")),
        scale_down_delay=parse_duration(rollout.get("scaleDownDelay", "10m")),
        drain_timeout=parse_duration(rollout.get("drainTimeout", "2m")),
        checks_images=rollout.get("checkImages", True),
        declared=read_replicas(values),
        has_scalers=_has_scalers(values),
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


def _has_scalers(values: Values) -> bool:
    gateway, inference = values.get("gateway") or {}, values.get("inference") or {}
    defaults = (inference.get("modelDefaults") or {}).get("autoscaling") or {}
    models = (inference.get("models") or {}).values() if inference.get("enabled", True) else ()
    scalings = [{**defaults, **(model.get("autoscaling") or {})} for model in models if model is not None]
    if gateway.get("enabled", True):
        scalings.append(gateway.get("autoscaling") or {})
    return any(scaling.get("enabled") is True for scaling in scalings)


def _read_capacity(capacity: Values) -> CapacitySettings:
    required: Values = capacity.get("required") or {}
    models: Values = required.get("models") or {}
    own = {"gateway": required.get("gateway"), **{f"inference/{name}": count for name, count in models.items()}}
    surge = capacity.get("maxSurgeGpus")
    return CapacitySettings(
        floor=float(capacity.get("floor", 1.0)),
        abort_floor=float(capacity.get("abortFloor", 1.0)),
        max_surge_gpus=None if surge is None else int(surge),
        standby=float(capacity.get("standby", 0.0)),
        required={key: int(count) for key, count in own.items() if count is not None},
        is_autoscaled=capacity.get("nodes") == "autoscaled",
    )


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
