"""What users add reaches every workload, and cannot take what the chart owns."""

from __future__ import annotations

from typing import Any

import pytest

from tests.charts.rendering import ALL, Renderer, component_of, find_template, list_cases

PLACES = {
    "gateway": "gateway",
    "inference": "inference.models.smollm2",
    "vectordb": "vectordb",
    "evals": "evals",
}
HATCHES: list[tuple[str, str, Any]] = [
    ("extraArgs", '["--added"]', lambda pod: pod["spec"]["containers"][0]["args"][-1] == "--added"),
    ("extraEnv", '[{"name": "A", "value": "1"}]', lambda pod: _has(pod, "env", {"name": "A", "value": "1"})),
    (
        "extraVolumes",
        '[{"name": "v", "emptyDir": {}}]',
        lambda pod: {"name": "v", "emptyDir": {}} in pod["spec"]["volumes"],
    ),
    (
        "extraVolumeMounts",
        '[{"name": "v", "mountPath": "/v"}]',
        lambda pod: _has(pod, "volumeMounts", {"name": "v", "mountPath": "/v"}),
    ),
    ("podLabels", '{"team": "ml"}', lambda pod: pod["metadata"]["labels"]["team"] == "ml"),
    ("podAnnotations", '{"note": "x"}', lambda pod: pod["metadata"]["annotations"]["note"] == "x"),
    ("priorityClassName", '"high"', lambda pod: pod["spec"]["priorityClassName"] == "high"),
    ("nodeSelector", '{"pool": "a"}', lambda pod: pod["spec"]["nodeSelector"] == {"pool": "a"}),
    (
        "tolerations",
        '[{"operator": "Exists"}]',
        lambda pod: pod["spec"]["tolerations"] == [{"operator": "Exists"}],
    ),
    ("terminationGracePeriodSeconds", "71", lambda pod: pod["spec"]["terminationGracePeriodSeconds"] == 71),
]


def _has(pod: dict[str, Any], field: str, entry: dict[str, str]) -> bool:
    return entry in pod["spec"]["containers"][0][field]


def find_pod(renderer: Renderer, component: str, *settings: str, case: str = "ci/default") -> dict[str, Any]:
    chosen = next(found for found in list_cases() if found.name == case)
    manifests = renderer.render(chosen, ALL, *settings)
    return next(find_template(m) for m in manifests if find_template(m) and component_of(m) == component)


@pytest.mark.parametrize("component", PLACES)
@pytest.mark.parametrize(("hatch", "value", "is_there"), HATCHES, ids=[hatch[0] for hatch in HATCHES])
def test_hatch(renderer: Renderer, component: str, hatch: str, value: str, is_there: Any) -> None:
    # All of them are set at once, which also shows that they do not get into each other's way.
    settings = [f"{PLACES[component]}.{name}={given}" for name, given, _ in HATCHES]
    assert is_there(find_pod(renderer, component, *settings))


@pytest.mark.parametrize("component", PLACES)
def test_global_labels_and_annotations_reach_every_pod(renderer: Renderer, component: str) -> None:
    pod = find_pod(renderer, component, 'global.podLabels={"a": "b"}', 'global.podAnnotations={"c": "d"}')
    assert pod["metadata"]["labels"]["a"] == "b"
    assert pod["metadata"]["annotations"]["c"] == "d"


def test_owned_labels_cannot_be_stolen(renderer: Renderer) -> None:
    labels = find_pod(renderer, "gateway", case="ci/full")["metadata"]["labels"]
    assert labels["app.kubernetes.io/component"] == "gateway"
    assert labels["genai-stack/slot"] == "all"
    assert labels["tier"] == "front"


def test_a_variable_of_the_chart_is_replaced_and_not_doubled(renderer: Renderer) -> None:
    variables = find_pod(renderer, "vectordb", case="ci/full")["spec"]["containers"][0]["env"]
    assert [v["value"] for v in variables if v["name"] == "DISABLE_TELEMETRY"] == ["false"]


def test_an_empty_list_of_a_model_wins_over_the_default(renderer: Renderer) -> None:
    settings = ('inference.modelDefaults.tolerations=[{"operator": "Exists"}]',)
    assert "tolerations" in find_pod(renderer, "inference", *settings)["spec"]
    settings = (*settings, "inference.models.smollm2.tolerations=[]")
    assert "tolerations" not in find_pod(renderer, "inference", *settings)["spec"]
