"""Objects that Argo CD or Flux keep, and whether what a rollout changes is left alone there."""

from __future__ import annotations

from typing import Any

import pytest

from tooling.core.diff.objects import ObjectName
from tooling.core.tracking import Tracked, find_tracked, is_left_alone, write_remedy

ROUTE = ObjectName("gateway.networking.k8s.io/v1", "HTTPRoute", "genai", "genai")
SERVICE = ObjectName("v1", "Service", "genai", "genai")
GATEWAY = ObjectName("apps/v1", "Deployment", "genai", "genai-blue-gateway")
TRACKING_ID = "argocd.argoproj.io/tracking-id"
SHARED = "app.kubernetes.io/instance"


def marked(labels: dict[str, str] | None = None, by: str = "", **annotations: str) -> dict[str, Any]:
    managers = [{"manager": by}] if by else []
    return {"metadata": {"labels": labels or {}, "annotations": annotations, "managedFields": managers}}


def find(manifest: dict[str, Any], name: ObjectName = ROUTE) -> list[Tracked]:
    return list(find_tracked(manifest, name, "genai"))


@pytest.mark.parametrize(
    ("name", "manifest", "tracker"),
    [
        (ROUTE, marked(), ""),
        (
            ROUTE,
            marked(**{TRACKING_ID: "shop:gateway.networking.k8s.io/HTTPRoute:genai/genai"}),
            "Argo CD (Application argocd/shop)",
        ),
        (SERVICE, marked(**{TRACKING_ID: "apps_shop:/Service:genai/genai"}), "Argo CD (Application apps/shop)"),
        # copied from another object with its annotations: Argo CD passes over it, too
        (SERVICE, marked(**{TRACKING_ID: "shop:/Service:genai/other"}), ""),
        (SERVICE, marked(**{TRACKING_ID: "odd"}), ""),
        (SERVICE, marked({"argocd.argoproj.io/instance": "shop"}), "Argo CD (Application argocd/shop)"),
        (SERVICE, marked({"argocd.argoproj.io/instance": "team_shop"}), "Argo CD (Application team/shop)"),
        (GATEWAY, marked({SHARED: "shop"}, by="argocd-controller"), "Argo CD (Application argocd/shop)"),
        (GATEWAY, marked({SHARED: "shop"}, by="helm"), ""),
        (GATEWAY, marked({SHARED: "genai"}, by="argocd-controller"), ""),
        (GATEWAY, marked(by="argocd-controller"), ""),
        (
            GATEWAY,
            marked({"kustomize.toolkit.fluxcd.io/name": "apps", "kustomize.toolkit.fluxcd.io/namespace": "flux"}),
            "Flux (Kustomization flux/apps)",
        ),
        (GATEWAY, marked({"helm.toolkit.fluxcd.io/name": "genai"}), "Flux (HelmRelease genai/genai)"),
        (
            GATEWAY,
            marked({"helm.toolkit.fluxcd.io/name": "genai"}, **{"genai-stack/tracking": "ignored"}),
            "",
        ),
        (ObjectName("v1", "ConfigMap", "genai", "x"), marked({"helm.toolkit.fluxcd.io/name": "genai"}), ""),
    ],
)
def test_trackers_are_recognised_by_their_marks(name: ObjectName, manifest: dict[str, Any], tracker: str) -> None:
    assert "".join(str(one.tracker) for one in find(manifest, name)) == tracker


@pytest.mark.parametrize(
    ("mark", "is_left"),
    [
        ({"kustomize.toolkit.fluxcd.io/reconcile": "disabled"}, True),
        ({"kustomize.toolkit.fluxcd.io/reconcile": "Disabled"}, True),
        ({"kustomize.toolkit.fluxcd.io/ssa": "IfNotPresent"}, True),
        ({"kustomize.toolkit.fluxcd.io/ssa": "Ignore"}, True),
        ({"kustomize.toolkit.fluxcd.io/ssa": "Merge"}, False),
    ],
)
def test_marks_of_flux_on_the_object_itself(mark: dict[str, str], is_left: bool) -> None:
    for manifest in (
        marked({"kustomize.toolkit.fluxcd.io/name": "apps"}, **mark),
        marked({"kustomize.toolkit.fluxcd.io/name": "apps", **mark}),
    ):
        assert [one.is_left_alone for one in find(manifest)] == [is_left]


def ask(name: ObjectName, labels: dict[str, str], tracker: dict[str, Any]) -> bool:
    (found,) = find(marked(labels), name)
    return is_left_alone(found, tracker, "genai")


def application(
    *entries: dict[str, Any], annotations: dict[str, str] | None = None, **policy: Any
) -> dict[str, Any]:
    spec = {"ignoreDifferences": list(entries), "syncPolicy": policy}
    return {"kind": "Application", "metadata": {"annotations": annotations or {}}, "spec": spec}


RULES = {"group": "gateway.networking.k8s.io", "kind": "HTTPRoute", "jsonPointers": ["/spec/rules"]}
RESPECTS = {
    "automated": {"selfHeal": True},
    "syncOptions": ["CreateNamespace=true", "RespectIgnoreDifferences=true"],
}


