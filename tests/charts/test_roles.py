"""base + slot + route make what all makes, and none of them holds anything of another."""

from __future__ import annotations

from tests.charts.rendering import (
    ALL,
    BASE,
    BLUE,
    GREEN,
    RENDERED_BY,
    ROUTE,
    Case,
    Renderer,
    Stack,
    component_of,
    identify,
    is_enabled,
)


def test_a_role_renders_nothing_of_another(stack: Stack) -> None:
    for view, manifests in stack.parts.items():
        if view != ALL:
            assert {RENDERED_BY[component_of(manifest)] for manifest in manifests} <= {view.role}, view


def test_base_slot_and_route_together_are_all(stack: Stack) -> None:
    def key(manifest: object) -> tuple[str, str, str]:
        labels = manifest["metadata"]["labels"]  # type: ignore[index]
        return manifest["kind"], component_of(manifest), labels.get("genai-stack/model", "")  # type: ignore[arg-type,index]

    parts = [key(manifest) for view in (BASE, BLUE, ROUTE) for manifest in stack.parts[view]]
    assert sorted(parts) == sorted(key(manifest) for manifest in stack.parts[ALL])


def test_every_enabled_component_is_rendered_and_no_other(stack: Stack) -> None:
    rendered = {component_of(manifest) for manifest in stack.parts[ALL]}
    assert rendered == {component for component in RENDERED_BY if is_enabled(stack.case, component)}


def test_the_slots_differ_in_nothing_but_their_name(renderer: Renderer, case: Case) -> None:
    if case.name == "ci/long-names":
        return  # Names that are cut carry a hash, which differs.
    blue, green = (renderer.template(case, view) for view in (BLUE, GREEN))
    checksums = ("config-checksum",)
    for one, other in zip(blue.splitlines(), green.splitlines(), strict=True):
        if not any(word in one for word in checksums):
            assert one.replace("blue", "green") == other


def test_without_a_route_there_is_still_the_service(renderer: Renderer, case: Case) -> None:
    for view in (ALL, ROUTE):
        manifests = renderer.render(case, view, "route.enabled=false")
        kinds = [identify(m).split()[0] for m in manifests if component_of(m) == "route"]
        assert kinds == ["Service"], view
