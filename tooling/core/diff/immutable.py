"""Fields that Kubernetes refuses to change in place."""

from __future__ import annotations

from collections.abc import Mapping

from tooling.core.diff.fields import FieldChange, format_field
from tooling.core.diff.objects import ObjectDiff
from tooling.core.quantity import parse_quantity

_SELECTOR = (("spec", "selector"),)
_FIXED: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "Deployment": _SELECTOR,
    "DaemonSet": _SELECTOR,
    "ReplicaSet": _SELECTOR,
    "Job": (*_SELECTOR, ("spec", "template"), ("spec", "completionMode"), ("spec", "podFailurePolicy")),
    "Service": (("spec", "clusterIP"),),
    "RoleBinding": (("roleRef",),),
    "ClusterRoleBinding": (("roleRef",),),
    "StorageClass": (("provisioner",), ("parameters",), ("reclaimPolicy",), ("volumeBindingMode",)),
    "PriorityClass": (("value",), ("preemptionPolicy",)),
    "IngressClass": (("spec", "controller"),),
    "Secret": (("type",),),
}
"""By kind: what cannot change; everything else can."""

_FREE: Mapping[str, frozenset[str]] = {
    "StatefulSet": frozenset(
        {"replicas", "template", "updateStrategy", "minReadySeconds", "ordinals", "revisionHistoryLimit"}
        | {"persistentVolumeClaimRetentionPolicy"}
    ),
    "PersistentVolumeClaim": frozenset({"resources", "volumeAttributesClassName"}),
}
"""By kind: what can change in `spec`; nothing else there can."""


def find_refused(diff: ObjectDiff) -> str:
    """Name the fields of a changed object that Kubernetes refuses to change; "" where there are none."""
    refused = [format_field(change.path) for change in diff.changes if _is_refused(diff, change)]
    return ", ".join(dict.fromkeys(refused))


def _is_refused(diff: ObjectDiff, change: FieldChange) -> bool:
    kind, path = diff.name.kind, change.path
    if any(path[: len(fixed)] == fixed for fixed in _FIXED.get(kind, ())):
        return True
    if (diff.before or {}).get("immutable") is True:
        return path[0] in {"data", "binaryData", "immutable"}
    if kind not in _FREE or path[0] != "spec":
        return False
    is_free = len(path) > 1 and path[1] in _FREE[kind]
    return not is_free or (kind == "PersistentVolumeClaim" and _shrinks(change))


def _shrinks(change: FieldChange) -> bool:
    old, new = parse_quantity(change.old), parse_quantity(change.new)
    return old is not None and new is not None and new < old
