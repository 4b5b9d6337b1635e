"""The `rollout` section of the values, read into settings."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tooling.core.durations import parse_duration
from tooling.core.entries import EntryKind, QualitySettings, StrategyStep
from tooling.core.strategy import (
    AnalysisSettings,
    CapacitySettings,
    LoadSettings,
    Strategy,
    read_replicas,
    read_strategy,
)

GOLDEN = QualitySettings("golden", 0.1, 90)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90s", 90), ("10m", 600), ("1h30m", 5400), ("250ms", 0.25), ("1.5m", 90), ("0s", 0), ("1h1m1s", 3661)],
)
def test_durations(text: str, seconds: float) -> None:
    assert parse_duration(text) == pytest.approx(seconds)


@pytest.mark.parametrize(
    "text", ["", "10", "m", "10 m", "-10s", "10s ", "10d", "1h-30m", "s10", "1.s", "90s\n", "..5s"]
)
def test_what_is_no_duration_is_named(text: str) -> None:
    with pytest.raises(ValueError, match="is not a duration") as caught:
        parse_duration(text)
    assert repr(text) in str(caught.value)


@given(st.integers(0, 99), st.integers(0, 99), st.integers(0, 99))
def test_durations_add_up(hours: int, minutes: int, seconds: int) -> None:
    assert parse_duration(f"{hours}h{minutes}m{seconds}s") == hours * 3600 + minutes * 60 + seconds


@given(st.text(alphabet="0123456789.hms -", max_size=12))
def test_any_text_is_a_duration_or_refused(text: str) -> None:
    with suppress(ValueError):
        assert parse_duration(text) >= 0


def test_defaults_are_those_of_the_settings() -> None:
    assert read_strategy({}) == Strategy("genai", "genai", declared={"gateway": 1})
    assert read_strategy({"rollout": None}) == read_strategy({})


WHOLE: dict[str, Any] = {
    "rollout": {
        "instance": "chat",
        "namespace": "prod",
        "contexts": ["prod-eu"],
        "strategy": "blueGreen",
        "steps": [
            {"weight": 5, "hold": "30s"},
            {"approval": {"timeout": "1h"}},
            {"approval": None},
            {"weight": 50},
        ],
        "analysis": {
            "maxErrorIncrease": 1,
            "maxLatencyFactor": 1.5,
            "minRequests": 7,
            "maxHold": "5m",
            "onInconclusive": "pause",
        },
        "load": {
            "enabled": True,
            "url": "http://edge",
            "host": "chat.example",
            "rate": 8,
            "maxTokens": 3,
            "concurrency": 4,
            "prompts": ["a", "b"],
        },
        "blueGreen": {
            "preview": [{"test": {}}, {"quality": {"minPrompts": 90}}],
            "after": [{"analysis": {"hold": "1m"}}, {"hold": "5s"}],
        },
        "quality": {"suite": "golden", "maxDrop": 0.1, "minPrompts": 50},
        "capacity": {
            "floor": 0.5,
            "abortFloor": 0.8,
            "maxSurgeGpus": 2,
            "standby": 1,
            "required": {"gateway": 4, "models": {"small": 3}},
            "nodes": "autoscaled",
        },
        "readyTimeout": "90s",
        "scaleDownDelay": "5s",
        "drainTimeout": "30s",
        "checkImages": False,
    },
    "route": {"kind": "service"},
    "gateway": {"replicas": 3},
    "inference": {"models": {"small": {"replicas": 2}, "large": None}},
}


def test_every_setting_is_read() -> None:
    assert read_strategy(WHOLE) == Strategy(
        instance="chat",
        namespace="prod",
        contexts=("prod-eu",),
        kind="blueGreen",
        steps=(
            StrategyStep(EntryKind.WEIGHT, 5, 30),
            StrategyStep(EntryKind.APPROVAL, seconds=3600),
            StrategyStep(EntryKind.APPROVAL, seconds=7200),
            StrategyStep(EntryKind.WEIGHT, 50, 600),
        ),
        analysis=AnalysisSettings(1, 1.5, 7, 300, "pause"),
        load=LoadSettings(True, "http://edge", "chat.example", 8, 3, 4, ("a", "b")),
        preview=(StrategyStep(EntryKind.TEST), StrategyStep(EntryKind.QUALITY, quality=GOLDEN)),
        after=(StrategyStep(EntryKind.ANALYSIS, seconds=60), StrategyStep(EntryKind.HOLD, seconds=5)),
        quality=replace(GOLDEN, min_prompts=50),
        capacity=CapacitySettings(0.5, 0.8, 2, 1.0, {"gateway": 4, "inference/small": 3}, True),
        route="service",
        ready_timeout=90,
        scale_down_delay=5,
        drain_timeout=30,
        checks_images=False,
        declared={"gateway": 3, "inference/small": 2},
    )


@pytest.mark.parametrize(
    "rollout",
    [
        {"readyTimeout": "soon"},
        {"scaleDownDelay": "10"},
        {"steps": [{"weight": 10, "hold": "long"}]},
        {"steps": [{"approval": {"timeout": "never"}}]},
        {"analysis": {"maxHold": "1 day"}},
        {"drainTimeout": "30"},
        {"blueGreen": {"after": [{"hold": "a while"}]}},
    ],
)
def test_a_malformed_duration_is_refused(rollout: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="is not a duration"):
        read_strategy({"rollout": rollout})


def test_an_approval_that_times_out_at_once_is_still_an_approval() -> None:
    (step,) = read_strategy({"rollout": {"steps": [{"approval": {"timeout": "0s"}}]}}).steps
    assert (step.kind, step.seconds, step.weight) == (EntryKind.APPROVAL, 0, 0)


@pytest.mark.parametrize(
    ("values", "replicas"),
    [
        ({}, {"gateway": 1}),
        ({"gateway": {"enabled": False}}, {}),
        ({"gateway": {"replicas": 2}, "inference": {"models": {"a": {}}}}, {"gateway": 2, "inference/a": 1}),
        ({"gateway": {"autoscaling": {"enabled": True, "minReplicas": 3}}}, {"gateway": 3}),
        ({"gateway": {"replicas": 4, "autoscaling": {"enabled": True, "minReplicas": 3}}}, {"gateway": 4}),
        ({"gateway": {"autoscaling": {"enabled": False, "minReplicas": 3}}}, {"gateway": 1}),
        (
            {
                "gateway": {"enabled": False},
                "inference": {
                    "modelDefaults": {"autoscaling": {"minReplicas": 2}},
                    "models": {"a": {"autoscaling": {"enabled": True}}, "b": {}},
                },
            },
            {"inference/a": 2, "inference/b": 1},
        ),
        ({"inference": {"enabled": False, "models": {"a": {"replicas": 9}}}}, {"gateway": 1}),
        ({"gateway": None, "inference": None}, {"gateway": 1}),
    ],
)
def test_declared_replicas(values: dict[str, Any], replicas: dict[str, int]) -> None:
    assert read_replicas(values) == replicas


@pytest.mark.parametrize(
    ("values", "has_scalers"),
    [
        ({}, False),
        ({"gateway": {"autoscaling": {"enabled": True}}}, True),
        ({"gateway": {"enabled": False, "autoscaling": {"enabled": True}}}, False),
        ({"inference": {"models": {"a": {"autoscaling": {"enabled": True}}, "b": None}}}, True),
        ({"inference": {"modelDefaults": {"autoscaling": {"enabled": True}}, "models": {"a": {}}}}, True),
        ({"inference": {"enabled": False, "models": {"a": {"autoscaling": {"enabled": True}}}}}, False),
    ],
)
def test_whether_autoscalers_are_asked_for(values: dict[str, Any], has_scalers: bool) -> None:
    assert read_strategy(values).has_scalers is has_scalers


@pytest.mark.parametrize(
    ("kind", "route", "is_by_pods"),
    [("canary", "service", True), ("blueGreen", "service", False), ("canary", "gatewayApi", False)],
)
def test_weights_are_made_of_pods_where_a_canary_has_no_controller(
    kind: str, route: str, is_by_pods: bool
) -> None:
    assert Strategy("genai", "genai", kind=kind, route=route).splits_by_pods is is_by_pods
