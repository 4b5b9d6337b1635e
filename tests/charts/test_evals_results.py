"""Results stay: on a volume that outlives the release, and in one ConfigMap, all that the account may touch."""

from __future__ import annotations

from typing import Any

import pytest

from tests.charts.rendering import (
    ALL,
    BASE,
    Manifest,
    Renderer,
    Stack,
    component_of,
    find_case,
    find_template,
    is_hook,
)

TOKEN = "serviceAccountToken"


def list_evals(renderer: Renderer, *settings: str) -> dict[tuple[str, str], Manifest]:
    manifests = renderer.render(find_case("ci/evals"), BASE, *settings)
    return {(m["kind"], m["metadata"]["name"]): m for m in manifests if component_of(m) == "evals"}


def find_sources(manifest: Manifest) -> list[dict[str, Any]]:
    """What the projected volumes of its pods hold."""
    volumes = find_template(manifest).get("spec", {}).get("volumes", ())
    return [source for volume in volumes for source in volume.get("projected", {}).get("sources", ())]


def test_the_account_may_patch_one_object_and_nothing_else(renderer: Renderer) -> None:
    found = list_evals(renderer)
    assert found["Role", "genai-evals"]["rules"] == [
        {
            "apiGroups": [""],
            "resources": ["configmaps"],
            "resourceNames": ["genai-evals-results"],
            "verbs": ["patch"],
        }
    ]
    binding = found["RoleBinding", "genai-evals"]
    assert binding["roleRef"] == {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "genai-evals"}
    account = {"kind": "ServiceAccount", "name": "genai-evals", "namespace": "genai-ns"}
    assert binding["subjects"] == [account]
    assert found["ServiceAccount", "genai-evals"]["automountServiceAccountToken"] is False


def test_no_data_is_rendered_that_an_upgrade_could_put_back(renderer: Renderer) -> None:
    assert not {"data", "binaryData", "immutable"} & set(list_evals(renderer)["ConfigMap", "genai-evals-results"])


def test_the_token_is_mounted_in_runs_and_nowhere_else(stack: Stack) -> None:
    for manifest in stack.manifests:
        if not find_template(manifest):
            continue
        has_token = any(TOKEN in source for source in find_sources(manifest))
        is_run = component_of(manifest) == "evals" and not is_hook(manifest)
        assert has_token is is_run, manifest["metadata"]["name"]


def test_the_token_comes_with_the_certificate_and_the_namespace_where_clients_look(renderer: Renderer) -> None:
    cron = list_evals(renderer)["CronJob", "genai-evals"]
    paths = {key for source in find_sources(cron) for key in source}
    assert paths == {TOKEN, "configMap", "downwardAPI"}
    (mount,) = (m for m in find_template(cron)["spec"]["containers"][0]["volumeMounts"] if m["name"] == "api")
    assert mount["mountPath"] == "/var/run/secrets/kubernetes.io/serviceaccount"
    assert mount["readOnly"] is True
    args = find_template(cron)["spec"]["containers"][0]["args"]
    assert args[args.index("--publish") + 1] == "genai-evals-results"


def test_without_the_config_map_there_are_no_rights_and_no_token(renderer: Renderer) -> None:
    found = list_evals(renderer, "evals.results.configMap.enabled=false")
    assert not {"Role", "RoleBinding"} & {kind for kind, _ in found}
    assert ("ConfigMap", "genai-evals-results") not in found
    for manifest in found.values():
        assert not find_sources(manifest)
        assert "--publish" not in str(find_template(manifest))


def test_whole_results_go_to_a_claim_that_stays(renderer: Renderer) -> None:
    found = list_evals(renderer)
    claim = found["PersistentVolumeClaim", "genai-evals-results"]
    assert claim["metadata"]["annotations"] == {"helm.sh/resource-policy": "keep"}
    assert claim["spec"] == {
        "accessModes": ["ReadWriteMany"],
        "storageClassName": "fast",
        "resources": {"requests": {"storage": "2Gi"}},
    }
    for (kind, _), manifest in found.items():
        if kind in ("CronJob", "Job"):
            pod = find_template(manifest)["spec"]
            assert {"name": "results", "mountPath": "/results"} in pod["containers"][0]["volumeMounts"]
            args = pod["containers"][0]["args"]
            assert args[args.index("--results-dir") + 1] == "/results"
            assert args[args.index("--history") + 1] == "7"


@pytest.mark.parametrize(
    ("settings", "claim"),
    [
        (('evals.results.persistence.existingClaim="mine"',), "mine"),
        (("evals.results.persistence.enabled=false",), None),
    ],
)
def test_no_claim_is_made_where_none_is_wanted(renderer: Renderer, settings: tuple[str, ...], claim: Any) -> None:
    found = list_evals(renderer, *settings)
    assert "PersistentVolumeClaim" not in {kind for kind, _ in found}
    volumes = find_template(found["CronJob", "genai-evals"])["spec"]["volumes"]
    claims = [v["persistentVolumeClaim"]["claimName"] for v in volumes if v["name"] == "results"]
    assert claims == ([claim] if claim else [])


def test_names_are_the_same_in_role_all_and_base(renderer: Renderer) -> None:
    def list_names(view: Any) -> list[tuple[str, str]]:
        manifests = renderer.render(find_case("ci/evals"), view)
        return sorted((m["kind"], m["metadata"]["name"]) for m in manifests if component_of(m) == "evals")

    assert list_names(ALL) == list_names(BASE)
