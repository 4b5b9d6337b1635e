"""Kubernetes objects that every embedded cluster begins with. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from tooling.local.settings import DNS_SERVICE, Network

Object: TypeAlias = Mapping[str, Any]

RBAC = "rbac.authorization.k8s.io"
GATEWAY = "gateway.networking.k8s.io"
READ = ["get", "list", "watch"]
VOLUME_SIZE = "10Ti"
"""Nobody enforces it; smaller ones would refuse claims that a real cluster takes."""


def new_object(api: str, kind: str, name: str, namespace: str = "", **rest: Any) -> Object:
    """Return an object; `metadata` adds to its name, other keywords are fields beside it."""
    metadata = {"name": name} | ({"namespace": namespace} if namespace else {})
    return {"apiVersion": api, "kind": kind, "metadata": metadata | rest.pop("metadata", {}), **rest}


def object_path(item: Object) -> str:
    """Return the API path of `item`. Every kind that is used here has a regular plural."""
    api, kind, metadata = item["apiVersion"], item["kind"].lower(), item["metadata"]
    plural = f"{kind}es" if kind.endswith("s") else f"{kind}s"
    scope = f"namespaces/{metadata['namespace']}/" if "namespace" in metadata else ""
    return f"{'/apis' if '/' in api else '/api'}/{api}/{scope}{plural}/{metadata['name']}"


def grant(name: str, user: str, rules: Sequence[Object]) -> list[Object]:
    """Return a ClusterRole with `rules` and its binding to `user`."""
    role = new_object(f"{RBAC}/v1", "ClusterRole", name, rules=list(rules))
    binding = new_object(
        f"{RBAC}/v1",
        "ClusterRoleBinding",
        name,
        roleRef={"apiGroup": RBAC, "kind": "ClusterRole", "name": name},
        subjects=[{"apiGroup": RBAC, "kind": "User", "name": user}],
    )
    return [role, binding]


def rule(group: str, resources: list[str], verbs: list[str]) -> Object:
    """Return one rule of a role."""
    return {"apiGroups": [group], "resources": resources, "verbs": verbs}


def access_objects() -> list[Object]:
    """Return what lets CoreDNS and the edge read, and the edge write, what they need and nothing else."""
    routes = ["gatewayclasses", "gateways", "httproutes", "grpcroutes", "referencegrants", "backendtlspolicies"]
    core = ["namespaces", "services", "secrets", "configmaps", "endpoints", "pods", "nodes"]
    slices = rule("discovery.k8s.io", ["endpointslices"], READ)
    return [
        *grant("genai:coredns", "genai:coredns", [rule("", ["namespaces", "services", "pods"], READ), slices]),
        *grant(
            "genai:edge",
            "genai:edge",
            [
                rule("", core, READ),
                slices,
                rule(GATEWAY, routes, READ),
                rule(GATEWAY, [f"{route}/status" for route in routes], ["update", "patch"]),
            ],
        ),
    ]


def dns_objects(network: Network) -> list[Object]:
    """Return the Service that pods ask for names; CoreDNS is no pod, it answers on the node's address."""
    ports = [("dns", "UDP"), ("dns-tcp", "TCP")]
    service = new_object(
        "v1",
        "Service",
        "kube-dns",
        "kube-system",
        spec={
            "clusterIP": DNS_SERVICE,
            "ports": [
                {"name": name, "port": 53, "targetPort": 53, "protocol": protocol} for name, protocol in ports
            ],
        },
    )
    endpoints = new_object(
        "discovery.k8s.io/v1",
        "EndpointSlice",
        "kube-dns-node",
        "kube-system",
        metadata={"labels": {"kubernetes.io/service-name": "kube-dns"}},
        addressType="IPv4",
        endpoints=[{"addresses": [network.node], "conditions": {"ready": True}}],
        ports=[{"name": name, "port": 53, "protocol": protocol} for name, protocol in ports],
    )
    return [service, endpoints]


def storage_objects(nodes: Sequence[str], folders: Sequence[str]) -> list[Object]:
    """Return the default StorageClass and one volume per folder, for pods on any of `nodes`.

    Sizes are not enforced by local volumes.
    """
    storage_class = new_object(
        "storage.k8s.io/v1",
        "StorageClass",
        "local",
        metadata={"annotations": {"storageclass.kubernetes.io/is-default-class": "true"}},
        provisioner="kubernetes.io/no-provisioner",
        volumeBindingMode="WaitForFirstConsumer",
    )
    expression = {"key": "kubernetes.io/hostname", "operator": "In", "values": list(nodes)}
    affinity = {"required": {"nodeSelectorTerms": [{"matchExpressions": [expression]}]}}
    volumes = [
        new_object(
            "v1",
            "PersistentVolume",
            f"local-{number:02d}",
            spec={
                "capacity": {"storage": VOLUME_SIZE},
                "accessModes": ["ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany"],
                "persistentVolumeReclaimPolicy": "Retain",
                "storageClassName": "local",
                "local": {"path": folder},
                "nodeAffinity": affinity,
            },
        )
        for number, folder in enumerate(folders)
    ]
    return [storage_class, *volumes]


def edge_objects() -> list[Object]:
    """Return the edge's class and its Gateway, which takes routes from every namespace."""
    listener = {
        "name": "web",
        "protocol": "HTTP",
        "port": 80,
        "allowedRoutes": {"namespaces": {"from": "All"}},
    }
    return [
        new_object(
            f"{GATEWAY}/v1", "GatewayClass", "traefik", spec={"controllerName": "traefik.io/gateway-controller"}
        ),
        new_object("v1", "Namespace", "edge"),
        new_object(
            f"{GATEWAY}/v1",
            "Gateway",
            "edge",
            "edge",
            spec={"gatewayClassName": "traefik", "listeners": [listener]},
        ),
    ]


def definition_path(file_name: str) -> str:
    """Return the API path for a definition in a file named GROUP_PLURAL.yaml, as the Gateway API names them."""
    group, plural = file_name.removesuffix(".yaml").split("_", 1)
    return f"/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{plural}.{group}"
