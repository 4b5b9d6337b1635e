"""Policies on objects that do not fit together: names in one place that another place does not have."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tooling.core.finding import Severity
from tooling.core.policies.bundle import Bundle, Container, Ref, Workload, child, numbered, rows
from tooling.core.policies.policy import Faults, Policy
from tooling.core.policies.rolling import read_replicas, read_rolling
from tooling.core.policies.scalers import map_scalers

_PROBES = ("startupProbe", "readinessProbe", "livenessProbe")
_SHARED_MODES = frozenset({"ReadWriteMany", "ReadOnlyMany"})
_SELECTING = frozenset({"Deployment", "StatefulSet", "DaemonSet", "ReplicaSet"})


def _find_duplicates(bundle: Bundle) -> Faults:
    first: dict[tuple[str, str, str, str], Ref] = {}
    for entry in bundle.entries:
        ref = entry.ref
        if ref.name and not child(entry.manifest, "metadata").get("generateName"):
            known = first.setdefault((ref.group, ref.kind, ref.namespace, ref.name), ref)
            if known is not ref:
                text = f"there are two of the name {ref.name}: one replaces the other, or the install fails."
                yield ref, "metadata.name", f"{text} Write another name, or drop one."


def _find_mismatches(bundle: Bundle) -> Faults:
    for workload in bundle.workloads:
        selector = child(workload.spec, "selector")
        labels = child(selector, "matchLabels")
        if workload.ref.kind not in _SELECTING or not labels:
            continue
        wrong = {str(key): str(value) for key, value in labels.items() if workload.labels.get(key) != str(value)}
        if wrong:
            yaml = ", ".join(f"{key}: {value}" for key, value in wrong.items())
            text = "asks for labels that its own pods do not have: the API server refuses this."
            path = f"{workload.template_path}.metadata.labels"
            yield workload.ref, "spec.selector.matchLabels", f"{text} Write {{{yaml}}} in {path}."


def _find_lost_mounts(bundle: Bundle) -> Faults:
    for workload in bundle.workloads:
        templates = (
            str(child(one, "metadata").get("name")) for one in rows(workload.spec, "volumeClaimTemplates")
        )
        names = {*templates, *(str(volume.get("name")) for volume in rows(workload.pod, "volumes"))}
        for container in workload.containers:
            for index, mount in numbered(container.spec, "volumeMounts"):
                if str(mount.get("name")) not in names:
                    text = f"mounts volume {mount.get('name')}, which the pod does not have."
                    yaml = f"volumes: [{{name: {mount.get('name')}, emptyDir: {{}}}}], or the name of one there"
                    yield workload.ref, f"{container.path}.volumeMounts[{index}]", f"{text} Write {yaml}."


def _find_lost_probes(bundle: Bundle) -> Faults:
    for workload in bundle.workloads:
        for container in workload.containers:
            names = {str(port["name"]) for port in rows(container.spec, "ports") if port.get("name")}
            for path, port in _list_probe_ports(container):
                if port not in names and not port.isdecimal():
                    known = ", ".join(sorted(names)) or "none"
                    text = f"asks port {port}, which container {container.name} does not name; it names {known}."
                    yield workload.ref, path, f"{text} Write the name of one of its ports, or a number."


def _list_probe_ports(container: Container) -> Iterator[tuple[str, str]]:
    for probe in _PROBES:
        for handler in ("httpGet", "tcpSocket"):
            port = child(container.spec, probe, handler).get("port")
            if isinstance(port, str):
                yield f"{container.path}.{probe}.{handler}.port", port


def _find_single_writers(bundle: Bundle) -> Faults:
    scalers = map_scalers(bundle)
    for workload in bundle.workloads:
        replicas = read_replicas(workload, scalers) if workload.ref.kind == "Deployment" else None
        for index, claim in _list_claims(bundle, workload):
            path = f"{workload.path}.volumes[{index}].persistentVolumeClaim"
            name = child(claim, "metadata").get("name")
            rolling = read_rolling(workload)
            if replicas is not None and replicas.most > 1:
                text = f"{replicas.most} pods share claim {name}, which one node mounts at a time."
                yield workload.ref, path, f"{text} Write accessModes: [ReadWriteMany] there, or replicas: 1."
            elif rolling is not None and rolling.surge and not rolling.unavailable:
                text = (
                    f"an update starts its pod while the old one holds claim {name}: elsewhere it waits forever."
                )
                yield workload.ref, path, f"{text} Write strategy: {{type: Recreate}}."


def _list_claims(bundle: Bundle, workload: Workload) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """List the claims among the manifests that a Deployment mounts and only one node can."""
    if workload.ref.kind != "Deployment":
        return
    for index, volume in numbered(workload.pod, "volumes"):
        name = child(volume, "persistentVolumeClaim").get("claimName")
        entry = bundle.find("PersistentVolumeClaim", workload.ref.namespace, str(name)) if name else None
        modes = entry.spec.get("accessModes") if entry is not None else None
        if entry is not None and isinstance(modes, list) and modes and _SHARED_MODES.isdisjoint(map(str, modes)):
            yield index, entry.manifest


POD_POLICIES: tuple[Policy, ...] = (
    Policy(
        "duplicate-object",
        Severity.ERROR,
        "Of two objects with one name only one can be.",
        "Rename one of them, or drop it.",
        _find_duplicates,
    ),
    Policy(
        "selector-mismatch",
        Severity.ERROR,
        "A workload has to select its own pods.",
        "Write the labels of the selector into the pod template too.",
        _find_mismatches,
    ),
    Policy(
        "mount-without-volume",
        Severity.ERROR,
        "A pod that mounts a volume it does not have is refused.",
        "Add the volume to the pod, or mend the name.",
        _find_lost_mounts,
    ),
    Policy(
        "probe-port-unknown",
        Severity.ERROR,
        "A probe of a port that has another name always fails: the pod is never ready, or always killed.",
        "Let the probe name a port of its own container.",
        _find_lost_probes,
    ),
    Policy(
        "claim-single-writer",
        Severity.WARNING,
        "A ReadWriteOnce volume is at one node: pods elsewhere that want it never start.",
        "Use ReadWriteMany, a StatefulSet with a claim each, or one replica with strategy Recreate.",
        _find_single_writers,
    ),
)
