"""What happens to simulated nodes and pods, in kwok's words: they are ready at once, and end when told. Pure."""

from __future__ import annotations

from typing import Any

import yaml

_NODE_STATUS = """
{{ $now := Now }}
conditions:
- {type: Ready, status: "True", reason: Simulated, message: plays a kubelet,
   lastHeartbeatTime: {{ Quote $now }}, lastTransitionTime: {{ Quote $now }}}
{{ range $pressure := list "MemoryPressure" "DiskPressure" "PIDPressure" "NetworkUnavailable" }}
- {type: {{ $pressure }}, status: "False", reason: Simulated, message: there is none,
   lastHeartbeatTime: {{ Quote $now }}, lastTransitionTime: {{ Quote $now }}}
{{ end }}
addresses:
- {type: InternalIP, address: {{ Quote NodeIP }}}
- {type: Hostname, address: {{ Quote .metadata.name }}}
nodeInfo:
  kubeletVersion: kwok-v{{ Version }}
  containerRuntimeVersion: kwok-v{{ Version }}
  operatingSystem: linux
  architecture: amd64
  osImage: simulated
phase: Running
"""

_RUNNING_POD = """
{{ $now := Now }}
phase: Running
startTime: {{ Quote $now }}
hostIP: {{ Quote (NodeIPWith .spec.nodeName) }}
{{ $hasHostNetwork := or .spec.hostNetwork false }}
podIP: {{ Quote (PodIPWith .spec.nodeName $hasHostNetwork .metadata.uid .metadata.name .metadata.namespace) }}
conditions:
{{ range $kind := list "Initialized" "ContainersReady" "Ready" }}
- {type: {{ $kind }}, status: "True", lastTransitionTime: {{ Quote $now }}}
{{ end }}
{{ range .spec.readinessGates }}
- {type: {{ Quote .conditionType }}, status: "True", lastTransitionTime: {{ Quote $now }}}
{{ end }}
containerStatuses:
{{ range .spec.containers }}
- name: {{ Quote .name }}
  image: {{ Quote .image }}
  imageID: ""
  ready: true
  started: true
  restartCount: 0
  state: {running: {startedAt: {{ Quote $now }}}}
{{ end }}
initContainerStatuses:
{{ range .spec.initContainers }}
- name: {{ Quote .name }}
  image: {{ Quote .image }}
  imageID: ""
  ready: true
  restartCount: 0
  {{ if eq (or .restartPolicy "") "Always" }}
  started: true
  state: {running: {startedAt: {{ Quote $now }}}}
  {{ else }}
  state:
    terminated: {exitCode: 0, reason: Completed, startedAt: {{ Quote $now }}, finishedAt: {{ Quote $now }}}
  {{ end }}
{{ end }}
"""

_ENDED_POD = """
{{ $now := Now }}
phase: Succeeded
containerStatuses:
{{ range .spec.containers }}
- name: {{ Quote .name }}
  image: {{ Quote .image }}
  imageID: ""
  ready: false
  started: false
  restartCount: 0
  state:
    terminated: {exitCode: 0, reason: Completed, startedAt: {{ Quote $now }}, finishedAt: {{ Quote $now }}}
{{ end }}
"""

_NOT_DELETED = {"key": ".metadata.deletionTimestamp", "operator": "DoesNotExist"}


def _is(key: str, operator: str, *values: str) -> dict[str, Any]:
    return {"key": key, "operator": operator, **({"values": list(values)} if values else {})}


def _rule(name: str, kind: str, when: list[dict[str, Any]], then: dict[str, Any]) -> dict[str, Any]:
    return {
        "apiVersion": "kwok.x-k8s.io/v1alpha1",
        "kind": "Stage",
        "metadata": {"name": name},
        "spec": {
            "resourceRef": {"apiGroup": "v1", "kind": kind},
            "selector": {"matchExpressions": when},
            "next": then,
        },
    }


def render_behaviour() -> str:
    """Return kwok's configuration. Pods that may end by themselves (of Jobs, test hooks) succeed at once."""
    is_ready = '.status.conditions.[] | select( .type == "Ready" ) | .status'
    ends = _is(".spec.restartPolicy", "In", "Never", "OnFailure")
    rules = [
        _rule("node-ready", "Node", [_is(is_ready, "NotIn", "True")], {"statusTemplate": _NODE_STATUS}),
        _rule(
            "pod-running",
            "Pod",
            [_NOT_DELETED, _is(".status.phase", "In", "Pending")],
            {"statusTemplate": _RUNNING_POD},
        ),
        _rule(
            "pod-ended",
            "Pod",
            [_NOT_DELETED, _is(".status.phase", "In", "Running"), ends],
            {"statusTemplate": _ENDED_POD},
        ),
        _rule(
            "pod-deleted",
            "Pod",
            [_is(".metadata.deletionTimestamp", "Exists")],
            {"finalizers": {"empty": True}, "delete": True},
        ),
    ]
    return yaml.safe_dump_all(rules, sort_keys=False)
