"""Policies on names and labels, whose forms the API server checks and its schemas do not say."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from tooling.core.finding import Severity
from tooling.core.masking import HIDDEN, sounds_secret
from tooling.core.policies.bundle import Bundle, Workload, child, numbered
from tooling.core.policies.policy import Faults, Policy
from tooling.core.shapes import looks_secret
from tooling.core.values import format_path

_SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
_SERVICE = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?")
_PORT = re.compile(r"(?=.*[a-z])[a-z0-9](-?[a-z0-9])*")
_WORD = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?")
_FREE = frozenset({"rbac.authorization.k8s.io", "apiregistration.k8s.io", "authorization.k8s.io"})
"""API groups whose names have other forms."""

_FORMS: Mapping[str, tuple[re.Pattern[str], int, str]] = {
    "Service": (_SERVICE, 63, "small letters, digits and dashes, beginning with a letter"),
    "Namespace": (_LABEL, 63, "small letters, digits and dashes"),
    "CronJob": (_SUBDOMAIN, 52, "small letters, digits, dashes and dots"),
    "": (_SUBDOMAIN, 253, "small letters, digits, dashes and dots"),
}
"""Form, longest length and words for it, by kind."""


def _find_wrong_names(bundle: Bundle) -> Faults:
    for entry in bundle.entries:
        name = child(entry.manifest, "metadata").get("name")
        if isinstance(name, str) and name and entry.ref.group not in _FREE:
            form, longest, words = _FORMS.get(entry.ref.kind, _FORMS[""])
            told = _tell(name, form, longest, words)
            if told:
                yield entry.ref, "metadata.name", told
    for workload in bundle.workloads:
        for path, told in _list_wrong_parts(workload):
            yield workload.ref, path, told


def _list_wrong_parts(workload: Workload) -> Iterator[tuple[str, str]]:
    words = "small letters, digits and dashes"
    for container in workload.containers:
        told = _tell(container.name, _LABEL, 63, words)
        if container.name and told:
            yield f"{container.path}.name", told
        for index, port in numbered(container.spec, "ports"):
            name = port.get("name")
            told = _tell(name, _PORT, 15, f"{words}, with a letter among them") if isinstance(name, str) else ""
            if name and told:
                yield f"{container.path}.ports[{index}].name", told
    for index, volume in numbered(workload.pod, "volumes"):
        name = volume.get("name")
        told = _tell(name, _LABEL, 63, words) if isinstance(name, str) else ""
        if name and told:
            yield f"{workload.path}.volumes[{index}].name", told


def _find_wrong_labels(bundle: Bundle) -> Faults:
    for entry in bundle.entries:
        metadata = child(entry.manifest, "metadata")
        for part in ("labels", "annotations"):
            for where, told in _list_wrong_labels(("metadata", part), child(metadata, part)):
                yield entry.ref, where, told
    for workload in bundle.workloads:
        if workload.ref.kind == "Pod":
            continue
        base = workload.path.removesuffix(".spec")
        for where, told in _list_wrong_labels((), workload.labels):
            yield workload.ref, f"{base}.metadata.labels.{where}", told


def _list_wrong_labels(path: tuple[str, ...], labels: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield labels that the API server refuses; the values of annotations are free."""
    for key, value in labels.items():
        prefix, slash, name = str(key).rpartition("/")
        told = _tell(name, _WORD, 63, "letters, digits, dashes, dots and underscores")
        if slash and not told:
            told = _tell(prefix, _SUBDOMAIN, 253, "small letters, digits, dashes and dots before the slash")
        if not told and "annotations" not in path and isinstance(value, str) and value:
            words = "letters, digits, dashes, dots and underscores"
            told = _tell(value, _WORD, 63, words, is_hidden=sounds_secret(name))
        if told:
            yield format_path((*path, str(key))), told


def _tell(text: str, form: re.Pattern[str], longest: int, words: str, *, is_hidden: bool = False) -> str:
    """Say what is wrong with a name; empty for a sound one. A hidden one is not shown."""
    is_hidden = is_hidden or looks_secret(text)
    shown = HIDDEN if is_hidden else f'"{text}"' if len(text) <= longest else f"{text[:20]}..."
    if len(text) > longest:
        return f"{shown} has {len(text)} characters, and at most {longest} are allowed. Write a shorter one."
    if form.fullmatch(text):
        return ""
    return f"{shown} is not allowed. Write {words}, with a letter or digit at both ends."


NAME_POLICIES: tuple[Policy, ...] = (
    Policy(
        "name-refused",
        Severity.ERROR,
        "The API server refuses the object: a name has a form and a length that no schema says.",
        "Shorten the name, or write it in small letters, digits and dashes.",
        _find_wrong_names,
    ),
    Policy(
        "label-refused",
        Severity.ERROR,
        "The API server refuses the object: labels have at most 63 characters of a small set.",
        "Shorten the label; what is longer fits into an annotation.",
        _find_wrong_labels,
    ),
)
