"""What each setting opens in the NetworkPolicies, and what one that is told leaves closed."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.charts.rendering import BASE, BLUE, Renderer, find_case
from tests.charts.test_network import CLOSED, INTERNET, OUTSIDE, PLAIN, kind_of, look


def allow(component: str, direction: str, port: int, **peers: Any) -> str:
    entry = {"component": component, "direction": direction, "ports": [port], **peers}
    return f"network.allow.one={json.dumps(entry)}"


DIGEST = "a" * 64
HUB = {"hf": {"repository": "a/b", "revision": DIGEST[:40]}}
BUCKET = {"enabled": True, "target": "s3", "s3": {"bucket": "copies", "endpoint": "s3.example.com:9000"}}
FAR_SUITE = {"url": "https://x.example.com:9443/a", "sha256": DIGEST}
ADAPTER = {"source": {"s3": {"uri": "s3://bucket/a", "endpoint": "https://s3.example.com:9000"}}}
FETCHES = ("inference", "internet")
OPENS = [
    ('gateway.models.smollm2={"url": "https://models.example.com:8443/v1"}', "gateway", "internet", 8443),
    ('evals.endpoint="http://genai.example.com"', "evals", "internet", 80),
    (f"evals.suites.golden.dataset.url={json.dumps(FAR_SUITE)}", "evals", "internet", 9443),
    (f"inference.models.smollm2.source={json.dumps({'image': None, **HUB})}", "inference", "internet", 443),
    (f"inference.models.smollm2={json.dumps({'engine': 'vllm', 'lora': {'a': ADAPTER}})}", *FETCHES, 9000),
    (f"inference.models.smollm2.with={json.dumps({'other': {'source': HUB}, 'gone': None})}", *FETCHES, 443),
    (f"vectordb.backup={json.dumps(BUCKET)}", "vectordb", "internet", 9000),
    ("network.apiServer.cidrs=[]", "app elsewhere", "gateway", 8080),
    ("network.apiServer.cidrs=[]", "evals", "internet", 6443),
    ('route.service={"type": "LoadBalancer", "sourceRanges": ["203.0.113.0/24"]}', "internet", "gateway", 8080),
    ('route.service={"type": "LoadBalancer"}', "internet", "gateway", 8080),
    ('route.ingress={"enabled": true}', "app elsewhere", "gateway", 8080),
    ('route={"enabled": true, "gateway": {"namespace": "apps"}}', "app elsewhere", "gateway", 8080),
    ('route={"ingress": {"enabled": true}, "enabled": true}', "app elsewhere", "gateway", 8080),
    ('route={"gateway": {"create": true, "className": "c"}}', "app elsewhere", "gateway", 8080),
    ('network.edge.namespaces=["*"]', "app elsewhere", "gateway", 8080),
    ('network.dns.cidrs=["203.0.113.9/32"]', "gateway", "internet", 53),
    (allow("vectordb", "ingress", 50051, namespaces=["apps"]), "app elsewhere", "vectordb", 50051),
    (allow("vectordb", "ingress", 9, podLabels={"app": "other"}), "neighbour", "vectordb", 9),
    (allow("gateway", "egress", 4317, cidrs=["203.0.113.9/32"]), "gateway", "internet", 4317),
    (allow("inference", "egress", 80, cidrs=["169.254.169.254/32"]), "inference", "metadata", 80),
]
"""What each setting opens: from, to, port. Without it the same is closed."""


@pytest.mark.parametrize(("setting", "source", "target", "port"), OPENS)
def test_a_setting_opens_what_it_is_for(
    renderer: Renderer, setting: str, source: str, target: str, port: int
) -> None:
    case = find_case("ci/default")
    for views in (PLAIN, (BASE, BLUE)):
        closed, pods = look(renderer, case, views, *CLOSED)
        opened, _ = look(renderer, case, views, *CLOSED, setting)
        start, end = (next(p for p in (*pods, *OUTSIDE) if kind_of(p) == name) for name in (source, target))
        assert opened.is_allowed(start, end, port)
        assert not closed.is_allowed(start, end, port)


TOLD = [
    ({"cidrs": ["198.51.100.0/24"]}, {"ingress": {"enabled": True}}, {"load balancer"}),
    ({"cidrs": ["198.51.100.0/24"]}, {"gateway": {"create": True, "className": "c"}}, {"load balancer"}),
    ({"cidrs": ["198.51.100.0/24"]}, {"enabled": True}, {"load balancer", "app elsewhere"}),
    ({"namespaces": ["edge-ns"]}, {"enabled": True}, {"proxy", "beside the proxy", "app elsewhere"}),
    ({"namespaces": ["edge-ns"], "podLabels": {"app": "proxy"}}, {"enabled": True}, {"proxy"}),
    ({"namespaces": ["edge-ns"]}, {"ingress": {"enabled": True}}, {"proxy", "beside the proxy"}),
    ({"podLabels": {"app": "other"}}, {"enabled": True}, {"neighbour"}),
]
"""What network.edge says, what the route says (its Gateway is in apps), and who comes in then."""


@pytest.mark.parametrize(("edge", "route", "expected"), TOLD)
def test_an_edge_that_is_told_is_not_widened(
    renderer: Renderer, edge: dict[str, Any], route: dict[str, Any], expected: set[str]
) -> None:
    settings = (*CLOSED, f"network.edge={json.dumps(edge)}", 'route.gateway.namespace="apps"')
    case, more = find_case("ci/default"), tuple(f"route.{key}={json.dumps(value)}" for key, value in route.items())
    network, pods = look(renderer, case, (BASE, BLUE), *settings, *more)
    gateway = next(pod for pod in pods if kind_of(pod) == "gateway")
    entering = {place.name for place in OUTSIDE if network.is_allowed(place, gateway, 8080)}
    assert entering - {"prometheus", "api server"} == expected


def test_the_jobs_that_fetch_what_a_model_is_served_with_are_let_out(renderer: Renderer) -> None:
    case = find_case("ci/default")
    settings = ("inference.weights.enabled=true", f"inference.models.smollm2.with.other.source={json.dumps(HUB)}")
    network, pods = look(renderer, case, (BASE, BLUE), *CLOSED, *settings)
    jobs = [pod for pod in pods if kind_of(pod) == "model-prefetch"]
    assert jobs
    assert all(network.is_allowed(job, INTERNET, 443) for job in jobs)
