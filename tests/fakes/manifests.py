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
        kind = route.get("kind", "gatewayApi")
        return render_route(instance, route.get("weights") or {}, route.get("serving") or "", kind=kind)
    if role == "base":
        return render_base(instance, values)
    deployments = render_deployments(release, instance, slot, values)
    if role == "slot":
        return deployments
    return (*render_base(instance, values), *deployments, *render_route(instance, {}, "all"))


def render_base(instance: str, values: Mapping[str, Any]) -> tuple[Manifest, ...]:
    """Return what both slots share; `vectordb: {image, backup: {enabled}}` of the values counts."""
    settings = values.get("vectordb") or {}
    labels, name = make_labels(instance, "vectordb"), f"{instance}-vectordb"
    pod = {"containers": [{"name": "vectordb", "image": settings.get("image", "weaviate:1")}]}
    database: Manifest = {
        "apiVersion": "apps/v1",
        "kind": "StatefulSet",
        "metadata": {"name": name, "labels": labels},
        "spec": {"template": {"metadata": {"labels": labels}, "spec": pod}},
    }
    config: Manifest = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": f"{instance}-evals", "labels": make_labels(instance, "evals")},
        "data": dict((values.get("evals") or {}).get("data") or {}),
    }
    backup: Manifest = {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": {"name": f"{name}-backup", "labels": make_labels(instance, "vectordb-backup")},
        "spec": {"schedule": "0 3 * * *"},
    }
    return (database, config, backup) if (settings.get("backup") or {}).get("enabled") else (database, config)


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


def render_route(
    instance: str, weights: Mapping[str, int], serving: str, *, kind: str = "gatewayApi"
) -> tuple[Manifest, ...]:
    """Return the objects of a route: an HTTPRoute (without weights: to the Service alone) and the Service."""
    if kind == "service":
        return (render_service_route(instance, weights, serving),)
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


def render_service_route(instance: str, weights: Mapping[str, int], serving: str) -> Manifest:
    """Return the Service that is the route by itself: one slot is selected by name, two by what they share."""
    (service, _) = render_route(instance, weights, serving)
    own = next((slot for slot, weight in weights.items() if weight == 100), "")
    selector = {key: value for key, value in service["spec"]["selector"].items() if key != "genai-stack/slot"}
    told = ",".join(f"{slot}={weight}" for slot, weight in sorted(weights.items()))
    annotations = {"genai-stack/weights": told, "genai-stack/serving": serving}
    return {
        **service,
        "metadata": {**service["metadata"], "annotations": annotations},
        "spec": {**service["spec"], "selector": {**selector, **({"genai-stack/slot": own} if own else {})}},
    }


def read_route_manifests(manifests: tuple[Manifest, ...], instance: str) -> tuple[str, Mapping[str, int], str]:
    """Return the kind of route, the weights and the serving slot that route manifests ask for."""
    by_kind = {manifest["kind"]: manifest for manifest in manifests}
    if "HTTPRoute" not in by_kind:
        annotations = by_kind["Service"]["metadata"]["annotations"]
        parts = (part.split("=") for part in annotations["genai-stack/weights"].split(","))
        return "service", {slot: int(weight) for slot, weight in parts}, annotations["genai-stack/serving"]
    backends = by_kind["HTTPRoute"]["spec"]["rules"][-1]["backendRefs"]
    serving = by_kind["Service"]["spec"]["selector"]["genai-stack/slot"]
    if [backend["name"] for backend in backends] == [instance]:
        return "gatewayApi", {"all": 100}, serving
    weights = {
        backend["name"].removeprefix(f"{instance}-").removesuffix("-gateway"): int(backend.get("weight", 1))
        for backend in backends
    }
    return "gatewayApi", weights, serving
