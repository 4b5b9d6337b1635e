"""Objects that Argo CD or Flux keep as a repository says, and whether they leave alone what a rollout changes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tooling.core.diff.objects import ObjectName
from tooling.core.policies.bundle import child, read_labels, rows
from tooling.core.tracking_rules import Owned, is_ignored_by_argo, is_ignored_by_flux

ACKNOWLEDGED = "genai-stack/tracking"
"""Annotation by which a person says that whoever tracks an object leaves alone what is ours: `ignored`."""

_ARGO, _ARGO_API = "Argo CD", "argoproj.io/v1alpha1"
_ARGO_NAMESPACE = "argocd"
_TRACKING_ID = "argocd.argoproj.io/tracking-id"
_ARGO_LABEL = "argocd.argoproj.io/instance"
_INSTANCE = "app.kubernetes.io/instance"
_FLUX = "Flux"
_KUSTOMIZE, _HELM = "kustomize.toolkit.fluxcd.io", "helm.toolkit.fluxcd.io"
_LEFT_ALONE = {f"{_KUSTOMIZE}/reconcile": {"disabled"}, f"{_KUSTOMIZE}/ssa": {"ignore", "ifnotpresent"}}
_FIELDS = {
    "HTTPRoute": ("/spec/rules",),
    "Service": ("/spec/selector",),
    "Deployment": ("/spec/replicas", "/spec/template"),
    "StatefulSet": ("/spec/template",),
}


@dataclass(frozen=True, slots=True)
class Tracker:
    """What a tool keeps objects by as a repository says: an Application, Kustomization or HelmRelease."""

    tool: str
    name: ObjectName

    def __str__(self) -> str:
        return f"{self.tool} ({self.name.kind} {self.name.namespace}/{self.name.name})"


@dataclass(frozen=True, slots=True)
class Tracked:
    """A live object of ours with who tracks it."""

    owned: Owned
    tracker: Tracker
    is_left_alone: bool = False


def find_tracked(manifest: Mapping[str, Any], name: ObjectName, instance: str) -> Iterator[Tracked]:
    """Yield every tracker of a live object that a rollout of `instance` changes."""
    metadata = child(manifest, "metadata")
    labels, annotations = read_labels(metadata.get("labels")), read_labels(metadata.get("annotations"))
    fields = _FIELDS.get(name.kind, ())
    if not fields or annotations.get(ACKNOWLEDGED) == "ignored":
        return
    owned = Owned(name, fields, labels)
    application = _find_application(labels, annotations, name) or _find_labelled(metadata, labels, instance)
    if application is not None:
        yield Tracked(owned, Tracker(_ARGO, application))
    for group, api_version, kind in ((_KUSTOMIZE, "v1", "Kustomization"), (_HELM, "v2", "HelmRelease")):
        if f"{group}/name" in labels:
            place = labels.get(f"{group}/namespace", name.namespace)
            tracker = Tracker(_FLUX, ObjectName(f"{group}/{api_version}", kind, place, labels[f"{group}/name"]))
            marks = {**labels, **annotations}
            is_left = kind == "Kustomization" and any(
                marks.get(key, "").lower() in values for key, values in _LEFT_ALONE.items()
            )
            yield Tracked(owned, tracker, is_left)


def is_left_alone(tracked: Tracked, tracker: Mapping[str, Any], instance: str) -> bool:
    """Whether the tracker, as it is in the cluster, leaves alone what a rollout changes of the object."""
    if tracked.tracker.tool == _ARGO:
        return is_ignored_by_argo(tracked.owned, tracker)
    return is_ignored_by_flux(tracked.owned, tracker, instance)


def write_remedy(tracker: Tracker, tracked: Iterable[Tracked]) -> str:
    """Return the YAML that has a tracker leave these objects alone."""
    objects = [one.owned for one in tracked]
    head = f"# {tracker.name.kind} {tracker.name.namespace}/{tracker.name.name}\nspec:\n"
    if tracker.tool == _ARGO:
        lines = (
            f"    - {{group: '{one.group}', kind: {one.name.kind}, name: {one.name.name}, "
            f"jsonPointers: [{', '.join(one.fields)}]}}\n"
            for one in objects
        )
        end = "  syncPolicy:\n    syncOptions: [RespectIgnoreDifferences=true]\n"
        return f"{head}  ignoreDifferences:\n{''.join(lines)}{end}"
    if tracker.name.kind == "HelmRelease":
        return f"{head}  suspend: true\n"
    lines = (
        f"    - {{paths: [{', '.join(one.fields)}], target: {{kind: {one.name.kind}, name: {one.name.name}}}}}\n"
        for one in objects
    )
    older = f"{_KUSTOMIZE}/ssa: IfNotPresent"
    return (
        f"{head}  driftIgnoreRules:\n{''.join(lines)}"
        f"# where Flux knows no driftIgnoreRules yet, in the source of each of these objects:\n"
        f"# metadata: {{annotations: {{{older}}}}}\n"
    )


def _find_application(
    labels: Mapping[str, str], annotations: Mapping[str, str], name: ObjectName
) -> ObjectName | None:
    """Read the tracking id `[NAMESPACE_]APP:GROUP/KIND:NAMESPACE/NAME`; one of another object was copied here."""
    match = re.fullmatch(r"(?:([^_:]+)_)?([^:]+):([^:]*):([^:]*)", annotations.get(_TRACKING_ID, ""))
    group = name.api_version.rpartition("/")[0]
    if match and (match[3], match[4]) == (f"{group}/{name.kind}", f"{name.namespace}/{name.name}"):
        return ObjectName(_ARGO_API, "Application", match[1] or _ARGO_NAMESPACE, match[2])
    if _ARGO_LABEL in labels:
        place, _, app = labels[_ARGO_LABEL].rpartition("_")
        return ObjectName(_ARGO_API, "Application", place or _ARGO_NAMESPACE, app)
    return None


def _find_labelled(metadata: Mapping[str, Any], labels: Mapping[str, str], instance: str) -> ObjectName | None:
    """Read the label that Argo CD shares with others: it is its own where it wrote a value that is not ours."""
    value = labels.get(_INSTANCE, "")
    writers = (str(one.get("manager")) for one in rows(metadata, "managedFields"))
    if value and value != instance and any(one.startswith("argocd") for one in writers):
        return ObjectName(_ARGO_API, "Application", _ARGO_NAMESPACE, value)
    return None
