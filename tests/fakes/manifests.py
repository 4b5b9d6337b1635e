"""Manifests in the shape that the chart renders them, by role, and the way back for a route."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tooling.core.strategy import read_replicas

Manifest = Mapping[str, Any]


def make_labels(instance: str, component: str, slot: str = "all", model: str = "") -> dict[str, str]:
    """The labels of the chart."""
    labels = {
        "app.kubernetes.io/name": "genai-stack",
        "app.kubernetes.io/instance": instance,
        "app.kubernetes.io/component": component,
        "app.kubernetes.io/part-of": "genai-stack",
        "app.kubernetes.io/managed-by": "Helm",
        "genai-stack/slot": slot,
    }
    return {**labels, "genai-stack/model": model} if model else labels


def render_role(release: str, values: Mapping[str, Any]) -> tuple[Manifest, ...]:
    """Return the manifests of a role, with as many fields as the product reads."""
    settings = values.get("global") or {}
    instance = settings.get("instance") or release
    role = settings.get("role") or "all"
    slot = settings.get("slot") or "all"
    if role == "route":
        route = values.get("route") or {}
        return render_route(instance, route.get("weights") or {}, route.get("serving") or "")
    if role == "base":
        return render_base(instance)
    deployments = render_deployments(release, instance, slot, values)
    if role == "slot":
        return deployments
    return (*render_base(instance), *deployments, *render_route(instance, {}, "all"))


def render_base(instance: str) -> tuple[Manifest, ...]:
    """Return what both slots share."""
    labels = make_labels(instance, "vectordb")
    name = f"{instance}-vectordb"
    return (
        {"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": name, "labels": labels}, "spec": {}},
    )


def render_deployments(release: str, instance: str, slot: str, values: Mapping[str, Any]) -> tuple[Manifest, ...]:
    """Return the Deployments of a slot: the gateway and one per model, without replicas."""
    manifests = []
    for key in read_replicas(values) or {"gateway": 1}:
        component, _, model = key.partition("/")
        labels = make_labels(instance, component, slot, model)
        name = f"{release}-{key.replace('/', '-')}"
        selector = {key: value for key, value in labels.items() if key != "app.kubernetes.io/managed-by"}
        manifests.append(
            {
                "apiVersion": "apps/v1",
                "kind": "Deployment",
                "metadata": {"name": name, "labels": labels},
                "spec": {"selector": {"matchLabels": selector}, "template": {"metadata": {"labels": labels}}},
            }
        )
    return tuple(manifests)


def render_route(instance: str, weights: Mapping[str, int], serving: str) -> tuple[Manifest, ...]:
    """Return the HTTPRoute and the Service of an instance; no weights: one backend, the Service itself."""
    backends = [
        {"group": "", "kind": "Service", "name": f"{instance}-{slot}-gateway", "port": 80, "weight": weight}
        for slot, weight in weights.items()
    ]
    previews = [
        {
            "matches": [{"headers": [{"type": "Exact", "name": "x-genai-preview", "value": slot}]}],
            "backendRefs": [{"name": f"{instance}-{slot}-gateway", "port": 80}],
        }
        for slot in weights
    ]
    live = {"backendRefs": backends or [{"name": instance, "port": 80}]}
    labels = make_labels(instance, "route")
    selector = {
        "app.kubernetes.io/instance": instance,
        "app.kubernetes.io/component": "gateway",
        "genai-stack/slot": serving,
    }
    return (
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": instance, "labels": labels},
            "spec": {"selector": selector, "ports": [{"name": "http", "port": 80, "targetPort": "http"}]},
        },
        {
            "apiVersion": "gateway.networking.k8s.io/v1",
            "kind": "HTTPRoute",
            "metadata": {"name": instance, "labels": labels},
            "spec": {"parentRefs": [{"name": "edge", "namespace": "edge"}], "rules": [*previews, live]},
        },
    )


def read_route_manifests(manifests: tuple[Manifest, ...], instance: str) -> tuple[Mapping[str, int], str]:
    """Return the weights and the serving slot that route manifests ask for."""
    by_kind = {manifest["kind"]: manifest for manifest in manifests}
    backends = by_kind["HTTPRoute"]["spec"]["rules"][-1]["backendRefs"]
    serving = by_kind["Service"]["spec"]["selector"]["genai-stack/slot"]
    if [backend["name"] for backend in backends] == [instance]:
        return {"all": 100}, serving
    weights = {
        backend["name"].removeprefix(f"{instance}-").removesuffix("-gateway"): int(backend.get("weight", 1))
        for backend in backends
    }
    return weights, serving
