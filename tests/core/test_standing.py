"""Where an API stands in the Kubernetes versions that are aimed at."""

from __future__ import annotations

import pytest

from tooling.core.standing import Catalog, judge

VERSIONS = ("1.31", "1.32", "1.33", "1.34")
SERVED = {
    ("apps/v1", "Deployment"): VERSIONS,
    ("v1", "Pod"): VERSIONS,
    ("v1", "Endpoints"): VERSIONS,
    ("flow/v1", "Flow"): VERSIONS,
    ("flowcontrol.apiserver.k8s.io/v1", "FlowSchema"): VERSIONS,
    ("flowcontrol.apiserver.k8s.io/v1beta3", "FlowSchema"): ("1.31",),
    ("claims/v1beta1", "Claim"): VERSIONS,
    ("claims/v1", "Claim"): ("1.33", "1.34"),
    ("alone/v1beta1", "Alone"): VERSIONS,
    ("taints/v1alpha3", "Taint"): ("1.31",),
    ("late/v1", "Late"): ("1.34",),
    ("gone/v1alpha1", "Gone"): ("1.31",),
    ("gone/v1alpha2", "Gone"): ("1.33", "1.34"),
}
CATALOG = Catalog(
    VERSIONS,
    lambda version, *kind: version in SERVED.get(kind, ()),  # type: ignore[call-overload]
    lambda version: frozenset(kind for kind, versions in SERVED.items() if version in versions),
)


@pytest.mark.parametrize(
    ("api_version", "kind", "targets", "rule", "message", "hint"),
    [
        (
            "flowcontrol.apiserver.k8s.io/v1beta3",
            "FlowSchema",
            ("1.31",),
            "api-deprecated",
            "is deprecated since Kubernetes 1.29, and gone from 1.32 on.",
            "Write `apiVersion: flowcontrol.apiserver.k8s.io/v1`.",
        ),
        (
            "flowcontrol.apiserver.k8s.io/v1beta3",
            "FlowSchema",
            ("1.31", "1.32"),
            "api-removed",
            "is not in Kubernetes 1.32: Kubernetes 1.31 was the last with it.",
            "Write `apiVersion: flowcontrol.apiserver.k8s.io/v1`.",
        ),
        (
            "policy/v1beta1",
            "PodSecurityPolicy",
            ("1.33", "1.34"),
            "api-removed",
            "is not in Kubernetes 1.33, 1.34: it is gone since 1.25.",
            "Label the namespace for Pod Security admission instead.",
        ),
        (
            "v1",
            "Endpoints",
            ("1.33",),
            "api-deprecated",
            "v1 Endpoints is deprecated since Kubernetes 1.33.",
            "Write `apiVersion: discovery.k8s.io/v1`. The kind there is EndpointSlice.",
        ),
        (
            "claims/v1beta1",
            "Claim",
            ("1.33", "1.34"),
            "api-deprecated",
            "is a preview of what claims/v1 has as stable",
            "Write `apiVersion: claims/v1`.",
        ),
        (
            "taints/v1alpha3",
            "Taint",
            ("1.33",),
            "api-removed",
            "Kubernetes 1.31 was the last with it",
            "Nothing has taken its place: leave it out.",
        ),
        (
            "gone/v1alpha1",
            "Gone",
            ("1.33", "1.34"),
            "api-removed",
            "Kubernetes 1.31 was the last with it",
            "Write `apiVersion: gone/v1alpha2`.",
        ),
        (
            "late/v1",
            "Late",
            ("1.32", "1.34"),
            "api-too-new",
            "late/v1 Late comes with Kubernetes 1.34; 1.32 has it not.",
            "Leave it out there, or aim at newer versions.",
        ),
        (
            "claims/v1",
            "Claim",
            ("1.32", "1.33"),
            "api-too-new",
            "comes with Kubernetes 1.33; 1.32 has it not.",
            "1.32 has it in claims/v1beta1.",
        ),
        (
            "v1",
            "Deployment",
            ("1.34",),
            "kind-unknown",
            "Kubernetes knows no Deployment in v1.",
            "Did you mean `apiVersion: apps/v1`?",
        ),
        (
            "apps/v1",
            "Deploymnet",
            ("1.34",),
            "kind-unknown",
            "Kubernetes knows no Deploymnet in apps/v1.",
            "Did you mean `kind: Deployment`?",
        ),
        (
            "app/v1",
            "Deployment",
            ("1.34",),
            "kind-unknown",
            "Kubernetes knows no Deployment in app/v1.",
            "Did you mean `apiVersion: apps/v1`?",
        ),
        (
            "core/v1",
            "Pod",
            ("1.34",),
            "kind-unknown",
            "Kubernetes knows no Pod in core/v1.",
            "Did you mean `apiVersion: v1`?",
        ),
        ("mine/v1", "Xyzzy", ("1.34",), "kind-unknown", "no Xyzzy in mine/v1.", "has a dot in it."),
        ("mine/v1", "Deploymnet", ("1.34",), "kind-unknown", "", "Did you mean `kind: Deployment`?"),
        (
            "apps/v1",
            "HTTPRoute",
            ("1.34",),
            "kind-unknown",
            "Kubernetes knows no HTTPRoute in apps/v1.",
            "Did you mean `apiVersion: gateway.networking.k8s.io/v1`?",
        ),
        ("apps/v1", "Xyzzy", ("1.34",), "kind-unknown", "Kubernetes knows no Xyzzy in apps/v1.", ""),
        (
            "keda.sh/v1alpha1",
            "ScaledObject",
            ("1.34",),
            "kind-without-schema",
            "there is no schema for ScaledObject (keda.sh/v1alpha1): its fields are not checked.",
            "Name a folder with its CustomResourceDefinition with --crd-dir.",
        ),
    ],
)
def test_each_standing_says_what_to_do(
    *, api_version: str, kind: str, targets: tuple[str, ...], rule: str, message: str, hint: str
) -> None:
    (found,) = judge(api_version, kind, targets, CATALOG)
    assert found.rule == rule
    assert found.hint.endswith(hint) if hint else not found.hint
    assert message in found.message


@pytest.mark.parametrize(
    ("api_version", "kind", "targets"),
    [
        ("apps/v1", "Deployment", VERSIONS),
        ("v1", "Endpoints", ("1.31", "1.32")),
        ("claims/v1beta1", "Claim", ("1.32", "1.33")),
        ("alone/v1beta1", "Alone", VERSIONS),
    ],
)
def test_what_is_there_and_stays_is_not_worth_a_word(
    api_version: str, kind: str, targets: tuple[str, ...]
) -> None:
    assert judge(api_version, kind, targets, CATALOG) == ()
