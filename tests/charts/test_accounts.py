"""Each component has a ServiceAccount of its own; a token is mounted only where something is allowed with it."""

from __future__ import annotations

from typing import Any

from tests.charts.rendering import Manifest, Stack, find_template, identify

VERBS = {"get", "patch", "update"}


def list_tokens(workload: Manifest) -> list[dict[str, Any]]:
    """The tokens of the API server that a pod gets through a projected volume."""
    volumes = find_template(workload).get("spec", {}).get("volumes", ())
    sources = (source for volume in volumes for source in volume.get("projected", {}).get("sources", ()))
    return [source["serviceAccountToken"] for source in sources if "serviceAccountToken" in source]


def find_bound(manifests: tuple[Manifest, ...]) -> dict[str, list[dict[str, Any]]]:
    """The rules that each account is granted, by its name."""
    rules = {m["metadata"]["name"]: m["rules"] for m in manifests if m["kind"] == "Role"}
    bindings = [m for m in manifests if m["kind"] == "RoleBinding"]
    return {
        subject["name"]: rules[binding["roleRef"]["name"]]
        for binding in bindings
        for subject in binding["subjects"]
    }


def test_pods_use_an_account_of_the_same_release(stack: Stack) -> None:
    for view, manifests in stack.parts.items():
        accounts = {m["metadata"]["name"] for m in manifests if m["kind"] == "ServiceAccount"}
        for workload in manifests:
            if find_template(workload):
                pod = find_template(workload)["spec"]
                assert pod["serviceAccountName"] in accounts, f"{identify(workload)} {view}"


def test_no_token_is_mounted_by_default(stack: Stack) -> None:
    for manifest in stack.manifests:
        if manifest["kind"] == "ServiceAccount":
            assert manifest["automountServiceAccountToken"] is False, identify(manifest)
        elif find_template(manifest):
            assert find_template(manifest)["spec"]["automountServiceAccountToken"] is False, identify(manifest)


def test_a_token_goes_only_to_pods_whose_account_may_do_something(stack: Stack) -> None:
    for manifests in stack.parts.values():
        bound = find_bound(manifests)
        for workload in manifests:
            tokens = list_tokens(workload)
            if tokens:
                assert find_template(workload)["spec"]["serviceAccountName"] in bound, identify(workload)
                assert all(token["expirationSeconds"] <= 7200 for token in tokens), identify(workload)


def test_rights_are_for_single_named_objects(stack: Stack) -> None:
    for manifests in stack.parts.values():
        for rules in find_bound(manifests).values():
            for rule in rules:
                assert rule["resourceNames"], rule
                assert set(rule["verbs"]) <= VERBS, rule
                assert "secrets" not in rule["resources"], rule
                assert "*" not in (*rule["resources"], *rule["apiGroups"]), rule


def test_every_role_is_bound_to_an_account_of_the_same_release(stack: Stack) -> None:
    for view, manifests in stack.parts.items():
        roles = {m["metadata"]["name"] for m in manifests if m["kind"] == "Role"}
        bindings = [m for m in manifests if m["kind"] == "RoleBinding"]
        assert {binding["roleRef"]["name"] for binding in bindings} == roles, view
        accounts = {m["metadata"]["name"] for m in manifests if m["kind"] == "ServiceAccount"}
        assert set(find_bound(manifests)) <= accounts, view


def test_nothing_is_granted_in_the_whole_cluster(stack: Stack) -> None:
    assert not {m["kind"] for m in stack.manifests} & {"ClusterRole", "ClusterRoleBinding"}


def test_every_account_is_used(stack: Stack) -> None:
    for view, manifests in stack.parts.items():
        used = {find_template(m)["spec"]["serviceAccountName"] for m in manifests if find_template(m)}
        made = {m["metadata"]["name"] for m in manifests if m["kind"] == "ServiceAccount"}
        assert made == used, view
