"""Metrics of autoscalers that say too little."""

from __future__ import annotations

import pytest

from tests.core.policies.sample import find, make
from tooling.core.policies.totals import find_totals

HPA = "HorizontalPodAutoscaler/chat"
SOUND = "{type: Pods, pods: {metric: {name: waiting}}}"
METRICS = f"{HPA} spec.metrics: [{SOUND}, %s]"


@pytest.mark.parametrize(
    ("metric", "text"),
    [
        ("{type: External, external: {}}", "names no metric. Write external: {metric: {name: ...}}."),
        ("{type: External}", "names no metric. Write external: {metric: {name: ...}}."),
        ("{type: Pods, pods: {metric: {name: ''}}}", "names no metric. Write pods: {metric: {name: ...}}."),
        (
            "{type: Resource, resource: {name: cpu, target: {type: Utilization}}}",
            "says nothing of how much is wanted."
            " Write resource: {name: cpu, target: {type: Utilization, averageUtilization: 80}}.",
        ),
        ("{type: ContainerResource, containerResource: {name: cpu}}", "says nothing of how much is wanted."),
    ],
)
def test_a_metric_that_says_too_little_is_found(metric: str, text: str) -> None:
    (found,) = find(METRICS % metric)
    assert found[:3] == ("scaler-without-metric", HPA, "spec.metrics[1]")
    assert text in found[3]


@pytest.mark.parametrize(
    "metric",
    [
        "{type: Resource, resource: {name: memory, target: {type: AverageValue, averageValue: 1Gi}}}",
        "{type: Resource, resource: {name: cpu, targetAverageUtilization: 80}}",
        "{type: External, external: {metricName: old}}",
    ],
)
def test_a_metric_that_says_enough_is_not(metric: str) -> None:
    assert find(METRICS % metric) == []


def test_a_metric_without_a_name_needs_no_adapter() -> None:
    bundle = make(METRICS % "{type: External, external: {}}")
    assert find_totals(bundle).apis == ("custom.metrics.k8s.io: waiting",)
