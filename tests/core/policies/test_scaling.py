"""Policies on what changes the number of pods."""

from __future__ import annotations

import time

import pytest

from tests.core.policies.sample import assert_found, find
from tooling.core.policies.bundle import Bundle
from tooling.core.policies.rolling import count_share
from tooling.core.policies.scaling import SCALING_POLICIES

HPA = "HorizontalPodAutoscaler/chat"
BUDGET = "PodDisruptionBudget/web"
METRICS = f"{HPA} spec.metrics: "
KEDA = "ScaledObject/web: {apiVersion: keda.sh/v1alpha1, spec: {scaleTargetRef: {name: web}, %s}}"
FREE = "Deployment/web spec.replicas: null"
CPU = "{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 80}}}"
SET = "{metadata: {labels: {ray: %s}}, spec: {containers: [{name: ray, image: 'ray:1'}]}}"
RAY = (
    "RayCluster/ray: {apiVersion: ray.io/v1, spec: {headGroupSpec: {template: "
    f"{SET % 'head'}}}, workerGroupSpecs: [{{template: {SET % 'worker'}}}]}}}}"
)
RAY_BUDGET = (
    "PodDisruptionBudget/%s: {apiVersion: policy/v1,"
    " spec: {maxUnavailable: 1, selector: {matchLabels: {ray: %s}}}}"
)
ONE = "Deployment/web spec.replicas: 1"
WEB_HPA = (
    "HorizontalPodAutoscaler/web: {apiVersion: autoscaling/v1, spec:"
    " {scaleTargetRef: {kind: Deployment, name: web}, minReplicas: %s, maxReplicas: 5}}"
)


