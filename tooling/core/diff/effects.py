"""What a change does besides changing a field: pods that start anew, objects that go, changes that are refused."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from tooling.core.diff.fields import Op
from tooling.core.diff.immutable import find_refused
from tooling.core.diff.objects import ObjectDiff, ObjectName
from tooling.core.policies.bundle import Workload, child, rows

_KEEP = "helm.sh/resource-policy"
_WORKLOADS = frozenset({"Deployment", "StatefulSet", "DaemonSet"})
_CONFIG = {"ConfigMap": ("configMap", "name"), "Secret": ("secret", "secretName")}

CountPods = Callable[[ObjectName], int]


class EffectKind(StrEnum):
    """What happens."""

    START = "start"
    RESTART = "restart"
    LATER = "later"
    REFUSED = "refused"
    DELETED = "deleted"
    KEPT = "kept"


@dataclass(frozen=True, slots=True)
class Effect:
    """One effect of a change of an object, in a sentence without a full stop; `pods` that it starts anew."""

    kind: EffectKind
    text: str
    pods: int = 0


def find_effects(
    diff: ObjectDiff, readers: Iterable[Workload], restarted: set[str], pods: CountPods
) -> list[Effect]:
    """Return what follows when a change is applied in place.

    `readers` are workloads that may read a ConfigMap or Secret, `restarted` those of them that start anew anyway.
    """
    if diff.op is Op.REMOVED:
        return [_find_end(diff, pods)]
    if diff.op is Op.ADDED:
        return list(_find_start(diff, pods))
    refused = find_refused(diff)
    if refused:
        return [
            Effect(
                EffectKind.REFUSED,
                f"{refused} cannot be changed in place: Kubernetes refuses it until the object is deleted",
            )
        ]
    return [*_find_restart(diff, pods), *_find_late_readers(diff, readers, restarted)]


def has_new_pods(diff: ObjectDiff) -> bool:
    """Whether a change gives a workload another pod template."""
    return diff.op is Op.CHANGED and diff.name.kind in _WORKLOADS and diff.touches("spec", "template")


def reads(workload: Workload, kind: str, name: str) -> bool:
    """Whether pods of a workload mount a ConfigMap or Secret, or take variables from it."""
    field, key = _CONFIG[kind]
    sources = [child(volume, field).get(key) for volume in _list_volumes(workload.pod)]
    for container in workload.containers:
        sources += [child(one, f"{field}Ref").get("name") for one in rows(container.spec, "envFrom")]
        sources += [child(one, "valueFrom", f"{field}KeyRef").get("name") for one in rows(container.spec, "env")]
    return name in sources


def _list_volumes(pod: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield the volumes of a pod; the sources of a projected one name a Secret as `name`."""
    for volume in rows(pod, "volumes"):
        yield volume
        for source in rows(child(volume, "projected"), "sources"):
            secret = child(source, "secret")
            yield {**source, "secret": {"secretName": secret.get("name")}} if secret else source


def _find_start(diff: ObjectDiff, pods: CountPods) -> Iterator[Effect]:
    if diff.name.kind in _WORKLOADS:
        count = pods(diff.name)
        yield Effect(EffectKind.START, f"starts {count_pods(count)}", count)
    elif diff.name.kind == "Job":
        yield Effect(EffectKind.START, "runs once", 1)


def _find_restart(diff: ObjectDiff, pods: CountPods) -> Iterator[Effect]:
    if diff.name.kind == "CronJob" and diff.touches("spec", "jobTemplate"):
        yield Effect(EffectKind.LATER, "takes effect at its next run")
    if not has_new_pods(diff):
        return
    spec = child(diff.after, "spec")
    count = pods(diff.name)
    if child(spec, "updateStrategy").get("type") == "OnDelete":
        yield Effect(EffectKind.LATER, f"its {count_pods(count)} keep the old template until they are deleted")
    elif child(spec, "strategy").get("type") == "Recreate":
        yield Effect(
            EffectKind.RESTART, f"stops {count_pods(count)}, then starts them anew: nobody answers between", count
        )
    else:
        yield Effect(EffectKind.RESTART, f"restarts {count_pods(count)}", count)


def _find_late_readers(diff: ObjectDiff, readers: Iterable[Workload], restarted: set[str]) -> Iterator[Effect]:
    if diff.name.kind not in _CONFIG or not (diff.touches("data") or diff.touches("binaryData")):
        return
    for workload in readers:
        is_near = workload.ref.namespace == diff.name.namespace and str(workload.ref) not in restarted
        if is_near and reads(workload, diff.name.kind, diff.name.name):
            text = (
                f"{workload.ref} reads it and is not restarted: files follow in a minute or two, variables do not"
            )
            yield Effect(EffectKind.LATER, text)


def _find_end(diff: ObjectDiff, pods: CountPods) -> Effect:
    kind, before = diff.name.kind, diff.before
    if child(before, "metadata", "annotations").get(_KEEP) == "keep":
        return Effect(
            EffectKind.KEPT, f"stays in the cluster, as its annotation {_KEEP} says, and is no longer managed"
        )
    if kind == "PersistentVolumeClaim":
        return Effect(EffectKind.DELETED, "is deleted, and its data with it unless the volume is to be retained")
    if kind not in _WORKLOADS:
        return Effect(EffectKind.DELETED, "is deleted")
    stays = ""
    if kind == "StatefulSet":
        policy = child(before, "spec", "persistentVolumeClaimRetentionPolicy").get("whenDeleted")
        stays = ", and its volumes" if policy == "Delete" else "; its volumes stay"
    return Effect(EffectKind.DELETED, f"is deleted with {count_pods(pods(diff.name))}{stays}")


def count_pods(count: int) -> str:
    """Write a number of pods."""
    return f"{count} pod{'' if count == 1 else 's'}"
