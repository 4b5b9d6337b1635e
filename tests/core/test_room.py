"""Whether pods find room, in tables that a person can check by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.core.rooms import GPU, HOST, need, node, pod
from tooling.core.room import Verdict, find_room
from tooling.core.room_board import Need
from tooling.core.room_nodes import Capacity, NodeRoom, PlacedPod, Taint
from tooling.core.room_words import tell_shortage

ZONE = "zone"


def judge(nodes: list[NodeRoom], needs: list[Need], pods: tuple[PlacedPod, ...] = ()) -> tuple[str, str]:
    room = find_room(Capacity(tuple(nodes), pods), needs)
    return room.verdict.value, "; ".join(tell_shortage(room))


def gpus(*counts: int) -> list[NodeRoom]:
    return [node(f"node-{'abcdefghij'[number]}", gpu=count) for number, count in enumerate(counts)]


@pytest.mark.parametrize(
    ("nodes", "needs", "verdict", "told"),
    [
        (gpus(2, 2), [need("llama", 2, gpu=2)], "fits", ""),
        (
            gpus(1, 1),
            [need("llama", 4, gpu=1)],
            "short",
            f"2 more {GPU} are needed: 4 are asked for, 2 are free (node-a 1, node-b 1)",
        ),
        (
            gpus(1, 1),
            [need("llama", 1, gpu=2)],
            "short",
            f"each pod of llama asks for 2 {GPU}, and no node has more than 1 free (node-a 1, node-b 1)",
        ),
        (
            gpus(3, 3),
            [need("llama", 3, gpu=2)],
            "short",
            "1 of 3 pods of llama find no node: there is room for 1 on node-a, 1 on node-b",
        ),
        # large pods fit beside small ones only where the small ones leave a node whole
        (gpus(4, 4), [need("large", 1, gpu=4), need("small", 4, gpu=1)], "tight", ""),
        (
            gpus(3, 3),
            [need("large", 2, gpu=2), need("small", 3, gpu=1)],
            "short",
            f"1 more {GPU} is needed: 7 are asked for, 6 are free (node-a 3, node-b 3)",
        ),
        (
            [node("a")],
            [need("gateway", 9, cpu=2, memory="1Gi")],
            "short",
            "2 more cpu are needed: 18 are asked for, 16 are free (a 16)",
        ),
        (
            [node("a")],
            [need("gateway", 5, memory="16Gi")],
            "short",
            "16Gi more memory is needed: 80Gi is asked for, 64Gi is free (a 64Gi)",
        ),
        (
            [node("a")],
            [need("gateway", 11)],
            "short",
            "1 more places for pods are needed: 11 are asked for, 10 are free (a 10)",
        ),
        ([node("a")], [need("llama", 1, gpu=1)], "short", f"1 more {GPU} is needed: 1 is asked for, 0 are free"),
        ([], [need("gateway", 1)], "short", "no node takes pods of gateway: the cluster has no nodes"),
        ([], [], "fits", ""),
        (gpus(*[1] * 8), [need("llama", 9, gpu=1)], "short", "node-f 1 and 2 more)"),
    ],
)
def test_pods_find_room_or_are_told_what_is_missing(
    nodes: list[NodeRoom], needs: list[Need], verdict: str, told: str
) -> None:
    found, text = judge(nodes, needs)
    assert found == verdict
    assert told in text
    assert bool(text) == (verdict == "short")


def test_what_is_missing_names_the_nodes_that_are_meant_and_those_that_are_left_out() -> None:
    pool = {"pool": "gpu"}
    nodes = [
        node("a", labels=pool, gpu=1),
        node("b", Taint("team", "x", "NoSchedule"), labels=pool, gpu=8),
        node("c", gpu=8),
    ]
    wanted = need("llama", 2, gpu=1, more={"nodeSelector": pool})
    assert judge(nodes, [wanted]) == (
        "short",
        f"1 more {GPU} is needed on nodes with pool=gpu: 2 are asked for, 1 is free "
        "(a 1; b has the taint team=x:NoSchedule)",
    )
    assert judge(nodes[1:], [wanted])[1] == "no node takes pods of llama: b has the taint team=x:NoSchedule"
    assert judge(nodes[2:], [wanted])[1] == "no node takes pods of llama: there is no node with pool=gpu"


def test_an_affinity_is_told_as_such() -> None:
    terms = {"nodeSelectorTerms": [{"matchExpressions": [{"key": "x", "operator": "Exists"}]}]}
    affinity = {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": terms}}
    wanted = need("llama", 1, gpu=2, more={"affinity": affinity})
    meant = node("b", labels={"x": ""}, gpu=1)
    assert "there is no node that its affinity admits" in judge([node("a")], [wanted])[1]
    assert "needed on nodes that its affinity admits: 2 are asked for" in judge([meant], [wanted])[1]
    both = [meant, node("c", labels={"x": ""}, gpu=1)]
    assert "and no node that its affinity admits has more than 1 free" in judge(both, [wanted])[1]


def test_what_pods_hold_is_not_free_and_pods_on_unknown_nodes_hold_nothing() -> None:
    nodes = gpus(4)
    assert judge(nodes, [need("llama", 2, gpu=1)], (pod("p", "node-a", gpu=2),))[0] == "fits"
    assert judge(nodes, [need("llama", 3, gpu=1)], (pod("p", "node-a", gpu=2),))[0] == "short"
    assert judge(nodes, [need("llama", 4, gpu=1)], (pod("p", "gone", gpu=2),))[0] == "fits"
    crowded = (pod("p", "node-a", gpu=6),)
    assert "0 are free (node-a 0)" in judge(nodes, [need("llama", 1, gpu=1)], crowded)[1]


def test_pods_that_wait_go_first_where_they_fit_and_matter_no_less() -> None:
    waiting = (pod("fits", "", gpu=2), pod("too-large", "", gpu=9))
    room = find_room(Capacity(tuple(gpus(3)), waiting), [need("llama", 2, gpu=1)])
    assert (room.verdict, room.ahead) == (Verdict.SHORT, 1)
    ours = need("llama", 2, priority=5, gpu=1)
    assert find_room(Capacity(tuple(gpus(3)), waiting), [ours]).verdict is Verdict.FITS


def test_room_that_ending_pods_still_hold_is_in_doubt() -> None:
    nodes, ending = tuple(gpus(2)), (replace(pod("p", "node-a", gpu=2), is_ending=True),)
    room = find_room(Capacity(nodes, ending), [need("llama", 2, gpu=1)])
    assert (room.verdict, room.has_to_wait, room.has_to_evict) == (Verdict.TIGHT, True, False)
    assert find_room(Capacity(nodes, ending), [need("llama", 3, gpu=1)]).verdict is Verdict.SHORT


def test_room_in_the_place_of_lesser_pods_is_in_doubt() -> None:
    nodes, lesser = tuple(gpus(2)), (pod("p", "node-a", priority=-1, gpu=2),)
    room = find_room(Capacity(nodes, lesser), [need("llama", 2, gpu=1)])
    assert (room.verdict, room.has_to_evict) == (Verdict.TIGHT, True)
    assert find_room(Capacity(nodes, lesser), [need("llama", 3, gpu=1)]).verdict is Verdict.SHORT
    equal = (pod("p", "node-a", gpu=2),)
    assert find_room(Capacity(nodes, equal), [need("llama", 2, gpu=1)]).verdict is Verdict.SHORT


def apart(**label: str) -> dict[str, Any]:
    rule = {"topologyKey": HOST, "labelSelector": {"matchLabels": label}}
    return {"affinity": {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [rule]}}}


def test_pods_that_must_be_apart_take_a_node_each() -> None:
    wanted = need("gateway", 2, labels={"app": "x"}, more=apart(app="x"))
    assert judge([node("a"), node("b")], [wanted])[0] == "fits"
    verdict, told = judge([node("a"), node("b")], [replace(wanted, count=3)])
    assert verdict == "short"
    assert told == ("1 of 3 pods of gateway find no node: they have to be spread, or kept apart")


def test_others_can_insist_on_being_apart_from_ours_in_their_own_namespace_only() -> None:
    own = need("gateway", 1, labels={"app": "x"})
    shy = pod("p", "a", more=apart(app="x"))
    assert judge([node("a")], [own], (shy,))[0] == "short"
    assert judge([node("a")], [own], (replace(shy, namespace="other"),))[0] == "fits"
    assert judge([node("a")], [own], (pod("p", "a", more=apart(app="y")),))[0] == "fits"


def test_a_node_without_the_label_is_beside_nobody() -> None:
    bare = NodeRoom("a", {}, node("a").allocatable)
    wanted = need("gateway", 2, labels={"app": "x"}, more=apart(app="x"))
    assert judge([bare], [wanted])[0] == "fits"


def spread(**more: Any) -> dict[str, Any]:
    selector = {"matchLabels": {"app": "x"}}
    rule = {"topologyKey": ZONE, "maxSkew": 1, "labelSelector": selector, **more}
    return {"topologySpreadConstraints": [rule]}


@pytest.mark.parametrize(
    ("count", "more", "verdict"),
    [
        (3, {}, "fits"),
        # one is full: the other may be ahead by one and no more
        (4, {}, "short"),
        (4, {"maxSkew": 2}, "fits"),
        (2, {"minDomains": 3}, "fits"),
        (3, {"minDomains": 3}, "short"),
    ],
)
def test_a_required_spread_is_kept(count: int, more: dict[str, Any], verdict: str) -> None:
    nodes = [node("a", labels={ZONE: "1"}), node("b", labels={ZONE: "2"}), node("c")]
    full = pod("p", "b", cpu=15)
    wanted = need("gateway", count, labels={"app": "x"}, cpu=1, more=spread(**more))
    assert judge(nodes, [wanted], (full,))[0] == verdict


def test_nodes_whose_taints_keep_pods_away_count_in_a_spread_unless_it_is_said() -> None:
    nodes = [node("a", labels={ZONE: "1"}), node("b", Taint("k", "", "NoSchedule"), labels={ZONE: "2"})]
    wanted = need("gateway", 2, labels={"app": "x"}, more=spread())
    assert judge(nodes, [wanted])[0] == "short"
    wanted = need("gateway", 2, labels={"app": "x"}, more=spread(nodeTaintsPolicy="Honor"))
    assert judge(nodes, [wanted])[0] == "fits"


def test_a_spread_by_template_does_not_count_pods_of_other_versions() -> None:
    nodes = [node("a", labels={ZONE: "1"}), node("b", labels={ZONE: "2"})]
    old = tuple(pod(f"p{at}", "a", labels={"app": "x"}) for at in range(3))
    own = {"matchLabelKeys": ["pod-template-hash"]}
    crowded = (*old, pod("full", "b", cpu=16))
    assert judge(nodes, [need("gateway", 1, labels={"app": "x"}, cpu=1, more=spread(**own))], crowded)[0] == "fits"
    assert judge(nodes, [need("gateway", 1, labels={"app": "x"}, cpu=1, more=spread())], crowded)[0] == "short"


def test_what_no_sum_shows_is_found_by_trying_every_way() -> None:
    """Sums and single needs have room to spare, and yet the pods cannot be put together."""
    needs = [need("large", 2, gpu=4), need("small", 1, gpu=3)]
    assert judge(gpus(6, 6), needs) == ("short", "1 of 1 pods of small find no node beside the others")
    assert judge(gpus(7, 6), needs)[0] == "tight"


def test_what_would_take_too_long_to_rule_out_is_in_doubt() -> None:
    needs = [need("large", 12, gpu=3), need("odd", 13, gpu="1.7")]
    assert judge([node(f"n{at}", gpu=5) for at in range(12)], needs)[0] == "tight"
    crowd = [need("two", 150, gpu=2, cpu=1), need("other", 60, gpu=1, cpu=1)]
    assert judge([node(f"n{at}", gpu=4) for at in range(90)], crowd)[0] == "tight"