@pytest.mark.parametrize(
    ("rule", "name", "edits", "path", "text"),
    [
        (
            "scaler-without-target",
            HPA,
            (f"{HPA} spec.scaleTargetRef: {{kind: Deployment, name: chad}}",),
            "spec.scaleTargetRef",
            "scales Deployment chad, which no manifest here makes. Write chat.",
        ),
        (
            "scaler-without-metric",
            "ScaledObject/web",
            (FREE, KEDA % "minReplicaCount: 2, triggers: []"),
            "spec.triggers",
            "has nothing to go by",
        ),
        (
            "scaler-without-metric",
            "ScaledObject/web",
            (
                FREE,
                KEDA % "minReplicaCount: 2, triggers: [{type: memory, metricType: Utilization}]",
                "Deployment/web container.resources: {}",
            ),
            "spec.triggers[0]",
            "goes by a share of the memory request, and container web requests none."
            " Write resources: {requests: {memory: ...}} in Deployment/web.",
        ),
        (
            "scaler-without-metric",
            HPA,
            (
                METRICS + "[{type: Pods, pods: {metric: {name: waiting}}}, {type: ContainerResource,"
                " containerResource: {name: memory, container: engine, target: {averageUtilization: 9}}}]",
                "Deployment/chat container.resources: {limits: {nvidia.com/gpu: 2}}",
                "Deployment/chat spec.template.metadata.annotations: {}",
            ),
            "spec.metrics[1]",
            "goes by a share of the memory request, and container engine requests none.",
        ),
        (
            "scaler-bounds",
            HPA,
            (f"{HPA} spec.minReplicas: 5",),
            "spec.minReplicas",
            "at least 5 and at most 4 pods: the API server refuses this. Write maxReplicas: 5.",
        ),
        (
            "scaler-bounds",
            "ScaledObject/web",
            (FREE, KEDA % "minReplicaCount: 3, maxReplicaCount: 2, triggers: [{type: cron}]"),
            "spec.minReplicaCount",
            "Write maxReplicaCount: 3.",
        ),
        (
            "scaler-rivals",
            "ScaledObject/web",
            (FREE, WEB_HPA % 2, KEDA % "minReplicaCount: 2, triggers: [{type: cron}]"),
            "spec.scaleTargetRef",
            "scales Deployment web, and so does HorizontalPodAutoscaler/web",
        ),
        (
            "scaler-fights-replicas",
            "Deployment/chat",
            ("Deployment/chat spec.replicas: 3",),
            "spec.replicas",
            "is set while HorizontalPodAutoscaler/chat scales it: each release takes it back to 3.",
        ),
        (
            "scaler-by-cpu-on-gpu",
            HPA,
            (METRICS + f"[{CPU}]",),
            "spec.metrics[0]",
            "goes by CPU or memory alone, and Deployment/chat works on GPUs",
        ),
        ("scaler-by-cpu-on-gpu", HPA, (METRICS + "null",), "spec.metrics", "Write a metric of the engine"),
        (
            "budget-blocks-drain",
            BUDGET,
            (ONE,),
            "spec.minAvailable",
            "wants 1 to stay and there is 1, so a node is never drained. Write maxUnavailable: 1 in its place.",
        ),
        (
            "budget-blocks-drain",
            BUDGET,
            (f"{BUDGET} spec.minAvailable: 51%",),
            "spec.minAvailable",
            "wants 51% to stay and there are 2",
        ),
        (
            "budget-blocks-drain",
            BUDGET,
            (FREE, WEB_HPA % 1),
            "spec.minAvailable",
            "HorizontalPodAutoscaler/web goes down to 1",
        ),
        (
            "budget-blocks-drain",
            BUDGET,
            (f"{BUDGET} spec: {{maxUnavailable: 0%, selector: {{matchLabels: {{app: web}}}}}}",),
            "spec.maxUnavailable",
            "allows no pod to go",
        ),
        (
            "budget-without-pods",
            BUDGET,
            (f"{BUDGET} spec.selector: {{matchExpressions: [{{key: app, operator: In, values: [wep]}}]}}",),
            "spec.selector",
            "selects no pod of any manifest here: app In wep.",
        ),
        (
            "budget-overlap",
            "PodDisruptionBudget/two",
            (
                "PodDisruptionBudget/two: {apiVersion: policy/v1, spec: {maxUnavailable: 1, selector:"
                " {matchExpressions: [{key: app, operator: NotIn, values: [chat]}]}}}",
            ),
            "spec.selector",
            "covers Deployment/web, and so does PodDisruptionBudget/web",
        ),
        (
            "budget-overlap",
            "PodDisruptionBudget/all",
            ("PodDisruptionBudget/all: {apiVersion: policy/v1, spec: {maxUnavailable: 1, selector: {}}}",),
            "spec.selector",
            "covers Deployment/web, and so does PodDisruptionBudget/web",
        ),
        (
            "budget-blocks-drain",
            "PodDisruptionBudget/far",
            (
                "PodDisruptionBudget/far: {apiVersion: policy/v1, metadata: {namespace: far},"
                " spec: {minAvailable: 1, selector: {}}}",
                "Deployment/far: {apiVersion: apps/v1, metadata: {namespace: far}, spec: {selector: {matchLabels:"
                " {app: far}}, template: {metadata: {labels: {app: far}}, spec: {containers: [{name: far,"
                " image: 'far:1', resources: {limits: {memory: 1Gi}}}]}}}}",
            ),
            "spec.minAvailable",
            "wants 1 to stay and there is 1",
        ),
        (
            "job-without-deadline",
            "CronJob/report",
            ("CronJob/report job.activeDeadlineSeconds: null",),
            "spec.jobTemplate.spec.activeDeadlineSeconds",
            "Write activeDeadlineSeconds: 3600.",
        ),
        (
            "job-without-deadline",
            "Job/once",
            ("Job/once: {apiVersion: batch/v1, spec: {template: {spec: {containers: [{image: 'once:1'}]}}}}",),
            "spec.activeDeadlineSeconds",
            "a Job that hangs is never ended",
        ),
        (
            "cronjob-piles-up",
            "CronJob/report",
            ("CronJob/report spec.concurrencyPolicy: null",),
            "spec.concurrencyPolicy",
            "Write concurrencyPolicy: Forbid.",
        ),
    ],
)
def test_what_is_wrong_is_found(rule: str, name: str, edits: tuple[str, ...], path: str, text: str) -> None:
    assert_found(rule, name, edits, path, text)


