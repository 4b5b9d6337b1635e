"""What only the route of the Gateway API has: weights of backends, and a Service beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from tests.adapters.api_double import ApiDouble, Request
from tests.fakes.manifests import render_route
from tooling.adapters.kube_client import KubeClient
from tooling.adapters.route_gatewayapi import GatewayApiRoute, describe_route, read_weights
from tooling.adapters.route_service import ServiceRoute
from tooling.core.observation import RouteState
from tooling.errors import ClusterError, ConflictError, UnavailableError, UsageError
from tooling.ports.route import Route

HTTP_ROUTE = "/apis/gateway.networking.k8s.io/v1/namespaces/genai/httproutes/genai"
SERVICE = "/api/v1/namespaces/genai/services/genai"


@dataclass(frozen=True, slots=True)
class Subject:
    route: Route
    namespace: str

    def read(self) -> RouteState | None:
        return self.route.read(self.namespace, "genai")

    def write(
        self, weights: Mapping[str, int], serving: str, seen: RouteState | None, epoch: int = 1
    ) -> RouteState:
        manifests = render_route("genai", weights, serving)
        return self.route.write(self.namespace, "genai", manifests, seen=seen, epoch=epoch)


@pytest.fixture
def subject(double_client: KubeClient) -> Subject:
    return Subject(GatewayApiRoute(double_client), "genai")


def test_a_weight_of_zero_stays_in_the_route(subject: Subject) -> None:
    assert dict(subject.write({"blue": 100, "green": 0}, "blue", None).weights) == {"blue": 100, "green": 0}


def test_a_burst_of_status_writes_is_no_conflict(double: ApiDouble, double_client: KubeClient) -> None:
    subject = Subject(GatewayApiRoute(double_client), "genai")
    seen = subject.write({"blue": 100}, "blue", None)
    left = [3]

    def write_status(request: Request) -> None:
        if (request.method, request.path) == ("PATCH", HTTP_ROUTE) and left[0]:
            left[0] -= 1
            double.put(HTTP_ROUTE, {**double.objects[HTTP_ROUTE], "status": {"parents": left[0]}})

    double.scripts.append(write_status)
    assert dict(subject.write({"green": 100}, "green", seen).weights) == {"green": 100}
    assert left == [0]


class TestAdapter:
    """What the loopback double sees."""

    def test_route_first_then_service(self, double: ApiDouble, subject: Subject) -> None:
        seen = subject.write({"blue": 100}, "blue", None, epoch=6)
        double.requests.clear()
        subject.write({"green": 100}, "green", seen, epoch=7)
        writes = [request for request in double.requests if request.method == "PATCH"]
        assert [request.path for request in writes] == [HTTP_ROUTE, SERVICE]
        for request in writes:
            assert request.query == {"fieldManager": "genai-stack", "force": "true"}
            assert request.headers["content-type"] == "application/apply-patch+yaml"
            metadata = request.body["metadata"]
            assert {"resourceVersion", "uid"} <= set(metadata)
            assert metadata["namespace"] == "genai"
            assert metadata["annotations"]["genai-stack/epoch"] == "7"
            assert metadata["labels"]["app.kubernetes.io/managed-by"] == "genai-stack"

    def test_no_service_is_written_after_a_conflict(self, double: ApiDouble, subject: Subject) -> None:
        seen = subject.write({"blue": 100}, "blue", None)
        double.put(HTTP_ROUTE, {**double.objects[HTTP_ROUTE], "spec": {"rules": []}})
        with pytest.raises(ConflictError):
            subject.write({"green": 100}, "green", seen)
        assert double.objects[SERVICE]["spec"]["selector"]["genai-stack/slot"] == "blue"

    def test_a_service_that_changed_since_the_look_is_not_overwritten(
        self, double: ApiDouble, subject: Subject
    ) -> None:
        seen = subject.write({"blue": 100}, "blue", None)
        live = double.objects[SERVICE]
        selector = {**live["spec"]["selector"], "genai-stack/slot": "green"}
        double.put(SERVICE, {**live, "spec": {**live["spec"], "selector": selector}})
        with pytest.raises(ConflictError):
            subject.write({"blue": 90, "green": 10}, "blue", seen)
        state = subject.read()
        assert state is not None
        assert (dict(state.weights), state.serving) == ({"blue": 90, "green": 10}, "green")
        assert subject.write({"blue": 90, "green": 10}, "blue", state).serving == "blue"

    def test_a_service_that_was_there_before_the_route_is_written_over(
        self, double: ApiDouble, subject: Subject
    ) -> None:
        service = next(one for one in render_route("genai", {}, "all") if one["kind"] == "Service")
        double.put(SERVICE, {**service, "metadata": dict(service["metadata"])})
        assert subject.write({"blue": 100}, "blue", None).serving == "blue"

    def test_a_new_epoch_of_somebody_else_wins(self, double: ApiDouble, subject: Subject) -> None:
        seen = subject.write({"blue": 100}, "blue", None)
        live = double.objects[HTTP_ROUTE]
        annotations = {**live["metadata"]["annotations"], "genai-stack/epoch": "2"}
        double.put(HTTP_ROUTE, {**live, "metadata": {**live["metadata"], "annotations": annotations}})
        with pytest.raises(ConflictError):
            subject.write({"green": 100}, "green", seen)

    def test_a_lost_reply_is_seen_at_the_next_look(self, double: ApiDouble, subject: Subject) -> None:
        seen = subject.write({"blue": 100}, "blue", None)
        double.lose = 1
        with pytest.raises(UnavailableError):
            subject.write({"green": 100}, "green", seen)
        state = subject.read()
        assert state is not None
        assert (dict(state.weights), state.serving) == ({"green": 100}, "blue")
        assert subject.write({"green": 100}, "green", state).serving == "green"

    def test_another_refusal_is_no_conflict(self, double: ApiDouble, subject: Subject) -> None:
        double.on(
            "PATCH", HTTP_ROUTE, 422, {"kind": "Status", "reason": "Invalid", "message": "spec.rules: too many"}
        )
        with pytest.raises(ClusterError, match="too many") as caught:
            subject.write({"blue": 100}, "blue", None)
        assert not isinstance(caught.value, ConflictError)

    def test_a_chart_without_route_is_the_users_mistake(self, subject: Subject) -> None:
        service = next(one for one in render_route("genai", {"blue": 100}, "blue") if one["kind"] == "Service")
        with pytest.raises(UsageError, match="renders Service"):
            subject.route.write("genai", "genai", (service,), seen=None, epoch=1)

    def test_a_route_without_service_serves_nothing(self, double: ApiDouble, subject: Subject) -> None:
        subject.write({"blue": 100}, "blue", None)
        del double.objects[SERVICE]
        state = subject.read()
        assert state is not None
        assert state.serving == ""


@pytest.mark.parametrize(
    ("backends", "weights"),
    [
        ([{"name": "genai-blue-gateway", "weight": 90}, {"name": "genai-green-gateway", "weight": 10}], (90, 10)),
        ([{"name": "genai-blue-gateway", "weight": 9}, {"name": "genai-green-gateway", "weight": 1}], (90, 10)),
        ([{"name": "genai-blue-gateway", "weight": 0}, {"name": "genai-green-gateway", "weight": 0}], (0, 0)),
        ([{"name": "genai-blue-gateway"}, {"name": "genai-green-gateway"}], (50, 50)),
    ],
)
def test_weights_are_percent(backends: list[dict[str, Any]], weights: tuple[int, int]) -> None:
    assert read_weights(backends, "genai") == dict(zip(("blue", "green"), weights, strict=True))


@pytest.mark.parametrize(
    ("backends", "weights"),
    [
        ([{"name": "genai", "weight": 1}], {"all": 100}),
        ([{"name": "other-blue-gateway"}], {"other-blue-gateway": 100}),
        ([{"name": "genai-gateway"}], {"genai-gateway": 100}),
        ([], {}),
    ],
)
def test_backends_that_are_no_slots(backends: list[dict[str, Any]], weights: dict[str, int]) -> None:
    assert read_weights(backends, "genai") == weights


def test_a_route_of_helm_is_not_ours() -> None:
    service, http_route = render_route("genai", {}, "all")
    metadata = {**http_route["metadata"], "annotations": {"meta.helm.sh/release-name": "genai"}}
    state = describe_route({**http_route, "metadata": {**metadata, "resourceVersion": "5"}}, service, "genai")
    assert state == RouteState({"all": 100}, "all", "5", is_ours=False)


def test_only_the_last_rule_counts() -> None:
    service, http_route = render_route("genai", {"blue": 75, "green": 25}, "blue")
    assert len(http_route["spec"]["rules"]) == 3
    assert describe_route(http_route, service, "genai").weights == {"blue": 75, "green": 25}


def test_a_route_without_rules_sends_nothing() -> None:
    assert describe_route({"metadata": {}, "spec": {}}, {}, "genai") == RouteState({}, "")


class TestFromAService:
    """An instance whose route was the Service until now (route.kind: service)."""

    @pytest.fixture
    def before(self, double_client: KubeClient) -> RouteState:
        manifests = render_route("genai", {"blue": 75, "green": 25}, "blue", kind="service")
        return ServiceRoute(double_client).write("genai", "genai", manifests, seen=None, epoch=1)

    def test_its_weights_are_those_of_the_route(self, before: RouteState, subject: Subject) -> None:
        state = subject.read()
        assert state is not None
        assert (dict(state.weights), state.serving, state.previews) == ({"blue": 75, "green": 25}, "blue", ())

    def test_the_first_write_makes_the_route_over_it(
        self, before: RouteState, subject: Subject, double: ApiDouble
    ) -> None:
        assert dict(subject.write({"blue": 100}, "blue", subject.read()).weights) == {"blue": 100}
        assert HTTP_ROUTE in double.objects
        assert "genai-stack/weights" not in double.objects[SERVICE]["metadata"]["annotations"]

    def test_a_route_that_somebody_made_meanwhile_is_not_replaced(
        self, before: RouteState, subject: Subject
    ) -> None:
        state = subject.read()
        subject.write({"blue": 100}, "blue", None)
        with pytest.raises(ConflictError):
            subject.write({"green": 100}, "green", state)

    def test_a_service_beside_a_route_that_is_gone_is_none(self, subject: Subject, double: ApiDouble) -> None:
        subject.write({"blue": 100}, "blue", None)
        del double.objects[HTTP_ROUTE]
        assert subject.read() is None
