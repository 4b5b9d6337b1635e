"""Nodes and pods as the API tells of them, and what keeps a pod off a node."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from tests.core.rooms import GPU, node, shape, spec
from tooling.core.room_nodes import CORDONED, NodeRoom, Taint, find_obstacle, read_node, read_pod

TAINT = Taint(GPU, "present", "NoSchedule")


def tolerate(**one: str) -> dict[str, Any]:
    return {"tolerations": [one]}


def test_a_node_is_read_with_its_cordon_as_a_taint() -> None:
    manifest = {
        "metadata": {"name": "a", "labels": {"pool": "gpu"}},
        "spec": {"unschedulable": True, "taints": [{"key": "k", "value": "v", "effect": "NoSchedule"}]},
        "status": {
            "allocatable": {"cpu": "16", "memory": "1Gi", "odd": []},
            "conditions": [{"type": "DiskPressure", "status": "False"}, {"type": "Ready", "status": "Unknown"}],
        },
    }
    assert read_node(manifest) == NodeRoom(
        "a",
        {"pool": "gpu"},
        {"cpu": Decimal(16), "memory": Decimal(1 << 30)},
        (Taint("k", "v", "NoSchedule"), Taint(CORDONED, "", "NoSchedule")),
        is_ready=False,
    )


def test_a_cordon_that_is_a_taint_already_is_no_second_one() -> None:
    spec = {"unschedulable": True, "taints": [{"key": CORDONED, "effect": "NoSchedule"}]}
    assert read_node({"metadata": {"name": "a"}, "spec": spec}).taints == (Taint(CORDONED, "", "NoSchedule"),)


@pytest.mark.parametrize(
    ("changes", "is_there"),
    [
        ({}, True),
        ({"status": {"phase": "Running"}}, True),
        ({"status": {"phase": "Succeeded"}}, False),
        ({"status": {"phase": "Failed"}}, False),
        ({"spec": spec(schedulingGates=[{"name": "queue"}])}, False),
        ({"spec": spec(schedulingGates=[{"name": "queue"}], nodeName="a")}, True),
    ],
)
def test_pods_that_ended_or_are_kept_back_hold_nothing(changes: dict[str, Any], is_there: bool) -> None:
    pod = read_pod({"metadata": {"name": "p", "namespace": "n"}, "spec": spec(), **changes})
    assert (pod is not None) is is_there


def test_a_pod_that_was_deleted_holds_its_room_for_a_while() -> None:
    metadata = {"name": "p", "namespace": "n", "deletionTimestamp": "2026-11-21T22:00:00Z"}
    found = read_pod({"metadata": metadata, "spec": spec(nodeName="a")})
    assert found is not None
    assert found.is_ending


@pytest.mark.parametrize(("priority", "told"), [(None, 0), (1000, 1000)])
def test_a_pod_without_priority_has_none(priority: int | None, told: int) -> None:
    manifest = {"metadata": {"name": "p", "namespace": "n"}, "spec": spec(nodeName="a", priority=priority)}
    pod = read_pod(manifest)
    assert pod is not None
    assert (pod.node, pod.priority) == ("a", told)


@pytest.mark.parametrize(
    ("taint", "pod", "obstacle"),
    [
        (TAINT, {}, f"has the taint {GPU}=present:NoSchedule"),
        (TAINT, tolerate(key=GPU, operator="Exists"), ""),
        (TAINT, tolerate(key=GPU, value="present"), ""),
        (TAINT, tolerate(key=GPU, value="absent"), f"has the taint {GPU}=present:NoSchedule"),
        (
            TAINT,
            tolerate(key=GPU, operator="Exists", effect="NoExecute"),
            f"has the taint {GPU}=present:NoSchedule",
        ),
        (TAINT, tolerate(key="other", operator="Exists"), f"has the taint {GPU}=present:NoSchedule"),
        (TAINT, tolerate(operator="Exists"), ""),
        (TAINT, tolerate(), f"has the taint {GPU}=present:NoSchedule"),
        (Taint("k", "", "PreferNoSchedule"), {}, ""),
        (Taint("k", "", "NoExecute"), {}, "has the taint k:NoExecute"),
        (Taint(CORDONED, "", "NoSchedule"), {}, "is cordoned"),
    ],
)
def test_taints(taint: Taint, pod: dict[str, Any], obstacle: str) -> None:
    assert find_obstacle(shape(more=pod), node("a", taint)) == obstacle


@pytest.mark.parametrize(
    ("pod", "obstacle"),
    [
        ({"nodeSelector": {"pool": "gpu"}}, ""),
        ({"nodeSelector": {"pool": "cpu"}}, "is not selected"),
        (
            {
                "affinity": {
                    "nodeAffinity": {
                        "requiredDuringSchedulingIgnoredDuringExecution": {
                            "nodeSelectorTerms": [
                                {"matchExpressions": [{"key": "pool", "operator": "DoesNotExist"}]}
                            ]
                        }
                    }
                }
            },
            "is not selected",
        ),
    ],
)
def test_selectors_and_affinities(pod: dict[str, Any], obstacle: str) -> None:
    assert find_obstacle(shape(more=pod), node("a", labels={"pool": "gpu"})) == obstacle


def test_a_node_that_is_not_ready_takes_nothing() -> None:
    assert find_obstacle(shape(), replace(node("a"), is_ready=False)) == "is not ready"