@pytest.mark.parametrize(
    "edits",
    [
        # Kinds whose pods we cannot see, and scalers of somebody else's.
        (f"{HPA} spec.scaleTargetRef: {{kind: Rollout, name: chad}}",),
        (f"{HPA} metadata: {{namespace: far}}",),
        (f"{HPA} apiVersion: example.com/v1", METRICS + "[]"),
        ("ScaledObject/web: {apiVersion: example.com/v1}",),
        # A value in place of a share needs no request, and a limit sets one.
        (
            FREE,
            KEDA % "minReplicaCount: 2, triggers: [{type: cpu, metricType: AverageValue}]",
            "Deployment/web container.resources: {}",
        ),
        (
            FREE,
            KEDA
            % "minReplicaCount: 2, triggers: [{type: cpu, metadata: {type: Utilization, containerName: web}}]",
            "Deployment/web container.resources: {limits: {cpu: 1}}",
        ),
        (METRICS + "[{type: External, external: {metricName: a}}, {type: Other}]",),
        (FREE, WEB_HPA % 3),
        (f"{BUDGET} spec.minAvailable: 50%",),
        (f"{BUDGET} spec.minAvailable: soon",),
        (f"{BUDGET} spec: {{selector: {{matchLabels: {{app: web}}}}}}",),
        (f"{BUDGET} spec: {{maxUnavailable: 1%, selector: {{matchLabels: {{app: web}}}}}}",),
        # A budget without a selector has no pods, and none of the beta has with an empty one.
        (f"{BUDGET} spec.selector: null",),
        (f"{BUDGET} apiVersion: policy/v1beta1", f"{BUDGET} spec.selector: {{}}"),
        # The head and the workers of one object are two sets of pods.
        (RAY, RAY_BUDGET % ("head", "head"), RAY_BUDGET % ("workers", "worker")),
        ("Deployment/web spec.replicas: 0",),
        # How many pods a slot has, the CLI says; and a DaemonSet, the nodes.
        (FREE, "Deployment/web spec.template.metadata.labels: {app: web, genai-stack/slot: blue}"),
        ("Deployment/web kind: DaemonSet", FREE),
        (
            "CronJob/report job.activeDeadlineSeconds: null",
            "CronJob/report job.template.spec.activeDeadlineSeconds: 9",
        ),
        ("CronJob/report spec.concurrencyPolicy: Replace",),
    ],
    ids=str,
)
def test_what_is_right_is_not(edits: tuple[str, ...]) -> None:
    assert find(*edits) == []


def test_many_budgets_of_the_same_pods_are_counted_once() -> None:
    """A thousand budgets of a thousand Deployments took six seconds where each counted all replicas again."""
    workload = {
        "replicas": 2,
        "template": {"metadata": {"labels": {"app": "a"}}, "spec": {"containers": [{"name": "a"}]}},
    }
    budget = {"minAvailable": 1, "selector": {"matchLabels": {"app": "a"}}}
    kinds = (("apps/v1", "Deployment", workload), ("policy/v1", "PodDisruptionBudget", budget))
    bundle = Bundle.of(
        [
            {"apiVersion": api, "kind": kind, "metadata": {"name": f"a{index}"}, "spec": spec}
            for index in range(1000)
            for api, kind, spec in kinds
        ]
    )
    began = time.process_time()
    found = [one.id for one in SCALING_POLICIES for _ in one.find(bundle)]
    assert found == ["budget-overlap"] * 999
    assert time.process_time() - began < 1.5


@pytest.mark.parametrize(
    ("share", "total", "up", "down"),
    [
        ("25%", 10, 3, 2),
        ("99%", 10**400, 99 * 10**398, 99 * 10**398),
        (3, 10, 3, 3),
        (10**400, 10, None, None),
        ("9" * 5000 + "%", 10, None, None),
        ("\N{ARABIC-INDIC DIGIT TWO}%", 10, None, None),
        (True, 10, None, None),
    ],
    ids=lambda value: f"{type(value).__name__}",
)
def test_a_share_is_exact_at_any_size(share: object, total: int, up: int | None, down: int | None) -> None:
    assert (count_share(share, total, is_up=True), count_share(share, total, is_up=False)) == (up, down)
