"""An instance that Argo CD or Flux would set back is refused before anything is written (promise P9)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.app.story import Story, stand
from tooling.errors import ClusterError, PreflightError

APPLICATION = ("argoproj.io/v1alpha1", "Application")
LABELS = {"argocd.argoproj.io/instance": "shop"}
RULES = [{"group": "gateway.networking.k8s.io", "kind": "HTTPRoute", "jsonPointers": ["/spec/rules"]}]


def track(story: Story, labels: dict[str, str], *, name: str = "HTTPRoute/genai", **annotations: str) -> None:
    """Have a live object with the marks of a tool."""
    metadata = {"name": "genai", "labels": labels, "annotations": annotations}
    story.world.cluster.objects[name] = {"metadata": metadata, "spec": {}}


def know(story: Story, name: str, kind: tuple[str, str] = APPLICATION, **spec: Any) -> dict[str, Any]:
    story.world.cluster.kinds.add(kind)
    manifest = {"kind": kind[1], "metadata": {"name": name.partition("/")[2]}, "spec": spec}
    story.world.cluster.objects[name] = manifest
    return manifest


def refuse(story: Story) -> PreflightError:
    with pytest.raises(PreflightError) as refused:
        story.release(2)
    assert story.world.writes == []
    assert refused.value.hint.endswith("Nothing was touched.")
    return refused.value


@pytest.fixture
def story() -> Story:
    return stand()


def test_a_route_that_argo_cd_keeps_is_refused_with_the_yaml_to_add(story: Story) -> None:
    track(story, LABELS)
    know(story, "Application/shop")
    refused = refuse(story)
    assert refused.message == (
        "Argo CD (Application argocd/shop) keeps HTTPRoute/genai as a repository says: "
        "what a rollout writes there would be set back."
    )
    assert "{group: 'gateway.networking.k8s.io', kind: HTTPRoute, name: genai, jsonPointers: [/spec/rules]}" in (
        refused.hint
    )


def test_one_that_ignores_what_is_ours_is_no_reason_to_refuse(story: Story) -> None:
    track(story, LABELS)
    know(story, "Application/shop", ignoreDifferences=RULES)
    assert story.release(2).exit_code == 0


def test_every_object_and_every_tool_is_named_at_once(story: Story) -> None:
    own = {"app.kubernetes.io/instance": "genai"}
    deployment = {
        "metadata": {"name": "genai-blue-gateway", "labels": LABELS},
        "spec": {"template": {"metadata": {"labels": own}}},
    }
    foreign = {"metadata": {"name": "foreign", "labels": LABELS}, "spec": {}}
    story.world.cluster.listed["deployments"] = [deployment, foreign]
    track(story, {"kustomize.toolkit.fluxcd.io/name": "apps"}, name="Service/genai")
    message = refuse(story).message
    assert "Flux (Kustomization genai/apps)" in message
    assert "keeps Deployment/genai-blue-gateway as" in message
    assert "foreign" not in message


def test_what_flux_is_told_on_the_object_itself_suffices(story: Story) -> None:
    track(
        story,
        {"kustomize.toolkit.fluxcd.io/name": "apps"},
        **{"kustomize.toolkit.fluxcd.io/ssa": "IfNotPresent"},
    )
    assert story.release(2).exit_code == 0


def test_a_tracker_that_cannot_be_read_is_no_permission(story: Story) -> None:
    track(story, LABELS)
    assert "which cannot be read with this account or lies elsewhere" in refuse(story).message
    know(story, "Application/shop", ignoreDifferences=RULES)
    story.world.cluster.forbidden.add("Application/shop")
    assert "genai-stack/tracking=ignored" in refuse(story).hint
    track(story, LABELS, **{"genai-stack/tracking": "ignored"})
    assert story.release(2).exit_code == 0


def test_an_application_is_looked_for_in_every_namespace(story: Story) -> None:
    track(story, LABELS)
    found = know(story, "Application/shop", ignoreDifferences=RULES)
    del story.world.cluster.objects["Application/shop"]
    refuse(story)
    story.world.cluster.listed["applications"] = [{"metadata": {"name": "other"}}, found]
    assert story.release(2).exit_code == 0


def test_applications_that_may_not_be_listed_are_not_found(story: Story) -> None:
    track(story, LABELS)
    know(story, "Application/other")
    story.world.cluster.forbidden.add("applications")
    refuse(story)


def test_a_failing_api_server_is_no_answer(story: Story) -> None:
    track(story, LABELS)
    know(story, "Application/other")
    listed = story.world.cluster.list_objects

    def fail(api_version: str, plural: str, namespace: str) -> Any:
        if plural == "applications":
            raise ClusterError("etcd is slow", status=500)
        return listed(api_version, plural, namespace)

    story.world.cluster.list_objects = fail  # type: ignore[method-assign]
    with pytest.raises(ClusterError, match="etcd"):
        story.release(2)
