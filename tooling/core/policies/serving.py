"""Policies on pods that serve a model: memory, probes, and the time to end."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from decimal import Decimal
from typing import Any

from tooling.core.finding import Severity
from tooling.core.policies.bundle import Bundle, Container, Ref, Workload, child, rows, whole
from tooling.core.policies.engines import EngineUse, find_engines, is_inference, read_flag, read_words
from tooling.core.policies.gpu import read_gpus
from tooling.core.policies.policy import Faults, Policy
from tooling.core.quantity import format_bytes, parse_quantity, write_bytes

PEAK = "genai-stack/peak-memory"
"""Annotation of a pod template: the most memory that its server takes, as a quantity."""

_HEADROOM = Decimal("1.2")
_PROBES = ("readinessProbe", "livenessProbe", "startupProbe")
_HANDLERS = ("exec", "httpGet", "tcpSocket", "grpc")
_SHM = "/dev/shm"  # noqa: S108 (where workers share memory, nothing of ours)
_LOADING = 300
"""Seconds that weights of some gigabytes take to load, at the least."""

_PATIENT = 30
"""Seconds of slow answers that a batch of long prompts causes in an engine that is well."""


def _find_under_peak(bundle: Bundle) -> Faults:
    engines = {(use.workload.ref, use.container.path) for use in find_engines(bundle)}
    for workload in bundle.workloads:
        peak = parse_quantity(workload.annotations.get(PEAK))
        server = _choose_server(workload, engines)
        if not peak or server is None:
            continue
        limit = parse_quantity(server.quantities("limits").get("memory"))
        if limit is None or limit < peak * _HEADROOM:
            wrong = "there is no memory limit" if limit is None else f"the limit is {format_bytes(limit)}"
            text = f"{wrong}, and the pod's annotation {PEAK} says that {format_bytes(peak)} are used."
            yaml = f"limits: {{memory: {write_bytes(peak * _HEADROOM)}}}"
            yield workload.ref, f"{server.path}.resources.limits.memory", f"{text} Write {yaml}."


def _choose_server(workload: Workload, engines: Collection[tuple[Ref, str]]) -> Container | None:
    """Choose the container that a peak is of: an engine, then no sidecar, then one with a GPU."""

    def rank(one: Container) -> tuple[bool, bool, bool]:
        return (workload.ref, one.path) not in engines, one.is_init, not read_gpus(one)

    return min(workload.main, key=rank, default=None)


def _find_no_headroom(bundle: Bundle) -> Faults:
    for use in find_engines(bundle):
        asked = use.container.quantities("requests").get("memory")
        request, limit = parse_quantity(asked), parse_quantity(use.container.quantities("limits").get("memory"))
        if PEAK in use.workload.annotations or request is None or limit is None:
            continue
        # Equal to the request means that the node keeps it free; it says nothing of what is used.
        if request < limit < request * _HEADROOM:
            text = (
                f"the limit {format_bytes(limit)} is less than 20 % above the {format_bytes(request)} requested."
            )
            yaml = f"limits: {{memory: {write_bytes(request * _HEADROOM)}}}"
            path = f"{use.container.path}.resources.limits.memory"
            yield use.workload.ref, path, f"{text} Write {yaml}."


def _find_shallow_probes(bundle: Bundle) -> Faults:
    for use in find_engines(bundle):
        probes = [child(use.container.spec, probe) for probe in _PROBES[:2]]
        if any(probe and is_inference(use.engine, probe) for probe in probes):
            continue
        path = f"{use.container.path}.readinessProbe"
        what = f"looks at {_describe(probes[0])}" if probes[0] else "is missing"
        text = f"{what}: {use.engine.name} that hangs in its first token still passes."
        yaml = "readinessProbe: {exec: {command: [...]}} with a completion of one token"
        yield use.workload.ref, path, f"{text} Write {yaml}."


def _describe(probe: Mapping[str, Any]) -> str:
    if child(probe, "httpGet"):
        return str(child(probe, "httpGet").get("path") or "/")
    return "a port" if child(probe, "tcpSocket") else "the process" if child(probe, "exec") else "a health service"


def _find_no_startup(bundle: Bundle) -> Faults:
    for use in find_engines(bundle):
        liveness = child(use.container.spec, "livenessProbe")
        allowed = _count_patience(liveness) + whole(liveness.get("initialDelaySeconds"))
        if liveness and "startupProbe" not in use.container.spec and allowed < _LOADING:
            text = f"is missing, so the livenessProbe kills {use.engine.name} when loading takes over {allowed} s."
            probe = next((name for name in _HANDLERS if name in liveness), "httpGet")
            yaml = f"startupProbe: {{{probe}: as in livenessProbe, periodSeconds: 10, failureThreshold: 60}}"
            yield use.workload.ref, f"{use.container.path}.startupProbe", f"{text} Write {yaml}."


def _find_nervous(bundle: Bundle) -> Faults:
    for use in find_engines(bundle):
        liveness = child(use.container.spec, "livenessProbe")
        timeout, patience = whole(liveness.get("timeoutSeconds"), 1), _count_patience(liveness)
        if liveness and timeout <= 1 and patience <= _PATIENT:
            text = f"kills {use.engine.name} after {patience} s of answers over {timeout} s, which load causes."
            yaml = "livenessProbe: {timeoutSeconds: 15, periodSeconds: 15, failureThreshold: 3}"
            yield use.workload.ref, f"{use.container.path}.livenessProbe", f"{text} Write {yaml}."


def _find_same_probes(bundle: Bundle) -> Faults:
    for use in find_engines(bundle):
        ready, live = (child(use.container.spec, probe) for probe in _PROBES[:2])
        same = any(name in ready and ready[name] == live.get(name) for name in _HANDLERS)
        if same and _count_patience(live) <= _count_patience(ready):
            text = "asks the same as the readinessProbe and no longer: a pod out of service is killed at once."
            yaml = "livenessProbe: {failureThreshold: 6}, or another question"
            yield use.workload.ref, f"{use.container.path}.livenessProbe", f"{text} Write {yaml}."


def _count_patience(probe: Mapping[str, Any]) -> int:
    """Count the seconds of failures after which a probe acts."""
    return whole(probe.get("periodSeconds"), 10) * whole(probe.get("failureThreshold"), 3)


def _find_short_grace(bundle: Bundle) -> Faults:
    drains = {(use.workload.ref, use.container.path): _read_drain(use) for use in find_engines(bundle)}
    for workload in bundle.workloads:
        grace = whole(workload.pod.get("terminationGracePeriodSeconds"), 30)
        for container in workload.main:
            pause = _read_pause(container)
            drain = drains.get((workload.ref, container.path)) or _read_server_drain(container)
            if grace < pause + drain or (pause and grace == pause):
                text = f"{grace} s end before the drain: {pause} s of preStop and {drain} s of the server's own."
                path = f"{workload.path}.terminationGracePeriodSeconds"
                yaml = f"terminationGracePeriodSeconds: {pause + drain + 5}"
                yield workload.ref, path, f"{text} Write {yaml}."
                break


def _read_drain(use: EngineUse) -> int:
    return read_flag(use.words, use.engine.drains) or 0


def _read_server_drain(container: Container) -> int:
    """Read what web servers for Python wait for; flags of the same name mean other units elsewhere."""
    words = read_words(container)
    names = {word.rpartition("/")[2] for word in words}
    if "uvicorn" in names:
        return read_flag(words, ("--timeout-graceful-shutdown",)) or 0
    return (read_flag(words, ("--graceful-timeout",)) or 0) if "gunicorn" in names else 0


def _read_pause(container: Container) -> int:
    stop = child(container.spec, "lifecycle", "preStop")
    command = child(stop, "exec").get("command")
    text = " ".join(map(str, command)) if isinstance(command, list) else ""
    slept = re.findall(r"\bsleep (\d{1,5})\b", text)
    return whole(child(stop, "sleep").get("seconds")) + sum(map(int, slept))


def _find_no_shm(bundle: Bundle) -> Faults:
    for use in find_engines(bundle):
        pieces = read_flag(use.words, use.engine.shards) or 1
        if pieces < 2 or use.workload.pod.get("hostIPC") is True or _has_shm(use.workload, use.container):
            continue
        text = f"has no /dev/shm of its own, and the {pieces} workers of {use.engine.name} talk through it: 64 MiB"
        yaml = "volumes: [{name: shm, emptyDir: {medium: Memory, sizeLimit: 8Gi}}] and mount it at /dev/shm"
        yield use.workload.ref, f"{use.container.path}.volumeMounts", f"{text} are the default. Write {yaml}."


def _has_shm(workload: Workload, container: Container) -> bool:
    mounted = {
        str(one.get("name")) for one in rows(container.spec, "volumeMounts") if one.get("mountPath") == _SHM
    }
    return any(str(volume.get("name")) in mounted for volume in rows(workload.pod, "volumes"))


ENGINE_POLICIES: tuple[Policy, ...] = (
    Policy(
        "memory-under-peak",
        Severity.ERROR,
        "The kernel kills a server at its memory limit, in the middle of every request that it answers.",
        f"Set the memory limit to the peak and 20 %; the peak is the pod annotation {PEAK}.",
        _find_under_peak,
    ),
    Policy(
        "memory-headroom",
        Severity.WARNING,
        "An engine's memory grows with context and load; a limit just above what it asks for is soon reached.",
        "Leave 20 % between request and limit, or make them equal and annotate the measured peak.",
        _find_no_headroom,
    ),
    Policy(
        "probe-without-inference",
        Severity.WARNING,
        "An engine whose GPU hangs still answers its health endpoint, so it stays in service and answers nobody.",
        "Let readiness or liveness ask for one token.",
        _find_shallow_probes,
    ),
    Policy(
        "engine-without-startup-probe",
        Severity.WARNING,
        "Loading weights takes minutes; a liveness probe that starts at once restarts the engine over and over.",
        "Add a startupProbe that allows for the slowest load.",
        _find_no_startup,
    ),
    Policy(
        "liveness-trips-under-load",
        Severity.WARNING,
        "A full batch slows every answer; when that alone kills pods, the others get their load and follow.",
        "Give the livenessProbe of an engine several seconds to answer, and several tries.",
        _find_nervous,
    ),
    Policy(
        "liveness-equals-readiness",
        Severity.WARNING,
        "Readiness lets a busy pod recover out of service; the same question in liveness kills it first.",
        "Let liveness wait longer than readiness, or ask something else.",
        _find_same_probes,
    ),
    Policy(
        "grace-below-drain",
        Severity.ERROR,
        "When the grace period ends the pod is killed, with the answers that it was still streaming.",
        "Set terminationGracePeriodSeconds above the preStop pause and the server's own drain together.",
        _find_short_grace,
    ),
    Policy(
        "engine-without-shm",
        Severity.WARNING,
        "Workers of a model on several GPUs share memory in /dev/shm, which is 64 MiB unless a volume says more.",
        "Mount an emptyDir with medium: Memory at /dev/shm.",
        _find_no_shm,
    ),
)
