"""Policies on names and labels."""

from __future__ import annotations

import pytest

from tests.core.policies.sample import find

WEB = "Deployment/web"
AT = "spec.template.spec"
LONG = "a" * 64


@pytest.mark.parametrize(
    ("rule", "name", "edit", "path", "text"),
    [
        ("name-refused", "Service/web", "metadata: {name: 1web}", "metadata.name", '"1web" is not allowed.'),
        ("name-refused", "Service/web", f"metadata: {{name: {LONG}}}", "metadata.name", "at most 63 are"),
        ("name-refused", "ConfigMap/notes", "metadata: {name: My_N}", "metadata.name", '"My_N" is not'),
        ("name-refused", "CronJob/report", f"metadata: {{name: {LONG[:53]}}}", "metadata.name", "and at most 52"),
        ("name-refused", WEB, "container.name: Web", f"{AT}.containers[0].name", '"Web" is not allowed.'),
        (
            "name-refused",
            WEB,
            "container.ports: [{name: a-port-name-too-long, containerPort: 8000}]",
            f"{AT}.containers[0].ports[0].name",
            "has 20 characters, and at most 15",
        ),
        (
            "name-refused",
            WEB,
            'container.ports: [{name: "8000", containerPort: 8000}]',
            f"{AT}.containers[0].ports[0].name",
            "with a letter among them",
        ),
        (
            "name-refused",
            WEB,
            "pod.volumes: [{name: no_tes, configMap: {name: notes}}, {name: notes, configMap: {name: notes}}]",
            f"{AT}.volumes[0].name",
            '"no_tes" is not allowed.',
        ),
        ("label-refused", WEB, f"metadata: {{labels: {{a: {LONG}}}}}", "metadata.labels.a", "has 64 characters"),
        ("label-refused", WEB, "metadata: {labels: {a: b c}}", "metadata.labels.a", '"b c" is not allowed.'),
        ("label-refused", WEB, "metadata: {labels: {a b: c}}", "metadata.labels.a b", '"a b" is not allowed.'),
        (
            "label-refused",
            WEB,
            "metadata: {annotations: {Example.com/a: any thing}}",
            'metadata.annotations."Example.com/a"',
            "before the slash",
        ),
        (
            "label-refused",
            WEB,
            "spec.template.metadata.labels: {app: web, b: -c}",
            "spec.template.metadata.labels.b",
            '"-c" is not allowed.',
        ),
    ],
)
def test_what_the_api_server_refuses_is_found(rule: str, name: str, edit: str, path: str, text: str) -> None:
    found = [one for one in find(f"{name} {edit}") if one[0] == rule]
    assert [one[2] for one in found] == [path]
    assert text in found[0][3]


@pytest.mark.parametrize(
    "edit",
    [
        "metadata: {labels: {example.com/a.b_c: '', d: E.f_g-1}}",
        "metadata: {annotations: {example.com/a: any thing at all}}",
        "metadata: {name: web.example.com}",
        "container.ports: [{name: http-8000, containerPort: 8000}, {containerPort: 9000}]",
        "container.ports: [{name: 5, containerPort: 8000}]",
        "pod.volumes: [{name: 5}, {name: notes, configMap: {name: notes}}]",
        "metadata: {labels: {a: 5}}",
    ],
)
def test_what_it_takes_is_not(edit: str) -> None:
    assert not [one for one in find(f"{WEB} {edit}") if one[0] in {"name-refused", "label-refused"}]


def test_roles_may_have_colons_in_their_names() -> None:
    role = "Role/a: {apiVersion: rbac.authorization.k8s.io/v1, metadata: {name: 'system:reader'}}"
    assert not [one for one in find(role) if one[0] == "name-refused"]


def test_a_pod_is_told_of_once() -> None:
    pod = "Pod/one: {apiVersion: v1, metadata: {labels: {a: b c}}, spec: {containers: []}}"
    assert [one[2] for one in find(pod) if one[0] == "label-refused"] == ["metadata.labels.a"]
