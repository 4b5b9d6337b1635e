"""Real pods in a real cluster: they run as the chart's do, find each other, and are reached through the edge."""

from __future__ import annotations

import http.client
import json
import secrets
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tooling.local import containers
from tooling.local.loading import load_images

pytestmark = pytest.mark.local

RESTRICTED = {
    "allowPrivilegeEscalation": False,
    "readOnlyRootFilesystem": True,
    "runAsNonRoot": True,
    "runAsUser": 10001,
    "capabilities": {"drop": ["ALL"]},
    "seccompProfile": {"type": "RuntimeDefault"},
}
CLAIM = {
    "apiVersion": "v1",
    "kind": "PersistentVolumeClaim",
    "metadata": {"name": "data"},
    "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
}


def pod(name: str, image: str, **container: Any) -> dict[str, Any]:
    main = {
        "name": "main",
        "image": image,
        "args": ["serve"],
        "securityContext": RESTRICTED,
        "resources": {"limits": {"memory": "64Mi", "cpu": "500m"}},
        "volumeMounts": [{"name": "data", "mountPath": "/data"}],
        "readinessProbe": {"httpGet": {"path": "/", "port": 8080}, "periodSeconds": 1},
    }
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "labels": {"app": name}},
        "spec": {
            "securityContext": {"fsGroup": 10001},
            "terminationGracePeriodSeconds": 1,
            "containers": [main | container],
            "volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}],
        },
    }


def service(name: str, app: str) -> dict[str, Any]:
    ports = [{"port": 80, "targetPort": 8080}]
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name},
        "spec": {"selector": {"app": app}, "ports": ports},
    }


def route(host: str) -> dict[str, Any]:
    return {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "HTTPRoute",
        "metadata": {"name": "front"},
        "spec": {
            "parentRefs": [{"name": "edge", "namespace": "edge"}],
            "hostnames": [host],
            "rules": [{"backendRefs": [{"name": "front", "port": 80}]}],
        },
    }


def manifest(*items: dict[str, Any]) -> str:
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": items})


@pytest.fixture
def namespace(kubectl: Callable[..., str]) -> Iterator[str]:
    name = f"pods-{secrets.token_hex(4)}"
    kubectl("create", "namespace", name)
    yield name
    kubectl("delete", "namespace", name, "--wait=false")


@pytest.fixture
def probe(kubectl: Callable[..., str], namespace: str, probe_image: str) -> Callable[..., str]:
    """Start the probe as a restricted pod with a volume; return a function that runs a command in it."""
    kubectl(
        "-n",
        namespace,
        "apply",
        "-f",
        "-",
        stdin=manifest(CLAIM, pod("probe", probe_image), service("front", "probe")),
    )
    kubectl("-n", namespace, "wait", "--for=condition=Ready", "pod/probe", "--timeout=60s")

    def run(*arguments: str) -> str:
        return kubectl("-n", namespace, "exec", "probe", "--", "/probe", *arguments).strip()

    return run


def ask(edge: str, host: str, path: str) -> tuple[int, str]:
    connection = http.client.HTTPConnection(edge.removeprefix("http://"), timeout=5)
    connection.request("GET", path, headers={"Host": host})
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer.status, text


def test_a_restricted_pod_runs_and_sees_what_it_should(
    probe: Callable[..., str], kubectl: Any, namespace: str, shared: containers.Cluster
) -> None:
    assert probe("resolve", "kubernetes.default") == "10.96.0.1"
    assert probe("resolve", "kubernetes.default.svc.cluster.local") == "10.96.0.1"
    service_address = kubectl("-n", namespace, "get", "service", "front", "-o", "jsonpath={.spec.clusterIP}")
    assert probe("resolve", "front") == service_address
    # Through the Service back to itself, to the API server, and to the edge on the node.
    assert probe("dial", "front:80") == "connected"
    assert probe("dial", "kubernetes.default:443") == "connected"
    assert probe("dial", f"{shared.address}:80") == "connected"
    # A volume that the pod's group may write, and a root file system that it may not.
    probe("write", "/data/file", "kept")
    assert probe("read", "/data/file") == "kept"
    refused = kubectl.run("-n", namespace, "exec", "probe", "--", "/probe", "write", "/file", "no")
    assert "read-only file system" in refused.stderr


