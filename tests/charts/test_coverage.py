"""The suite cannot miss a component silently: what the chart has is named here and used by the cases."""

from __future__ import annotations

import yaml

from tests.charts.rendering import ALL, COMPONENTS, RENDERED_BY, Renderer, component_of, is_enabled, list_cases
from tests.charts.schemas import CHART, SUBCHARTS, read


def test_every_subchart_is_known() -> None:
    folders = {folder.name for folder in (CHART / "charts").iterdir()}
    assert folders == {*SUBCHARTS, "common"}
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text(encoding="utf-8"))
    assert {dependency["name"] for dependency in chart["dependencies"]} == folders
    assert {*SUBCHARTS, "route"} == set(COMPONENTS) == set(RENDERED_BY)


def test_every_schema_file_is_used() -> None:
    names = {file.stem for file in (CHART / "schema").glob("*.yaml")}
    assert names == {"fragments", "global", "route", "rollout", *SUBCHARTS}


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
    default = next(case for case in list_cases() if case.name == "ci/default")
    for component in SUBCHARTS:
        settings = [f"{component}.enabled=false"]
        if component == "inference":
            settings.append('gateway.models.smollm2.url="http://elsewhere"')
        rendered = {component_of(manifest) for manifest in renderer.render(default, ALL, *settings)}
        assert rendered == set(COMPONENTS) - {component}


def test_the_full_case_sets_every_key() -> None:
    full = next(case for case in list_cases() if case.name == "ci/full").values
    # What the views of the renderer set, and what another case is for.
    left_out = {"global", "enabled", "role", "slot", "instance", "weights", "serving"}
    for name in ("global", *SUBCHARTS, "route", "rollout"):
        missing = set(read(name)["keys"]) - set(full[name]) - left_out
        assert not missing, f"ci/full-values.yaml does not set {name}: {sorted(missing)}"
