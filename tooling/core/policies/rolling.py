"""How a workload is scaled and updated, as Kubernetes' own defaults fill in what is not said."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from tooling.core.policies.bundle import Workload, child, whole
from tooling.core.policies.scalers import Scaler, Target

_SLOT, _MODEL = "genai-stack/slot", "genai-stack/model"
_COMPONENT = "app.kubernetes.io/component"
_SLOTS = ("blue", "green")
_SINGLE = frozenset({"Job", "CronJob", "Pod"})
_SCALED = frozenset({"Deployment", "StatefulSet", "ReplicaSet", "ReplicationController"})


@dataclass(frozen=True, slots=True)
class Rolling:
    """How many pods a rolling update may lack, and add."""

    unavailable: int
    surge: int


@dataclass(frozen=True, slots=True)
class Replicas:
    """The least and the most pods of a workload; they differ where it scales itself. `scaler` is `Kind/name`."""

    least: int
    most: int
    scaler: str = ""


def read_rolling(workload: Workload) -> Rolling | None:
    """Return the bounds of a Deployment's rolling update; None for any other kind or strategy."""
    strategy = child(workload.spec, "strategy")
    if workload.ref.kind != "Deployment" or strategy.get("type", "RollingUpdate") != "RollingUpdate":
        return None
    settings = child(strategy, "rollingUpdate")
    replicas = whole(workload.spec.get("replicas"), 1)
    surge = count_share(settings.get("maxSurge", "25%"), replicas, is_up=True)
    unavailable = count_share(settings.get("maxUnavailable", "25%"), replicas, is_up=False)
    if surge is None or unavailable is None:
        return None
    return Rolling(unavailable if surge or unavailable else 1, surge)


def read_replicas(workload: Workload, scalers: Mapping[Target, tuple[Scaler, ...]]) -> Replicas | None:
    """Return how many pods there can be.

    None where only a running cluster knows: a DaemonSet, a slot, whose scale the CLI owns, a kind of somebody's.
    """
    ref = workload.ref
    for scaler in scalers.get((ref.kind, ref.namespace, ref.name), ()):
        return Replicas(scaler.least, max(scaler.least, scaler.most), str(scaler.ref))
    if "replicas" not in workload.spec and workload.labels.get(_SLOT) in _SLOTS:
        return None
    if ref.kind not in _SCALED and ref.kind not in _SINGLE and "replicas" not in workload.spec:
        return None
    count = whole(workload.spec.get("replicas"), 1)
    return Replicas(count, count)


def name_declared(workload: Workload) -> str:
    """Return the name under which values declare the replicas of a slot: `gateway`, `inference/MODEL`."""
    component, model = workload.labels.get(_COMPONENT, ""), workload.labels.get(_MODEL)
    return f"{component}/{model}" if model else component


def count_share(share: object, total: int, *, is_up: bool) -> int | None:
    """Return a number or a percentage of `total`, rounded as said; None for what is neither."""
    match = re.fullmatch(r"([0-9]{1,4})%", share) if isinstance(share, str) else None
    if match is None:
        number = whole(share, -1)
        return number if number >= 0 else None
    hundredths = int(match[1]) * total
    return -(-hundredths // 100) if is_up else hundredths // 100
