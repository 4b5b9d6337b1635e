"""Kind service: no controller, so the Service's selector is the route, and what it selects makes the weights."""

from __future__ import annotations

from typing import Any

import pytest

from tests.charts.rendering import ALL, BASE, BLUE, Case, Renderer, View, component_of, find_template
from tests.charts.test_route import make_view

KIND = 'route.kind="service"'


def find_objects(renderer: Renderer, case: Case, view: View, *settings: str) -> dict[str, Any]:
    manifests = renderer.render(case, view, KIND, *settings)
    return {m["kind"]: m for m in manifests if component_of(m) == "route"}


@pytest.mark.parametrize(
    ("weights", "slot", "told"),
    [
        ({"blue": 0, "green": 100}, "green", "blue=0,green=100"),
        ({"blue": 75, "green": 25}, None, "blue=75,green=25"),
    ],
    ids=str,
)
def test_one_slot_is_selected_by_name_and_two_by_what_they_share(
    renderer: Renderer, few: Case, weights: dict[str, int], slot: str | None, told: str
) -> None:
    serving = slot or "blue"
    (kind, service), *others = find_objects(renderer, few, make_view(weights, serving)).items()
    assert (kind, others) == ("Service", [])
    selector = {"app.kubernetes.io/instance": few.instance, "app.kubernetes.io/component": "gateway"}
    assert service["spec"]["selector"] == ({**selector, "genai-stack/slot": slot} if slot else selector)
    annotations = service["metadata"]["annotations"]
    assert annotations["genai-stack/weights"] == told
    assert annotations["genai-stack/serving"] == serving


def test_nothing_but_gateways_of_the_instance_is_selected(renderer: Renderer, few: Case) -> None:
    service = find_objects(renderer, few, make_view({"blue": 75, "green": 25}))["Service"]
    selector = service["spec"]["selector"].items()
    manifests = [*renderer.render(few, BASE, KIND), *renderer.render(few, BLUE, KIND)]
    pods = {component_of(m): find_template(m)["metadata"]["labels"].items() for m in manifests if find_template(m)}
    assert {component for component, labels in pods.items() if selector <= labels} == {"gateway"}


def test_a_plain_install_selects_its_own_slot_and_says_no_weights(renderer: Renderer, few: Case) -> None:
    found = find_objects(renderer, few, ALL, "route.enabled=true")
    assert set(found) == {"Service"}
    assert found["Service"]["spec"]["selector"]["genai-stack/slot"] == "all"
    assert not any("genai-stack/" in key for key in found["Service"]["metadata"].get("annotations", {}))


def test_annotations_of_the_user_stay(renderer: Renderer, few: Case) -> None:
    settings = 'route.service.annotations={"example.com/a": "b"}'
    view = make_view({"blue": 75, "green": 25})
    service = find_objects(renderer, few, view, settings)["Service"]
    assert set(service["metadata"]["annotations"]) == {
        "example.com/a",
        "genai-stack/weights",
        "genai-stack/serving",
    }
    plain = renderer.render(few, view, "route.enabled=true", settings)
    (service,) = (m for m in plain if m["kind"] == "Service")
    assert service["metadata"]["annotations"] == {"example.com/a": "b"}


def test_weights_that_make_no_route_are_refused(renderer: Renderer) -> None:
    view = make_view({"blue": 75, "green": 20})
    assert "add up to 95" in renderer.refuse(KIND, view=view)


def test_helm_4_makes_the_same(renderer: Renderer, renderer4: Renderer, few: Case) -> None:
    view = make_view({"blue": 75, "green": 25})
    assert find_objects(renderer4, few, view) == find_objects(renderer, few, view)
