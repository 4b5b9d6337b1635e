"""Autoscalers of a bundle, Kubernetes' own and KEDA's, by what they scale."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tooling.core.policies.bundle import Bundle, Entry, Ref, child, numbered, rows, whole

Target = tuple[str, str, str]
"""Kind, namespace and name."""


_GOALS = frozenset(
    {"averageUtilization", "averageValue", "value", "targetAverageUtilization", "targetAverageValue"}
)
"""How an API says how much of a resource is wanted, the last two before its version 2."""


@dataclass(frozen=True, slots=True)
class Resource:
    """A resource of the pods that a scaler goes by; `container` is empty for all of them together."""

    name: str
    path: str
    container: str = ""
    is_share: bool = True


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric of one of the APIs that a metrics adapter serves; `api` is its group."""

    name: str
    api: str


@dataclass(frozen=True, slots=True)
class Scaler:
    """An autoscaler: its target, its bounds, and what it goes by."""

    ref: Ref
    target: Target
    least: int
    most: int
    resources: tuple[Resource, ...]
    metrics: tuple[Metric, ...]
    others: int = 0
    faults: tuple[tuple[str, str], ...] = ()
    """Metrics that say too little, for which the API server refuses the scaler: field, and what is wrong."""

    @property
    def is_blind(self) -> bool:
        """Whether it has nothing at all to go by."""
        return not (self.resources or self.metrics or self.others)


def list_scalers(bundle: Bundle) -> Iterator[Scaler]:
    """Return every HorizontalPodAutoscaler and every ScaledObject."""
    for entry in bundle.list_kind("HorizontalPodAutoscaler"):
        if entry.ref.group == "autoscaling":
            yield _read_hpa(entry)
    for entry in bundle.list_kind("ScaledObject"):
        if entry.ref.group == "keda.sh":
            yield _read_scaled_object(entry)


def map_scalers(bundle: Bundle) -> Mapping[Target, tuple[Scaler, ...]]:
    """Return the scalers of each target."""
    found: dict[Target, tuple[Scaler, ...]] = {}
    for scaler in list_scalers(bundle):
        found[scaler.target] = (*found.get(scaler.target, ()), scaler)
    return found


def _read_target(entry: Entry, default: str) -> Target:
    reference = child(entry.spec, "scaleTargetRef")
    return str(reference.get("kind") or default), entry.ref.namespace, str(reference.get("name") or "")


def _read_hpa(entry: Entry) -> Scaler:
    spec = entry.spec
    resources: list[Resource] = []
    metrics: list[Metric] = []
    faults: list[tuple[str, str]] = []
    for index, metric in numbered(spec, "metrics"):
        kind = str(metric.get("type"))
        source = child(metric, f"{kind[:1].lower()}{kind[1:]}")
        path = f"spec.metrics[{index}]"
        if kind in ("Resource", "ContainerResource"):
            share = "averageUtilization" in child(source, "target") or "targetAverageUtilization" in source
            place = Resource(str(source.get("name")), path, str(source.get("container") or ""), share)
            resources.append(place)
        elif kind in ("Pods", "Object", "External"):
            api = "external.metrics.k8s.io" if kind == "External" else "custom.metrics.k8s.io"
            metrics.append(Metric(_name_metric(source), api))
        fault = _tell_missing(kind, source)
        if fault:
            faults.append((path, fault))
    if not resources and not metrics:
        # What the API server fills in where no metric is named, and what version 1 of the API means.
        resources.append(Resource("cpu", "spec.metrics"))
    least, most = whole(spec.get("minReplicas"), 1), whole(spec.get("maxReplicas"), 1)
    target = _read_target(entry, "Deployment")
    return Scaler(entry.ref, target, least, most, tuple(resources), tuple(metrics), faults=tuple(faults))


def _tell_missing(kind: str, source: Mapping[str, Any]) -> str:
    """Say what a metric lacks; empty where nothing, or where the kind is none that we know."""
    part = f"{kind[:1].lower()}{kind[1:]}"
    if kind in ("Pods", "Object", "External"):
        yaml = f"{part}: {{metric: {{name: ...}}}}"
        return "" if _name_metric(source) else f"names no metric. Write {yaml}."
    goals = {*child(source, "target"), *source}
    if kind not in ("Resource", "ContainerResource") or not _GOALS.isdisjoint(goals):
        return ""
    yaml = f"{part}: {{name: cpu, target: {{type: Utilization, averageUtilization: 80}}}}"
    return f"says nothing of how much is wanted. Write {yaml}."


def _name_metric(source: Mapping[str, Any]) -> str:
    """Before version 2 of the API the name stood at the top."""
    return str(child(source, "metric").get("name") or source.get("metricName") or "")


def _read_scaled_object(entry: Entry) -> Scaler:
    spec = entry.spec
    triggers = tuple(rows(spec, "triggers"))
    resources = tuple(
        Resource(
            str(trigger.get("type")),
            f"spec.triggers[{index}]",
            str(child(trigger, "metadata").get("containerName") or ""),
            (trigger.get("metricType") or child(trigger, "metadata").get("type")) != "AverageValue",
        )
        for index, trigger in enumerate(triggers)
        if trigger.get("type") in ("cpu", "memory")
    )
    least, most = whole(spec.get("minReplicaCount"), 0), whole(spec.get("maxReplicaCount"), 100)
    target = _read_target(entry, "Deployment")
    return Scaler(entry.ref, target, least, most, resources, (), len(triggers) - len(resources))
