"""The cluster port: one contract for fake and real API server, and the adapter against a loopback double."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import pytest

from tests.fakes import World
from tests.waiting import wait_until
from tooling.adapters.cluster_kubernetes import KubernetesCluster
from tooling.adapters.kube_client import KubeClient, make_path
from tooling.core.diff.objects import ObjectName
from tooling.core.observation import Workload
from tooling.errors import ClusterError, UnavailableError
from tooling.ports.cluster import Cluster

PAUSE = "localhost/genai-stack/pause:1"
HTTP_ROUTE = ("gateway.networking.k8s.io/v1", "HTTPRoute")
RESTRICTED = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "runAsNonRoot": True,
    "runAsUser": 10001,
    "seccompProfile": {"type": "RuntimeDefault"},
}


@dataclass(frozen=True, slots=True)
class Subject:
    cluster: Cluster
    namespace: str


@pytest.fixture(params=["fake", pytest.param("real", marks=pytest.mark.local)])
def subject(request: pytest.FixtureRequest) -> Subject:
    if request.param == "fake":
        return Subject(World().cluster, "genai")
    client = request.getfixturevalue("real_client")
    return Subject(KubernetesCluster(client), request.getfixturevalue("real_namespace"))


def test_the_server_says_who_it_is(subject: Subject) -> None:
    info = subject.cluster.describe()
    assert info.context.startswith("genai-")
    assert info.version.startswith("v1.")


def test_an_object_of_a_kind_that_the_server_does_not_know_is_told_as_such(subject: Subject) -> None:
    names = [ObjectName("nobody.io/v1", "Thing", subject.namespace, "a"), ObjectName("v1", "Secret", "n", "a")]
    unknown, absent = subject.cluster.read_objects(names)
    assert unknown.problem == "the server does not know Thing (nobody.io/v1)"
    assert (absent.name, absent.manifest, absent.problem) == (names[1], None, "")


def test_namespaces(subject: Subject) -> None:
    assert subject.cluster.has_namespace(subject.namespace)
    assert not subject.cluster.has_namespace("nobody-has-this-one")
    subject.cluster.ensure_namespace(subject.namespace)


@pytest.mark.parametrize(
    ("api_version", "kind", "expected"),
    [
        (*HTTP_ROUTE, True),
        ("apps/v1", "Deployment", True),
        ("v1", "Service", True),
        ("v1", "HTTPRoute", False),
        ("networking.istio.io/v1", "VirtualService", False),
    ],
)
def test_kinds(subject: Subject, api_version: str, kind: str, expected: bool) -> None:
    assert subject.cluster.has_kind(api_version, kind) is expected


def test_nothing_is_there(subject: Subject) -> None:
    namespace = subject.namespace
    assert subject.cluster.read_workloads(namespace, "genai", "blue") == ()
    assert subject.cluster.find_missing_secrets(namespace, ("a", "b")) == ("a", "b")
    assert subject.cluster.find_missing_secrets(namespace, ()) == ()
    assert subject.cluster.delete_claims(namespace, "genai") == ()
    with pytest.raises(ClusterError, match="not found") as caught:
        subject.cluster.scale(namespace, "nobody", 1)
    assert caught.value.status == 404
    with pytest.raises(UnavailableError):
        subject.cluster.ask(namespace, "nobody", "", "What is 2+2?")


def make_deployment(slot: str, component: str, **container: Any) -> dict[str, Any]:
    labels = {
        "app.kubernetes.io/instance": "genai",
        "app.kubernetes.io/component": component,
        "genai-stack/slot": slot,
    }
    one = {"name": "main", "image": PAUSE, "imagePullPolicy": "IfNotPresent", "securityContext": RESTRICTED}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": f"genai-{slot}-{component}", "labels": labels},
        "spec": {
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": [{**one, **container}]}},
        },
    }


@dataclass(frozen=True, slots=True)
class Live:
    """A namespace of a real cluster."""

    client: KubeClient
    cluster: KubernetesCluster
    namespace: str

    def create(self, api_version: str, plural: str, body: dict[str, Any]) -> None:
        self.client.create(make_path(api_version, plural, self.namespace), body, what=plural)

    def look(self, slot: str) -> Workload:
        (found,) = self.cluster.read_workloads(self.namespace, "genai", slot)
        return found


@pytest.fixture
def live(real_client: KubeClient, real_namespace: str) -> Live:
    return Live(real_client, KubernetesCluster(real_client), real_namespace)


@pytest.mark.local
def test_pods_get_ready_and_are_scaled(live: Live) -> None:
    live.create("apps/v1", "deployments", make_deployment("blue", "gateway"))
    wait_until(lambda: live.look("blue").has(1), "one pod is ready")
    live.cluster.scale(live.namespace, "genai-blue-gateway", 2)
    assert not live.look("blue").has(1)
    wait_until(lambda: live.look("blue").has(2), "two pods are ready")
    live.cluster.scale(live.namespace, "genai-blue-gateway", 2)
    live.cluster.scale(live.namespace, "genai-blue-gateway", 0)
    gone = wait_until(lambda: live.look("blue").has(0) and live.look("blue"), "no pod is wanted")
    assert isinstance(gone, Workload)
    assert (gone.key, gone.problem, gone.waiting) == ("gateway", "", "")


@pytest.mark.local
@pytest.mark.parametrize(
    ("container", "field", "text"),
    [
        (
            {"imagePullPolicy": "Never", "image": "localhost/none:1"},
            "problem",
            "ErrImageNeverPull: container main",
        ),
        ({"image": "not a name"}, "problem", "InvalidImageName"),
        (
            {"env": [{"name": "A", "valueFrom": {"secretKeyRef": {"name": "absent", "key": "a"}}}]},
            "problem",
            f'CreateContainerConfigError: container main, image {PAUSE}: secret "absent" not found',
        ),
        ({"command": ["/no/such/program"]}, "problem", "RunContainerError|CrashLoopBackOff|no such file"),
        (
            {"securityContext": {"runAsUser": 0}},
            "problem",
            "FailedCreate: pods .* is forbidden: violates PodSecurity",
        ),
        ({"resources": {"requests": {"cpu": "999"}}}, "waiting", "Unschedulable: 0/1 nodes are available"),
        (
            {"readinessProbe": {"exec": {"command": ["/no"]}}},
            "waiting",
            "ContainersNotReady: container main runs, its readiness probe has not passed",
        ),
    ],
)
def test_what_is_wrong_is_said(live: Live, container: dict[str, Any], field: str, text: str) -> None:
    live.create("apps/v1", "deployments", make_deployment("green", "gateway", **container))

    def is_said() -> bool:
        return re.search(text, str(getattr(live.look("green"), field))) is not None

    wait_until(is_said, f"{field} says {text}", timeout=60)
    assert live.look("green").ready == 0


@pytest.mark.local
def test_a_rolling_update_is_not_current_while_old_pods_serve(live: Live) -> None:
    live.create("apps/v1", "deployments", make_deployment("blue", "gateway"))
    wait_until(lambda: live.look("blue").has(1), "one pod is ready")
    broken = make_deployment("blue", "gateway", image="not a name")
    path = make_path("apps/v1", "deployments", live.namespace, "genai-blue-gateway")
    live.client.patch(path, {"spec": {"template": broken["spec"]["template"]}}, what="it")
    found = wait_until(lambda: live.look("blue").problem and live.look("blue"), "the new pod has a problem")
    assert isinstance(found, Workload)
    assert (found.ready, found.is_current) == (1, False)


@pytest.mark.local
def test_nodes_come_with_their_labels(live: Live) -> None:
    nodes = live.cluster.list_nodes()
    assert nodes
    assert all(node.labels["kubernetes.io/hostname"] for node in nodes)


@pytest.mark.local
def test_objects_of_any_kind_are_read(live: Live) -> None:
    live.create("v1", "configmaps", {"metadata": {"name": "a"}, "data": {"key": "value"}})
    names = [
        ObjectName("v1", "ConfigMap", live.namespace, "a"),
        ObjectName("v1", "ConfigMap", live.namespace, "b"),
        ObjectName("v1", "Namespace", "elsewhere", live.namespace),
        ObjectName("nobody.io/v1", "Thing", live.namespace, "a"),
    ]
    config, missing, namespace, unknown = live.cluster.read_objects(names)
    assert config.manifest is not None
    assert config.manifest["data"] == {"key": "value"}
    assert (missing.manifest, missing.problem) == (None, "")
    assert namespace.manifest is not None
    assert unknown.problem == "the server does not know Thing (nobody.io/v1)"


@pytest.mark.local
def test_secrets_and_claims(live: Live) -> None:
    labels = {"app.kubernetes.io/instance": "genai"}
    spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Mi"}}}
    live.create("v1", "secrets", {"metadata": {"name": "a"}, "stringData": {"key": "value"}})
    live.create("v1", "persistentvolumeclaims", {"metadata": {"name": "data", "labels": labels}, "spec": spec})
    assert live.cluster.find_missing_secrets(live.namespace, ("a", "b")) == ("b",)
    assert live.cluster.delete_claims(live.namespace, "other") == ()
    assert live.cluster.delete_claims(live.namespace, "genai") == ("data",)


@pytest.mark.local
def test_proxies_reach_pods_and_services(live: Live) -> None:
    """The pause image listens nowhere: what tells is that the API server knows the pod and tried."""
    live.create("apps/v1", "deployments", make_deployment("blue", "gateway"))
    port = {"name": "http", "port": 80, "targetPort": 8080}
    selector = {"genai-stack/slot": "blue"}
    service = {"metadata": {"name": "genai-blue-gateway"}, "spec": {"selector": selector, "ports": [port]}}
    live.create("v1", "services", service)
    wait_until(lambda: live.look("blue").has(1), "one pod is ready")

    def is_reached() -> bool:
        with pytest.raises(UnavailableError) as caught:
            live.cluster.ask(live.namespace, "genai-blue-gateway", "", "What is 2+2?")
        return "connection refused" in caught.value.message

    wait_until(is_reached, "the Service has an endpoint")
