"""What only a Service as route has: a selector, an annotation beside it, and fields that clouds write."""

from __future__ import annotations

from typing import Any

import pytest

from tests.adapters.api_double import ApiDouble
from tests.fakes.manifests import render_route
from tooling.adapters.kube_client import KubeClient
from tooling.adapters.route_service import ServiceRoute, describe_service
from tooling.errors import ConflictError, UnavailableError, UsageError

SERVICE = "/api/v1/namespaces/genai/services/genai"
SERVICES = "/api/v1/namespaces/genai/services"
OURS = {"app.kubernetes.io/instance": "genai", "app.kubernetes.io/component": "gateway"}
BOTH = {"genai-stack/weights": "blue=75,green=25", "genai-stack/serving": "blue"}


@pytest.fixture
def route(double_client: KubeClient) -> ServiceRoute:
    return ServiceRoute(double_client)


def render(weights: dict[str, int], serving: str = "blue") -> Any:
    return render_route("genai", weights, serving, kind="service")


def describe(selector: dict[str, str], annotations: dict[str, str] | None = None) -> tuple[dict[str, int], str]:
    metadata = {"name": "genai", **({"annotations": annotations} if annotations else {})}
    state = describe_service({"metadata": metadata, "spec": {"selector": selector}}, "genai")
    return dict(state.weights), state.serving


@pytest.mark.parametrize(
    ("selector", "annotations", "weights", "serving"),
    [
        ({**OURS, "genai-stack/slot": "blue"}, None, {"blue": 100}, "blue"),
        (OURS, BOTH, {"blue": 75, "green": 25}, "blue"),
        # the selector is what traffic follows, whatever the annotation says
        ({**OURS, "genai-stack/slot": "green"}, BOTH, {"green": 100}, "green"),
        (
            {**OURS, "genai-stack/slot": "blue"},
            {**BOTH, "genai-stack/weights": "blue=100,green=0"},
            {"blue": 100, "green": 0},
            "blue",
        ),
        ({**OURS, "genai-stack/slot": "all"}, None, {"all": 100}, "all"),
        (OURS, None, {"all": 100}, "all"),
        (OURS, {**BOTH, "genai-stack/weights": "blue=much"}, {"all": 100}, "all"),
        (OURS, {**BOTH, "genai-stack/weights": "=5"}, {"all": 100}, "all"),
        ({"app": "web"}, BOTH, {"app=web": 100}, "app=web"),
        ({**OURS, "extra": "x"}, BOTH, None, None),
        ({}, BOTH, {}, ""),
    ],
)
def test_weights_are_what_the_selector_does(
    selector: dict[str, str],
    annotations: dict[str, str] | None,
    weights: dict[str, int] | None,
    serving: str | None,
) -> None:
    found = describe(selector, annotations)
    if weights is None:
        text = "app.kubernetes.io/component=gateway,app.kubernetes.io/instance=genai,extra=x"
        weights, serving = {text: 100}, text
    assert found == (weights, serving)


def test_a_service_of_helm_is_not_ours() -> None:
    metadata = {"name": "genai", "annotations": {"meta.helm.sh/release-name": "genai"}}
    assert not describe_service({"metadata": metadata, "spec": {"selector": OURS}}, "genai").is_ours


def test_create_is_a_post_whose_fields_are_then_owned_by_apply(double: ApiDouble, route: ServiceRoute) -> None:
    route.write("genai", "genai", render({"blue": 100}), seen=None, epoch=7)
    writes = [(request.method, request.path) for request in double.requests]
    assert writes == [("POST", SERVICES), ("PATCH", SERVICE)]
    metadata = double.objects[SERVICE]["metadata"]
    assert [one["operation"] for one in metadata["managedFields"]] == ["Apply"]
    assert metadata["annotations"]["genai-stack/epoch"] == "7"
    assert metadata["labels"]["app.kubernetes.io/managed-by"] == "genai-stack"


def test_a_switch_is_one_write(double: ApiDouble, route: ServiceRoute) -> None:
    seen = route.write("genai", "genai", render({"blue": 100}), seen=None, epoch=1)
    double.requests.clear()
    route.write("genai", "genai", render({"green": 100}, "green"), seen=seen, epoch=1)
    (request,) = double.requests
    assert request.query == {"fieldManager": "genai-stack", "force": "true"}
    assert request.headers["content-type"] == "application/apply-patch+yaml"
    assert {"resourceVersion", "uid"} <= set(request.body["metadata"])


def test_owning_by_apply_is_made_up_for_by_the_next_write(double: ApiDouble, route: ServiceRoute) -> None:
    double.on("PATCH", SERVICE, 500, {"kind": "Status", "message": "oh no"})
    seen = route.write("genai", "genai", render({"blue": 100}), seen=None, epoch=1)
    assert seen.gives({"blue": 100})
    double.scripts.clear()
    created = double.objects[SERVICE]["metadata"]["managedFields"]
    assert [one["operation"] for one in created] == ["Update"]
    state = route.write("genai", "genai", render({"green": 100}, "green"), seen=seen, epoch=1)
    assert state.gives({"green": 100})


def test_what_a_cloud_writes_on_it_is_no_conflict(double: ApiDouble, route: ServiceRoute) -> None:
    seen = route.write("genai", "genai", render({"blue": 100}), seen=None, epoch=1)
    live = double.objects[SERVICE]
    annotations = {**live["metadata"]["annotations"], "cloud.example.com/neg-status": "{}"}
    double.put(SERVICE, {**live, "metadata": {**live["metadata"], "annotations": annotations}})
    assert route.write("genai", "genai", render({"green": 100}, "green"), seen=seen, epoch=1).gives({"green": 100})


@pytest.mark.parametrize("key", ["genai-stack/epoch", "genai-stack/weights", "meta.helm.sh/release-name"])
def test_what_another_driver_or_helm_writes_on_it_is_one(double: ApiDouble, route: ServiceRoute, key: str) -> None:
    seen = route.write("genai", "genai", render({"blue": 100}), seen=None, epoch=1)
    live = double.objects[SERVICE]
    annotations = {**live["metadata"]["annotations"], key: "2"}
    double.put(SERVICE, {**live, "metadata": {**live["metadata"], "annotations": annotations}})
    with pytest.raises(ConflictError):
        route.write("genai", "genai", render({"green": 100}, "green"), seen=seen, epoch=1)


def test_a_lost_reply_is_seen_at_the_next_look(double: ApiDouble, route: ServiceRoute) -> None:
    seen = route.write("genai", "genai", render({"blue": 100}), seen=None, epoch=1)
    double.lose = 1
    with pytest.raises(UnavailableError):
        route.write("genai", "genai", render({"blue": 75, "green": 25}), seen=seen, epoch=1)
    state = route.read("genai", "genai")
    assert state is not None
    assert state.gives({"blue": 75, "green": 25})


@pytest.mark.parametrize("kind", ["gatewayApi", ""])
def test_a_chart_that_renders_another_route_is_the_users_mistake(route: ServiceRoute, kind: str) -> None:
    manifests = render_route("genai", {"blue": 100}, "blue") if kind else ()
    with pytest.raises(UsageError, match=r"a Service with weights is needed.*Set route.kind: service"):
        route.write("genai", "genai", manifests, seen=None, epoch=1)
    plain = next(one for one in render_route("genai", {"blue": 100}, "blue") if one["kind"] == "Service")
    with pytest.raises(UsageError, match="renders Service"):
        route.write("genai", "genai", (plain,), seen=None, epoch=1)
