"""Selectors take exactly the pods that they are meant for, and hold nothing that changes with a version."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.charts.rendering import (
    ALL,
    BLUE,
    GREEN,
    ROUTE,
    Manifest,
    Stack,
    component_of,
    find_template,
    identify,
    is_server,
)

STABLE = {
    "app.kubernetes.io/instance",
    "app.kubernetes.io/component",
    "genai-stack/slot",
    "genai-stack/model",
}


def find_selector(manifest: Manifest) -> dict[str, str]:
    selector: dict[str, Any] = (manifest.get("spec") or {}).get("selector") or {}
    found: dict[str, str] = selector.get("matchLabels", selector)
    return found


def walk_selectors(stack: Stack) -> Iterator[tuple[str, dict[str, str]]]:
    for manifest in stack.manifests:
        selector = find_selector(manifest)
        if selector:
            yield identify(manifest), selector
        for spread in find_template(manifest).get("spec", {}).get("topologySpreadConstraints", ()):
            yield f"{identify(manifest)} spread", spread["labelSelector"]["matchLabels"]


def pick(selector: dict[str, str], workloads: tuple[Manifest, ...]) -> list[str]:
    return [
        identify(workload)
        for workload in workloads
        if selector.items() <= find_template(workload)["metadata"]["labels"].items()
    ]


def test_selectors_hold_only_what_never_changes(stack: Stack) -> None:
    for name, selector in walk_selectors(stack):
        assert set(selector) <= STABLE, name
        assert set(selector) >= STABLE - {"genai-stack/model"}, name


def test_a_workload_selects_its_own_pods_and_no_others(stack: Stack) -> None:
    parts = [part for view, part in stack.parts.items() if view != ALL]
    for together in (stack.parts[ALL], tuple(manifest for part in parts for manifest in part)):
        workloads = tuple(manifest for manifest in together if find_template(manifest))
        for workload in workloads:
            if is_server(workload):
                assert pick(find_selector(workload), workloads) == [identify(workload)]


@pytest.mark.parametrize("view", [ALL, BLUE, GREEN], ids=str)
def test_services_and_budgets_select_the_workload_of_their_name(stack: Stack, view: Any) -> None:
    workloads = tuple(manifest for manifest in stack.parts[view] if is_server(manifest))
    for manifest in stack.parts[view]:
        if manifest["kind"] in ("Service", "PodDisruptionBudget") and component_of(manifest) != "route":
            picked = pick(find_selector(manifest), workloads)
            assert [name.split()[1] for name in picked] == [manifest["metadata"]["name"].removesuffix("-peers")]


def test_service_ports_lead_to_container_ports(stack: Stack) -> None:
    workloads = stack.workloads
    for service in (manifest for manifest in stack.manifests if manifest["kind"] == "Service"):
        selector = find_selector(service)
        for workload in workloads:
            template = find_template(workload)
            if selector.items() <= template["metadata"]["labels"].items():
                named = {port["name"] for port in template["spec"]["containers"][0]["ports"]}
                assert {port["targetPort"] for port in service["spec"]["ports"]} <= named, identify(service)


def test_the_instance_service_leads_to_the_gateway_that_serves(stack: Stack) -> None:
    for view, slot in ((ALL, "all"), (ROUTE, "blue")):
        (service,) = (m for m in stack.parts[view] if m["kind"] == "Service" and component_of(m) == "route")
        assert service["metadata"]["name"] == stack.case.instance
        gateway = next(m for m in stack.manifests if m["kind"] == "Deployment" and component_of(m) == "gateway")
        wanted = {**find_selector(gateway), "genai-stack/slot": slot}
        assert find_selector(service) == wanted
