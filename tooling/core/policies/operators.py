"""Whether something outside the manifests may make pods: then a selector that fits none here proves nothing."""

from __future__ import annotations

from tooling.core.policies.bundle import Bundle

_BUILTIN = frozenset({"", "apps", "batch", "autoscaling", "policy", "extensions", "kustomize.config.k8s.io"})
_QUIET_GROUPS = frozenset(
    {"cert-manager.io", "gateway.networking.k8s.io", "monitoring.coreos.com", "networking.istio.io", "traefik.io"}
)
_MAKERS = frozenset({"Prometheus", "PrometheusAgent", "Alertmanager", "ThanosRuler", "Gateway"})
_QUIET_KINDS = frozenset({"ScaledObject", "TriggerAuthentication", "ClusterTriggerAuthentication", "APIService"})

_EVERYBODY = "kube-system"
"""The namespace in which every cluster has pods of its own."""


def find_open_namespaces(bundle: Bundle) -> frozenset[str]:
    """Return the namespaces that hold an object of a kind that we do not know, or of one that makes pods."""
    makers = (
        entry.ref.namespace
        for kind in bundle.kinds
        for entry in bundle.list_kind(kind)
        if _is_maker(kind, entry.ref.group)
    )
    return frozenset((_EVERYBODY, *makers))


def _is_maker(kind: str, group: str) -> bool:
    if group in _QUIET_GROUPS:
        return kind in _MAKERS
    # Kubernetes' own groups end in k8s.io, and hold nothing else that makes pods.
    return not (group in _BUILTIN or group.endswith(".k8s.io") or kind in _QUIET_KINDS)
