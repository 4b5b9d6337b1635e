"""Which kinds manifests need, what asked for each, and which certificates have to be there."""

import pytest

from tooling.core.kinds import KindUse, find_certificate_secrets, find_kinds


def make(api_version, kind, name="x", **spec):
    return {"apiVersion": api_version, "kind": kind, "metadata": {"name": name}, "spec": spec}


def test_each_kind_is_found_once():
    manifests = (
        make("v1", "Service", "a"),
        make("keda.sh/v1alpha1", "ScaledObject", "s"),
        make("v1", "Service", "b"),
        make("apps/v1", "Deployment"),
    )
    assert [(use.kind, use.name) for use in find_kinds(manifests)] == [
        ("Deployment", "x"),
        ("ScaledObject", "s"),
        ("Service", "a"),
    ]
    assert find_kinds(()) == ()


@pytest.mark.parametrize(
    ("api_version", "kind", "said", "remedy"),
    [
        ("cert-manager.io/v1", "Certificate", "which route.tls.certManager.issuer asks for", "cert-manager"),
        ("monitoring.coreos.com/v1", "PodMonitor", "observability.monitors.enabled", "the Prometheus operator"),
        ("gateway.networking.k8s.io/v1", "Gateway", "route.gateway.create", "the Gateway API CRDs"),
        ("cert-manager.io/v1", "Issuer", "of which mine is rendered", "what brings cert-manager.io"),
        ("policy/v1", "PodDisruptionBudget", "of which mine is rendered", "a newer Kubernetes"),
        ("v2", "Pod", "Pod (v2), of which mine is rendered", "a newer Kubernetes"),
    ],
)
def test_a_kind_says_what_asked_for_it_and_what_brings_it(api_version, kind, said, remedy):
    use = KindUse(api_version, kind, "mine")
    assert f"{kind} ({api_version})" in str(use)
    assert said in str(use)
    assert use.remedy.startswith(remedy)


def test_certificates_that_nobody_makes_are_found():
    manifests = (
        make("networking.k8s.io/v1", "Ingress", tls=[{"secretName": "own", "hosts": ["a"]}, {"hosts": ["b"]}]),
        make("networking.k8s.io/v1", "Ingress"),
        make(
            "gateway.networking.k8s.io/v1",
            "Gateway",
            listeners=[{"name": "http"}, {"tls": {"certificateRefs": [{"name": "made"}, {"name": "edge"}]}}],
        ),
        make("gateway.networking.k8s.io/v1", "Gateway", listeners=[{"tls": {"mode": "Passthrough"}}]),
        make("cert-manager.io/v1", "Certificate", secretName="made"),
        {"kind": "ConfigMap"},
    )
    assert find_certificate_secrets(manifests) == ("edge", "own")
