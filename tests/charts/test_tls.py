"""The edge of an instance: Ingress, Gateway, certificate, redirect and load balancer, each only when asked for."""

from __future__ import annotations

from typing import Any

import pytest

from tests.charts.rendering import ALL, BASE, BLUE, ROUTE, Renderer, View, find_case

HOSTS = 'route.hostnames=["genai.example.com", "*.genai.example.com"]'
NAMES = ["genai.example.com", "*.genai.example.com"]
INGRESS = "route.ingress.enabled=true"
GATEWAY = ("route.enabled=true", 'route.gateway={"create": true, "className": "public"}')
SECRET = 'route.tls.secretName="genai-cert"'
ISSUER = 'route.tls.certManager={"issuer": "letsencrypt", "kind": "ClusterIssuer"}'
OURS = {"Ingress", "Gateway", "Certificate"}


def collect(renderer: Renderer, *settings: str, view: View = ALL) -> dict[str, dict[str, Any]]:
    """The objects of the edge and the route by `Kind name`."""
    manifests = renderer.render(find_case("ci/default"), view, *settings)
    labels = [m["metadata"]["labels"]["app.kubernetes.io/component"] for m in manifests]
    pairs = zip(manifests, labels, strict=True)
    return {f"{m['kind']} {m['metadata']['name']}": dict(m) for m, of in pairs if of in ("edge", "route")}


def test_nothing_is_exposed_by_default(renderer: Renderer) -> None:
    for view in (ALL, BASE, BLUE):
        assert set(collect(renderer, view=view)) <= {"Service genai"}
    assert collect(renderer)["Service genai"]["spec"]["type"] == "ClusterIP"


@pytest.mark.parametrize("view", [ALL, BASE], ids=str)
def test_an_ingress_leads_every_host_to_the_slot_that_serves(renderer: Renderer, view: View) -> None:
    settings = (INGRESS, HOSTS, 'route.ingress.className="nginx"', 'route.ingress.annotations={"a/b": "{{ c }}"}')
    ingress = collect(renderer, *settings, view=view)["Ingress genai"]
    assert ingress["spec"]["ingressClassName"] == "nginx"
    assert ingress["metadata"]["annotations"] == {"a/b": "{{ c }}"}
    assert "tls" not in ingress["spec"]
    backend = {"service": {"name": "genai", "port": {"name": "http"}}}
    path = {"path": "/", "pathType": "Prefix", "backend": backend}
    assert ingress["spec"]["rules"] == [{"host": host, "http": {"paths": [path]}} for host in NAMES]
    (port,) = collect(renderer)["Service genai"]["spec"]["ports"]
    assert port["name"] == "http"


def test_an_ingress_without_hosts_takes_all(renderer: Renderer) -> None:
    ingress = collect(renderer, INGRESS, SECRET)["Ingress genai"]
    assert [rule["host"] for rule in ingress["spec"]["rules"]] == [""]
    assert "ingressClassName" not in ingress["spec"]
    assert ingress["spec"]["tls"] == [{"secretName": "genai-cert"}]


@pytest.mark.parametrize(
    ("tls", "secret"),
    [((SECRET,), "genai-cert"), ((ISSUER,), "genai-tls"), ((ISSUER, SECRET), "genai-cert")],
    ids=["secret", "cert-manager", "both"],
)
@pytest.mark.parametrize("view", [ALL, BASE], ids=str)
def test_ingress_and_gateway_use_the_same_certificate(
    renderer: Renderer, view: View, tls: tuple[str, ...], secret: str
) -> None:
    made = collect(renderer, INGRESS, *GATEWAY, HOSTS, *tls, view=view)
    assert made["Ingress genai"]["spec"]["tls"] == [{"secretName": secret, "hosts": NAMES}]
    http, https = made["Gateway genai"]["spec"]["listeners"]
    assert (http["protocol"], http["port"], "tls" in http) == ("HTTP", 80, False)
    assert (https["protocol"], https["port"]) == ("HTTPS", 443)
    assert https["tls"] == {"mode": "Terminate", "certificateRefs": [{"kind": "Secret", "name": secret}]}
    certificate = made.get("Certificate genai-tls")
    assert bool(certificate) is (ISSUER in tls)
    if certificate:
        issuer = {"group": "cert-manager.io", "kind": "ClusterIssuer", "name": "letsencrypt"}
        assert certificate["spec"] == {"secretName": secret, "dnsNames": NAMES, "issuerRef": issuer}


@pytest.mark.parametrize("extra", [(), (INGRESS,), GATEWAY], ids=["nothing", "ingress", "gateway"])
def test_a_certificate_is_made_only_for_what_uses_it(renderer: Renderer, extra: tuple[str, ...]) -> None:
    assert ("Certificate genai-tls" in collect(renderer, HOSTS, ISSUER, *extra)) is bool(extra)


def test_a_gateway_of_ones_own_takes_no_route_of_others(renderer: Renderer) -> None:
    settings = (
        'route.gateway.annotations={"a": "b"}',
        'route.gateway.ports={"http": 8000, "https": 8443}',
        SECRET,
    )
    gateway = collect(renderer, *GATEWAY, *settings)["Gateway genai"]
    assert gateway["spec"]["gatewayClassName"] == "public"
    assert gateway["metadata"]["annotations"] == {"a": "b"}
    assert [listener["port"] for listener in gateway["spec"]["listeners"]] == [8000, 8443]
    assert {listener["allowedRoutes"]["namespaces"]["from"] for listener in gateway["spec"]["listeners"]} == {
        "Same"
    }


