"""Objects of two renders matched by kind and name, and live objects against what was applied."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tooling.core.diff.drift import compare_live
from tooling.core.diff.fields import FieldChange, FieldPath, Op, compare
from tooling.core.manifests import Manifest
from tooling.core.masking import mask

_REPLICAS: FieldPath = ("spec", "replicas")
_SCALED_BY = {"HorizontalPodAutoscaler": "scaleTargetRef", "ScaledObject": "scaleTargetRef"}


@dataclass(frozen=True, slots=True)
class ObjectName:
    """Which object: the API version counts for reading it, and only its group for matching it."""

    api_version: str
    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind}/{self.name}"

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What two versions of the same object share."""
        group, slash, _ = self.api_version.rpartition("/")
        return (group if slash else "", self.kind, self.namespace, self.name)


@dataclass(frozen=True, slots=True)
class ObjectDiff:
    """An object that differs. `before` and `after` are its versions with secrets hidden, None where it is not."""

    name: ObjectName
    op: Op
    changes: tuple[FieldChange, ...] = ()
    before: Manifest | None = None
    after: Manifest | None = None

    def touches(self, *prefix: str) -> bool:
        """Whether a change lies at or below a path of keys; a new or deleted object has no changes."""
        return any(change.path[: len(prefix)] == prefix for change in self.changes)


def find_name(manifest: Manifest, namespace: str) -> ObjectName:
    """Name a manifest; one that names no namespace is of the release's."""
    metadata = manifest.get("metadata") or {}
    return ObjectName(
        str(manifest.get("apiVersion") or ""),
        str(manifest.get("kind") or ""),
        str(metadata.get("namespace") or namespace),
        str(metadata.get("name") or ""),
    )


def compare_objects(
    before: Iterable[Manifest], after: Iterable[Manifest], *, namespace: str
) -> tuple[ObjectDiff, ...]:
    """Return what differs: changed and new objects in the order of `after`, then those that are gone."""
    old = {find_name(one, namespace).key: (find_name(one, namespace), mask(one)) for one in before}
    new = {find_name(one, namespace).key: (find_name(one, namespace), mask(one)) for one in after}
    found = []
    for key, (name, manifest) in new.items():
        if key not in old:
            found.append(ObjectDiff(name, Op.ADDED, after=manifest))
            continue
        changes = tuple(compare(old[key][1], manifest))
        if changes:
            found.append(ObjectDiff(name, Op.CHANGED, changes, old[key][1], manifest))
    gone = [
        ObjectDiff(name, Op.REMOVED, before=manifest) for key, (name, manifest) in old.items() if key not in new
    ]
    return (*found, *gone)


def find_drift(
    applied: Iterable[Manifest], live: Mapping[ObjectName, Manifest | None], *, namespace: str
) -> tuple[ObjectDiff, ...]:
    """Return live objects that are gone, or have a field otherwise than applied; others are left out.

    The replicas of what an autoscaler scales are the autoscaler's.
    """
    manifests = tuple(applied)
    scaled = _find_scaled(manifests, namespace)
    found = []
    for one in manifests:
        name = find_name(one, namespace)
        if name not in live:
            continue
        wanted, there = mask(one), live[name]
        if there is None:
            found.append(ObjectDiff(name, Op.REMOVED, before=wanted))
            continue
        seen = mask(there)
        is_scaled = (name.kind, name.namespace, name.name) in scaled
        changes = tuple(
            change for change in compare_live(wanted, seen) if not (is_scaled and change.path == _REPLICAS)
        )
        if changes:
            found.append(ObjectDiff(name, Op.CHANGED, changes, wanted, seen))
    return tuple(found)


def fold(diffs: Iterable[ObjectDiff], least: int = 4) -> tuple[tuple[FieldChange, tuple[ObjectName, ...]], ...]:
    """Return changes of metadata that at least so many objects share word for word: the chart's version."""
    owners: dict[str, list[ObjectName]] = {}
    changes: dict[str, FieldChange] = {}
    for diff in diffs:
        for change in diff.changes:
            if change.path[:1] == ("metadata",):
                owners.setdefault(repr(change), []).append(diff.name)
                changes[repr(change)] = change
    return tuple((changes[text], tuple(names)) for text, names in owners.items() if len(names) >= least)


def _find_scaled(manifests: Iterable[Manifest], namespace: str) -> set[tuple[str, str, str]]:
    scaled = set()
    for one in manifests:
        field = _SCALED_BY.get(str(one.get("kind")))
        target = (one.get("spec") or {}).get(field) or {} if field else {}
        if target:
            kind = str(target.get("kind") or "Deployment")
            scaled.add((kind, find_name(one, namespace).namespace, str(target.get("name"))))
    return scaled
