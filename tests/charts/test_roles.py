"""base + slot + route make what all makes, and none of them holds anything of another."""

from __future__ import annotations

import re

import pytest

from tests.charts.rendering import (
    ALL,
    ALWAYS,
    BASE,
    BLUE,
    GREEN,
    RENDERED_BY,
    ROUTE,
    Case,
    Renderer,
    Stack,
    View,
    component_of,
    identify,
    is_enabled,
    is_hook,
    list_sources,
)

OF_SEVERAL = re.compile(
    r"templates/(network|tests)/.*|charts/[a-z]+/templates/tests/.*|charts/inference/templates/serviceaccount.yaml"
)
"""Templates whose objects are in the releases of several roles, each with other names."""


SCALERS = re.compile(r"autoscaler\.yaml$")
"""Off in a slot until the CLI no longer owns the scale."""


def test_a_role_renders_nothing_of_another(stack: Stack) -> None:
    for view, manifests in stack.parts.items():
        if view != ALL:
            for manifest in manifests:
                assert view.role in RENDERED_BY[component_of(manifest)].split(), f"{identify(manifest)} {view}"


def test_no_template_serves_two_roles(renderer: Renderer, case: Case) -> None:
    base, slot, route = (list_sources(renderer.template(case, view)) for view in (BASE, BLUE, ROUTE))
    assert not [file for file in (base & slot) | (slot & route) | (base & route) if not OF_SEVERAL.fullmatch(file)]
    everything = list_sources(renderer.template(case, ALL))
    assert base | slot | route == {file for file in everything if file in slot or not SCALERS.search(file)}


@pytest.mark.parametrize("view", [BLUE, GREEN], ids=str)
def test_slots_carry_no_hook_but_tests(stack: Stack, view: View) -> None:
    for manifest in stack.parts[view]:
        if is_hook(manifest):
            assert manifest["metadata"]["annotations"]["helm.sh/hook"] == "test", identify(manifest)


def test_only_tests_are_hooks(stack: Stack) -> None:
    hooks = {identify(m): m["metadata"]["annotations"]["helm.sh/hook"] for m in stack.manifests if is_hook(m)}
    assert set(hooks.values()) <= {"test"}, hooks


def test_base_slot_and_route_together_are_all(stack: Stack) -> None:
    def key(manifest: object) -> tuple[str, str, str]:
        labels = manifest["metadata"]["labels"]  # type: ignore[index]
        return manifest["kind"], component_of(manifest), labels.get("genai-stack/model", "")  # type: ignore[arg-type,index]

    parts = {key(manifest) for view in (BASE, BLUE, ROUTE) for manifest in stack.parts[view]}
    whole = {key(manifest) for manifest in stack.parts[ALL]}
    assert {part for part in whole - parts if part[0] not in ("HorizontalPodAutoscaler", "ScaledObject")} == set()
    assert not parts - whole


def test_every_enabled_component_is_rendered_and_no_other(stack: Stack) -> None:
    rendered = {component_of(manifest) for manifest in stack.parts[ALL]}
    assert rendered & ALWAYS == {component for component in ALWAYS if is_enabled(stack.case, component)}


def test_the_slots_differ_in_nothing_but_their_name(renderer: Renderer, case: Case) -> None:
    if case.name == "ci/long-names":
        return  # Names that are cut carry a hash, which differs.
    blue, green = (renderer.template(case, view) for view in (BLUE, GREEN))
    checksums = ("-checksum",)
    for one, other in zip(blue.splitlines(), green.splitlines(), strict=True):
        if not any(word in one for word in checksums):
            assert one.replace("blue", "green") == other


def test_without_a_route_there_is_still_the_service(renderer: Renderer, few: Case) -> None:
    for view in (ALL, ROUTE):
        manifests = renderer.render(few, view, "route.enabled=false")
        kinds = [identify(m).split()[0] for m in manifests if component_of(m) == "route"]
        assert kinds == ["Service"], view
