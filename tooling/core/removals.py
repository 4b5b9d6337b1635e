"""APIs that Kubernetes has taken out or will, as its deprecation guide and its release notes say.

Only what a later version of the same kind does not tell by itself is needed here: where a kind moved to another
group, what stands in for one that is gone, and what is deprecated and has no end yet. A beta beside a stable
version of the same kind is found without a table.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

Minor = tuple[int, int]
"""A Kubernetes version without its patch: (1, 25)."""


@dataclass(frozen=True, slots=True)
class Removal:
    """An API version of a kind that goes: `removed` is the first Kubernetes without it, None for no date yet.

    `use` is the apiVersion to write instead; where none is, `advice` says what to do.
    """

    deprecated: Minor
    removed: Minor | None
    use: str = ""
    advice: str = ""


def _rows(kinds: str, removal: Removal) -> dict[str, Removal]:
    return dict.fromkeys(kinds.split(), removal)


_APPS = "apps/v1"
_RBAC = "rbac.authorization.k8s.io"
_FLOW = "flowcontrol.apiserver.k8s.io"
_WEBHOOKS = "MutatingWebhookConfiguration ValidatingWebhookConfiguration"
_ROLES = "ClusterRole ClusterRoleBinding Role RoleBinding"
_FLOWS = "FlowSchema PriorityLevelConfiguration"
_REVIEWS = "LocalSubjectAccessReview SelfSubjectAccessReview SelfSubjectRulesReview SubjectAccessReview"
_PSP = Removal((1, 21), (1, 25), advice="Label the namespace for Pod Security admission instead.")

REMOVALS: Mapping[str, Mapping[str, Removal]] = {
    "extensions/v1beta1": {
        **_rows("DaemonSet Deployment ReplicaSet", Removal((1, 8), (1, 16), _APPS)),
        "NetworkPolicy": Removal((1, 9), (1, 16), "networking.k8s.io/v1"),
        "PodSecurityPolicy": Removal((1, 10), (1, 16), advice=_PSP.advice),
        "Ingress": Removal((1, 14), (1, 22), "networking.k8s.io/v1"),
    },
    "apps/v1beta1": _rows("Deployment StatefulSet", Removal((1, 9), (1, 16), _APPS)),
    "apps/v1beta2": _rows("DaemonSet Deployment ReplicaSet StatefulSet", Removal((1, 9), (1, 16), _APPS)),
    "admissionregistration.k8s.io/v1beta1": {
        **_rows(_WEBHOOKS, Removal((1, 16), (1, 22), "admissionregistration.k8s.io/v1")),
    },
    "apiextensions.k8s.io/v1beta1": {
        "CustomResourceDefinition": Removal((1, 16), (1, 22), "apiextensions.k8s.io/v1"),
    },
    "apiregistration.k8s.io/v1beta1": {"APIService": Removal((1, 19), (1, 22), "apiregistration.k8s.io/v1")},
    "authentication.k8s.io/v1beta1": {"TokenReview": Removal((1, 19), (1, 22), "authentication.k8s.io/v1")},
    "authorization.k8s.io/v1beta1": _rows(_REVIEWS, Removal((1, 19), (1, 22), "authorization.k8s.io/v1")),
    "autoscaling/v2beta1": {"HorizontalPodAutoscaler": Removal((1, 22), (1, 25), "autoscaling/v2")},
    "autoscaling/v2beta2": {"HorizontalPodAutoscaler": Removal((1, 23), (1, 26), "autoscaling/v2")},
    "batch/v1beta1": {"CronJob": Removal((1, 21), (1, 25), "batch/v1")},
    "certificates.k8s.io/v1beta1": {
        "CertificateSigningRequest": Removal((1, 19), (1, 22), "certificates.k8s.io/v1"),
    },
    "coordination.k8s.io/v1beta1": {"Lease": Removal((1, 19), (1, 22), "coordination.k8s.io/v1")},
    "discovery.k8s.io/v1beta1": {"EndpointSlice": Removal((1, 21), (1, 25), "discovery.k8s.io/v1")},
    "events.k8s.io/v1beta1": {"Event": Removal((1, 19), (1, 25), "events.k8s.io/v1")},
    f"{_FLOW}/v1beta1": _rows(_FLOWS, Removal((1, 23), (1, 26), f"{_FLOW}/v1")),
    f"{_FLOW}/v1beta2": _rows(_FLOWS, Removal((1, 26), (1, 29), f"{_FLOW}/v1")),
    f"{_FLOW}/v1beta3": _rows(_FLOWS, Removal((1, 29), (1, 32), f"{_FLOW}/v1")),
    "networking.k8s.io/v1beta1": _rows("Ingress IngressClass", Removal((1, 19), (1, 22), "networking.k8s.io/v1")),
    "node.k8s.io/v1beta1": {"RuntimeClass": Removal((1, 20), (1, 25), "node.k8s.io/v1")},
    "policy/v1beta1": {
        "PodDisruptionBudget": Removal((1, 21), (1, 25), "policy/v1"),
        "PodSecurityPolicy": _PSP,
    },
    f"{_RBAC}/v1beta1": _rows(_ROLES, Removal((1, 17), (1, 22), f"{_RBAC}/v1")),
    "scheduling.k8s.io/v1beta1": {"PriorityClass": Removal((1, 14), (1, 22), "scheduling.k8s.io/v1")},
    "storage.k8s.io/v1beta1": {
        **_rows("CSIDriver CSINode StorageClass VolumeAttachment", Removal((1, 19), (1, 22), "storage.k8s.io/v1")),
        "CSIStorageCapacity": Removal((1, 24), (1, 27), "storage.k8s.io/v1"),
    },
    "v1": {
        "ComponentStatus": Removal((1, 19), None, advice="Ask the health endpoints of the components instead."),
        "Endpoints": Removal((1, 33), None, "discovery.k8s.io/v1", "The kind there is EndpointSlice."),
    },
}
"""By apiVersion and kind."""

CUSTOM: Mapping[str, str] = {
    **dict.fromkeys(["GRPCRoute", "Gateway", "GatewayClass", "HTTPRoute"], "gateway.networking.k8s.io/v1"),
    "ReferenceGrant": "gateway.networking.k8s.io/v1beta1",
    **dict.fromkeys(["PodMonitor", "PrometheusRule", "ServiceMonitor"], "monitoring.coreos.com/v1"),
    **dict.fromkeys(["ScaledJob", "ScaledObject", "TriggerAuthentication"], "keda.sh/v1alpha1"),
    **dict.fromkeys(["Certificate", "ClusterIssuer", "Issuer"], "cert-manager.io/v1"),
}
"""Where kinds are that no Kubernetes has and many clusters do."""


def find_removal(api_version: str, kind: str) -> Removal | None:
    """Return what is known of an API version's end; None for one that stays."""
    return REMOVALS.get(api_version, {}).get(kind)


def list_stable_first(versions: tuple[str, ...]) -> tuple[str, ...]:
    """Sort apiVersions of one kind: stable ones before beta before alpha, newer before older."""
    return tuple(sorted(versions, key=_rank))


def is_preview(api_version: str) -> bool:
    """Whether an apiVersion is an alpha or a beta."""
    version = api_version.rpartition("/")[2]
    return "alpha" in version or "beta" in version


def _rank(api_version: str) -> tuple[int, tuple[int, ...], str]:
    version = api_version.rpartition("/")[2]
    rank = 2 if "alpha" in version else 1 if "beta" in version else 0
    numbers = re.findall(r"[0-9]{1,18}", version)
    return rank, tuple(-int(number) for number in numbers), api_version
