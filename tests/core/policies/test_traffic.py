"""Policies on the way to the pods."""

from __future__ import annotations

import pytest

from tests.core.policies.sample import assert_found, find, make
from tooling.core.policies.catalog import POLICIES

OTHER = "Deployment/other: {apiVersion: apps/v1, spec: {template: {metadata: {labels: {app: other}}, spec: %s}}}"
BARE = OTHER % "{containers: [{name: other, image: 'other:1'}]}"
ROUTE = "HTTPRoute/chat spec.rules: "
PATHS = "Ingress/web spec.rules.0.http.paths.0.backend: "


@pytest.mark.parametrize(
    ("rule", "name", "edits", "path", "text"),
    [
        (
            "service-without-pods",
            "Service/web",
            ("Service/web spec.selector: {app: wep}",),
            "spec.selector",
            "selects no pod of any manifest here: {app: wep}. For Deployment/chat write {app: chat}.",
        ),
        (
            "service-without-pods",
            "Service/chat",
            ("Service/chat spec.selector: {app: chat, tier: cpu, zone: a}",),
            "spec.selector",
            "For Deployment/chat write {tier: gpu} and nothing of zone.",
        ),
        (
            "service-without-pods",
            "Service/web",
            ("Service/web spec.selector: {colour: red}",),
            "spec.selector",
            "Write the labels of the pods that are meant.",
        ),
        (
            "service-port-unknown",
            "Service/chat",
            ("Service/chat spec.ports.0.targetPort: https",),
            "spec.ports[0].targetPort",
            "no container of Deployment/chat has a port called https; it has http. Write targetPort: http.",
        ),
        (
            "service-port-unknown",
            "Service/other",
            (BARE, "Service/other: {apiVersion: v1, spec: {selector: {app: other}, ports: [{targetPort: http}]}}"),
            "spec.ports[0].targetPort",
            "its ports have no names. Write ports: [{name: http, containerPort: ...}] there.",
        ),
        (
            "service-port-unlisted",
            "Service/web",
            ("Service/web spec.ports.0: {port: 8000, targetPort: 8001}",),
            "spec.ports[0].targetPort",
            "sends to port 8001, and Deployment/web lists 8000. Write targetPort: 8000.",
        ),
        (
            "route-without-service",
            "HTTPRoute/chat",
            (ROUTE + "[{backendRefs: [{name: chat, port: 80}, {name: chad, port: 80, weight: 5}]}]",),
            "spec.rules[0].backendRefs[1]",
            "sends to Service chad, which no manifest here makes. Write chat.",
        ),
        (
            "route-without-service",
            "HTTPRoute/chat",
            (ROUTE + "[{backendRefs: [{name: chat, port: 8080}]}]",),
            "spec.rules[0].backendRefs[0]",
            "sends to port 8080 of Service chat, which has 80.",
        ),
        (
            "route-without-service",
            "Ingress/web",
            (PATHS + "{service: {name: web, port: {name: http}}}",),
            "spec.rules[0].http.paths[0].backend.service",
            "sends to port http of Service web, which has 8000.",
        ),
        (
            "route-without-service",
            "Ingress/web",
            (PATHS + "{serviceName: wep, servicePort: 80}",),
            "spec.rules[0].http.paths[0].backend",
            "sends to Service wep",
        ),
        (
            "route-without-service",
            "Ingress/web",
            ("Ingress/web spec.defaultBackend: {service: {name: lost, port: {number: 80}}}",),
            "spec.defaultBackend.service",
            "sends to Service lost",
        ),
        (
            "network-policy-without-pods",
            "NetworkPolicy/chat",
            ("NetworkPolicy/chat spec.podSelector: {matchLabels: {app: chad}}",),
            "spec.podSelector",
            "so it guards none: {app: chad}. For Deployment/chat write {app: chat}.",
        ),
        (
            "network-policy-without-pods",
            "NetworkPolicy/chat",
            (
                "NetworkPolicy/chat spec.podSelector:"
                " {matchLabels: {app: chat}, matchExpressions: [{key: zone, operator: Exists}]}",
            ),
            "spec.podSelector",
            "{app: chat} and zone Exists. Deployment/chat fits but for the expressions.",
        ),
        (
            "statefulset-without-service",
            "StatefulSet/db",
            ("StatefulSet/db spec.serviceName: database",),
            "spec.serviceName",
            "Write a Service database with clusterIP: None.",
        ),
    ],
)
def test_what_is_wrong_is_found(rule: str, name: str, edits: tuple[str, ...], path: str, text: str) -> None:
    assert_found(rule, name, edits, path, text)


