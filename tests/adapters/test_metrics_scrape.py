"""Scraping through the API server's proxy: who answers counts, who does not is left out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.adapters.api_double import ApiDouble, Reply, Request
from tooling.adapters.kube_client import KubeClient
from tooling.adapters.metrics_scrape import ScrapedMetrics
from tooling.errors import ClusterError

TYPES = "# TYPE genai_gateway_requests_total counter\n# TYPE genai_gateway_request_duration_seconds histogram\n"
PODS = "/api/v1/namespaces/genai/pods"


def make_pod(name: str, slot: str, *, ready: str = "True", **metadata: str) -> dict[str, Any]:
    return {
        "metadata": {"name": name, "labels": {"genai-stack/slot": slot}, **metadata},
        "status": {"conditions": [{"type": "Ready", "status": ready}]},
    }


def page(requests: int, errors: int = 0) -> bytes:
    lines = f'genai_gateway_requests_total{{code="200"}} {requests - errors}\n'
    return (TYPES + lines + f'genai_gateway_requests_total{{code="502"}} {errors}\n').encode()


@pytest.fixture
def metrics(double_client: KubeClient) -> Iterator[ScrapedMetrics]:
    scraped = ScrapedMetrics(double_client)
    yield scraped
    scraped.close()


def answer_pods(double: ApiDouble, pods: list[dict[str, Any]], pages: dict[str, Reply]) -> None:
    double.on("GET", PODS, 200, {"items": pods})
    for name, reply in pages.items():
        double.on("GET", f"{PODS}/http:{name}:8080/proxy/metrics", reply.status, reply.body)


def test_ready_pods_that_answer_are_counted(double: ApiDouble, metrics: ScrapedMetrics) -> None:
    pods = [
        make_pod("b1", "blue"),
        make_pod("b2", "blue"),
        make_pod("b3", "blue", ready="False"),
        make_pod("g1", "green"),
        make_pod("g2", "green", deletionTimestamp="2026-01-01T00:00:00Z"),
    ]
    answer_pods(double, pods, {"b1": Reply(200, page(7, 2)), "b2": Reply(200, page(3)), "g1": Reply(200, page(0))})
    measured = metrics.measure("genai", "genai", ("blue", "green"))
    assert {
        slot: {name: (counts.requests, counts.errors) for name, counts in by_pod.items()}
        for slot, by_pod in measured.items()
    } == {"blue": {"b1": (7, 2), "b2": (3, 0)}, "green": {"g1": (0, 0)}}
    assert double.requests[0].query["labelSelector"] == (
        "app.kubernetes.io/instance=genai,app.kubernetes.io/component=gateway,genai-stack/slot in (blue,green)"
    )
    assert len(double.requests) == 4


@pytest.mark.parametrize(
    "reply",
    [
        Reply(500, b"boom"),
        Reply(200, TYPES.encode() + b'genai_gateway_requests_total{code="200"} NaN\n'),
        Reply(200, b"\xff\xfe"),
        Reply(200, b""),
        Reply(200, b"", is_lost=True),
    ],
)
def test_no_answer_is_no_value(double: ApiDouble, metrics: ScrapedMetrics, reply: Reply) -> None:
    answer_pods(double, [make_pod("b1", "blue"), make_pod("g1", "green")], {"b1": Reply(200, page(1))})

    def answer_badly(request: Request) -> Reply | None:
        return reply if "http:g1:8080" in request.path else None

    double.scripts.insert(0, answer_badly)
    assert set(metrics.measure("genai", "genai", ("blue", "green"))) == {"blue"}


def test_no_pods_and_no_slots(double: ApiDouble, metrics: ScrapedMetrics) -> None:
    double.on("GET", PODS, 200, {"items": None})
    assert metrics.measure("genai", "genai", ("blue",)) == {}
    assert metrics.measure("genai", "genai", ()) == {}


def test_a_server_that_refuses_to_list_pods_is_told(double: ApiDouble, metrics: ScrapedMetrics) -> None:
    double.on("GET", PODS, 403, {"kind": "Status", "reason": "Forbidden", "message": "pods is forbidden"})
    with pytest.raises(ClusterError, match="Forbidden"):
        metrics.measure("genai", "genai", ("blue",))


def flight(requests: int) -> bytes:
    gauge = f"# TYPE genai_gateway_requests_in_flight gauge\ngenai_gateway_requests_in_flight {requests}.0\n"
    return page(1) + gauge.encode()


def test_requests_under_way_are_those_of_pods_that_end_too(double: ApiDouble, metrics: ScrapedMetrics) -> None:
    ends = {"deletionTimestamp": "2026-01-01T00:00:00Z"}
    pods = [
        make_pod("b1", "blue"),
        make_pod("b2", "blue", **ends),
        make_pod("b3", "blue", **ends),
        make_pod("b4", "blue", ready="False"),
        {**make_pod("b5", "blue", ready="False"), "status": {"phase": "Pending"}},
    ]
    pages = {"b1": flight(2), "b2": flight(3), "b3": b"gone", "b4": flight(4), "b5": flight(90)}
    answer_pods(double, pods, {name: Reply(200, text) for name, text in pages.items()})
    assert metrics.count_in_flight("genai", "genai", ("blue", "green")) == {"blue": 9, "green": 0}


@pytest.mark.parametrize("text", [page(1), b"", b"# TYPE genai_gateway_requests_in_flight gauge\n"])
def test_a_ready_pod_that_does_not_tell_is_no_zero(
    double: ApiDouble, metrics: ScrapedMetrics, text: bytes
) -> None:
    pods = [make_pod("b1", "blue"), make_pod("b2", "blue"), make_pod("g1", "green")]
    pages = {"b1": flight(0), "b2": text, "g1": flight(0)}
    answer_pods(double, pods, {name: Reply(200, text) for name, text in pages.items()})
    assert metrics.count_in_flight("genai", "genai", ("blue", "green")) == {"green": 0}
