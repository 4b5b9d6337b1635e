"""quota: a ResourceQuota, a LimitRange and PriorityClasses, when asked for, with amounts as they were meant."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.charts.rendering import (
    ALL,
    BASE,
    BLUE,
    ROUTE,
    Manifest,
    Renderer,
    Stack,
    View,
    find_case,
    find_template,
)

KINDS = {"ResourceQuota", "LimitRange", "PriorityClass"}


def find_objects(renderer: Renderer, *settings: str, view: View = ALL) -> dict[str, Manifest]:
    manifests = renderer.render(find_case("ci/default"), view, *settings)
    return {manifest["kind"]: manifest for manifest in manifests if manifest["kind"] in KINDS}


def ask_for(hard: dict[str, Any]) -> tuple[str, str]:
    return "quota.resourceQuota.enabled=true", f"quota.resourceQuota.hard={json.dumps(hard)}"


def test_nothing_is_there_by_default_and_nothing_of_the_cluster(stack: Stack) -> None:
    asked = stack.case.values.get("quota", {})
    found = {manifest["kind"] for manifest in stack.manifests} & KINDS
    assert ("ResourceQuota" in found) == bool(asked.get("resourceQuota", {}).get("enabled"))
    assert ("LimitRange" in found) == bool(asked.get("limitRange", {}).get("enabled"))
    assert ("PriorityClass" in found) == any((asked.get("priorityClasses") or {}).values())


@pytest.mark.parametrize(
    ("amount", "written"),
    [
        (8, "8"),
        ("8", "8"),
        (1000000, "1000000"),
        (10**15, "1000000000000000"),
        (0.5, "0.5"),
        ("64Gi", "64Gi"),
        (0, "0"),
    ],
)
def test_amounts_are_written_as_they_were_meant(renderer: Renderer, amount: Any, written: str) -> None:
    found = find_objects(renderer, *ask_for({"requests.nvidia.com/gpu": amount, "pods": None}))
    assert found["ResourceQuota"]["spec"]["hard"] == {"requests.nvidia.com/gpu": written}


@pytest.mark.parametrize("settings", [ask_for({}), ask_for({"pods": None}), ("quota.limitRange.enabled=true",)])
def test_an_object_that_would_limit_nothing_is_left_out(renderer: Renderer, settings: tuple[str, ...]) -> None:
    assert not find_objects(renderer, *settings)


def test_a_limit_range_holds_what_is_given_and_no_more(renderer: Renderer) -> None:
    limits = {
        "container": {"default": {"cpu": 1, "memory": None}, "max": {"memory": "4Gi"}},
        "claim": {"max": {"storage": "1Ti"}},
    }
    settings = [f"quota.limitRange.{name}={json.dumps(value)}" for name, value in limits.items()]
    found = find_objects(renderer, "quota.limitRange.enabled=true", *settings)
    assert found["LimitRange"]["spec"]["limits"] == [
        {"type": "Container", "default": {"cpu": "1"}, "max": {"memory": "4Gi"}},
        {"type": "PersistentVolumeClaim", "max": {"storage": "1Ti"}},
    ]


def test_priority_classes_are_what_pods_may_name(renderer: Renderer) -> None:
    classes = {"serving": {"value": 1000000}, "batch": {"value": -5, "preemptionPolicy": "Never"}, "gone": None}
    settings = (f"quota.priorityClasses={json.dumps(classes)}", 'gateway.priorityClassName="serving"')
    manifests = renderer.render(find_case("ci/default"), ALL, *settings)
    found = {m["metadata"]["name"]: m for m in manifests if m["kind"] == "PriorityClass"}
    assert {name: (one["value"], one["preemptionPolicy"]) for name, one in found.items()} == {
        "serving": (1000000, "PreemptLowerPriority"),
        "batch": (-5, "Never"),
    }
    named = {find_template(m)["spec"].get("priorityClassName") for m in manifests if find_template(m)} - {None}
    assert named <= set(found)
    assert all("namespace" not in one["metadata"] and not one.get("globalDefault") for one in found.values())


def test_they_belong_to_base(renderer: Renderer) -> None:
    settings = (*ask_for({"pods": 5}), 'quota.priorityClasses={"a": {"value": 1}}')
    assert set(find_objects(renderer, *settings, view=BASE)) == {"ResourceQuota", "PriorityClass"}
    assert not find_objects(renderer, *settings, view=BLUE)
    assert not find_objects(renderer, *settings, view=ROUTE)


@pytest.mark.parametrize(
    ("setting", "named"),
    [
        ('quota.resourceQuota.hard={"pods": "many"}', "/quota/resourceQuota/hard/pods"),
        ('quota.resourceQuota.hard={"pods": true}', "/quota/resourceQuota/hard/pods"),
        ('quota.resourceQuota.hard={"bad key": 1}', "bad key"),
        ('quota.limitRange.container.most={"cpu": 1}', "most"),
        ('quota.priorityClasses={"a": {}}', "/quota/priorityClasses/a"),
        ('quota.priorityClasses={"a": {"value": 2000000000}}', "value"),
        ('network.allow.a={"component": "gateway", "direction": "egress", "ports": [1]}', "/network/allow/a"),
        (
            'network.allow.a={"component": "route", "direction": "egress", "cidrs": ["::/0"], "ports": [1]}',
            "component",
        ),
        ('network.apiServer.cidrs=["10.0.0.1"]', "/network/apiServer/cidrs/0"),
        ('network.edge.namespaces=["Edge"]', "/network/edge/namespaces/0"),
        ("network.dns.ports=[0]", "/network/dns/ports/0"),
        ('observability.monitors.kind="Probe"', "kind"),
        ('observability.monitors.interval="1.5m"', "interval"),
        ('observability.alerts.for.errors=""', "errors"),
        ("observability.alerts.slo.availability=100", "availability"),
        ("observability.alerts.silenced.Other=true", "Other"),
        ('observability.alerts.runbookUrl="x y"', "runbookUrl"),
        ("rollout.capacity.maxSurgeGpus=-1", "maxSurgeGpus"),
    ],
)
def test_the_schema_refuses(renderer: Renderer, setting: str, named: str) -> None:
    message = renderer.refuse(setting)
    assert "specifications of the schema" in message
    assert named in message