@pytest.mark.parametrize(
    "edits",
    [
        (
            "Service/web spec: {type: ExternalName, externalName: example.com, selector: {app: none}, ports: []}",
            PATHS + "{}",
        ),
        ("Service/other: {apiVersion: v1, spec: {ports: [{port: 1, targetPort: 2}]}}",),
        # Pods of another namespace are somebody else's.
        ("Service/far: {apiVersion: v1, metadata: {namespace: far}, spec: {selector: {a: b}, ports: [1]}}",),
        ("NetworkPolicy/other: {apiVersion: networking.k8s.io/v1, spec: {podSelector: {}}}",),
        ("NetworkPolicy/other: {apiVersion: x.k8s.io/v1, spec: {podSelector: {matchLabels: {a: b}}}}",),
        # A container that lists no port may listen anywhere.
        (
            BARE,
            "Service/other: {apiVersion: v1, spec: {selector: {app: other}, ports: [{port: 80, targetPort: 81}]}}",
        ),
        ("Service/db spec.ports: [{port: 5432}]",),
        # A backend of weight 0 may come later, with the other slot.
        (ROUTE + "[{backendRefs: [{name: chat, port: 80}, {name: later, port: 80, weight: 0}]}]",),
        (ROUTE + "[{backendRefs: [{name: pool, kind: InferencePool, group: inference.networking.k8s.io}]}]",),
        (ROUTE + "[{backendRefs: [{name: chat, namespace: far, port: 80}]}, 5]",),
        (ROUTE + "[{backendRefs: [{name: chat}]}]",),
        ("HTTPRoute/chat apiVersion: example.com/v1", ROUTE + "[{backendRefs: [{name: none}]}]"),
        (PATHS + "{service: {name: ssl-redirect, port: {name: use-annotation}}}",),
        (PATHS + "{serviceName: ssl-redirect, servicePort: use-annotation}",),
        (PATHS + "{resource: {kind: Bucket, name: files}}",),
        ("Ingress/web apiVersion: example.com/v1", PATHS + "{service: {name: none}}"),
        ("StatefulSet/db spec.serviceName: null",),
        # Something unknown may make the pods: an operator's object.
        ("Service/web spec.selector: {app: wep}", "Cluster/one: {apiVersion: example.com/v1}"),
        (
            "NetworkPolicy/chat spec.podSelector: {matchLabels: {a: b}}",
            "Prometheus/one: {apiVersion: monitoring.coreos.com/v1}",
        ),
    ],
    ids=str,
)
def test_what_is_right_is_not(edits: tuple[str, ...]) -> None:
    assert find(*edits) == []


def test_objects_that_make_no_pods_leave_the_rules_on() -> None:
    monitors = (
        "ServiceMonitor/one: {apiVersion: monitoring.coreos.com/v1}",
        "ScaledObject/x: {apiVersion: keda.sh/v1}",
    )
    found = find("Service/web spec.selector: {app: wep}", *monitors)
    assert "service-without-pods" in [one[0] for one in found]


def test_a_part_without_pods_is_not_judged() -> None:
    drops = [f"{name}: null" for name in ("Deployment/chat", "Deployment/web", "StatefulSet/db", "CronJob/report")]
    assert find(*drops, "HorizontalPodAutoscaler/chat: null") == []


def test_kube_system_has_pods_that_nobody_sees() -> None:
    parts = [f"{name} metadata: {{namespace: kube-system}}" for name in ("Service/web", "Deployment/web")]
    bundle = make(*parts, "Service/web spec.selector: {k8s-app: kube-dns}")
    assert "service-without-pods" not in [one.id for one in POLICIES for _ in one.find(bundle)]
