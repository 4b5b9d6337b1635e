"""What Argo CD and Flux are told to leave alone, by the objects in which that is written."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from tooling.core.diff.objects import ObjectName
from tooling.core.plan import SLOTS
from tooling.core.policies.bundle import child, rows

_MANAGER = "genai-stack"
_SKIPPED = "argocd.argoproj.io/skip-reconcile"
_RESPECTS = "RespectIgnoreDifferences=true"
_BY_HELM = frozenset({"/spec/template"})
"""Fields that Helm writes for us, under its own name."""

_SIMPLE = re.compile(r"((?:\.[A-Za-z_][A-Za-z0-9_]*)+)(?:\[\])?")


@dataclass(frozen=True, slots=True)
class Owned:
    """An object with the fields that a rollout changes, as JSON pointers."""

    name: ObjectName
    fields: tuple[str, ...]
    labels: Mapping[str, str] = field(default_factory=dict)

    @property
    def group(self) -> str:
        """Its API group, "" for the core group."""
        return self.name.api_version.rpartition("/")[0]


def is_ignored_by_argo(owned: Owned, application: Mapping[str, Any]) -> bool:
    """Whether an Application ignores every field, in comparing and in syncing too where it syncs by itself."""
    if str(child(application, "metadata", "annotations").get(_SKIPPED)) == "true":
        return True
    spec = child(application, "spec")
    policy = child(spec, "syncPolicy")
    automated = policy.get("automated")
    is_automatic = isinstance(automated, Mapping) and automated.get("enabled") is not False
    options = policy.get("syncOptions")
    if is_automatic and not (isinstance(options, list) and _RESPECTS in options):
        return False
    entries = [one for one in rows(spec, "ignoreDifferences") if _is_meant_by_argo(one, owned)]
    return all(any(_covers(entry, pointer) for entry in entries) for pointer in owned.fields)


def is_ignored_by_flux(owned: Owned, tracker: Mapping[str, Any], instance: str) -> bool:
    """Whether a Kustomization or HelmRelease is suspended, or leaves every field alone when it corrects drift.

    A HelmRelease whose Helm release is one of ours would upgrade it again after us: only its suspension helps.
    """
    spec = child(tracker, "spec")
    if spec.get("suspend") is True:
        return True
    if tracker.get("kind") == "HelmRelease":
        if _name_release(tracker) in {instance, *(f"{instance}-{slot}" for slot in SLOTS)}:
            return False
        drift = child(spec, "driftDetection")
        return drift.get("mode") != "enabled" or _is_covered(rows(drift, "ignore"), owned)
    return _is_covered(rows(spec, "driftIgnoreRules"), owned)


def _is_meant_by_argo(entry: Mapping[str, Any], owned: Owned) -> bool:
    if not fnmatchcase(owned.group, str(entry.get("group") or "")):
        return False
    if not fnmatchcase(owned.name.kind, str(entry.get("kind") or "")):
        return False
    places = ((entry.get("name"), owned.name.name), (entry.get("namespace"), owned.name.namespace))
    return all(not wanted or wanted == has for wanted, has in places)


def _covers(entry: Mapping[str, Any], pointer: str) -> bool:
    managers = entry.get("managedFieldsManagers")
    if isinstance(managers, list) and _MANAGER in managers and pointer not in _BY_HELM:
        return True
    return any(_is_within(pointer, ignored) for ignored in _list_pointers(entry))


def _list_pointers(entry: Mapping[str, Any]) -> Iterator[str]:
    """Yield JSON pointers, and those jq paths that name a field and nothing less."""
    for key in ("jsonPointers", "jqPathExpressions"):
        listed = entry.get(key)
        for one in listed if isinstance(listed, list) else ():
            path = _SIMPLE.fullmatch(str(one)) if key == "jqPathExpressions" else None
            yield path[1].replace(".", "/") if path else str(one)


def _is_covered(rules: Iterator[Mapping[str, Any]], owned: Owned) -> bool:
    paths = [str(path) for rule in rules if _is_meant_by_flux(rule, owned) for path in _list_paths(rule)]
    return all(any(_is_within(pointer, path) for path in paths) for pointer in owned.fields)


def _list_paths(rule: Mapping[str, Any]) -> list[Any]:
    paths = rule.get("paths")
    return paths if isinstance(paths, list) else []


def _is_meant_by_flux(rule: Mapping[str, Any], owned: Owned) -> bool:
    """Whether a rule speaks of an object; one that selects by labels or annotations is not counted on."""
    target = child(rule, "target")
    if target.get("labelSelector") or target.get("annotationSelector"):
        return False
    has = {
        "group": owned.group,
        "version": owned.name.api_version.rpartition("/")[2],
        "kind": owned.name.kind,
        "name": owned.name.name,
        "namespace": owned.name.namespace,
    }
    return all(not target.get(key) or _matches(str(target[key]), value) for key, value in has.items())


def _matches(pattern: str, text: str) -> bool:
    try:
        return re.fullmatch(pattern, text) is not None
    except re.error:
        return False


def _is_within(pointer: str, ignored: str) -> bool:
    return pointer == ignored or pointer.startswith(f"{ignored}/")


def _name_release(release: Mapping[str, Any]) -> str:
    """Return the name of the Helm release of a HelmRelease; without one of its own it is made of others."""
    spec, own = child(release, "spec"), str(child(release, "metadata").get("name"))
    place = spec.get("targetNamespace")
    return str(spec.get("releaseName") or (f"{place}-{own}" if place else own))