@pytest.mark.parametrize(
    ("settings", "parent", "redirects"),
    [
        ((), {"name": "genai"}, False),
        ((SECRET,), {"name": "genai", "sectionName": "https"}, True),
        ((SECRET, "route.gateway.redirect=false"), {"name": "genai"}, False),
        ((SECRET, 'route.gateway.sectionName="http"'), {"name": "genai", "sectionName": "http"}, True),
    ],
)
def test_plain_http_is_sent_to_https(
    renderer: Renderer, settings: tuple[str, ...], parent: dict[str, str], redirects: bool
) -> None:
    for live, edge in ((ALL, ALL), (ROUTE, BASE)):
        route = collect(renderer, *GATEWAY, *settings, view=live)["HTTPRoute genai"]
        assert route["spec"]["parentRefs"] == [parent], "a name without a namespace is in the same one"
        made = collect(renderer, *GATEWAY, HOSTS, *settings, view=edge)
        assert ("HTTPRoute genai-redirect" in made) is redirects
    if redirects:
        spec = made["HTTPRoute genai-redirect"]["spec"]
        assert spec["parentRefs"] == [{"name": "genai", "sectionName": "http"}]
        assert spec["hostnames"] == NAMES
        redirect = {"scheme": "https", "statusCode": 301}
        assert spec["rules"] == [{"filters": [{"type": "RequestRedirect", "requestRedirect": redirect}]}]


def test_a_foreign_gateway_is_left_alone(renderer: Renderer) -> None:
    made = collect(renderer, "route.enabled=true", SECRET, 'route.gateway.sectionName="websecure"')
    assert set(made) == {"HTTPRoute genai", "Service genai"}
    parent = {"name": "edge", "namespace": "edge", "sectionName": "websecure"}
    assert made["HTTPRoute genai"]["spec"]["parentRefs"] == [parent]


def test_the_cli_applies_the_route_and_the_service_and_nothing_else(renderer: Renderer) -> None:
    everything = collect(renderer, INGRESS, *GATEWAY, HOSTS, ISSUER, view=ROUTE)
    assert set(everything) == {"HTTPRoute genai", "Service genai"}
    assert not collect(renderer, INGRESS, *GATEWAY, HOSTS, ISSUER, view=BLUE)


@pytest.mark.parametrize("view", [ALL, ROUTE], ids=str)
def test_a_load_balancer_leads_to_the_slot_that_serves(renderer: Renderer, view: View) -> None:
    service = '{"type": "LoadBalancer", "loadBalancerClass": "a.com/nlb", "sourceRanges": ["10.0.0.0/8"]}'
    settings = (f"route.service={service}", 'route.service.annotations={"n": "1"}')
    made = collect(renderer, *settings, view=view)["Service genai"]
    assert made["metadata"]["annotations"] == {"n": "1"}
    assert made["spec"]["type"] == "LoadBalancer"
    assert made["spec"]["loadBalancerClass"] == "a.com/nlb"
    assert made["spec"]["loadBalancerSourceRanges"] == ["10.0.0.0/8"]
    plain = collect(renderer, view=view)["Service genai"]
    assert made["spec"]["selector"] == plain["spec"]["selector"]


def test_what_a_load_balancer_needs_is_left_out_without_one(renderer: Renderer) -> None:
    service = '{"loadBalancerClass": "a.com/nlb", "sourceRanges": ["10.0.0.0/8"]}'
    spec = collect(renderer, f"route.service={service}")["Service genai"]["spec"]
    assert set(spec) == {"type", "selector", "ports"}


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        (("route.gateway.create=true",), "route: {gateway: {className: NAME}}"),
        ((INGRESS, ISSUER), "route: {hostnames: [genai.example.com]}"),
        (('route.service.type="NodePort"',), "/route/service/type"),
        (('route.service.sourceRanges=["everyone"]',), "/route/service/sourceRanges/0"),
        (('route.ingress.tls={"secretName": "x"}',), "tls"),
        (('route.tls.certManager.kind="Vault"',), "/route/tls/certManager/kind"),
        (('route.tls.secretName="UPPER"',), "/route/tls/secretName"),
        (("route.gateway.ports.https=0",), "/route/gateway/ports/https"),
        (('route.hostnames=["https://genai.example.com"]',), "/route/hostnames/0"),
    ],
)
def test_what_cannot_work_is_refused(renderer: Renderer, settings: tuple[str, ...], expected: str) -> None:
    assert expected in renderer.refuse(*settings)


@pytest.mark.parametrize("text", ["1e3", "123", "yes", "null"])
def test_names_that_look_like_something_else_stay_texts(renderer: Renderer, text: str) -> None:
    keys = (
        "gateway.className",
        "gateway.sectionName",
        "ingress.className",
        "tls.secretName",
        "tls.certManager.issuer",
    )
    settings = [f'route.{key}="{text}"' for key in keys]
    balancer = (f'route.service={{"type": "LoadBalancer", "loadBalancerClass": "{text}"}}',)
    made = collect(renderer, *GATEWAY, INGRESS, HOSTS, *settings, *balancer)
    assert made["Gateway genai"]["spec"]["gatewayClassName"] == text
    assert made["HTTPRoute genai"]["spec"]["parentRefs"][0]["sectionName"] == text
    assert made["Ingress genai"]["spec"]["ingressClassName"] == text
    assert made["Ingress genai"]["spec"]["tls"][0]["secretName"] == text
    assert made["Certificate genai-tls"]["spec"]["secretName"] == text
    assert made["Certificate genai-tls"]["spec"]["issuerRef"]["name"] == text
    assert made["Service genai"]["spec"]["loadBalancerClass"] == text
    foreign = (f'route.gateway={{"name": "{text}", "namespace": "{text}"}}', "route.enabled=true")
    parent = collect(renderer, *foreign)["HTTPRoute genai"]["spec"]["parentRefs"][0]
    assert parent == {"name": text, "namespace": text}
