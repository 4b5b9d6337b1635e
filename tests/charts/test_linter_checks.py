"""What kube-linter asks by default holds for everything that the chart makes, and each question can be failed."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

import pytest
import yaml

from tests.charts.linter import CHECKS, find_all
from tests.charts.rendering import ALL, Manifest, Stack, component_of

KEPT_JOBS = frozenset({"evals", "model-prefetch", "vectordb-restore"})
"""Components whose Jobs stay when they have ended: Helm would run again what is gone, at every upgrade."""

SOUND: tuple[Manifest, ...] = tuple(
    yaml.safe_load_all("""
apiVersion: v1
kind: ServiceAccount
metadata: {name: a}
---
apiVersion: v1
kind: Service
metadata: {name: a}
spec: {selector: {app: a}}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: a}
spec: {maxUnavailable: 1, unhealthyPodEvictionPolicy: AlwaysAllow}
---
apiVersion: batch/v1
kind: Job
metadata: {name: a}
spec: {ttlSecondsAfterFinished: 60}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: a}
spec:
  replicas: 2
  selector: {matchLabels: {app: a}}
  template:
    metadata: {labels: {app: a}}
    spec:
      serviceAccountName: a
      securityContext: {runAsNonRoot: true}
      affinity:
        podAntiAffinity:
          requiredDuringSchedulingIgnoredDuringExecution:
            - {topologyKey: kubernetes.io/hostname, labelSelector: {matchLabels: {app: a}}}
      containers:
        - name: a
          image: registry:5000/a:v1
          env: [{name: A, value: a}]
          ports: [{name: http, containerPort: 8080}]
          livenessProbe: {httpGet: {port: http}}
          readinessProbe: {httpGet: {port: 8080}}
          startupProbe: {exec: {command: [a]}}
          resources: {requests: {cpu: 1, memory: 1Gi}, limits: {cpu: 1, memory: 1Gi}}
          securityContext:
            allowPrivilegeEscalation: false
            readOnlyRootFilesystem: true
            capabilities: {drop: [ALL]}
""")
)
POD = ("Deployment", "spec", "template", "spec")
CONTAINER = (*POD, "containers", 0)
CONTEXT = (*CONTAINER, "securityContext")
SPOILED: Mapping[str, tuple[tuple[str | int, ...], Any]] = {
    "dangling-service": (("Service", "spec", "selector"), {"app": "b"}),
    "deprecated-service-account-field": ((*POD, "serviceAccount"), "a"),
    "docker-sock": ((*POD, "volumes"), [{"hostPath": {"path": "/var/run/docker.sock"}}]),
    "drop-net-raw-capability": ((*CONTEXT, "capabilities", "drop"), ["NET_ADMIN"]),
    "duplicate-env-var": ((*CONTAINER, "env"), [{"name": "A"}, {"name": "A"}]),
    "env-var-secret": ((*CONTAINER, "env"), [{"name": "MY_SECRET", "value": "x"}]),
    "host-ipc": ((*POD, "hostIPC"), True),
    "host-network": ((*POD, "hostNetwork"), True),
    "host-pid": ((*POD, "hostPID"), True),
    "job-ttl-seconds-after-finished": (("Job", "spec"), {}),
    "latest-tag": ((*CONTAINER, "image"), "registry:5000/a"),
    "mismatching-selector": (("Deployment", "spec", "selector", "matchLabels"), {"app": "b"}),
    "no-anti-affinity": ((*POD, "affinity"), {}),
    "no-extensions-v1beta": (("Deployment", "apiVersion"), "extensions/v1beta1"),
    "no-read-only-root-fs": ((*CONTEXT, "readOnlyRootFilesystem"), False),
    "non-existent-service-account": ((*POD, "serviceAccountName"), "b"),
    "pdb-max-unavailable": (("PodDisruptionBudget", "spec", "maxUnavailable"), "0%"),
    "pdb-min-available": (("PodDisruptionBudget", "spec", "minAvailable"), "100%"),
    "pdb-unhealthy-pod-eviction-policy": (("PodDisruptionBudget", "spec"), {}),
    "privilege-escalation-container": ((*CONTEXT, "allowPrivilegeEscalation"), None),
    "privileged-container": ((*CONTEXT, "privileged"), True),
    "liveness-port": ((*CONTAINER, "livenessProbe", "httpGet", "port"), "web"),
    "readiness-port": ((*CONTAINER, "readinessProbe", "httpGet", "port"), 8081),
    "startup-port": ((*CONTAINER, "startupProbe"), {"tcpSocket": {"port": 1}}),
    "run-as-non-root": ((*CONTEXT, "runAsNonRoot"), False),
    "sensitive-host-mounts": ((*POD, "volumes"), [{"hostPath": {"path": "/etc"}}]),
    "ssh-port": ((*CONTAINER, "ports", 0, "containerPort"), 22),
    "unsafe-sysctls": ((*POD, "securityContext", "sysctls"), [{"name": "kernel.msgmax", "value": "1"}]),
    "unset-cpu-requirements": ((*CONTAINER, "resources", "limits"), {"memory": "1Gi"}),
    "unset-memory-requirements": ((*CONTAINER, "resources", "requests"), {"cpu": 1}),
}
"""What each check has to notice: a place in the sound manifests, and what is wrong there."""


def test_the_chart_passes(stack: Stack) -> None:
    slots = tuple(manifest for view, part in stack.parts.items() if view != ALL for manifest in part)
    for together in (stack.parts[ALL], slots):
        passing = tuple(each for each in together if each["kind"] != "Job" or component_of(each) not in KEPT_JOBS)
        assert not find_all(passing)
        found = find_all(together)
        found.pop("job-ttl-seconds-after-finished", None)
        assert not found


def test_sound_manifests_pass() -> None:
    assert not find_all(SOUND)


@pytest.mark.parametrize("check", CHECKS)
def test_each_check_notices_what_it_is_for(check: str) -> None:
    (kind, *way, last), value = SPOILED[check]
    manifests = copy.deepcopy(SOUND)
    place: Any = next(each for each in manifests if each["kind"] == kind)
    for step in way:
        place = place[step]
    place[last] = value

    assert check in find_all(manifests)
