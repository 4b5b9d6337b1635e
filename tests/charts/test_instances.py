"""Two instances in one namespace do not touch each other."""

from __future__ import annotations

from dataclasses import replace

from tests.charts.rendering import ALL, VIEWS, Case, Renderer, find_template, identify
from tests.charts.test_selectors import find_selector


def test_neither_names_nor_selectors_cross(renderer: Renderer, case: Case) -> None:
    parts = [view for view in VIEWS if view != ALL]
    first = [manifest for view in parts for manifest in renderer.render(case, view)]
    other = replace(case, name_of_instance="genai2")
    second = [manifest for view in parts for manifest in renderer.render(other, view)]
    assert not {identify(manifest) for manifest in first} & {identify(manifest) for manifest in second}
    for one, two in ((first, second), (second, first)):
        for manifest in one:
            selector = find_selector(manifest)
            for workload in two if selector else ():
                labels = find_template(workload).get("metadata", {}).get("labels", {})
                assert not labels or not selector.items() <= labels.items(), identify(manifest)
