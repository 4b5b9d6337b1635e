"""A whole comparison, as it is shown: parts of an instance with their changed objects, drift and GPUs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from tooling.core.diff.effects import Effect, EffectKind, count_pods, find_effects, has_new_pods
from tooling.core.diff.fields import FieldChange, Op
from tooling.core.diff.gpus import Counts, GpuBill
from tooling.core.diff.immutable import find_refused
from tooling.core.diff.objects import ObjectDiff, ObjectName, compare_objects
from tooling.core.manifests import Manifest
from tooling.core.policies.bundle import Bundle, child, whole

_COMPONENT = "app.kubernetes.io/component"
_ONLY_WHOLE = frozenset({"gateway", "inference", "route"})
"""Components that the release named like the instance holds only when it was installed as a whole (role all)."""

_INVERSE = {Op.ADDED: Op.REMOVED, Op.REMOVED: Op.ADDED, Op.CHANGED: Op.CHANGED}


class Mode(StrEnum):
    """How an instance is installed: not at all, as one Helm release, or as base with slots."""

    ABSENT = "absent"
    PLAIN = "plain"
    SLOTS = "slots"


@dataclass(frozen=True, slots=True)
class ObjectChange:
    """An object that a release changes, and what follows."""

    diff: ObjectDiff
    effects: tuple[Effect, ...] = ()


@dataclass(frozen=True, slots=True)
class Section:
    """One part of an instance: `base`, `slot`, `route`, or `all`; `against` says what it was compared to."""

    part: str
    against: str
    objects: tuple[ObjectChange, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """All that differs. `serving` and `target` are slots, empty where there are none.

    `starts` is how many pods a release starts beside those there are: all of a slot, however little differs.
    """

    mode: Mode
    serving: str
    target: str
    sections: tuple[Section, ...]
    drift: tuple[ObjectDiff, ...]
    gpus: GpuBill
    notes: tuple[str, ...]
    starts: int = 0

    @property
    def has_changes(self) -> bool:
        """Whether anything differs at all."""
        return bool(self.drift) or any(section.objects for section in self.sections)


@dataclass(frozen=True, slots=True)
class Versions:
    """One Helm release as it is and as it would be, with the pods of each workload."""

    before: tuple[Manifest, ...]
    after: tuple[Manifest, ...]
    had: Counts
    gets: Counts
    namespace: str

    @property
    def diffs(self) -> tuple[ObjectDiff, ...]:
        """The objects that differ."""
        return compare_objects(self.before, self.after, namespace=self.namespace)


def is_whole(manifests: Iterable[Manifest]) -> bool:
    """Whether manifests are those of a plain install, which holds what a slot and the route are otherwise."""
    return any(str(child(one, "metadata", "labels").get(_COMPONENT)) in _ONLY_WHOLE for one in manifests)


def count_live(live: Mapping[ObjectName, Manifest | None]) -> Counts:
    """Return the pods that each live workload wants."""
    counts = {}
    for name, manifest in live.items():
        if name.kind in {"Deployment", "StatefulSet"} and manifest is not None:
            counts[(name.kind, name.namespace, name.name)] = whole(child(manifest, "spec").get("replicas"), 1)
        elif name.kind == "DaemonSet" and manifest is not None:
            wanted = whole(child(manifest, "status").get("desiredNumberScheduled"))
            counts[(name.kind, name.namespace, name.name)] = wanted
    return counts


def change_in_place(versions: Versions) -> tuple[ObjectChange, ...]:
    """Return what an upgrade of a release changes, with what each change does."""
    diffs = versions.diffs
    readers = Bundle.of(versions.after, namespace=versions.namespace).workloads
    restarted = {str(diff.name) for diff in diffs if diff.op is Op.ADDED or has_new_pods(diff)}
    count = _count_by(versions.had, versions.gets)
    return tuple(ObjectChange(diff, tuple(find_effects(diff, readers, restarted, count))) for diff in diffs)


def change_slot(versions: Versions, target: str) -> tuple[ObjectChange, ...]:
    """Return what the new version of a slot has otherwise; its pods start in another slot, beside the old ones."""
    count = _count_by(versions.gets)
    changes = []
    for diff in versions.diffs:
        pods = count(diff.name)
        effects: tuple[Effect, ...] = ()
        if diff.op is Op.REMOVED:
            effects = (Effect(EffectKind.DELETED, "is not part of the new version"),)
        elif pods and (diff.op is Op.ADDED or has_new_pods(diff)):
            effects = (Effect(EffectKind.START, f"starts {count_pods(pods)} in {target}", pods),)
        changes.append(ObjectChange(diff, effects))
    return tuple(changes)


def find_refusals(diffs: Iterable[ObjectDiff]) -> tuple[str, ...]:
    """Say which objects cannot be upgraded in place."""
    refused = ((diff.name, find_refused(diff)) for diff in diffs if diff.op is Op.CHANGED)
    return tuple(
        f"{name}: {fields} cannot be changed in place: Kubernetes refuses it until the object is deleted"
        for name, fields in refused
        if fields
    )


def invert(diffs: Iterable[ObjectDiff]) -> tuple[ObjectDiff, ...]:
    """Return drift as what applying the manifests again would change."""
    return tuple(
        replace(
            diff,
            op=_INVERSE[diff.op],
            changes=tuple(_invert_change(change) for change in diff.changes),
            before=diff.after,
            after=diff.before,
        )
        for diff in diffs
    )


def _invert_change(change: FieldChange) -> FieldChange:
    return replace(change, op=_INVERSE[change.op], old=change.new, new=change.old)


def _count_by(*counts: Counts) -> Callable[[ObjectName], int]:
    """Look pods up in the first of several counts that knows the workload."""

    def count(name: ObjectName) -> int:
        key = (name.kind, name.namespace, name.name)
        return next((one[key] for one in counts if key in one), 0)

    return count
