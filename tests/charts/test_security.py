"""Every pod passes Pod Security "restricted", and more: read-only root file system, high ids."""

from __future__ import annotations

import pytest

from tests.charts.rendering import (
    ALL,
    BASE,
    BLUE,
    NOT_NAMESPACED,
    ROUTE,
    Renderer,
    Stack,
    View,
    component_of,
    find_case,
    identify,
    walk_containers,
    walk_pods,
)

RESTRICTED_VOLUMES = {"configMap", "secret", "emptyDir", "persistentVolumeClaim", "projected", "image"}


def test_pods_run_as_nobody_special(stack: Stack) -> None:
    for name, pod in walk_pods(stack):
        context = pod["securityContext"]
        assert context["runAsNonRoot"] is True, name
        assert context["runAsUser"] >= 10000, name
        assert context["runAsGroup"] >= 10000, name
        assert context["seccompProfile"] == {"type": "RuntimeDefault"}, name
        assert not {"hostNetwork", "hostPID", "hostIPC", "shareProcessNamespace"} & set(pod), name
        assert pod["enableServiceLinks"] is False, name


def test_containers_can_gain_nothing(stack: Stack) -> None:
    for name, container in walk_containers(stack):
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "runAsNonRoot": True,
            "capabilities": {"drop": ["ALL"]},
        }, name
        assert not [port for port in container.get("ports", ()) if "hostPort" in port], name


def test_volumes_are_of_kinds_that_restricted_admits(stack: Stack) -> None:
    for name, pod in walk_pods(stack):
        for volume in pod["volumes"]:
            assert set(volume) - {"name"} <= RESTRICTED_VOLUMES, f"{name}: {volume}"


def test_no_pod_is_told_where_or_with_whom_it_shares(stack: Stack) -> None:
    for name, pod in walk_pods(stack):
        assert not {"nodeName", "hostAliases", "hostUsers", "ephemeralContainers"} & set(pod), name


def test_services_stay_inside_the_cluster_unless_asked_for(stack: Stack) -> None:
    for manifest in stack.manifests:
        if manifest["kind"] == "Service":
            asked = stack.case.values.get("route", {}).get("service", {}).get("type", "ClusterIP")
            wanted = asked if component_of(manifest) == "route" else "ClusterIP"
            assert manifest["spec"]["type"] == wanted, identify(manifest)
            assert "externalIPs" not in manifest["spec"], identify(manifest)


@pytest.mark.parametrize("view", [ALL, BASE, BLUE, ROUTE], ids=str)
def test_nothing_leads_in_from_outside_unless_asked_for(renderer: Renderer, view: View) -> None:
    for manifest in renderer.render(find_case("ci/default"), view):
        assert manifest["kind"] not in {"Ingress", "Gateway", "HTTPRoute"}, identify(manifest)
        assert manifest["kind"] not in NOT_NAMESPACED, identify(manifest)
