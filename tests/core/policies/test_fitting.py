"""Policies on objects that do not fit together."""

from __future__ import annotations

import pytest

from tests.core.policies.sample import assert_found, find

WEB = "Deployment/web"
CLAIM = "PersistentVolumeClaim/weights spec.accessModes: "
FIXED = "HorizontalPodAutoscaler/chat: null"
VOLUME = "spec.template.spec.volumes[1].persistentVolumeClaim"


@pytest.mark.parametrize(
    ("rule", "name", "edits", "path", "text"),
    [
        (
            "duplicate-object",
            "ConfigMap/notes",
            ("ConfigMap/notes#2: {apiVersion: v1}",),
            "metadata.name",
            "there are two of the name notes: one replaces the other, or the install fails.",
        ),
        (
            "selector-mismatch",
            WEB,
            (f"{WEB} spec.selector.matchLabels: {{app: web, tier: front}}",),
            "spec.selector.matchLabels",
            "Write {tier: front} in spec.template.metadata.labels.",
        ),
        (
            "mount-without-volume",
            WEB,
            (f"{WEB} pod.volumes: null",),
            "spec.template.spec.containers[0].volumeMounts[0]",
            "mounts volume notes, which the pod does not have. Write volumes: [{name: notes, emptyDir: {}}]",
        ),
        (
            "probe-port-unknown",
            WEB,
            (f"{WEB} container.readinessProbe: {{tcpSocket: {{port: https}}}}",),
            "spec.template.spec.containers[0].readinessProbe.tcpSocket.port",
            "asks port https, which container web does not name; it names http.",
        ),
        (
            "probe-port-unknown",
            "CronJob/report",
            ("CronJob/report job.template.spec.containers.0.livenessProbe: {httpGet: {port: http}}",),
            "spec.jobTemplate.spec.template.spec.containers[0].livenessProbe.httpGet.port",
            "it names none.",
        ),
        (
            "claim-single-writer",
            "Deployment/chat",
            (CLAIM + "[ReadWriteOnce]",),
            VOLUME,
            "4 pods share claim weights, which one node mounts at a time."
            " Write accessModes: [ReadWriteMany] there, or replicas: 1.",
        ),
        (
            "claim-single-writer",
            WEB,
            (
                CLAIM + "[ReadWriteOncePod]",
                "Deployment/chat pod.volumes.1: {name: weights, emptyDir: {}}",
                f"{WEB} spec.replicas: 1",
                "PodDisruptionBudget/web spec: {maxUnavailable: 1, selector: {matchLabels: {app: web}}}",
                WEB + " pod.volumes: [{name: n}, {name: notes, persistentVolumeClaim: {claimName: weights}}]",
            ),
            VOLUME,
            "an update starts its pod while the old one holds claim weights",
        ),
    ],
)
def test_what_is_wrong_is_found(rule: str, name: str, edits: tuple[str, ...], path: str, text: str) -> None:
    assert_found(rule, name, edits, path, text)


@pytest.mark.parametrize(
    "edits",
    [
        ("ConfigMap/notes#2: {apiVersion: example.com/v1}",),
        ("ConfigMap/notes#2: {apiVersion: v1, metadata: {namespace: far}}",),
        ("ConfigMap/notes#2: {apiVersion: v1, metadata: {generateName: notes-}}",),
        (f"{WEB} spec.selector: {{matchExpressions: [{{key: app, operator: Exists}}]}}",),
        (f"{WEB} container.readinessProbe: {{tcpSocket: {{port: '8000'}}}}",),
        (CLAIM + "[ReadWriteOnce]", FIXED, "Deployment/chat spec.replicas: 1"),
        (CLAIM + "[ReadWriteOnce]", "Deployment/chat pod.volumes.1.persistentVolumeClaim.claimName: other"),
        (CLAIM + "null",),
    ],
    ids=str,
)
def test_what_is_right_is_not(edits: tuple[str, ...]) -> None:
    assert find(*edits) == []


def test_a_claim_of_a_slot_waits_for_its_scale() -> None:
    slot = "Deployment/chat spec.template.metadata.labels: {app: chat, tier: gpu, genai-stack/slot: green}"
    assert find(CLAIM + "[ReadWriteOnce]", FIXED, slot) == []
