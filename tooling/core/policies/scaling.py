"""Policies on autoscalers, disruption budgets and jobs: what changes the number of pods."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from tooling.core.finding import Severity
from tooling.core.policies.bundle import Bundle, Entry, Workload, child, whole
from tooling.core.policies.gpu import list_gpu_workloads
from tooling.core.policies.operators import find_open_namespaces
from tooling.core.policies.policy import Faults, Policy
from tooling.core.policies.rolling import Replicas, count_share, read_replicas
from tooling.core.policies.scalers import Resource, Scaler, list_scalers, map_scalers
from tooling.core.policies.selectors import list_names, name_one, suggest, write_selector

_BUILTIN_TARGETS = frozenset({"Deployment", "StatefulSet", "ReplicaSet", "ReplicationController"})


def _find_without_target(bundle: Bundle) -> Faults:
    known = {kind: list_names(bundle, kind) for kind in sorted(_BUILTIN_TARGETS)}
    for scaler in list_scalers(bundle):
        kind, namespace, name = scaler.target
        around = known.get(kind, {}).get(namespace)
        if around and name not in around:
            text = f"scales {kind} {name}, which no manifest here makes."
            yield scaler.ref, "spec.scaleTargetRef", f"{text} {name_one(name, around)}"


def _find_without_metric(bundle: Bundle) -> Faults:
    for scaler in list_scalers(bundle):
        if scaler.is_blind:
            text = "has nothing to go by, so the number of pods never changes."
            yield scaler.ref, "spec.triggers", f"{text} Write triggers: [{{type: prometheus, metadata: ...}}]."
        for path, text in scaler.faults:
            yield scaler.ref, path, text
        workload = bundle.find_workload(*scaler.target)
        for resource in scaler.resources if workload is not None else ():
            missing = _find_no_request(workload, resource) if workload is not None else None
            if missing is not None:
                text = f"goes by a share of the {resource.name} request, and container {missing} requests none."
                yaml = f"resources: {{requests: {{{resource.name}: ...}}}} in {workload.ref if workload else ''}"
                yield scaler.ref, resource.path, f"{text} Write {yaml}."


def _find_no_request(workload: Workload, resource: Resource) -> str | None:
    """Return the first container without the request that a share is taken of; a limit alone sets it too."""
    for container in workload.main:
        if resource.container not in ("", container.name) or not resource.is_share:
            continue
        if not {**container.quantities("limits"), **container.quantities("requests")}.get(resource.name):
            return container.name
    return None


def _find_bounds(bundle: Bundle) -> Faults:
    for scaler in list_scalers(bundle):
        if scaler.least > scaler.most:
            text = f"at least {scaler.least} and at most {scaler.most} pods: the API server refuses this."
            names = ("minReplicaCount", "maxReplicaCount") if scaler.ref.kind == "ScaledObject" else _BOUNDS
            yield scaler.ref, f"spec.{names[0]}", f"{text} Write {names[1]}: {scaler.least}."


_BOUNDS = ("minReplicas", "maxReplicas")


def _find_rivals(bundle: Bundle) -> Faults:
    for target, scalers in map_scalers(bundle).items():
        for other in scalers[1:]:
            text = f"scales {target[0]} {target[2]}, and so does {scalers[0].ref}: they undo each other's work."
            yield other.ref, "spec.scaleTargetRef", f"{text} Write both metrics into one of them."


def _find_fixed(bundle: Bundle) -> Faults:
    for target, scalers in map_scalers(bundle).items():
        workload = bundle.find_workload(*target)
        if workload is not None and "replicas" in workload.spec:
            text = f"is set while {scalers[0].ref} scales it: each release takes it back to {_count(workload)}."
            yield workload.ref, "spec.replicas", f"{text} Write no replicas at all."


def _count(workload: Workload) -> str:
    return str(whole(workload.spec.get("replicas")))


def _find_by_processor(bundle: Bundle) -> Faults:
    with_gpus = {workload.ref for workload, _ in list_gpu_workloads(bundle)}
    for scaler in list_scalers(bundle):
        workload = bundle.find_workload(*scaler.target)
        if workload is None or workload.ref not in with_gpus or not _goes_by_processor_only(scaler):
            continue
        path = scaler.resources[0].path
        text = f"goes by CPU or memory alone, and {workload.ref} works on GPUs, whose load neither shows."
        yaml = "a metric of the engine, such as its queue: metrics: [{type: Pods, pods: ...}]"
        yield scaler.ref, path, f"{text} Write {yaml}."


def _goes_by_processor_only(scaler: Scaler) -> bool:
    return bool(scaler.resources) and not scaler.metrics and not scaler.others


def _list_budgets(bundle: Bundle) -> Iterator[tuple[Entry, tuple[Workload, ...]]]:
    """Return each budget with what makes its pods; budgets with one selector share one tuple of them."""
    selected: dict[tuple[str, str], tuple[Workload, ...]] = {}
    for entry in bundle.list_kind("PodDisruptionBudget"):
        selector = entry.spec.get("selector")
        # An empty selector takes every pod of the namespace; in the beta, as without one, it took none.
        if not isinstance(selector, Mapping) or not (selector or entry.ref.api_version == "policy/v1"):
            yield entry, ()
            continue
        key = (entry.ref.namespace, repr(selector))
        if key not in selected:
            selected[key] = bundle.select(entry.ref.namespace, selector)
        yield entry, selected[key]


def _find_blocked_drains(bundle: Bundle) -> Faults:
    scalers = map_scalers(bundle)
    replicas = {(one.ref.index, one.path): read_replicas(one, scalers) for one in bundle.workloads}
    for entry, pods in _list_budgets(bundle):
        if "maxUnavailable" in entry.spec:
            if count_share(entry.spec["maxUnavailable"], 100, is_up=True) == 0:
                text = "allows no pod to go, so a node with one of them is never drained."
                yield entry.ref, "spec.maxUnavailable", f"{text} Write maxUnavailable: 1."
        elif "minAvailable" in entry.spec:
            blocked = _explain_block(
                entry.spec["minAvailable"], [replicas[one.ref.index, one.path] for one in pods]
            )
            if blocked:
                yield entry.ref, "spec.minAvailable", f"{blocked} Write maxUnavailable: 1 in its place."


def _explain_block(wanted: object, counts: Sequence[Replicas | None]) -> str:
    """Say why so many pods that stay leave none to go; empty where one may, or only a cluster knows."""
    known = [one for one in counts if one is not None]
    total = sum(one.least for one in known)
    least = count_share(wanted, total, is_up=True)
    if not total or len(known) < len(counts) or least is None or least < total:
        return ""
    scaler = next((one.scaler for one in known if one.scaler), "")
    there = "there is 1" if total == 1 else f"there are {total}"
    why = f"{scaler} goes down to {total}" if scaler else there
    return f"wants {wanted} to stay and {why}, so a node is never drained."


def _find_idle_budgets(bundle: Bundle) -> Faults:
    unsure = find_open_namespaces(bundle)
    for entry, pods in _list_budgets(bundle):
        namespace = entry.ref.namespace
        if not pods and child(entry.spec, "selector") and namespace not in unsure and bundle.has_pods(namespace):
            selector = child(entry.spec, "selector")
            text = f"selects no pod of any manifest here: {write_selector(selector)}."
            yield entry.ref, "spec.selector", f"{text} {suggest(bundle, namespace, selector)}"


def _find_overlaps(bundle: Bundle) -> Faults:
    first: dict[tuple[int, str], Entry] = {}
    for entry, pods in _list_budgets(bundle):
        for pod in pods:
            other = first.setdefault((pod.ref.index, pod.path), entry)
            if other is not entry:
                text = f"covers {pod.ref}, and so does {other.ref}: the eviction of such a pod fails."
                yield entry.ref, "spec.selector", f"{text} Write selectors that share no pod."
                break


def _find_endless(bundle: Bundle) -> Faults:
    for workload in bundle.workloads:
        kind = workload.ref.kind
        if kind not in ("Job", "CronJob"):
            continue
        path = "spec.jobTemplate.spec" if kind == "CronJob" else "spec"
        job = child(workload.manifest, *path.split("."))
        if "activeDeadlineSeconds" not in job and "activeDeadlineSeconds" not in workload.pod:
            text = "is missing: a Job that hangs is never ended, and keeps what it holds."
            yield workload.ref, f"{path}.activeDeadlineSeconds", f"{text} Write activeDeadlineSeconds: 3600."


def _find_piling(bundle: Bundle) -> Faults:
    for entry in bundle.list_kind("CronJob"):
        if entry.ref.group == "batch" and entry.spec.get("concurrencyPolicy", "Allow") == "Allow":
            text = "starts a run while the one before still goes, so slow runs pile up."
            yield entry.ref, "spec.concurrencyPolicy", f"{text} Write concurrencyPolicy: Forbid."


SCALING_POLICIES: tuple[Policy, ...] = (
    Policy(
        "scaler-without-target",
        Severity.ERROR,
        "An autoscaler of something that is not there scales nothing.",
        "Let scaleTargetRef name a Deployment or StatefulSet of the same release.",
        _find_without_target,
    ),
    Policy(
        "scaler-without-metric",
        Severity.ERROR,
        "Without a metric, or without the request that a share is taken of, the number of pods stays as it is.",
        "Name a metric; for shares of CPU or memory every container of the pod needs the request.",
        _find_without_metric,
    ),
    Policy(
        "scaler-bounds",
        Severity.ERROR,
        "The least is above the most.",
        "Swap or raise them.",
        _find_bounds,
    ),
    Policy(
        "scaler-rivals",
        Severity.ERROR,
        "Two autoscalers of one workload set its scale in turn, and pods come and go.",
        "Keep one, with the metrics of both.",
        _find_rivals,
    ),
    Policy(
        "scaler-fights-replicas",
        Severity.WARNING,
        "A fixed number of replicas in the manifest undoes the autoscaler's work at every release.",
        "Leave spec.replicas out of what an autoscaler scales.",
        _find_fixed,
    ),
    Policy(
        "scaler-by-cpu-on-gpu",
        Severity.WARNING,
        "The CPU of a pod that computes on a GPU is idle or busy whatever the load, so it scales at random.",
        "Go by a metric of the engine: waiting requests, or time to the first token.",
        _find_by_processor,
    ),
    Policy(
        "budget-blocks-drain",
        Severity.ERROR,
        "Node upgrades evict pods; a budget that never allows one stops them, and the autoscaler of nodes too.",
        "Allow one pod to go (maxUnavailable: 1), or run one more replica.",
        _find_blocked_drains,
    ),
    Policy(
        "budget-without-pods",
        Severity.WARNING,
        "A budget that selects no pod protects none.",
        "Let the selector name labels of the pod template.",
        _find_idle_budgets,
    ),
    Policy(
        "budget-overlap",
        Severity.ERROR,
        "A pod with two budgets cannot be evicted: the API server answers with an error, and drains stop.",
        "Keep one budget for each pod.",
        _find_overlaps,
    ),
    Policy(
        "job-without-deadline",
        Severity.WARNING,
        "A Job that waits for something that never comes holds its node, or its GPU, for good.",
        "Set activeDeadlineSeconds.",
        _find_endless,
    ),
    Policy(
        "cronjob-piles-up",
        Severity.WARNING,
        "Runs that overlap compete for the same model and write the same results.",
        "Set concurrencyPolicy: Forbid, or Replace.",
        _find_piling,
    ),
)
