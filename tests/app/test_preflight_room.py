"""Room is looked for before anything is written: GPUs, nodes, quotas (promise P9)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from tests.app.story import Story, forget
from tests.core.rooms import GPU, amounts, node, pod, shape, spec
from tooling.core.room_nodes import Capacity, NodeRoom, PlacedPod, Taint
from tooling.errors import ClusterError, PreflightError

MODEL = {"inference": {"models": {"smollm2": {"replicas": 2}}}}


def tell_pods(story: Story, **asked: Any) -> None:
    """Let every pod of a slot's models ask for that much."""
    render = story.world.helm.render

    def ask(manifest: Mapping[str, Any]) -> Mapping[str, Any]:
        labels = manifest["metadata"]["labels"]
        if manifest["kind"] != "Deployment":
            return manifest
        template = manifest["spec"]["template"]
        own = amounts(**asked) if "genai-stack/model" in labels else {}
        return {**manifest, "spec": {**manifest["spec"], "template": {**template, "spec": spec(own)}}}

    story.world.helm.render = lambda *named, **options: tuple(map(ask, render(*named, **options)))


def offer(story: Story, *nodes: NodeRoom, pods: tuple[PlacedPod, ...] = (), **more: Any) -> None:
    story.world.cluster.capacity = Capacity(nodes, pods, **more)


def serve(story: Story, slot: str = "blue", count: int = 2, **asked: Any) -> tuple[PlacedPod, ...]:
    """Return the pods of the model that serves, all on node a."""
    labels = {
        "app.kubernetes.io/instance": "genai",
        "app.kubernetes.io/component": "inference",
        "genai-stack/slot": slot,
        "genai-stack/model": "smollm2",
    }
    return tuple(PlacedPod("genai", f"{slot}-{at}", "a", shape(labels, **asked)) for at in range(count))


@pytest.fixture
def story() -> Story:
    """Version 1 serves from blue with two pods of one GPU each."""
    made = Story()
    made.target = lambda version, target=made.target: target(version, **MODEL)  # type: ignore[method-assign]
    assert made.release(1).exit_code == 0
    forget(made)
    tell_pods(made, gpu=1)
    return made


def refuse(story: Story) -> PreflightError:
    with pytest.raises(PreflightError) as refused:
        story.release(2)
    assert story.world.writes == []
    assert refused.value.hint.endswith("Nothing was touched.")
    return refused.value


def test_a_nearly_full_pool_is_refused_with_what_is_missing(story: Story) -> None:
    pool = [node("a", gpu=3), node("b", Taint("team", "x", "NoSchedule"), gpu=8)]
    offer(story, *pool, pods=serve(story, gpu=1))
    refused = refuse(story)
    assert refused.message == (
        f"there is no room for what this release needs: 1 more {GPU} is needed: 2 are asked for, 1 is free "
        "(a 1; b has the taint team=x:NoSchedule)."
    )
    assert refused.exit_code == 2


def test_what_would_make_it_fit_was_tried(story: Story) -> None:
    offer(story, node("a", gpu=3), pods=serve(story, gpu=1))
    assert refuse(story).hint.startswith(
        "It fits with rollout.capacity.abortFloor: 0.5 (stable gives pods up as the candidate grows, and an abort "
        "finds it with 50 % of what all traffic needs); or ask for fewer replicas"
    )
    story.settings["capacity"] = {"abortFloor": 0.5}
    assert story.release(2).exit_code == 0


def test_nothing_is_said_to_help_that_does_not(story: Story) -> None:
    offer(story, node("a", gpu=2), pods=serve(story, gpu=1))
    assert "abortFloor" not in refuse(story).hint


def test_a_switch_cannot_do_with_less_than_two_slots(story: Story) -> None:
    story.settings.update(strategy="blueGreen", blueGreen={})
    offer(story, node("a", gpu=3), pods=serve(story, gpu=1))
    assert "abortFloor" not in refuse(story).hint


def test_where_nodes_are_added_by_themselves_it_is_a_warning(story: Story) -> None:
    story.settings["capacity"] = {"nodes": "autoscaled"}
    offer(story, node("a", gpu=3), pods=serve(story, gpu=1))
    assert story.release(2).exit_code == 0
    assert f"warning: nodes have to be added: 1 more {GPU} is needed" in story.said


def test_more_gpus_than_the_plan_may_take_are_refused(story: Story) -> None:
    story.settings["capacity"] = {"maxSurgeGpus": 1}
    offer(story, node("a", gpu=9), pods=serve(story, gpu=1))
    refused = refuse(story)
    assert "takes 2 GPUs beside those that serve, and rollout.capacity.maxSurgeGpus allows 1" in refused.message
    assert "abortFloor: 0.5" in refused.hint
    assert "raise rollout.capacity.maxSurgeGpus" in refused.hint


def test_pods_that_the_candidate_replaces_leave_their_room(story: Story) -> None:
    offer(story, node("a", gpu=4), pods=(*serve(story, gpu=1), *serve(story, "green", gpu=1)))
    assert story.release(2).exit_code == 0


