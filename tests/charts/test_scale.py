"""One owner of the number of pods: values in role all, a scaler where there is one, the CLI in a slot."""

from __future__ import annotations

import pytest

from tests.charts.rendering import (
    ALL,
    BASE,
    BLUE,
    GREEN,
    Case,
    Manifest,
    Renderer,
    Stack,
    View,
    component_of,
    identify,
)
from tests.charts.test_selectors import find_selector

SCALED = ("gateway", "inference")
SCALERS = {
    "HorizontalPodAutoscaler": ("minReplicas", "maxReplicas"),
    "ScaledObject": ("minReplicaCount", "maxReplicaCount"),
}


def find_scalers(manifests: tuple[Manifest, ...]) -> dict[str, tuple[int, int]]:
    """Fewest and most pods by the name of the Deployment that a scaler owns."""
    found: dict[str, tuple[int, int]] = {}
    for manifest in manifests:
        if manifest["kind"] in SCALERS:
            spec = manifest["spec"]
            name = spec["scaleTargetRef"]["name"]
            assert name not in found, f"two scalers would pull at {name}"
            low, high = (spec[key] for key in SCALERS[manifest["kind"]])
            found[name] = (low, high)
    return found


def find_counts(manifests: tuple[Manifest, ...]) -> dict[str, int]:
    """Fewest pods that a workload has, by its name."""
    scalers = find_scalers(manifests)
    return {
        m["metadata"]["name"]: scalers.get(m["metadata"]["name"], (0,))[0] or m["spec"].get("replicas", 0)
        for m in manifests
        if m["kind"] in ("Deployment", "StatefulSet")
    }


@pytest.mark.parametrize("view", [BLUE, GREEN], ids=str)
def test_slots_render_no_replicas(stack: Stack, view: View) -> None:
    for manifest in stack.parts[view]:
        if manifest["kind"] in ("Deployment", "StatefulSet"):
            assert "replicas" not in manifest["spec"], f"{identify(manifest)} as {view}"


@pytest.mark.parametrize("view", [ALL, BASE], ids=str)
def test_replicas_are_rendered_where_no_scaler_owns_them_and_only_there(stack: Stack, view: View) -> None:
    scalers = find_scalers(stack.parts[view])
    for manifest in stack.parts[view]:
        if manifest["kind"] in ("Deployment", "StatefulSet"):
            has_replicas = manifest["spec"].get("replicas", 0) >= 1
            assert has_replicas != (manifest["metadata"]["name"] in scalers), identify(manifest)


def test_a_scaler_leads_to_a_deployment_of_its_release_and_has_room(stack: Stack) -> None:
    for manifests in stack.parts.values():
        deployments = {m["metadata"]["name"] for m in manifests if m["kind"] == "Deployment"}
        for name, (low, high) in find_scalers(manifests).items():
            assert name in deployments
            assert 0 <= low < high, name


def test_a_slot_has_no_scaler_unless_the_rollout_switches_it_on(stack: Stack) -> None:
    assert not find_scalers(stack.parts[BLUE]) or stack.case.values["global"]["autoscaler"] in ("on", "frozen")


def test_budgets_are_there_for_what_has_more_than_one_pod(stack: Stack) -> None:
    counts, scalers = find_counts(stack.parts[ALL]), find_scalers(stack.parts[ALL])
    budgets = {m["metadata"]["name"] for m in stack.parts[ALL] if m["kind"] == "PodDisruptionBudget"}
    assert budgets >= {name for name, count in counts.items() if count > 1}
    assert budgets <= {name for name, count in counts.items() if max(count, *scalers.get(name, (0, 0))) > 1}


def test_a_budget_lets_a_node_be_drained(stack: Stack) -> None:
    counts = find_counts(stack.parts[ALL])
    for manifest in stack.parts[ALL]:
        if manifest["kind"] == "PodDisruptionBudget":
            assert "minAvailable" not in manifest["spec"], identify(manifest)
            assert 1 <= manifest["spec"]["maxUnavailable"] < max(2, counts[manifest["metadata"]["name"]]), (
                identify(manifest)
            )
            assert find_selector(manifest), identify(manifest)


def test_replicas_reach_every_workload_that_scales(renderer: Renderer, few: Case) -> None:
    deployments = [m for m in renderer.render(few, ALL) if m["kind"] == "Deployment"]
    names = {m["metadata"]["labels"]["genai-stack/model"] for m in deployments if component_of(m) == "inference"}
    settings = ["gateway.replicas=5", *(f"inference.models.{name}.replicas=5" for name in names)]
    manifests = renderer.render(few, ALL, *settings)
    scalers = find_scalers(manifests)
    for manifest in manifests:
        if manifest["kind"] == "Deployment" and manifest["metadata"]["name"] not in scalers:
            assert component_of(manifest) in SCALED
            assert manifest["spec"]["replicas"] == 5, identify(manifest)
