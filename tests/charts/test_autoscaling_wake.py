"""For how long a request keeps a model awake, by the query that KEDA asks (promtool evaluates it)."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.charts.rendering import ALL, Renderer, find_case
from tests.charts.test_observability import promtool

__all__ = ["promtool"]

SCALING = {
    "enabled": True,
    "provider": "keda",
    "minReplicas": 0,
    "metrics": {"queueDepth": 5},
    "keda": {"serverAddress": "http://prometheus:9090"},
}
OWN = 'genai_gateway_requests_total{namespace="genai-ns",pod="genai-gateway-7d9f8c6b5-x2x4z",model="smollm2"}'


@pytest.fixture
def query(renderer: Renderer) -> str:
    settings = (
        f"inference.models.smollm2.autoscaling={json.dumps(SCALING)}",
        "gateway.models.smollm2.required=false",
    )
    manifests = renderer.render(find_case("ci/default"), ALL, *settings)
    (scaler,) = (each for each in manifests if each["kind"] == "ScaledObject")
    (wake,) = (each for each in scaler["spec"]["triggers"] if each["name"] == "wake")
    text: str = wake["metadata"]["query"]
    return text


@pytest.mark.parametrize(
    ("counted", "awake"),
    [
        # A sample each 15 s. Eight of them are two minutes.
        pytest.param("_x8 1x40", {"1m45s": 0, "2m": 1, "3m45s": 1, "4m": 0, "9m": 0}, id="first of a new pod"),
        pytest.param("1x20 2x40", {"4m": 0, "5m15s": 1, "6m45s": 1, "7m15s": 0}, id="one more"),
        pytest.param("5x40", {"4m": 0, "9m": 0}, id="none"),
    ],
)
def test_a_request_keeps_a_model_awake_for_two_minutes(
    promtool: Path, tmp_path: Path, query: str, counted: str, awake: dict[str, int]
) -> None:
    tests: list[dict[str, Any]] = [
        {"expr": f"({query}) > bool 0", "eval_time": at, "exp_samples": [{"labels": "{}", "value": value}]}
        for at, value in awake.items()
    ]
    series = [
        {"series": OWN, "values": counted},
        {"series": OWN.replace("genai-ns", "other"), "values": "0+9x60"},
        {"series": OWN.replace("smollm2", "large"), "values": "0+9x60"},
    ]
    story = {"interval": "15s", "input_series": series, "promql_expr_test": tests}
    (tmp_path / "story.yaml").write_text(yaml.safe_dump({"tests": [story]}), encoding="utf-8")
    done = subprocess.run(
        [promtool, "test", "rules", "story.yaml"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
