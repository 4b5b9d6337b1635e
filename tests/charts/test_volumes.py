"""Mounts have volumes, volumes are mounted, what they name is there."""

from __future__ import annotations

from tests.charts.rendering import (
    ALL,
    BASE,
    Case,
    Renderer,
    Stack,
    component_of,
    find_template,
    identify,
    walk_pods,
)


def test_mounts_and_volumes_match(stack: Stack) -> None:
    for workload in stack.workloads:
        pod = find_template(workload)["spec"]
        claims = {claim["metadata"]["name"] for claim in workload["spec"].get("volumeClaimTemplates", ())}
        volumes = [volume["name"] for volume in pod["volumes"]]
        mounted = set()
        for container in (*pod.get("initContainers", ()), *pod["containers"]):
            paths = [mount["mountPath"] for mount in container["volumeMounts"]]
            assert len(paths) == len(set(paths)), identify(workload)
            mounted |= {mount["name"] for mount in container["volumeMounts"]}
        assert len(volumes) == len(set(volumes)), identify(workload)
        assert mounted == claims | set(volumes), identify(workload)


def test_main_containers_can_write_to_tmp(stack: Stack) -> None:
    for name, pod in walk_pods(stack):
        assert {"name": "tmp", "mountPath": "/tmp"} in pod["containers"][0]["volumeMounts"], name
        (tmp,) = (volume for volume in pod["volumes"] if volume["name"] == "tmp")
        assert tmp["emptyDir"]["sizeLimit"], name


def test_config_maps_of_the_chart_are_in_the_same_release(stack: Stack) -> None:
    for view, manifests in stack.parts.items():
        made = {m["metadata"]["name"]: m for m in manifests if m["kind"] == "ConfigMap"}
        for workload in manifests:
            for volume in find_template(workload).get("spec", {}).get("volumes", ()):
                if volume["name"] in ("config", "suites"):
                    assert volume["configMap"]["name"] in made, f"{identify(workload)} {view}"


def test_a_changed_configuration_restarts_the_gateway(renderer: Renderer, few: Case) -> None:
    def find_gateway(*settings: str) -> tuple[str, dict[str, str]]:
        manifests = renderer.render(few, ALL, *settings)
        (config,) = (m for m in manifests if m["kind"] == "ConfigMap" and component_of(m) == "gateway")
        (workload,) = (m for m in manifests if m["kind"] == "Deployment" and component_of(m) == "gateway")
        return config["data"]["config.yaml"], find_template(workload)["metadata"]["annotations"]

    before, after = find_gateway(), find_gateway("gateway.limits.maxTokens=77")
    assert before[0] != after[0]
    assert before[1]["genai-stack/config-checksum"] != after[1]["genai-stack/config-checksum"]


def test_data_outlives_the_release(stack: Stack) -> None:
    for workload in stack.workloads:
        if workload["kind"] == "StatefulSet":
            policy = workload["spec"]["persistentVolumeClaimRetentionPolicy"]
            assert policy == {"whenDeleted": "Retain", "whenScaled": "Retain"}


def test_claims_are_the_same_in_role_all_and_base(stack: Stack) -> None:
    # Helm adopts a plain install by upgrading it to base: a claim template that differs would be refused.
    def find_sets(view: object) -> list[object]:
        return [m["spec"] for m in stack.parts[view] if m["kind"] == "StatefulSet"]  # type: ignore[index]

    assert find_sets(ALL) == find_sets(BASE)