@pytest.mark.parametrize(
    ("app", "is_left"),
    [
        (application(RULES), True),
        (application(RULES, **RESPECTS), True),
        (application(RULES, automated={}), False),
        (application(RULES, automated={"enabled": False}), True),
        (application(RULES, automated={}, syncOptions="RespectIgnoreDifferences=true"), False),
        (application(), False),
        (application(annotations={"argocd.argoproj.io/skip-reconcile": "true"}, automated={}), True),
        (application({**RULES, "group": "*", "kind": "*"}), True),
        (application({**RULES, "group": "apps"}), False),
        (application({**RULES, "kind": "GRPCRoute"}), False),
        (application({**RULES, "name": "genai", "namespace": "genai"}), True),
        (application({**RULES, "name": "other"}), False),
        (application({**RULES, "jsonPointers": ["/spec"]}), True),
        (application({**RULES, "jsonPointers": ["/spec/rule", "/spec/rules/0"]}), False),
        (application({**RULES, "jsonPointers": None, "jqPathExpressions": [".spec.rules[]"]}), True),
        (application({**RULES, "jsonPointers": [], "jqPathExpressions": [".spec.rules[].backendRefs"]}), False),
        (application({**RULES, "jsonPointers": [], "managedFieldsManagers": ["genai-stack"]}), True),
        (application({**RULES, "jsonPointers": [], "managedFieldsManagers": ["kubectl"]}), False),
    ],
)
def test_what_an_application_ignores(app: dict[str, Any], is_left: bool) -> None:
    assert ask(ROUTE, {"argocd.argoproj.io/instance": "shop"}, app) is is_left


@pytest.mark.parametrize(
    ("entry", "is_left"),
    [
        ({"jsonPointers": ["/spec/replicas"]}, False),
        ({"jsonPointers": ["/spec/replicas", "/spec/template"]}, True),
        ({"managedFieldsManagers": ["genai-stack"]}, False),
        ({"managedFieldsManagers": ["genai-stack"], "jsonPointers": ["/spec/template"]}, True),
    ],
)
def test_of_a_workload_both_its_scale_and_its_template_are_ours(entry: dict[str, Any], is_left: bool) -> None:
    app = application({"group": "apps", "kind": "Deployment", **entry})
    assert ask(GATEWAY, {"argocd.argoproj.io/instance": "shop"}, app) is is_left


def kustomization(*rules: dict[str, Any], **spec: Any) -> dict[str, Any]:
    return {"kind": "Kustomization", "spec": {"driftIgnoreRules": list(rules), **spec}}


@pytest.mark.parametrize(
    ("owner", "is_left"),
    [
        (kustomization(), False),
        (kustomization(suspend=True), True),
        (kustomization({"paths": ["/spec/rules"]}), True),
        (kustomization({"paths": ["/spec/rules"], "target": {"kind": "HTTP.*", "name": "genai"}}), True),
        (kustomization({"paths": ["/spec/rules"], "target": {"kind": "HTTP"}}), False),
        (kustomization({"paths": ["/spec/rules"], "target": {"kind": "("}}), False),
        (kustomization({"paths": ["/spec/rules"], "target": {"labelSelector": "a=b"}}), False),
        (kustomization({"paths": None}), False),
    ],
)
def test_what_a_kustomization_ignores(owner: dict[str, Any], is_left: bool) -> None:
    assert ask(ROUTE, {"kustomize.toolkit.fluxcd.io/name": "apps"}, owner) is is_left


def helm_release(name: str = "shop", **spec: Any) -> dict[str, Any]:
    return {"kind": "HelmRelease", "metadata": {"name": name}, "spec": spec}


CORRECTS = {"mode": "enabled"}
IGNORES = {"mode": "enabled", "ignore": [{"paths": ["/spec/rules"], "target": {"kind": "HTTPRoute"}}]}


@pytest.mark.parametrize(
    ("owner", "is_left"),
    [
        (helm_release(), True),
        (helm_release(driftDetection={"mode": "warn"}), True),
        (helm_release(driftDetection=CORRECTS), False),
        (helm_release(driftDetection=IGNORES), True),
        (helm_release(driftDetection=CORRECTS, suspend=True), True),
        # its Helm release is one that we upgrade: it would upgrade it back
        (helm_release("genai"), False),
        (helm_release("x", releaseName="genai-blue"), False),
        (helm_release("blue", targetNamespace="genai"), False),
        (helm_release("genai", suspend=True), True),
    ],
)
def test_what_a_helm_release_leaves_alone(owner: dict[str, Any], is_left: bool) -> None:
    assert ask(ROUTE, {"helm.toolkit.fluxcd.io/name": "shop"}, owner) is is_left


def remedy(labels: dict[str, str], *names: ObjectName) -> str:
    found = [one for name in names for one in find(marked(labels), name)]
    return write_remedy(found[0].tracker, found)


def test_the_remedy_is_yaml_to_add() -> None:
    assert remedy({"argocd.argoproj.io/instance": "shop"}, ROUTE, SERVICE, GATEWAY) == (
        "# Application argocd/shop\n"
        "spec:\n"
        "  ignoreDifferences:\n"
        "    - {group: 'gateway.networking.k8s.io', kind: HTTPRoute, name: genai, jsonPointers: [/spec/rules]}\n"
        "    - {group: '', kind: Service, name: genai, jsonPointers: [/spec/selector]}\n"
        "    - {group: 'apps', kind: Deployment, name: genai-blue-gateway, "
        "jsonPointers: [/spec/replicas, /spec/template]}\n"
        "  syncPolicy:\n"
        "    syncOptions: [RespectIgnoreDifferences=true]\n"
    )
    assert remedy({"kustomize.toolkit.fluxcd.io/name": "apps"}, ROUTE) == (
        "# Kustomization genai/apps\n"
        "spec:\n"
        "  driftIgnoreRules:\n"
        "    - {paths: [/spec/rules], target: {kind: HTTPRoute, name: genai}}\n"
        "# where Flux knows no driftIgnoreRules yet, in the source of each of these objects:\n"
        "# metadata: {annotations: {kustomize.toolkit.fluxcd.io/ssa: IfNotPresent}}\n"
    )
    assert remedy({"helm.toolkit.fluxcd.io/name": "shop"}, ROUTE) == (
        "# HelmRelease genai/shop\nspec:\n  suspend: true\n"
    )
