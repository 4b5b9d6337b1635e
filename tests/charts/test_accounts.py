"""Each component has a ServiceAccount of its own, without a token."""

from __future__ import annotations

from tests.charts.rendering import Stack, component_of, find_template, identify


def test_pods_use_the_account_of_their_component_in_the_same_release(stack: Stack) -> None:
    for view, manifests in stack.parts.items():
        accounts = {m["metadata"]["name"]: component_of(m) for m in manifests if m["kind"] == "ServiceAccount"}
        for workload in manifests:
            if find_template(workload):
                pod = find_template(workload)["spec"]
                assert accounts[pod["serviceAccountName"]] == component_of(workload), (
                    f"{identify(workload)} {view}"
                )


def test_no_token_is_mounted(stack: Stack) -> None:
    for manifest in stack.manifests:
        if manifest["kind"] == "ServiceAccount":
            assert manifest["automountServiceAccountToken"] is False, identify(manifest)
        elif find_template(manifest):
            assert find_template(manifest)["spec"]["automountServiceAccountToken"] is False, identify(manifest)


def test_every_account_is_used(stack: Stack) -> None:
    for view, manifests in stack.parts.items():
        used = {find_template(m)["spec"]["serviceAccountName"] for m in manifests if find_template(m)}
        made = {m["metadata"]["name"] for m in manifests if m["kind"] == "ServiceAccount"}
        assert made == used, view
