"""What a release changes in base, and which of that an ordinary rollout may not do.

Base serves both slots and is not canaried: a rollout changes it only additively. What restarts or migrates the
vector DB, or takes something away that a slot may use, is a release of base alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tooling.core.diff.effects import has_new_pods
from tooling.core.diff.fields import FieldChange, Item, Op, format_field
from tooling.core.diff.immutable import find_refused
from tooling.core.diff.objects import ObjectDiff, ObjectName, compare_objects, fold
from tooling.core.diff.text import write_value
from tooling.core.manifests import Manifest
from tooling.core.policies.bundle import child, whole

_COMPONENT = "app.kubernetes.io/component"
_BACKUP = "vectordb-backup"
_RESTORE = "vectordb-restore"
_MOST_FIELDS = 3
_MOST_LETTERS = 50
_USED_BY_SLOTS = frozenset(
    {"StatefulSet", "Deployment", "DaemonSet", "PersistentVolumeClaim", "Service", "ConfigMap", "Secret"}
)
"""Kinds that a slot, or the data, may need: none of these goes in an ordinary rollout."""


@dataclass(frozen=True, slots=True)
class BaseChange:
    """One object of base that a release changes.

    `is_disruptive`: it restarts pods, moves data, or takes something away, and is for `release --base`.
    `is_forward_only`: data may change with it, which taking the release back does not undo.
    """

    name: ObjectName
    what: str
    is_disruptive: bool = False
    is_forward_only: bool = False

    def __str__(self) -> str:
        return f"{self.name}: {self.what}"


def find_base_changes(
    before: Iterable[Manifest], after: Iterable[Manifest], *, namespace: str
) -> tuple[BaseChange, ...]:
    """Return what differs between base as it is recorded and as it is rendered; secrets are hidden.

    Metadata that many objects share, such as the version of the chart in a label, is no change of its own.
    """
    diffs = compare_objects(before, after, namespace=namespace)
    shared = {repr(change) for change, _ in fold(diffs)}
    found = []
    for diff in diffs:
        own = tuple(change for change in diff.changes if repr(change) not in shared)
        if own or diff.op is not Op.CHANGED:
            found.append(_classify(diff, own))
    return tuple(found)


def find_backup(manifests: Iterable[Manifest]) -> str:
    """Return the name of the CronJob that backs the vector DB up; "" where there is none."""
    for one in manifests:
        if one.get("kind") == "CronJob" and _read_component(one) == _BACKUP:
            return str(child(one, "metadata").get("name") or "")
    return ""


def _classify(diff: ObjectDiff, changes: tuple[FieldChange, ...]) -> BaseChange:
    kind = diff.name.kind
    if diff.op is Op.ADDED:
        if kind == "Job" and _read_component(diff.after or {}) == _RESTORE:
            return BaseChange(diff.name, "restores the vector DB from a backup", True, True)
        return BaseChange(diff.name, "new")
    if diff.op is Op.REMOVED:
        return BaseChange(diff.name, "goes", is_disruptive=kind in _USED_BY_SLOTS)
    reasons = tuple(_find_reasons(diff))
    text = _list_fields(changes)
    return BaseChange(
        diff.name,
        f"{', '.join(reasons)} ({text})" if reasons else text,
        is_disruptive=bool(reasons),
        is_forward_only=any(_moves_data(diff.name.kind, change) for change in changes),
    )


def _find_reasons(diff: ObjectDiff) -> Iterator[str]:
    """Say why a changed object is nothing for an ordinary rollout."""
    if find_refused(diff):
        yield "cannot be changed in place"
    if has_new_pods(diff):
        yield "its pods restart"
    if diff.name.kind == "StatefulSet" and _count_replicas(diff.after) < _count_replicas(diff.before):
        yield "pods with data go"
    if diff.name.kind == "PersistentVolumeClaim" and diff.touches("spec"):
        yield "its volume changes"
    if diff.name.kind == "Service" and (diff.touches("spec", "selector") or diff.touches("spec", "ports")):
        yield "slots reach it otherwise"


def _moves_data(kind: str, change: FieldChange) -> bool:
    """Whether a new version may write its data otherwise, or a volume grow, which nothing takes back."""
    if kind == "PersistentVolumeClaim" or change.path[:2] == ("spec", "volumeClaimTemplates"):
        return change.path[0] == "spec"
    is_pod = change.path[:2] == ("spec", "template")
    parts = [part for part in change.path if not isinstance(part, Item)]
    return kind == "StatefulSet" and is_pod and parts[-1] == "image"


def _count_replicas(manifest: Manifest | None) -> int:
    return whole(child(manifest, "spec").get("replicas"), 1)


def _read_component(manifest: Manifest) -> str:
    return str(child(manifest, "metadata", "labels").get(_COMPONENT) or "")


def _list_fields(changes: tuple[FieldChange, ...]) -> str:
    told = [_describe(change) for change in changes[:_MOST_FIELDS]]
    more = len(changes) - len(told)
    return ", ".join([*told, *([f"and {more} more"] if more else [])])


def _describe(change: FieldChange) -> str:
    path = format_field(change.path)
    if change.op is Op.ADDED:
        return f"{path}: new"
    if change.op is Op.REMOVED:
        return f"{path}: gone"
    return f"{path}: {_show(change.old)} -> {_show(change.new)}"


def _show(value: object) -> str:
    text = " ".join(line.strip() for line in write_value(value))
    return text if len(text) <= _MOST_LETTERS else f"{text[: _MOST_LETTERS - 3]}..."
