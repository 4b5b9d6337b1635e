"""Pods that serve are probed three ways, and end without losing requests."""

from __future__ import annotations

from tests.charts.rendering import Stack, component_of, find_template, identify

PROBES = ("startupProbe", "readinessProbe", "livenessProbe")


def test_servers_have_all_three_probes_at_a_port_of_theirs(stack: Stack) -> None:
    for workload in stack.workloads:
        if workload["kind"] == "CronJob":
            continue
        container = find_template(workload)["spec"]["containers"][0]
        ports = {port["name"] for port in container["ports"]}
        for probe in PROBES:
            assert container[probe]["httpGet"]["port"] in ports, f"{identify(workload)} {probe}"
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
        if component in graces:
            pod = find_template(workload)["spec"]
            sleep = pod["containers"][0]["lifecycle"]["preStop"]["sleep"]["seconds"]
            assert 0 < sleep < pod["terminationGracePeriodSeconds"], identify(workload)
            graces[component].append(pod["terminationGracePeriodSeconds"])
    assert min(graces["gateway"]) >= max(graces["inference"], default=0), (
        "the gateway ends before what it waits for"
    )


def test_inference_drains_within_its_grace(stack: Stack) -> None:
    for workload in stack.workloads:
        if component_of(workload) == "inference":
            pod = find_template(workload)["spec"]
            args = pod["containers"][0]["args"]
            drain = int(args[args.index("--drain-seconds") + 1])
            assert drain + 5 < pod["terminationGracePeriodSeconds"], identify(workload)


def test_deployments_replace_pods_one_by_one(stack: Stack) -> None:
    for workload in stack.workloads:
        if workload["kind"] == "Deployment":
            assert workload["spec"]["strategy"] == {
                "type": "RollingUpdate",
                "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1},
            }
