"""Kinds of rendered manifests: which are there, which setting asked for one, and what brings it into a cluster."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from tooling.core.manifests import Manifest

_GATEWAY_API = "the Gateway API CRDs and a controller for them"
_OPERATOR = "the Prometheus operator"
_SOURCES: Mapping[tuple[str, str], tuple[str, str]] = {
    ("gateway.networking.k8s.io", "HTTPRoute"): ("route.enabled", _GATEWAY_API),
    ("gateway.networking.k8s.io", "Gateway"): ("route.gateway.create", _GATEWAY_API),
    ("cert-manager.io", "Certificate"): ("route.tls.certManager.issuer", "cert-manager"),
    ("monitoring.coreos.com", "ServiceMonitor"): ("observability.monitors.enabled", _OPERATOR),
    ("monitoring.coreos.com", "PodMonitor"): ("observability.monitors.enabled", _OPERATOR),
    ("monitoring.coreos.com", "PrometheusRule"): ("observability.alerts.enabled", _OPERATOR),
    ("keda.sh", "ScaledObject"): ("inference.models.<name>.autoscaling.provider", "KEDA"),
    ("keda.sh", "TriggerAuthentication"): ("inference.models.<name>.autoscaling.provider", "KEDA"),
}
"""By API group and kind: the key that asks for it, and what to install."""


@dataclass(frozen=True, slots=True)
class KindUse:
    """A kind that manifests need, with the first of them that does, by name."""

    api_version: str
    kind: str
    name: str = ""

    def __str__(self) -> str:
        setting = _find_source(self)[0]
        asked = f"which {setting} asks for" if setting else f"of which {self.name} is rendered"
        return f"{self.kind} ({self.api_version}), {asked}"

    @property
    def remedy(self) -> str:
        """What has to be in the cluster, as a noun; a newer Kubernetes for a kind of its own."""
        group, _, _ = self.api_version.rpartition("/")
        brought = _find_source(self)[1]
        return brought or (f"what brings {group}" if "." in group else "a newer Kubernetes")


def find_kinds(manifests: Iterable[Manifest]) -> tuple[KindUse, ...]:
    """Return each kind of the manifests once, sorted by group and kind."""
    found: dict[tuple[str, str], KindUse] = {}
    for use in _walk(manifests):
        found.setdefault((use.api_version, use.kind), use)
    return tuple(found[key] for key in sorted(found))


def find_certificate_secrets(manifests: Iterable[Manifest]) -> tuple[str, ...]:
    """Return the Secrets that Ingresses and Gateways take certificates from, but none that cert-manager makes."""
    needed: set[str] = set()
    made: set[str] = set()
    for manifest in manifests:
        spec = manifest.get("spec") or {}
        if manifest.get("kind") == "Ingress":
            needed |= {str(entry.get("secretName") or "") for entry in spec.get("tls") or ()}
        elif manifest.get("kind") == "Gateway":
            settings = [listener.get("tls") or {} for listener in spec.get("listeners") or ()]
            needed |= {str(one.get("name")) for tls in settings for one in tls.get("certificateRefs") or ()}
        elif manifest.get("kind") == "Certificate":
            made.add(str(spec.get("secretName")))
    return tuple(sorted(needed - made - {""}))


def _walk(manifests: Iterable[Manifest]) -> Iterator[KindUse]:
    for manifest in manifests:
        name = (manifest.get("metadata") or {}).get("name")
        yield KindUse(str(manifest.get("apiVersion")), str(manifest.get("kind")), str(name))


def _find_source(use: KindUse) -> tuple[str, str]:
    group, _, _ = use.api_version.rpartition("/")
    return _SOURCES.get((group, use.kind), ("", ""))
