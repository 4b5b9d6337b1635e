"""Policies on pods that ask for GPUs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from tooling.core.finding import Severity
from tooling.core.policies.bundle import Bundle, Container, Workload, child, rows
from tooling.core.policies.policy import Faults, Policy
from tooling.core.policies.requests import is_gpu, read_pod_requests
from tooling.core.policies.rolling import read_rolling
from tooling.core.quantity import parse_quantity


def read_gpus(container: Container) -> dict[str, Decimal]:
    """Return the GPUs that a container gets, by resource; a limit counts, and a request where there is none."""
    asked = {**container.quantities("requests"), **container.quantities("limits")}
    found = {str(name): parse_quantity(amount) for name, amount in asked.items() if is_gpu(str(name))}
    return {name: amount for name, amount in found.items() if amount}


def list_gpu_workloads(bundle: Bundle) -> Iterator[tuple[Workload, dict[str, Decimal]]]:
    """Return what makes pods with GPUs, with the GPUs of each pod."""
    for workload in bundle.workloads:
        gpus = {name: amount for name, amount in read_pod_requests(workload).items() if is_gpu(name)}
        if gpus:
            yield workload, gpus


def _find_unlimited(bundle: Bundle) -> Faults:
    for workload in bundle.workloads:
        for container in workload.containers:
            limits = container.quantities("limits")
            for name, asked in container.quantities("requests").items():
                request, limit = parse_quantity(asked), parse_quantity(limits.get(name))
                if not is_gpu(str(name)) or not request or request == limit:
                    continue
                path = f"{container.path}.resources.limits"
                wrong = f"the limit is {limits[name]}" if name in limits else "there is no limit"
                text = f"{asked} of {name} are requested and {wrong}: the API server refuses this pod."
                yield workload.ref, path, f"{text} Write limits: {{{name}: {asked}}}."


def _find_fractions(bundle: Bundle) -> Faults:
    for workload in bundle.workloads:
        for container in workload.containers:
            for name, amount in read_gpus(container).items():
                if amount != amount.to_integral_value():
                    path = f"{container.path}.resources.limits"
                    text = f"{amount.normalize():f} of {name} is no whole number, which a device has to be."
                    yield (
                        workload.ref,
                        path,
                        f"{text} Write limits: {{{name}: 1}}, or share by time slices or MIG.",
                    )


def _find_untolerated(bundle: Bundle) -> Faults:
    for workload, gpus in list_gpu_workloads(bundle):
        tolerations = tuple(rows(workload.pod, "tolerations"))
        for name in gpus:
            taint = "nvidia.com/gpu" if name.startswith("nvidia.com/") else name
            if not any(_tolerates(each, taint) for each in tolerations):
                yaml = f"tolerations: [{{key: {taint}, operator: Exists, effect: NoSchedule}}]"
                text = f"asks for {name} and tolerates no taint of GPU nodes, so it waits where they are tainted."
                yield workload.ref, f"{workload.path}.tolerations", f"{text} Write {yaml}."
                break


_EFFECT = "NoSchedule"


def _tolerates(toleration: Mapping[str, Any], taint: str) -> bool:
    """Whether a toleration is meant for these nodes: pools carry the vendor's taint, or one of their own name."""
    key = str(toleration.get("key") or "")
    if not key:
        # Their taint is NoSchedule; no effect means every one.
        return toleration.get("operator") == "Exists" and (toleration.get("effect") or _EFFECT) == _EFFECT
    return key == taint or ("gpu" in key.lower() and not is_gpu(key))


def _find_surging(bundle: Bundle) -> Faults:
    for workload, gpus in list_gpu_workloads(bundle):
        rolling = read_rolling(workload)
        if rolling is None or rolling.unavailable or not rolling.surge:
            continue
        names = ", ".join(sorted(gpus))
        path = (
            "spec.strategy.rollingUpdate" if child(workload.spec, "strategy", "rollingUpdate") else "spec.strategy"
        )
        text = f"an update starts {rolling.surge} more before one goes: with no {names} to spare it never ends."
        yield workload.ref, path, f"{text} Write strategy: {{rollingUpdate: {{maxSurge: 0, maxUnavailable: 1}}}}."


GPU_POLICIES: tuple[Policy, ...] = (
    Policy(
        "gpu-without-limit",
        Severity.ERROR,
        "GPUs cannot be overcommitted: Kubernetes refuses a pod whose request has no limit equal to it.",
        "Set resources.limits for the GPU; the request follows it.",
        _find_unlimited,
    ),
    Policy(
        "gpu-not-whole",
        Severity.ERROR,
        "Devices are handed out whole: a pod that asks for half of one is refused.",
        "Ask for a whole number; to share a GPU, use MIG or time slices, which are resources of their own.",
        _find_fractions,
    ),
    Policy(
        "gpu-without-toleration",
        Severity.WARNING,
        "GPU nodes are usually tainted, so that nothing else takes their place; such a pod then stays Pending.",
        "Add a toleration for the taint of the GPU nodes, such as nvidia.com/gpu.",
        _find_untolerated,
    ),
    Policy(
        "gpu-update-needs-spare",
        Severity.WARNING,
        "An update that starts the new pod before the old one goes waits forever when every GPU is in use.",
        "Set maxSurge: 0 and maxUnavailable: 1, or keep as many GPUs free as the surge takes.",
        _find_surging,
    ),
)
