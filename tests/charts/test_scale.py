"""Role all takes replicas from the values; a slot renders none, since the CLI owns scale there."""

from __future__ import annotations

from tests.charts.rendering import ALL, BLUE, GREEN, Case, Renderer, Stack, component_of, identify

SCALED = ("gateway", "inference")


def test_slots_render_no_replicas(stack: Stack) -> None:
    for view in (BLUE, GREEN):
        for manifest in stack.parts[view]:
            assert "replicas" not in (manifest.get("spec") or {}), f"{identify(manifest)} as {view}"


def test_role_all_renders_replicas(stack: Stack) -> None:
    for manifest in stack.parts[ALL]:
        if manifest["kind"] in ("Deployment", "StatefulSet"):
            assert manifest["spec"]["replicas"] >= 1, identify(manifest)


def test_budgets_exist_only_above_one_replica(stack: Stack) -> None:
    manifests = stack.parts[ALL]
    budgets = {m["metadata"]["name"] for m in manifests if m["kind"] == "PodDisruptionBudget"}
    scaled = {m["metadata"]["name"] for m in manifests if m["kind"] == "Deployment" and m["spec"]["replicas"] > 1}
    assert budgets == scaled


def test_replicas_reach_every_workload_that_scales(renderer: Renderer, case: Case) -> None:
    models = renderer.render(case, ALL)
    names = {m["metadata"]["labels"]["genai-stack/model"] for m in models if _is_inference(m)}
    settings = ["gateway.replicas=5", *(f"inference.models.{name}.replicas=5" for name in names)]
    manifests = renderer.render(case, ALL, *settings)
    deployments = [m for m in manifests if m["kind"] == "Deployment"]
    assert deployments
    for manifest in deployments:
        assert component_of(manifest) in SCALED
        assert manifest["spec"]["replicas"] == 5, identify(manifest)


def _is_inference(manifest: object) -> bool:
    return manifest["kind"] == "Deployment" and component_of(manifest) == "inference"  # type: ignore[arg-type,index]
