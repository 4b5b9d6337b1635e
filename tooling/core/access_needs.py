"""Everything that a releaser does in the Kubernetes API: the fixed part, and what the rendered kinds ask for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tooling.core.access import Need, merge_needs
from tooling.core.manifests import Manifest
from tooling.core.plan import SLOTS

GATEWAY_PORT = 80
WIDE_KINDS = frozenset(
    {
        "ClusterRole",
        "ClusterRoleBinding",
        "CustomResourceDefinition",
        "GatewayClass",
        "IngressClass",
        "Namespace",
        "PersistentVolume",
        "PriorityClass",
        "RuntimeClass",
        "StorageClass",
    }
)
"""Kinds that are in no namespace."""

EVERY_STEP = frozenset({"analysis", "backup", "drain", "test"})
"""The steps, by the value of their kind, that ask for more than every rollout does, whatever stands there."""

APPLIED = "the chart applies it"
_HELM = ("get", "create", "patch", "delete")
_PLURALS = {"Endpoints": "endpoints"}
_SCALERS = (
    ("autoscaling", "HorizontalPodAutoscaler", "horizontalpodautoscalers"),
    ("keda.sh", "ScaledObject", "scaledobjects"),
)
_HOLDING = frozenset({"freeze", "rest"})
"""Steps of a rollout whose stable slot has autoscalers, whether or not the target has."""

_IN_FLIGHT = "scale-down does not wait for requests that are still being answered"
_QUESTION = "a slot is asked one question before it gets traffic"


@dataclass(frozen=True, slots=True)
class Work:
    """What a rollout is going to do: its instance, the kinds of its steps, and all that it applies.

    `removes` adds what `uninstall --delete-data` does. `has_namespace`: it need not be made. `has_keda`: the
    cluster may know ScaledObjects.
    """

    instance: str
    manifests: tuple[Manifest, ...]
    steps: frozenset[str] = EVERY_STEP
    removes: bool = False
    has_namespace: bool = True
    has_keda: bool = True


def list_needs(work: Work) -> tuple[Need, ...]:
    """Return what the work takes, each resource once: first what stops it, then what it goes on without."""
    needs = merge_needs((*_list_fixed(work), *_list_for_steps(work), *_list_rendered(work), *_list_optional(work)))
    return tuple(sorted(needs, key=lambda need: (need.is_optional, need.is_wide)))


def find_resource(kind: str) -> str:
    """Return the resource of a kind, as the API names it: `networkpolicies` for NetworkPolicy."""
    word = kind.lower()
    if kind in _PLURALS:
        return _PLURALS[kind]
    if re.search(r"(s|x|ch|sh)$", word):
        return f"{word}es"
    return re.sub(r"(?<![aeiou])y$", "ie", word) + "s"


def _list_fixed(work: Work) -> Iterator[Need]:
    lock = (f"{work.instance}-rollout",)
    yield Need("", "namespaces", ("get",), "the namespace is looked for")
    if not work.has_namespace:
        yield Need("", "namespaces", ("create",), "the namespace does not exist yet", is_wide=True)
    yield Need("", "secrets", ("get", "list", "create", "update", "delete"), "Helm keeps its releases in Secrets")
    yield Need("", "configmaps", ("get", "list", "create", "patch", "delete"), "the rollout is recorded there")
    yield Need("coordination.k8s.io", "leases", ("create",), "one driver at a time")
    yield Need("coordination.k8s.io", "leases", ("get", "update"), "one driver at a time", lock)
    yield Need("apps", "deployments", ("list",), "the slots are watched")
    yield Need("apps", "statefulsets", ("list",), "who else keeps base is looked for")
    yield Need("apps", "replicasets", ("list",), "what keeps a pod from starting is told")
    yield Need("", "pods", ("list",), "what keeps a pod from starting is told")
    yield Need("apps", "deployments/scale", ("patch",), "slots are scaled")
    yield Need("", "services/proxy", ("create",), _QUESTION, _name_gateways(work.instance))
    if work.removes:
        yield Need("coordination.k8s.io", "leases", ("delete",), "uninstall removes the lock", lock)
        yield Need("", "persistentvolumeclaims", ("list", "delete"), "uninstall --delete-data")


def _name_gateways(instance: str) -> tuple[str, ...]:
    """Name the Services of the slots' gateways as the proxy of the API server is asked for them."""
    return tuple(f"http:{instance}-{slot}-gateway:{GATEWAY_PORT}" for slot in SLOTS)


def _list_for_steps(work: Work) -> Iterator[Need]:
    if "analysis" in work.steps:
        yield Need("", "pods/proxy", ("get",), "the gateways' metrics are read from their pods")
    elif "drain" in work.steps:
        yield Need("", "pods/proxy", ("get",), "requests on their way are counted", without=_IN_FLIGHT)
    kinds = {str(manifest.get("kind")) for manifest in work.manifests}
    for group, kind, resource in _SCALERS:
        if work.has_keda or group != "keda.sh":
            yield Need(group, resource, ("list",), "autoscalers of the slots are looked for")
            if kind in kinds or not work.steps.isdisjoint(_HOLDING):
                yield Need(group, resource, ("get", "patch"), "autoscalers are frozen and restored")
    if "test" in work.steps:
        yield Need("", "pods", ("get", "list", "watch", "create", "patch", "delete"), "helm test runs pods")
        yield Need("", "pods/log", ("get",), "helm test runs pods")
    if "backup" in work.steps:
        yield Need("batch", "cronjobs", ("get",), "base is backed up by the Job that its CronJob would make")
        yield Need("batch", "jobs", ("get", "create"), "base is backed up by the Job that its CronJob would make")


def _list_rendered(work: Work) -> Iterator[Need]:
    kinds = {
        (str(manifest.get("apiVersion") or "").rpartition("/")[0], str(manifest.get("kind")))
        for manifest in work.manifests
    }
    for group, kind in sorted(kinds):
        yield Need(group, find_resource(kind), _HELM, APPLIED, is_wide=kind in WIDE_KINDS)


def _list_optional(work: Work) -> Iterator[Need]:
    told = "rollouts are not told in Events of the objects"
    yield Need("events.k8s.io", "events", ("create",), "Events tell of the rollout", without=told)
    late = "changes are noticed at the next look, not at once"
    for group, resource in _list_watched(work.manifests):
        yield Need(group, resource, ("watch",), "changes are noticed at once", without=late)
    budget = "PodDisruptionBudgets of others are not looked at"
    yield Need("policy", "poddisruptionbudgets", ("list",), "drains without an end are found", without=budget)
    quota = "what a quota leaves is not compared with what the candidate needs"
    yield Need("", "resourcequotas", ("list",), "what a quota leaves is known before", without=quota)
    room = "free CPU, memory and GPUs are not compared with what the candidate needs"
    yield Need("", "nodes", ("list",), "room for the candidate is known before", is_wide=True, without=room)
    yield Need("", "pods", ("list",), "room for the candidate is known before", is_wide=True, without=room)
    rank = "which pods the candidate would displace is not known"
    classes = ("scheduling.k8s.io", "priorityclasses", ("list",))
    yield Need(*classes, "room for the candidate is known before", is_wide=True, without=rank)


def _list_watched(manifests: Iterable[Manifest]) -> Iterator[tuple[str, str]]:
    yield "", "configmaps"
    yield "", "services"
    yield "apps", "deployments"
    if any(manifest.get("kind") == "HTTPRoute" for manifest in manifests):
        yield "gateway.networking.k8s.io", "httproutes"
