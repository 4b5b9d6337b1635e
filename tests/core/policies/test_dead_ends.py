"""Policies on lists that are empty."""

from __future__ import annotations

import pytest

from tests.core.policies.sample import assert_found, find

RULES = "HTTPRoute/chat spec.rules: "
REDIRECT = "filters: [{type: RequestRedirect, requestRedirect: {scheme: https}}]"
LOOSE = "Service/loose: {apiVersion: v1, spec: {ports: [{port: 80}], selector: {}}}"


@pytest.mark.parametrize(
    ("rule", "name", "edits", "path", "text"),
    [
        (
            "service-without-ports",
            "Service/loose",
            ("Service/loose: {apiVersion: v1, spec: {selector: {app: web}, ports: []}}",),
            "spec.ports",
            "only a headless Service may be without: the API server refuses this. Write ports: [{port: 80",
        ),
        (
            "service-without-pods",
            "Service/loose",
            (LOOSE,),
            "spec.selector",
            "selects no pod, and no manifest here gives it endpoints either. Write the labels of the pods",
        ),
        (
            "route-without-backend",
            "HTTPRoute/chat",
            (RULES + "[{matches: [{path: {value: /}}]}]",),
            "spec.rules[0].backendRefs",
            "sends to nothing, so every such request is answered with an error. Write backendRefs: [{name:",
        ),
        (
            "route-without-backend",
            "HTTPRoute/chat",
            (RULES + "[{backendRefs: [], filters: [{type: URLRewrite}]}]",),
            "spec.rules[0].backendRefs",
            "sends to nothing",
        ),
        ("route-without-backend", "HTTPRoute/chat", (RULES + "[]",), "spec.rules", "sends to nothing"),
        (
            "route-without-backend",
            "Ingress/web",
            ("Ingress/web spec: {ingressClassName: edge}",),
            "spec",
            "has neither rules nor a defaultBackend: the API server refuses this. Write rules:",
        ),
    ],
)
def test_what_is_wrong_is_found(rule: str, name: str, edits: tuple[str, ...], path: str, text: str) -> None:
    assert_found(rule, name, edits, path, text)


@pytest.mark.parametrize(
    "edits",
    [
        ("Service/db spec.ports: []",),
        ("Service/one: {apiVersion: serving.knative.dev/v1, spec: {}}",),
        # Who gives a Service endpoints by hand selects no pods for it.
        (LOOSE, "Endpoints/loose: {apiVersion: v1}"),
        (
            LOOSE,
            "EndpointSlice/loose-1: {apiVersion: discovery.k8s.io/v1,"
            " metadata: {labels: {kubernetes.io/service-name: loose}}}",
        ),
        (LOOSE, "Cluster/one: {apiVersion: example.com/v1}"),
        (RULES + f"[{{{REDIRECT}}}]",),
        (RULES + "[{filters: [{type: ExtensionRef}]}]",),
        ("HTTPRoute/other: {apiVersion: example.com/v1}",),
        ("Ingress/other: {apiVersion: example.com/v1}",),
        ("Ingress/web spec: {defaultBackend: {service: {name: web, port: {number: 8000}}}}",),
    ],
    ids=str,
)
def test_what_is_right_is_not(edits: tuple[str, ...]) -> None:
    assert find(*edits) == []
