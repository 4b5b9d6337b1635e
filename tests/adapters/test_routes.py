"""One contract for every kind of route: its fake, its adapter on a double, its adapter on a real API server."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from tests.adapters.api_double import ApiDouble
from tests.adapters.route_contract import ELSE, RouteContract, Subject
from tests.adapters.test_cluster_kubernetes import make_deployment
from tests.fakes import World
from tests.fakes.manifests import render_route
from tests.waiting import wait_until
from tooling.adapters.cluster_kubernetes import KubernetesCluster
from tooling.adapters.kube_client import MERGE_PATCH, KubeClient
from tooling.adapters.route_gatewayapi import GatewayApiRoute
from tooling.adapters.route_service import ServiceRoute
from tooling.core.observation import RouteState
from tooling.ports.route import Route

ADAPTERS: Mapping[str, Callable[[KubeClient], Route]] = {"gatewayApi": GatewayApiRoute, "service": ServiceRoute}
PATHS = {
    "gatewayApi": "/apis/gateway.networking.k8s.io/v1/namespaces/{}/httproutes/genai",
    "service": "/api/v1/namespaces/{}/services/genai",
}
CONDITION = {"type": "Seen", "status": "True", "reason": "Seen", "lastTransitionTime": "2026-01-01T00:00:00Z"}


def make_fake(kind: str) -> Subject:
    route = World().route
    route.kind = kind

    def meddle(slot: str) -> None:
        route.set({slot: 100}, slot, by=f"{ELSE} (Update, now)")

    def remake() -> None:
        route.delete("genai", "genai")
        route.set({"blue": 100}, "blue")

    return Subject(
        kind, route, "genai", lambda: route, meddle, route.touch_status, remake, lambda: str(route.epoch)
    )


def make_on_double(kind: str, double: ApiDouble, client: KubeClient) -> Subject:
    path, begin = PATHS[kind].format("genai"), ADAPTERS[kind]
    turn = itertools.count()

    def meddle(slot: str) -> None:
        live = double.objects[path]
        fields: dict[str, Any] = {f"f:{key}": {} for key in meddle_with(kind, live, slot)["spec"]}
        owner = {
            "manager": ELSE,
            "operation": "Update",
            "time": "2026-01-02T00:00:00Z",
            "fieldsV1": {"f:spec": fields},
        }
        spec = {**live["spec"], **meddle_with(kind, live, slot)["spec"]}
        double.put(path, {**live, "metadata": {**live["metadata"], "managedFields": [owner]}, "spec": spec})

    def write_status() -> None:
        double.put(path, {**double.objects[path], "status": {"turn": next(turn)}})

    def remake() -> None:
        live = double.objects.pop(path)
        metadata = {key: value for key, value in live["metadata"].items() if key not in {"uid", "resourceVersion"}}
        double.put(path, {**live, "metadata": metadata})

    def read_epoch() -> str:
        return str(double.objects[path]["metadata"]["annotations"]["genai-stack/epoch"])

    return Subject(kind, begin(client), "genai", lambda: begin(client), meddle, write_status, remake, read_epoch)


def make_real(kind: str, client: KubeClient, namespace: str) -> Subject:
    path, begin = PATHS[kind].format(namespace), ADAPTERS[kind]
    turn = itertools.count()

    def write(target: str, body: Mapping[str, Any], manager: str) -> None:
        answer = client.send(
            "PATCH", target, what="it", body=body, query={"fieldManager": manager}, content_type=MERGE_PATCH
        )
        assert answer.status == 200, answer.body

    def meddle(slot: str) -> None:
        write(path, meddle_with(kind, client.get(path, what="it"), slot), ELSE)

    def write_status() -> None:
        condition = {**CONDITION, "message": str(next(turn))}
        parent = {"parentRef": {"name": "x"}, "controllerName": "a.b/c", "conditions": [condition]}
        status = {"parents": [parent]} if kind == "gatewayApi" else {"conditions": [condition]}
        write(f"{path}/status", {"status": status}, "controller")

    def remake() -> None:
        live = client.get(path, what="it")
        client.delete(path, what="it")
        kept = {key: live["metadata"][key] for key in ("name", "labels", "annotations")}
        spec = {key: value for key, value in live["spec"].items() if not key.startswith("clusterIP")}
        body = {"apiVersion": live["apiVersion"], "kind": live["kind"], "metadata": kept, "spec": spec}
        client.create(path.rpartition("/")[0], body, what="it")

    def read_epoch() -> str:
        return str(client.get(path, what="it")["metadata"]["annotations"]["genai-stack/epoch"])

    return Subject(kind, begin(client), namespace, lambda: begin(client), meddle, write_status, remake, read_epoch)


def meddle_with(kind: str, live: Mapping[str, Any], slot: str) -> dict[str, Any]:
    """Return a merge patch that gives all traffic to a slot."""
    if kind == "service":
        return {"spec": {"selector": {**live["spec"]["selector"], "genai-stack/slot": slot}}}
    *previews, last = live["spec"]["rules"]
    return {
        "spec": {"rules": [*previews, {**last, "backendRefs": [{"name": f"genai-{slot}-gateway", "port": 80}]}]}
    }


@pytest.mark.parametrize("kind", list(ADAPTERS))
class TestFakes(RouteContract):
    @pytest.fixture
    def subject(self, kind: str) -> Subject:
        return make_fake(kind)


@pytest.mark.parametrize("kind", list(ADAPTERS))
class TestAdapters(RouteContract):
    @pytest.fixture
    def subject(self, kind: str, double: ApiDouble, double_client: KubeClient) -> Subject:
        return make_on_double(kind, double, double_client)


@pytest.mark.local
@pytest.mark.parametrize("kind", list(ADAPTERS))
class TestOnARealServer(RouteContract):
    @pytest.fixture
    def subject(self, kind: str, real_client: KubeClient, real_namespace: str) -> Subject:
        return make_real(kind, real_client, real_namespace)

    def test_what_is_not_rendered_any_more_goes_away(self, subject: Subject, real_client: KubeClient) -> None:
        """An annotation stands for all that a chart may leave out later."""
        plain = subject.render({"blue": 100}, "blue")
        noted = tuple(annotate(one, "example.com/a") for one in plain)
        seen = subject.route.write(subject.namespace, "genai", noted, seen=None, epoch=1)
        path = PATHS[subject.kind].format(subject.namespace)
        assert "example.com/a" in real_client.get(path, what="it")["metadata"]["annotations"]
        subject.route.write(subject.namespace, "genai", plain, seen=seen, epoch=1)
        assert "example.com/a" not in real_client.get(path, what="it")["metadata"]["annotations"]


def annotate(manifest: Mapping[str, Any], key: str) -> dict[str, Any]:
    metadata = manifest["metadata"]
    return {**manifest, "metadata": {**metadata, "annotations": {**metadata.get("annotations", {}), key: "b"}}}


@pytest.mark.local
def test_ready_gateways_of_both_slots_share_the_service_until_one_is_named(
    real_client: KubeClient, real_namespace: str
) -> None:
    """What kube-proxy and Ingress controllers go by: the endpoints that the cluster's controller makes of it."""
    cluster, route = KubernetesCluster(real_client), ServiceRoute(real_client)
    for slot, pods in (("blue", 3), ("green", 1)):
        body = make_deployment(slot, "gateway")
        real_client.create(f"/apis/apps/v1/namespaces/{real_namespace}/deployments", body, what="it")
        cluster.scale(real_namespace, f"genai-{slot}-gateway", pods)

    def count() -> dict[str, int]:
        """Return how many ready pods of each slot the Service leads to."""
        path = f"/apis/discovery.k8s.io/v1/namespaces/{real_namespace}/endpointslices"
        query = {"labelSelector": "kubernetes.io/service-name=genai"}
        slices = real_client.get(path, what="them", query=query)["items"]
        ready = [one for each in slices for one in each.get("endpoints") or () if one["conditions"]["ready"]]
        names = [one["targetRef"]["name"] for one in ready]
        return {slot: sum(f"-{slot}-" in name for name in names) for slot in ("blue", "green")}

    def write(weights: Mapping[str, int], serving: str, seen: RouteState | None) -> RouteState:
        manifests = render_route("genai", weights, serving, kind="service")
        return route.write(real_namespace, "genai", manifests, seen=seen, epoch=1)

    seen = write({"blue": 100}, "blue", None)
    wait_until(lambda: count() == {"blue": 3, "green": 0}, lambda: f"blue alone, not {count()}")
    seen = write({"blue": 75, "green": 25}, "blue", seen)
    wait_until(lambda: count() == {"blue": 3, "green": 1}, lambda: f"three to one, not {count()}")
    write({"green": 100}, "green", seen)
    wait_until(lambda: count() == {"blue": 0, "green": 1}, lambda: f"green alone, not {count()}")