def test_a_quota_counts_what_stands_and_is_never_a_warning(story: Story) -> None:
    story.settings["capacity"] = {"nodes": "autoscaled"}
    hard = {f"requests.{GPU}": 3}
    quota = {"metadata": {"name": "gpus"}, "spec": {"hard": hard}, "status": {"used": {f"requests.{GPU}": 2}}}
    story.world.cluster.listed["resourcequotas"] = [quota]
    offer(story, node("a", gpu=9), pods=serve(story, gpu=1))
    assert f"1 more requests.{GPU} is needed in ResourceQuota gpus: 2 are asked for, 1 of 3 is free" in (
        refuse(story).message
    )
    assert refuse(story).hint.startswith("It fits with rollout.capacity.abortFloor: 0.5")
    assert "; or raise the quota; or ask" in refuse(story).hint
    quota["spec"]["hard"] = {f"requests.{GPU}": 4}
    assert story.release(2).exit_code == 0


def test_what_may_not_be_looked_at_is_a_warning(story: Story) -> None:
    story.world.cluster.forbidden.add("resourcequotas")
    offer(story, gaps=("this account may not list nodes",))
    assert story.release(2).exit_code == 0
    assert "whether nodes have room is not known for sure: this account may not list nodes" in story.said
    assert "quotas were not looked at" in story.said


def test_what_is_short_without_others_is_refused_all_the_same(story: Story) -> None:
    offer(story, node("a", gpu=1), gaps=("this account may list pods in its own namespace only",))
    refuse(story)


def test_a_failing_api_server_is_no_missing_permission(story: Story) -> None:
    story.world.fail_next("cluster.list_objects", ClusterError("etcd is slow", status=500), times=9)
    with pytest.raises(ClusterError):
        story.release(2)


def test_room_in_doubt_is_a_warning(story: Story) -> None:
    lesser = tuple(replace(one, priority=-1) for one in (pod("batch", "a", gpu=1),))
    offer(story, node("a", gpu=4), pods=(*serve(story, gpu=1), *lesser))
    assert story.release(2).exit_code == 0
    assert "warning: there is room only in the place of pods of lower priority" in story.said


def test_room_that_pods_leave_in_a_moment_is_a_warning(story: Story) -> None:
    ending = replace(pod("old", "a", gpu=1), is_ending=True)
    offer(story, node("a", gpu=4), pods=(*serve(story, gpu=1), ending))
    assert story.release(2, is_dry_run=True).exit_code == 0
    assert "warning: there is room only once pods that are ending have gone" in story.said


def test_pods_of_others_that_wait_are_told(story: Story) -> None:
    waiting = (pod("w", "", namespace="other", gpu=1),)
    offer(story, node("a", gpu=3), pods=(*serve(story, gpu=1), *waiting))
    assert "1 pods of others that wait for a node come first" in refuse(story).message


def test_the_plan_says_pods_and_gpus_at_every_step_and_what_bounds_them(story: Story) -> None:
    offer(story, node("a", gpu=9), pods=serve(story, gpu=1))
    priced = story.target(2)
    values = {**priced.values, "lint": {"prices": {GPU: 2.5}, "currency": "EUR"}}
    story.target = lambda _version: replace(priced, values=values)  # type: ignore[method-assign]
    assert story.release(2, is_dry_run=True).exit_code == 0
    title, rows = story.world.reporter.tables[0]
    assert title == "plan (weights in percent; slots: pods / GPUs)"
    assert [(row["weights"], row["blue"], row["green"]) for row in rows if row["does"].startswith("scale")] == [
        ("100/0", "3 / 2", "2 / 1"),
        ("90/10", "3 / 2", "2 / 1"),
        ("50/50", "3 / 2", "3 / 2"),
        ("0/100", "0 / 0", "3 / 2"),
    ]
    assert "floor 1, abortFloor 1, maxSurgeGpus no bound" in story.said
    assert "GPUs: 2 serve, 4 at the peak, 2 beside those that serve" in story.said
    assert "cost: up to 5.00 EUR an hour more than now, by lint.prices" in story.said


def test_gates_of_our_own_pods_are_told(story: Story) -> None:
    render = story.world.helm.render

    def gate(*named: Any, **options: Any) -> Any:
        made = [dict(one) for one in render(*named, **options)]
        for one in made:
            if one["kind"] == "Deployment":
                one["spec"]["template"]["spec"]["schedulingGates"] = [{"name": "queue"}]
        return tuple(made)

    story.world.helm.render = gate
    offer(story, node("a", gpu=9))
    assert story.release(2).exit_code == 0
    assert "pods of gateway wait until their gates are lifted: queue" in story.said


def test_what_fits_in_some_ways_only_is_a_warning(story: Story) -> None:
    sizes = {"smollm2": {"replicas": 2}, "tiny": {"replicas": 2}}
    make = Story.target
    story.target = lambda version: make(story, version, inference={"models": sizes})  # type: ignore[method-assign]
    render = story.world.helm.render

    def grow(*named: Any, **options: Any) -> Any:
        made = render(*named, **options)
        for one in made:
            if one["metadata"]["labels"].get("genai-stack/model") == "smollm2":
                one["spec"]["template"]["spec"].update(spec({GPU: 3}))
        return made

    story.world.helm.render = grow
    offer(story, node("a", gpu=4), node("b", gpu=4))
    assert story.release(2, is_dry_run=True).exit_code == 0
    assert "suffices only if the scheduler happens to place pods tightly" in story.said
