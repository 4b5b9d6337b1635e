"""The gateway's metrics text, checked against the library that writes it."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest

from tooling.adapters.metrics_text import read_counts, read_labels
from tooling.core.analysis import PodCounts

TYPES = "# TYPE genai_gateway_requests_total counter\n# TYPE genai_gateway_request_duration_seconds histogram\n"
BUCKET = 'genai_gateway_request_duration_seconds_bucket{endpoint="/chat",model="m",le="%s"} %s\n'

CALLS = st.lists(
    st.tuples(
        st.sampled_from(["/chat", "/v1/chat/completions"]),
        st.text(max_size=8),
        st.sampled_from([200, 404, 499, 500, 502]),
        st.floats(0, 500),
    ),
    max_size=40,
)


@given(CALLS)
def test_what_the_library_writes_is_read_back(calls: list[tuple[str, str, int, float]]) -> None:
    registry = CollectorRegistry()
    requests = Counter("genai_gateway_requests_total", "x", ("endpoint", "model", "code"), registry=registry)
    bounds = (0.005, 0.1, 1.0, 120.0)
    seconds = Histogram(
        "genai_gateway_request_duration_seconds", "x", ("endpoint", "model"), buckets=bounds, registry=registry
    )
    for endpoint, model, code, latency in calls:
        requests.labels(endpoint, model, str(code)).inc()
        seconds.labels(endpoint, model).observe(latency)
    counts = read_counts(generate_latest(registry).decode())
    assert counts.requests == len(calls)
    assert counts.errors == sum(code >= 500 for _, _, code, _ in calls)
    if calls:
        assert counts.latency.bounds == (*bounds, math.inf)
        assert counts.latency.counts == tuple(
            sum(latency <= bound for _, _, _, latency in calls) for bound in (*bounds, math.inf)
        )


def test_a_gateway_that_answered_nothing_yet_counts_zero() -> None:
    assert read_counts(TYPES) == PodCounts()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<html>not metrics</html>",
        TYPES.splitlines(keepends=True)[0],
        TYPES + 'genai_gateway_requests_total{code="200"} NaN\n',
        TYPES + 'genai_gateway_requests_total{code="200"} -1\n',
        TYPES + 'genai_gateway_requests_total{code="200"} +Inf\n',
        TYPES + 'genai_gateway_requests_total{code="200"} many\n',
        TYPES + 'genai_gateway_requests_total{code="200"\n',
        TYPES + "genai_gateway_requests_total{code=200} 1\n",
        TYPES + 'genai_gateway_requests_total{code="ok"} 1\n',
        TYPES + "genai_gateway_requests_total 1\n",
        TYPES + 'genai_gateway_requests_total{code="200",code="500"} 1\n',
        TYPES + BUCKET % ("NaN", 1),
        TYPES + BUCKET % ("0.1", 1),
        TYPES + BUCKET % ("0.1", 3) + BUCKET % ("+Inf", 2),
        TYPES + BUCKET % ("0.1", "NaN") + BUCKET % ("+Inf", 2),
        TYPES + "genai_gateway_request_duration_seconds_bucket 1\n",
    ],
)
def test_a_page_that_cannot_be_trusted_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - which of many messages does not matter
        read_counts(text)


def test_other_families_and_timestamps_do_not_matter() -> None:
    text = (
        TYPES
        + 'genai_gateway_tokens_total{kind="x"} NaN\ngenai_gateway_requests_total{code="503"} 2 1700000000000\n'
    )
    assert read_counts(text) == PodCounts(2, 2)


@pytest.mark.parametrize(
    ("text", "labels"),
    [
        ("", {}),
        (r'a="1",b="x\"y\\z\n}"', {"a": "1", "b": 'x"y\\z\n}'}),
        ('a="1",', {"a": "1"}),
    ],
)
def test_labels(text: str, labels: dict[str, str]) -> None:
    assert read_labels(text) == labels
