"""Every pod passes Pod Security "restricted", and more: read-only root file system, high ids."""

from __future__ import annotations

from tests.charts.rendering import Stack, walk_containers, walk_pods

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


def test_services_stay_inside_the_cluster(stack: Stack) -> None:
    for manifest in stack.manifests:
        if manifest["kind"] == "Service":
            assert manifest["spec"]["type"] == "ClusterIP"
            assert "externalIPs" not in manifest["spec"]


def test_no_rights_are_asked_for(stack: Stack) -> None:
    kinds = {manifest["kind"] for manifest in stack.manifests}
    assert not kinds & {"Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding", "Secret"}
