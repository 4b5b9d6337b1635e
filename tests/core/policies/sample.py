"""A small sound release, and edits that break it in one place each."""

from __future__ import annotations

from typing import Any

import yaml

from tooling.core.policies.bundle import Bundle
from tooling.core.policies.catalog import POLICIES

NAMESPACE = "shop"
SHORT = {
    "pod": "spec.template.spec",
    "container": "spec.template.spec.containers.0",
    "job": "spec.jobTemplate.spec",
}

SOUND = """
Deployment/chat:
  apiVersion: apps/v1
  spec:
    strategy: {rollingUpdate: {maxSurge: 0, maxUnavailable: 1}}
    selector: {matchLabels: {app: chat}}
    template:
      metadata: {labels: {app: chat, tier: gpu}, annotations: {genai-stack/peak-memory: 40Gi}}
      spec:
        terminationGracePeriodSeconds: 75
        tolerations: [{key: nvidia.com/gpu, operator: Exists, effect: NoSchedule}]
        volumes:
          - {name: shm, emptyDir: {medium: Memory}}
          - {name: weights, persistentVolumeClaim: {claimName: weights}}
        containers:
          - name: engine
            image: docker.io/vllm/vllm-openai:v0.11.0
            args: [/models, --tensor-parallel-size, "2", --shutdown-timeout=60]
            env:
              - {name: HF_TOKEN, valueFrom: {secretKeyRef: {name: hub, key: token}}}
              - {name: PORT, value: "8080"}
            ports: [{name: http, containerPort: 8080}]
            lifecycle: {preStop: {sleep: {seconds: 5}}}
            resources:
              requests: {cpu: "8", memory: 32Gi, nvidia.com/gpu: 2}
              limits: {cpu: "16", memory: 48Gi, nvidia.com/gpu: 2}
            volumeMounts: [{name: shm, mountPath: /dev/shm}, {name: weights, mountPath: /models}]
            readinessProbe: {exec: {command: [python3, /probe.py]}, periodSeconds: 5, timeoutSeconds: 8}
            livenessProbe: {httpGet: {path: /health, port: http}, periodSeconds: 15, timeoutSeconds: 15}
            startupProbe: {httpGet: {path: /health, port: http}, periodSeconds: 10, failureThreshold: 60}
Deployment/web:
  apiVersion: apps/v1
  spec:
    replicas: 2
    selector: {matchLabels: {app: web}}
    template:
      metadata: {labels: {app: web}}
      spec:
        volumes: [{name: notes, configMap: {name: notes}}]
        containers:
          - name: web
            image: docker.io/library/web@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
            ports: [{name: http, containerPort: 8000}]
            resources: {requests: {cpu: 100m, memory: 64Mi}, limits: {memory: 128Mi}}
            volumeMounts: [{name: notes, mountPath: /notes}]
            readinessProbe: {tcpSocket: {port: 8000}}
StatefulSet/db:
  apiVersion: apps/v1
  spec:
    serviceName: db
    selector: {matchLabels: {app: db}}
    volumeClaimTemplates:
      - metadata: {name: data}
        spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 10Gi}}}
    template:
      metadata: {labels: {app: db}}
      spec:
        containers:
          - name: db
            image: docker.io/library/db:17.2
            ports: [{name: sql, containerPort: 5432}]
            volumeMounts: [{name: data, mountPath: /data}]
CronJob/report:
  apiVersion: batch/v1
  spec:
    concurrencyPolicy: Forbid
    schedule: "0 3 * * *"
    jobTemplate:
      spec:
        activeDeadlineSeconds: 600
        parallelism: 2
        template:
          metadata: {labels: {app: report}}
          spec:
            restartPolicy: Never
            containers: [{name: report, image: "docker.io/library/report:1.0", resources: {requests: {cpu: "1"}}}]
PersistentVolumeClaim/weights:
  apiVersion: v1
  spec: {accessModes: [ReadWriteMany], resources: {requests: {storage: 100Gi}}}
ConfigMap/notes:
  apiVersion: v1
  data:
    notes.yaml: "greeting: hello\\npasswordFile: /run/secrets/password\\n"
    checksum: 0123456789abcdef0123456789abcdef
Service/chat: {apiVersion: v1, spec: {selector: {app: chat}, ports: [{name: http, port: 80, targetPort: http}]}}
Service/web: {apiVersion: v1, spec: {selector: {app: web}, ports: [{port: 8000}]}}
Service/db: {apiVersion: v1, spec: {clusterIP: None, selector: {app: db}, ports: [{port: 5432, targetPort: sql}]}}
Ingress/web:
  apiVersion: networking.k8s.io/v1
  spec:
    rules:
      - http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 8000}}}}]}
HTTPRoute/chat:
  apiVersion: gateway.networking.k8s.io/v1
  spec: {rules: [{backendRefs: [{name: chat, port: 80, weight: 100}]}]}
NetworkPolicy/chat: {apiVersion: networking.k8s.io/v1, spec: {podSelector: {matchLabels: {app: chat}}}}
PodDisruptionBudget/web:
  apiVersion: policy/v1
  spec: {minAvailable: 1, selector: {matchExpressions: [{key: app, operator: In, values: [web]}]}}
HorizontalPodAutoscaler/chat:
  apiVersion: autoscaling/v2
  spec:
    scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: chat}
    minReplicas: 1
    maxReplicas: 4
    metrics:
      - {type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 80}}}
      - {type: Pods, pods: {metric: {name: waiting}, target: {type: AverageValue, averageValue: "4"}}}
"""


def make(*edits: str) -> Bundle:
    """The sound release after edits such as `Deployment/chat container.args: [...]`; null drops what it names.

    An edit of an object that is not there adds it, and one without a path is the whole object.
    """
    objects: dict[str, Any] = yaml.safe_load(SOUND)
    for edit in edits:
        head, _, text = edit.partition(": ")
        name, _, path = head.partition(" ")
        _change(objects, [name, *_steps(path)], yaml.safe_load(text))
    return Bundle.of([_finish(name, spec) for name, spec in objects.items()], namespace=NAMESPACE)


def find(*edits: str) -> list[tuple[str, str, str, str]]:
    """What the policies say of the edited release: rule, object, field and message."""
    bundle = make(*edits)
    return [(one.id, str(ref), path, text) for one in POLICIES for ref, path, text in one.find(bundle)]


def _steps(path: str) -> list[str]:
    first, _, rest = path.partition(".")
    return [step for step in (*SHORT.get(first, first).split("."), *rest.split(".")) if step]


def _change(node: Any, steps: list[str], value: Any) -> None:
    for step in steps[:-1]:
        node = node[int(step)] if isinstance(node, list) else node.setdefault(step, {})
    last: Any = int(steps[-1]) if isinstance(node, list) else steps[-1]
    if value is None:
        del node[last]
    else:
        node[last] = value


def _finish(name: str, manifest: dict[str, Any]) -> dict[str, Any]:
    kind, _, own = name.partition("/")
    metadata = {"name": own.partition("#")[0], "namespace": NAMESPACE, **manifest.get("metadata", {})}
    return {"kind": kind, **manifest, "metadata": metadata}


def assert_found(rule: str, name: str, edits: tuple[str, ...], path: str, text: str) -> str:
    """The edits lead to one finding alone, of this rule and field, with this in the message; that is returned."""
    (found,) = find(*edits)
    assert found[:3] == (rule, name, path)
    assert text in found[3]
    return found[3]
