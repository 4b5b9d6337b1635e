"""The route: previews by header, then weights; nothing else decides where a request goes."""

from __future__ import annotations

from typing import Any

import pytest

from tests.charts.rendering import ALL, BLUE, GREEN, Case, Renderer, View, component_of

SLOTS = {"blue": BLUE, "green": GREEN}
UNLIMITED = {"request": "0s"}
"""A controller's own default would cut streams: Envoy Gateway's is 15 s."""
EVERYTHING = {"path": {"type": "PathPrefix", "value": "/"}}


def make_view(weights: dict[str, int], serving: str = "blue") -> View:
    settings = [f"route.weights.{slot}={weight}" for slot, weight in weights.items()]
    return View("route", extra=("route.enabled=true", f'route.serving="{serving}"', *settings))


def find_route(renderer: Renderer, case: Case, view: View, *settings: str) -> dict[str, Any]:
    manifests = renderer.render(case, view, *settings)
    (route,) = (m for m in manifests if m["kind"] == "HTTPRoute" and component_of(m) == "route")
    return dict(route)


@pytest.mark.parametrize(
    "weights", [{"blue": 90, "green": 10}, {"blue": 0, "green": 100}, {"green": 100}], ids=str
)
def test_rules(renderer: Renderer, few: Case, weights: dict[str, int]) -> None:
    view = make_view(weights, serving=next(reversed(weights)))
    *previews, last = find_route(renderer, few, view)["spec"]["rules"]
    services = {
        slot: next(m["metadata"]["name"] for m in renderer.render(few, SLOTS[slot]) if _is_gateway(m))
        for slot in weights
    }
    for slot, rule in zip(sorted(weights), previews, strict=True):
        header = {"type": "Exact", "name": "x-genai-preview", "value": slot}
        assert rule["matches"] == [{**EVERYTHING, "headers": [header]}]
        assert rule["backendRefs"] == [{"name": services[slot], "port": 80}]
        assert rule["timeouts"] == UNLIMITED
    assert last["timeouts"] == UNLIMITED
    assert last["matches"] == [EVERYTHING]
    assert last["backendRefs"] == [
        {"name": services[slot], "port": 80, "weight": weights[slot]} for slot in sorted(weights)
    ]


def test_role_all_leads_to_the_service_of_the_instance(renderer: Renderer, few: Case) -> None:
    route = find_route(renderer, few, ALL, "route.enabled=true")
    assert route["spec"]["rules"] == [
        {"matches": [EVERYTHING], "timeouts": UNLIMITED, "backendRefs": [{"name": few.instance, "port": 80}]}
    ]


def test_a_limit_for_answers_is_the_users_and_can_be_left_to_the_controller(renderer: Renderer, few: Case) -> None:
    view = make_view({"blue": 90, "green": 10})
    limited = find_route(renderer, few, view, 'route.requestTimeout="10m"')["spec"]["rules"]
    silent = find_route(renderer, few, view, 'route.requestTimeout=""')["spec"]["rules"]

    assert [rule["timeouts"] for rule in limited] == [{"request": "10m"}] * 3
    assert not any("timeouts" in rule for rule in silent)


def test_the_route_attaches_to_the_gateway_with_its_host_names(renderer: Renderer, few: Case) -> None:
    settings = (
        'route.gateway={"name": "front", "namespace": "edge-ns"}',
        'route.hostnames=["a.example.com"]',
        'route.annotations={"example.com/a": "b"}',
    )
    route = find_route(renderer, few, make_view({"blue": 100}), *settings)
    assert route["spec"]["parentRefs"] == [{"name": "front", "namespace": "edge-ns"}]
    assert route["spec"]["hostnames"] == ["a.example.com"]
    assert route["metadata"]["annotations"] == {"example.com/a": "b"} | route["metadata"]["annotations"]


def _is_gateway(manifest: Any) -> bool:
    labels = manifest["metadata"]["labels"]
    return manifest["kind"] == "Service" and labels["app.kubernetes.io/component"] == "gateway"
