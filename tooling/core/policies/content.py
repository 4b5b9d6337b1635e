"""Policies on what manifests hold: images that move, secrets that everybody can read."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping

from tooling.core.finding import Severity
from tooling.core.policies.bundle import Bundle, Entry, Workload, child, numbered
from tooling.core.policies.engines import read_words
from tooling.core.policies.literals import find_named_secret, find_secret_lines, find_secret_shape
from tooling.core.policies.policy import Faults, Policy
from tooling.core.values import format_path


def _find_moving_images(bundle: Bundle) -> Faults:
    for workload in bundle.workloads:
        for path, reference in _list_images(workload):
            tag = reference.rpartition("/")[2].partition(":")[2]
            if "@" in reference or tag not in ("", "latest"):
                continue
            what = "has the tag latest" if tag else "has no tag, which means latest"
            name = reference.removesuffix(":latest")
            text = f"{reference} {what}: a rollback starts the same image again."
            yield workload.ref, path, f"{text} Write {name}:VERSION or {name}@sha256:DIGEST."


def _list_images(workload: Workload) -> Iterator[tuple[str, str]]:
    for container in workload.containers:
        image = container.spec.get("image")
        if isinstance(image, str) and image:
            yield f"{container.path}.image", image
    for index, volume in numbered(workload.pod, "volumes"):
        reference = child(volume, "image").get("reference")
        if isinstance(reference, str) and reference:
            yield f"{workload.path}.volumes[{index}].image.reference", reference


def _find_in_config_maps(bundle: Bundle) -> Faults:
    for entry in bundle.list_kind("ConfigMap"):
        for name, text, path in _list_files(entry):
            found = find_named_secret(name, text)
            where = ""
            if not found:
                line, found = next(find_secret_lines(text), (0, ""))
                where = f" in line {line}" if "\n" in text else ""
            if found:
                told = f"holds what looks like {found}{where}; whoever can list ConfigMaps reads it."
                yield entry.ref, path, f"{told} Put it into a Secret and write a secretKeyRef."


def _list_files(entry: Entry) -> Iterator[tuple[str, str, str]]:
    """Return what a ConfigMap holds: name, text, and the field; of binary data what is text."""
    for part in ("data", "binaryData"):
        for name, text in child(entry.manifest, part).items():
            if not isinstance(text, str):
                continue
            try:
                shown = text if part == "data" else base64.b64decode(text).decode()
            except ValueError:  # no base64, or no text
                continue
            yield str(name), shown, format_path((part, str(name)))


def _find_in_annotations(bundle: Bundle) -> Faults:
    for entry in bundle.entries:
        if entry.ref.kind != "Pod":  # whose annotations are those of a pod
            for path, found in _list_annotation_secrets("", child(entry.manifest, "metadata", "annotations")):
                told = f"holds what looks like {found}; whoever can list the object reads it."
                yield entry.ref, path, f"{told} Put it into a Secret and write the name of that."


def _find_in_pods(bundle: Bundle) -> Faults:
    for workload in bundle.workloads:
        for path, found in _list_pod_secrets(workload):
            told = f"holds what looks like {found}; whoever can read the object, or its logs, has it."
            yield workload.ref, path, f"{told} Put it into a Secret and write valueFrom: {{secretKeyRef: ...}}."


def _list_pod_secrets(workload: Workload) -> Iterator[tuple[str, str]]:
    for container in workload.containers:
        for index, variable in numbered(container.spec, "env"):
            value = variable.get("value")
            if isinstance(value, str) and value:
                _, line = next(find_secret_lines(value), (0, ""))
                found = find_named_secret(str(variable.get("name")), value) or line
                if found:
                    yield f"{container.path}.env[{index}].value", found
        found = _find_in_words(read_words(container))
        if found:
            yield f"{container.path}.args", found
    yield from _list_annotation_secrets(workload.template_path, workload.annotations)


def _find_in_words(words: tuple[str, ...]) -> str:
    for index, word in enumerate(words):
        found = find_secret_shape(word)
        if found:
            return found
        name, joined, value = word.partition("=")
        if name.startswith("--"):
            given = value if joined else "".join(words[index + 1 : index + 2])
            found = "" if given.startswith("-") else find_named_secret(name, given)
            if found:
                return found
    return ""


def _list_annotation_secrets(path: str, annotations: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    for name, value in annotations.items():
        if isinstance(value, str):
            found = find_named_secret(str(name), value) or find_secret_shape(value)
            if found:
                yield f"{path}.{format_path(('metadata', 'annotations', str(name)))}".lstrip("."), found


CONTENT_POLICIES: tuple[Policy, ...] = (
    Policy(
        "image-not-pinned",
        Severity.ERROR,
        "What runs then depends on when a node pulled it, and a rollback cannot go back.",
        "Name a version, or better a digest.",
        _find_moving_images,
    ),
    Policy(
        "secret-in-configmap",
        Severity.ERROR,
        "ConfigMaps are not encrypted at rest, and roles that read them are given freely.",
        "Put it into a Secret, and refer to that.",
        _find_in_config_maps,
    ),
    Policy(
        "secret-in-pod",
        Severity.ERROR,
        "Literals in a pod template are in every revision, in Helm's history and in `kubectl describe`.",
        "Put it into a Secret, and refer to that with secretKeyRef.",
        _find_in_pods,
    ),
    Policy(
        "secret-in-annotation",
        Severity.ERROR,
        "Annotations are shown to whoever can list the object, and are in no role's list of secrets.",
        "Put it into a Secret, and name that.",
        _find_in_annotations,
    ),
)
