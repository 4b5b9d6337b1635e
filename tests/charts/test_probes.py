"""Pods that serve are probed three ways, and end without losing requests."""

from __future__ import annotations

from tests.charts.rendering import Manifest, Stack, component_of, find_template, identify, is_server

KNOWN_TO_DRAIN = ("docker.io/vllm/", "docker.io/genaistack/")
DRAIN_FLAGS = ("--shutdown-timeout", "--drain-seconds")
PROBES = ("startupProbe", "readinessProbe", "livenessProbe")


def test_servers_have_all_three_probes_at_a_port_of_theirs(stack: Stack) -> None:
    for workload in stack.workloads:
        if not is_server(workload):
            continue
        container = find_template(workload)["spec"]["containers"][0]
        ports = {port["name"] for port in container["ports"]}
        for probe in PROBES:
            if "httpGet" in container[probe]:
                assert container[probe]["httpGet"]["port"] in ports, f"{identify(workload)} {probe}"
            else:
                assert container[probe]["exec"]["command"], f"{identify(workload)} {probe}"
            assert container[probe]["timeoutSeconds"] >= 2, f"{identify(workload)} {probe}"


def test_readiness_gives_up_before_liveness(stack: Stack) -> None:
    for workload in stack.workloads:
        container = find_template(workload)["spec"]["containers"][0]
        if "livenessProbe" in container:
            ready, alive = (
                container[probe]["periodSeconds"] * container[probe]["failureThreshold"] for probe in PROBES[1:]
            )
            assert ready < alive, f"{identify(workload)}: traffic must stop before the container is killed"


def test_gateway_and_inference_drain(stack: Stack) -> None:
    graces: dict[str, list[int]] = {"gateway": [], "inference": []}
    for workload in stack.workloads:
        component = component_of(workload)
        if component in graces and is_server(workload):
            pod = find_template(workload)["spec"]
            sleep = pod["containers"][0]["lifecycle"]["preStop"]["sleep"]["seconds"]
            assert 0 < sleep < pod["terminationGracePeriodSeconds"], identify(workload)
            graces[component].append(pod["terminationGracePeriodSeconds"])
    assert min(graces["gateway"]) >= max(graces["inference"], default=0), (
        "the gateway ends before what it waits for"
    )


def test_inference_drains_within_its_grace(stack: Stack) -> None:
    for workload in stack.workloads:
        if component_of(workload) == "inference" and is_server(workload):
            pod = find_template(workload)["spec"]
            args = pod["containers"][0].get("args", [])
            drains = [int(args[args.index(flag) + 1]) for flag in DRAIN_FLAGS if flag in args]
            if pod["containers"][0]["image"].startswith(KNOWN_TO_DRAIN):
                assert drains, f"{identify(workload)} does not say how long it may drain"
            assert all(seconds + 5 < pod["terminationGracePeriodSeconds"] for seconds in drains), identify(
                workload
            )


def needs_gpu(workload: Manifest) -> bool:
    """Whether its pods take a device that a node has few of."""
    limits = find_template(workload)["spec"]["containers"][0]["resources"].get("limits", {})
    return any("/" in name for name in limits)


def test_deployments_replace_pods_one_by_one_and_never_wait_for_a_spare_gpu(stack: Stack) -> None:
    chosen = {
        m["strategy"]["maxSurge"]
        for m in (stack.case.values.get("inference", {}).get("models") or {}).values()
        if m and "strategy" in m
    }
    for workload in stack.workloads:
        if workload["kind"] == "Deployment":
            strategy = workload["spec"]["strategy"]
            assert strategy["type"] == "RollingUpdate"
            room = (strategy["rollingUpdate"]["maxUnavailable"], strategy["rollingUpdate"]["maxSurge"])
            assert room == ((1, 0) if needs_gpu(workload) else (0, 1)) or room[1] in chosen, identify(workload)
