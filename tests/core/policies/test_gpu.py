"""Policies on pods with GPUs."""

from __future__ import annotations

import pytest

from tests.core.policies.sample import assert_found, find

CHAT = "Deployment/chat"
LIMITS = f"{CHAT} container.resources.limits: "
REQUESTS = f"{CHAT} container.resources.requests: "
FIELD = "spec.template.spec.containers[0].resources.limits"
ROLLING = f"{CHAT} spec.strategy: "
PEER = f"{CHAT} pod.initContainers: "


@pytest.mark.parametrize(
    ("rule", "edits", "path", "text"),
    [
        (
            "gpu-without-limit",
            (LIMITS + "{memory: 48Gi}",),
            FIELD,
            "2 of nvidia.com/gpu are requested and there is no limit: the API server refuses this pod."
            " Write limits: {nvidia.com/gpu: 2}.",
        ),
        (
            "gpu-without-limit",
            (LIMITS + "{memory: 48Gi, nvidia.com/gpu: 4}",),
            FIELD,
            "and the limit is 4",
        ),
        (
            "gpu-not-whole",
            (LIMITS + "{memory: 48Gi, nvidia.com/gpu: 500m}", REQUESTS + "{cpu: 1}"),
            FIELD,
            "0.5 of nvidia.com/gpu is no whole number",
        ),
        (
            "gpu-without-toleration",
            (f"{CHAT} pod.tolerations: []",),
            "spec.template.spec.tolerations",
            "Write tolerations: [{key: nvidia.com/gpu, operator: Exists, effect: NoSchedule}].",
        ),
        (
            "gpu-without-toleration",
            (
                LIMITS + "{memory: 48Gi, amd.com/gpu: 1}",
                REQUESTS + "{cpu: 1}",
                f"{CHAT} pod.tolerations: [{{key: pool, operator: Exists}}]",
            ),
            "spec.template.spec.tolerations",
            "key: amd.com/gpu",
        ),
        (
            "gpu-without-toleration",
            # This one lets pods stay where they are, and not come.
            (f"{CHAT} pod.tolerations: [{{operator: Exists, effect: NoExecute}}]",),
            "spec.template.spec.tolerations",
            "tolerates no taint of GPU nodes",
        ),
        (
            "gpu-update-needs-spare",
            (ROLLING + "{rollingUpdate: {maxSurge: 25%, maxUnavailable: 0}}",),
            "spec.strategy.rollingUpdate",
            "an update starts 1 more before one goes",
        ),
        (
            "gpu-update-needs-spare",
            (ROLLING + "{}",),
            "spec.strategy",
            "Write strategy: {rollingUpdate: {maxSurge: 0, maxUnavailable: 1}}.",
        ),
    ],
)
def test_what_is_wrong_is_found(rule: str, edits: tuple[str, ...], path: str, text: str) -> None:
    assert_found(rule, CHAT, edits, path, text)


@pytest.mark.parametrize(
    "edits",
    [
        # A limit alone sets the request too.
        (REQUESTS + "{memory: 32Gi, cpu: 1}",),
        (LIMITS + "{memory: 48Gi, nvidia.com/mig-1g.10gb: '2'}", REQUESTS + "{cpu: 1, nvidia.com/mig-1g.10gb: 2}"),
        (REQUESTS + "{cpu: 1, nvidia.com/gpu: 0}", LIMITS + "{memory: 48Gi}"),
        (f"{CHAT} pod.tolerations: [{{operator: Exists}}]",),
        (f"{CHAT} pod.tolerations: [{{operator: Exists, effect: NoSchedule}}]",),
        (f"{CHAT} pod.tolerations: [{{key: example.com/gpu-pool, operator: Exists}}]",),
        (ROLLING + "{type: Recreate}",),
        (ROLLING + "{rollingUpdate: {maxSurge: 0, maxUnavailable: 0}}",),
        (ROLLING + "{rollingUpdate: {maxSurge: soon, maxUnavailable: 0}}",),
        # With four replicas Kubernetes' own 25 % lets one go.
        (ROLLING + "{}", f"{CHAT} spec.replicas: 4", "HorizontalPodAutoscaler/chat: null"),
    ],
    ids=str,
)
def test_what_is_right_is_not(edits: tuple[str, ...]) -> None:
    assert find(*edits) == []


def test_the_gpu_of_an_init_container_counts() -> None:
    (found,) = find(
        LIMITS + "{memory: 48Gi}",
        REQUESTS + "{cpu: 1}",
        PEER + "[{name: warm, image: 'warm:1', resources: {limits: {google.com/tpu: 4}}}]",
    )
    assert found[0] == "gpu-without-toleration"
    assert "google.com/tpu" in found[3]
