"""Budgets that never let a pod go."""

import pytest

from tooling.core.budgets import find_deadlocks

LABELS = {
    "app.kubernetes.io/instance": "genai",
    "app.kubernetes.io/component": "gateway",
    "genai-stack/slot": "green",
}
MODEL = {**LABELS, "app.kubernetes.io/component": "inference", "genai-stack/model": "m"}


def make_deployment(labels, name="genai-green-gateway"):
    pod = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "main"}]}}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "labels": labels},
        "spec": {"selector": {"matchLabels": labels}, "template": pod},
    }


def make_budget(name="budget", labels=LABELS, **spec):
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": {"name": name},
        "spec": {"selector": {"matchLabels": labels}, **spec},
    }


def find(manifests, live=(), **replicas):
    counts = {key.replace("_", "/"): count for key, count in replicas.items()}
    return find_deadlocks(manifests, live, counts, namespace="ns")


@pytest.mark.parametrize(
    ("spec", "replicas", "is_found"),
    [
        ({"minAvailable": 2}, 2, True),
        ({"minAvailable": 2}, 3, False),
        ({"minAvailable": "100%"}, 5, True),
        ({"maxUnavailable": 0}, 5, True),
        ({"maxUnavailable": 1}, 1, False),
    ],
)
def test_a_budget_is_held_against_the_replicas_of_the_slot(spec, replicas, is_found):
    found = find([make_deployment(LABELS), make_budget(**spec)], gateway=replicas)
    assert bool(found) is is_found
    assert all(one.startswith("PodDisruptionBudget/budget: spec.") for one in found)
    assert not any("stands in the namespace" in one for one in found)


def test_budgets_that_stand_there_count_too_and_are_told_as_such():
    live = make_budget("theirs", minAvailable=2)
    del live["kind"], live["apiVersion"]  # as a list leaves them out
    (found,) = find([make_deployment(LABELS)], [live], gateway=2)
    assert found.startswith("PodDisruptionBudget/theirs, which stands in the namespace: spec.minAvailable")


def test_a_budget_that_is_replaced_does_not_count():
    assert not find(
        [make_deployment(LABELS), make_budget(maxUnavailable=1)], [make_budget(minAvailable=9)], gateway=2
    )


def test_two_budgets_of_one_pod_stop_every_drain():
    (found,) = find([make_deployment(LABELS), make_budget(maxUnavailable=1)], [make_budget("b", maxUnavailable=1)])
    assert "so does" in found


def test_models_are_told_apart_and_unknown_workloads_are_left_alone():
    manifests = [make_deployment(MODEL, "genai-green-inference-m"), make_budget(labels=MODEL, minAvailable=2)]
    assert find(manifests, inference_m=2)
    assert not find(manifests, inference_m=3)
    assert not find(manifests, inference_other=2)
    assert not find([{**manifests[0], "kind": "DaemonSet"}, manifests[1]], inference_m=2)
