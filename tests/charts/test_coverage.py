"""The suite cannot miss a component silently: what the chart has is named here and used by the cases."""

from __future__ import annotations

import yaml

from tests.charts.definitions import CUSTOM
from tests.charts.leaves import find_place, walk_leaves, walk_places
from tests.charts.rendering import (
    ALL,
    ALWAYS,
    RENDERED_BY,
    VIEWS,
    Renderer,
    component_of,
    find_case,
    find_template,
    is_enabled,
    list_cases,
    list_sources,
)
from tests.charts.schemas import CHART, SECTIONS, SUBCHARTS
from tests.charts.test_schema import read_schema

CI = [case for case in list_cases() if case.name.startswith("ci/")]
WORKLOADS = {"Deployment", "StatefulSet", "CronJob", "Job", "Pod"}
OTHERS = {
    *(
        "ConfigMap",
        "Service",
        "ServiceAccount",
        "PersistentVolumeClaim",
        "PodDisruptionBudget",
        "Role",
        "RoleBinding",
    ),
    *("HorizontalPodAutoscaler", "NetworkPolicy", "Ingress", "ResourceQuota", "LimitRange", "PriorityClass"),
}
"""Kinds that the tests of this folder know how to look at; a new one belongs into the tests before it is here."""

SHARED = {
    *("extraEnv", "extraVolumes", "extraVolumeMounts", "tolerations", "resources", "image", "behavior"),
    *("podLabels", "podAnnotations", "nodeSelector", "serviceAccount", "source"),
}
"""Pieces that several components take in the same form."""

NOT_FOR_A_CASE = {
    ("rollout", "steps", "[]", "test"): "is an empty map: nothing of it can be set",
    ("rollout", "blueGreen", "preview", "[]", "test"): "is an empty map: nothing of it can be set",
    ("global", "role"): "the views of the renderer set it",
    ("global", "slot"): "the views of the renderer set it",
    ("route", "weights", "blue"): "set by the CLI, in role route",
    ("route", "weights", "green"): "set by the CLI, in role route",
    ("route", "serving"): "set by the CLI, in role route",
}


def test_every_subchart_is_known() -> None:
    folders = {folder.name for folder in (CHART / "charts").iterdir()}
    assert folders == {*SUBCHARTS, "common"}
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text(encoding="utf-8"))
    assert {dependency["name"] for dependency in chart["dependencies"]} == folders
    assert {*SUBCHARTS, "route"} == ALWAYS <= set(RENDERED_BY)


def test_every_schema_file_is_used() -> None:
    names = {file.stem for file in (CHART / "schema").glob("*.yaml")}
    assert names == {"fragments", "global", *SECTIONS, *SUBCHARTS}


def test_versions_of_umbrella_and_subcharts_are_one() -> None:
    files = [CHART / "Chart.yaml", *CHART.glob("charts/*/Chart.yaml")]
    charts = [yaml.safe_load(file.read_text(encoding="utf-8")) for file in files]
    assert len({(chart["version"], chart["appVersion"]) for chart in charts}) == 1
    assert {dependency["version"] for dependency in charts[0]["dependencies"]} == {charts[0]["version"]}
    assert {dependency["repository"] for dependency in charts[0]["dependencies"]} == {""}


def test_some_case_enables_and_some_case_disables_each_component() -> None:
    for component in SUBCHARTS:
        states = {is_enabled(case, component) for case in list_cases()}
        assert states == {True, False} or component == "gateway", component


def test_a_chart_without_a_component_renders(renderer: Renderer) -> None:
    default = find_case("ci/default")
    for component in SUBCHARTS:
        settings = [f"{component}.enabled=false"]
        if component == "inference":
            settings.append('gateway.models.smollm2.url="http://elsewhere"')
        rendered = {component_of(manifest) for manifest in renderer.render(default, ALL, *settings)}
        assert rendered & ALWAYS == ALWAYS - {component}


def test_every_template_makes_something_of_some_case(renderer: Renderer) -> None:
    files = (file for file in CHART.rglob("templates/**/*.yaml"))
    silent = {"templates/validate.yaml"}
    templates = {file.relative_to(CHART).as_posix() for file in files} - silent
    texts = (renderer.template(case, view) for case in CI for view in VIEWS)
    used = frozenset().union(*(list_sources(text) for text in texts))
    assert templates == used


def simplify(place: tuple[str, ...]) -> tuple[str, ...]:
    """The place without the part that says whose it is, where the same fragment and the same define serve all."""
    shared = next((index for index, step in enumerate(place) if step in SHARED), None)
    if shared is not None:
        return place[shared:]
    return ("inference", "models", "*", *place[2:]) if place[:2] == ("inference", "modelDefaults") else place


def test_every_value_is_set_by_some_case() -> None:
    places = {simplify(place) for place, _ in walk_places(read_schema()) if place[-1] != "global"}
    leaves = (leaf for case in CI for leaf in walk_leaves(case.values, read_schema()))
    set_here = {simplify(find_place(leaf.path, read_schema())) for leaf in leaves}
    missing = places - set_here - set(NOT_FOR_A_CASE)
    assert not sorted(".".join(place) for place in missing), "set each in a file of charts/genai-stack/ci"
    assert not set(NOT_FOR_A_CASE) & set_here


def test_every_kind_is_one_that_the_tests_know(renderer: Renderer) -> None:
    for case in list_cases():
        for view in VIEWS:
            for manifest in renderer.render(case, view):
                kind = manifest["kind"]
                assert kind in WORKLOADS | OTHERS | CUSTOM, kind
                assert bool(find_template(manifest)) == (kind in WORKLOADS), kind
                assert component_of(manifest) in RENDERED_BY


def test_every_component_is_rendered_by_some_case(renderer: Renderer) -> None:
    rendered = {component_of(m) for case in CI for view in VIEWS for m in renderer.render(case, view)}
    assert rendered == set(RENDERED_BY)
