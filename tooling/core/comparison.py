"""Whether what lives is what was recorded, after a rollout was taken back (promise P5)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from tooling.core.diff.fields import FieldChange, Op, format_field
from tooling.core.diff.objects import ObjectDiff, ObjectName
from tooling.core.diff.text import write_value
from tooling.core.field_owners import name_outsider, name_writer
from tooling.core.leftovers import Leftover
from tooling.core.manifests import Manifest
from tooling.core.policies.bundle import child

_SHOWN = 60
_SCALERS: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "Deployment": (("spec", "replicas"),),
    "HorizontalPodAutoscaler": (("spec", "minReplicas"), ("spec", "behavior")),
    "ScaledObject": (("spec", "minReplicaCount"), ("spec", "advanced"), ("metadata", "annotations")),
}
"""By kind: what scalers write, and the rollout itself while it freezes them."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """How many objects were compared field by field, what differs, and what a failed version left behind."""

    checked: int = 0
    differences: tuple[str, ...] = ()
    leftovers: tuple[Leftover, ...] = ()

    def __str__(self) -> str:
        """Sum it up in one line."""
        objects = f"{self.checked} object{'' if self.checked == 1 else 's'}"
        if not self.differences and not self.leftovers:
            return f"{objects} equal{'s' if self.checked == 1 else ''} their manifests"
        count = len(self.differences) + len(self.leftovers)
        return f"{objects} compared with their manifests, {count} difference{'' if count == 1 else 's'}"


def drop_expected(diffs: Iterable[ObjectDiff]) -> Iterator[tuple[ObjectDiff, tuple[FieldChange, ...]]]:
    """Return what differs without the fields that scalers own, and without Jobs that go once they are finished."""
    for diff in diffs:
        owned = _SCALERS.get(diff.name.kind, ())
        changes = tuple(one for one in diff.changes if not any(one.path[: len(own)] == own for own in owned))
        if changes or (diff.op is Op.REMOVED and not _goes_by_itself(diff)):
            yield diff, changes


def describe_differences(
    diffs: Iterable[ObjectDiff], live: Mapping[ObjectName, Manifest | None], leftovers: Iterable[Leftover] = ()
) -> tuple[str, ...]:
    """Say of each field that is not as recorded what it is, what it should be, and who wrote it.

    Fields that are leftovers are told with those. Secrets in the differences were hidden before.
    """
    left = {(one.name.key, path) for one in leftovers for path in one.fields}
    found = []
    for diff, changes in drop_expected(diffs):
        if diff.op is Op.REMOVED:
            found.append(f"{diff.name} is gone")
            continue
        told = [one for one in changes if (diff.name.key, format_field(one.path)) not in left]
        found += [f"{diff.name}: {_describe(one)}{_name_writer(live[diff.name] or {}, one)}" for one in told]
    return tuple(found)


def _goes_by_itself(diff: ObjectDiff) -> bool:
    return diff.name.kind == "Job" and "ttlSecondsAfterFinished" in child(diff.before, "spec")


def _describe(change: FieldChange) -> str:
    path = format_field(change.path)
    if change.op is Op.ADDED:
        return f"{path} is {_show(change.new)}, and not in the manifest"
    if change.op is Op.REMOVED:
        return f"{path} is gone, recorded is {_show(change.old)}"
    return f"{path} is {_show(change.new)}, recorded is {_show(change.old)}"


def _show(value: object) -> str:
    text = " ".join(line.strip() for line in write_value(value))
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 3]}..."


def _name_writer(live: Manifest, change: FieldChange) -> str:
    if change.op is Op.REMOVED:
        outsider = name_outsider(live)
        return f"; last written besides helm by {outsider}" if outsider else ""
    writer = name_writer(live, change.path)
    return f"; written by {writer}" if writer else ""
