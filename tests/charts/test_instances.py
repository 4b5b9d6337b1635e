"""Two instances in one namespace do not touch each other."""

from __future__ import annotations

from dataclasses import replace

from tests.charts.rendering import ALL, NOT_NAMESPACED, VIEWS, Case, Manifest, Renderer, find_template, identify
from tests.charts.test_selectors import find_selector


def find_policy_selector(manifest: Manifest) -> dict[str, str]:
    """The pods that a NetworkPolicy is about."""
    selector = (manifest.get("spec") or {}).get("podSelector") or {}
    if manifest["kind"] == "NetworkPolicy":
        found = selector.get("matchLabels", {})
        assert "app.kubernetes.io/instance" in found, f"{identify(manifest)} takes pods of others"
        return dict(found)
    return {}


def test_neither_names_nor_selectors_cross(renderer: Renderer, few: Case) -> None:
    parts = [view for view in VIEWS if view != ALL]
    first = [manifest for view in parts for manifest in renderer.render(few, view)]
    other = replace(few, name_of_instance="genai2")
    second = [manifest for view in parts for manifest in renderer.render(other, view)]
    named = [{identify(m) for m in part if m["kind"] not in NOT_NAMESPACED} for part in (first, second)]
    assert not named[0] & named[1]
    for one, two in ((first, second), (second, first)):
        for manifest in one:
            selector = find_selector(manifest) or find_policy_selector(manifest)
            for workload in two if selector else ():
                labels = find_template(workload).get("metadata", {}).get("labels", {})
                assert not labels or not selector.items() <= labels.items(), identify(manifest)
