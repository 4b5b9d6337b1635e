"""The questions that kube-linter asks by default, each by the name that the tool has for it.

The tool itself cannot be built here (docs/charts-scan.md); test_linter_checks.py asks these of the chart.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from tests.charts.rendering import Manifest, find_template, identify, is_hook

Pod = Mapping[str, Any]
Container = Mapping[str, Any]

UNTAGGED = re.compile(r".*:latest|[^:]*|.*/[^:]+")
"""An image without a version; a registry may have a port."""
SENSITIVE = re.compile(r"/(boot|dev|etc|lib|proc|sys|usr)?")
UNSAFE_SYSCTLS = ("kernel.msg", "kernel.sem", "kernel.shm", "fs.mqueue.", "net.")
PROBES = {"liveness-port": "livenessProbe", "readiness-port": "readinessProbe", "startup-port": "startupProbe"}


def walk_workloads(manifests: Iterable[Manifest]) -> Iterator[tuple[Manifest, Pod]]:
    for manifest in manifests:
        if find_template(manifest):
            yield manifest, find_template(manifest)["spec"]


def walk_containers(pod: Pod) -> Iterator[Container]:
    yield from pod.get("initContainers") or ()
    yield from pod["containers"]


def of_pods(ask: Callable[[Pod], bool]) -> Callable[[tuple[Manifest, ...]], Iterator[str]]:
    """A check that finds the workloads with a pod of which `ask` is true."""
    return lambda manifests: (identify(each) for each, pod in walk_workloads(manifests) if ask(pod))


def of_containers(ask: Callable[[Container], bool]) -> Callable[[tuple[Manifest, ...]], Iterator[str]]:
    """A check that finds the workloads with a container of which `ask` is true."""
    return of_pods(lambda pod: any(map(ask, walk_containers(pod))))


def mounts_host(pattern: re.Pattern[str]) -> Callable[[Pod], bool]:
    """Whether a volume is a folder of the node that fits the pattern."""

    def ask(pod: Pod) -> bool:
        paths = [volume["hostPath"]["path"] for volume in pod.get("volumes") or () if "hostPath" in volume]
        return any(pattern.fullmatch(path) for path in paths)

    return ask


def read_context(container: Container) -> Mapping[str, Any]:
    context: Mapping[str, Any] = container.get("securityContext") or {}
    return context


def lacks_resource(name: str) -> Callable[[Container], bool]:
    def ask(container: Container) -> bool:
        resources = container.get("resources") or {}
        return any(name not in (resources.get(kind) or {}) for kind in ("requests", "limits"))

    return ask


def has_probe_at_no_port(key: str) -> Callable[[Container], bool]:
    """Whether a probe goes to a port that the container does not name among its own."""

    def ask(container: Container) -> bool:
        own = {port.get(name) for port in container.get("ports") or () for name in ("name", "containerPort")}
        probe = container.get(key) or {}
        asked = [probe[way]["port"] for way in ("httpGet", "tcpSocket", "grpc") if way in probe]
        return not set(asked) <= own

    return ask


def find_dangling(manifests: tuple[Manifest, ...]) -> Iterator[str]:
    labels = [find_template(each)["metadata"]["labels"].items() for each, _ in walk_workloads(manifests)]
    for manifest in manifests:
        if manifest["kind"] == "Service" and manifest["spec"].get("type") != "ExternalName":
            selector = manifest["spec"].get("selector") or {"absent": ""}
            if not any(selector.items() <= each for each in labels):
                yield identify(manifest)


def find_mismatching(manifests: tuple[Manifest, ...]) -> Iterator[str]:
    for manifest, _ in walk_workloads(manifests):
        if manifest["kind"] in ("Deployment", "StatefulSet"):
            selector = manifest["spec"]["selector"]["matchLabels"]
            if not selector.items() <= find_template(manifest)["metadata"]["labels"].items():
                yield identify(manifest)


def find_crowded(manifests: tuple[Manifest, ...]) -> Iterator[str]:
    """Servers of which two pods may stand on one node; also those in slots, which render no number of pods."""
    for manifest, pod in walk_workloads(manifests):
        is_server = manifest["kind"] in ("Deployment", "StatefulSet")
        if is_server and manifest["spec"].get("replicas", 2) > 1:
            terms = (pod.get("affinity") or {}).get("podAntiAffinity") or {}
            hard = terms.get("requiredDuringSchedulingIgnoredDuringExecution") or []
            soft = terms.get("preferredDuringSchedulingIgnoredDuringExecution") or []
            labels = find_template(manifest)["metadata"]["labels"].items()
            found = [
                term
                for term in (*hard, *(each["podAffinityTerm"] for each in soft))
                if term["topologyKey"] == "kubernetes.io/hostname"
                and term["labelSelector"]["matchLabels"].items() <= labels
            ]
            if not found:
                yield identify(manifest)


def find_unknown_accounts(manifests: tuple[Manifest, ...]) -> Iterator[str]:
    made = {each["metadata"]["name"] for each in manifests if each["kind"] == "ServiceAccount"} | {"default"}
    for manifest, pod in walk_workloads(manifests):
        if pod.get("serviceAccountName", "default") not in made:
            yield identify(manifest)


def find_budgets(ask: Callable[[Mapping[str, Any]], bool]) -> Callable[[tuple[Manifest, ...]], Iterator[str]]:
    def find(manifests: tuple[Manifest, ...]) -> Iterator[str]:
        budgets = (each for each in manifests if each["kind"] == "PodDisruptionBudget")
        return (identify(each) for each in budgets if ask(each["spec"]))

    return find


def find_lasting_jobs(manifests: tuple[Manifest, ...]) -> Iterator[str]:
    for manifest in manifests:
        if (
            manifest["kind"] == "Job"
            and not is_hook(manifest)
            and "ttlSecondsAfterFinished" not in manifest["spec"]
        ):
            yield identify(manifest)


CHECKS: Mapping[str, Callable[[tuple[Manifest, ...]], Iterator[str]]] = {
    "dangling-service": find_dangling,
    "deprecated-service-account-field": of_pods(lambda pod: "serviceAccount" in pod),
    "docker-sock": of_pods(mounts_host(re.compile(".*docker.sock"))),
    "drop-net-raw-capability": of_containers(
        lambda each: not {"ALL", "NET_RAW"} & set((read_context(each).get("capabilities") or {}).get("drop") or ())
    ),
    "duplicate-env-var": of_containers(
        lambda each: len({env["name"] for env in each.get("env") or ()}) < len(each.get("env") or ())
    ),
    "env-var-secret": of_containers(
        lambda each: any("secret" in env["name"].lower() and env.get("value") for env in each.get("env") or ())
    ),
    "host-ipc": of_pods(lambda pod: bool(pod.get("hostIPC"))),
    "host-network": of_pods(lambda pod: bool(pod.get("hostNetwork"))),
    "host-pid": of_pods(lambda pod: bool(pod.get("hostPID"))),
    "job-ttl-seconds-after-finished": find_lasting_jobs,
    "latest-tag": of_containers(lambda each: bool(UNTAGGED.fullmatch(each["image"]))),
    "mismatching-selector": find_mismatching,
    "no-anti-affinity": find_crowded,
    "no-extensions-v1beta": lambda manifests: (
        identify(each) for each in manifests if each["apiVersion"].startswith("extensions/v1beta")
    ),
    "no-read-only-root-fs": of_containers(lambda each: not read_context(each).get("readOnlyRootFilesystem")),
    "non-existent-service-account": find_unknown_accounts,
    "pdb-max-unavailable": find_budgets(lambda spec: str(spec.get("maxUnavailable", 1)) in ("0", "0%")),
    "pdb-min-available": find_budgets(lambda spec: str(spec.get("minAvailable", 1)) == "100%"),
    "pdb-unhealthy-pod-eviction-policy": find_budgets(lambda spec: "unhealthyPodEvictionPolicy" not in spec),
    "privilege-escalation-container": of_containers(
        lambda each: read_context(each).get("allowPrivilegeEscalation") is not False
    ),
    "privileged-container": of_containers(lambda each: bool(read_context(each).get("privileged"))),
    **{check: of_containers(has_probe_at_no_port(key)) for check, key in PROBES.items()},
    "run-as-non-root": of_pods(
        lambda pod: (
            not all(
                {**(pod.get("securityContext") or {}), **read_context(each)}.get("runAsNonRoot")
                and {**(pod.get("securityContext") or {}), **read_context(each)}.get("runAsUser") != 0
                for each in walk_containers(pod)
            )
        )
    ),
    "sensitive-host-mounts": of_pods(mounts_host(SENSITIVE)),
    "ssh-port": of_containers(lambda each: any(port["containerPort"] == 22 for port in each.get("ports") or ())),
    "unsafe-sysctls": of_pods(
        lambda pod: any(
            each["name"].startswith(UNSAFE_SYSCTLS)
            for each in (pod.get("securityContext") or {}).get("sysctls") or ()
        )
    ),
    "unset-cpu-requirements": of_containers(lacks_resource("cpu")),
    "unset-memory-requirements": of_containers(lacks_resource("memory")),
}


def find_all(manifests: tuple[Manifest, ...]) -> dict[str, list[str]]:
    """What each check finds, by its name; nothing for those that pass."""
    found = {name: list(find(manifests)) for name, find in CHECKS.items()}
    return {name: faults for name, faults in found.items() if faults}