def test_a_pod_cannot_reach_anything_outside(probe: Callable[..., str], kubectl: Any, namespace: str) -> None:
    gateways = [line.split()[1] for line in probe("read", "/proc/net/route").splitlines()[1:]]

    assert "00000000" not in gateways
    outside = kubectl.run("-n", namespace, "exec", "probe", "--", "/probe", "dial", "192.0.2.1:80")
    assert "network is unreachable" in outside.stderr
    unknown = kubectl.run("-n", namespace, "exec", "probe", "--", "/probe", "resolve", "example.com")
    assert "no such host" in unknown.stderr


def test_a_route_brings_requests_through_the_edge_to_a_pod(
    probe: Callable[..., str], kubectl: Callable[..., str], namespace: str, shared: containers.Cluster
) -> None:
    host = f"{namespace}.test"
    assert ask(shared.edge, host, "/")[0] == 404

    kubectl("-n", namespace, "apply", "-f", "-", stdin=manifest(route(host)))

    deadline = time.monotonic() + 20
    while (answer := ask(shared.edge, host, "/hello"))[0] != 200:
        assert time.monotonic() < deadline, answer
        time.sleep(0.05)
    assert answer == (200, "probe /hello\n")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"securityContext": RESTRICTED | {"runAsNonRoot": False}}, "runAsNonRoot"),
        ({"securityContext": RESTRICTED | {"allowPrivilegeEscalation": True}}, "allowPrivilegeEscalation"),
        (
            {"securityContext": RESTRICTED | {"capabilities": {"drop": ["ALL"], "add": ["SYS_TIME"]}}},
            "capabilities",
        ),
        ({"securityContext": {}}, "seccompProfile"),
    ],
)
def test_a_pod_that_is_not_restricted_is_refused(
    kubectl: Any, namespace: str, change: dict[str, Any], reason: str
) -> None:
    refused = kubectl.run(
        "-n", namespace, "apply", "-f", "-", stdin=json.dumps(pod("loose", "localhost/none:1", **change))
    )

    assert refused.returncode != 0
    assert 'violates PodSecurity "restricted:latest"' in refused.stderr
    assert reason in refused.stderr


def test_a_volume_is_emptied_and_offered_again_when_its_claim_is_gone(
    probe: Callable[..., str], kubectl: Callable[..., str], namespace: str
) -> None:
    probe("write", "/data/secret", "of the last tenant")
    name = kubectl("-n", namespace, "get", "pvc", "data", "-o", "jsonpath={.spec.volumeName}")
    path = Path(kubectl("get", "pv", name, "-o", "jsonpath={.spec.local.path}"))
    assert [each.name for each in path.iterdir()] == ["secret"]

    kubectl("-n", namespace, "delete", "pod/probe", "pvc/data", "--wait=true")

    kubectl("wait", "--for=jsonpath={.status.phase}=Available", f"pv/{name}", "--timeout=30s")
    assert list(path.iterdir()) == []


def test_an_archive_is_imported_once(shared: containers.Cluster, probe_archive: Path, probe_image: str) -> None:
    said: list[str] = []

    assert load_images(shared.name, [probe_archive], said.append) == (probe_image,)

    assert said == []


def test_the_node_has_the_storage_class_and_the_edge_that_charts_expect(kubectl: Callable[..., str]) -> None:
    classes = json.loads(kubectl("get", "storageclass", "-o", "json"))["items"]
    annotations = classes[0]["metadata"]["annotations"]
    gateway = json.loads(kubectl("-n", "edge", "get", "gateway", "edge", "-o", "json"))

    assert [each["metadata"]["name"] for each in classes] == ["local"]
    assert annotations["storageclass.kubernetes.io/is-default-class"] == "true"
    assert gateway["spec"]["gatewayClassName"] == "traefik"
    assert gateway["spec"]["listeners"][0]["name"] == "web"
