"""Policies on the numbers of ports."""

from __future__ import annotations

import pytest

from tests.core.policies.sample import find

WEB = "Deployment/web container"
AT = "spec.template.spec.containers[0]"
REFUSED = "99999 is no port: the API server refuses this. Write a number from 1 to 65535."


@pytest.mark.parametrize(
    ("edit", "path", "text"),
    [
        (
            f"{WEB}.ports: [{{containerPort: 8000}}, {{containerPort: 99999}}]",
            f"{AT}.ports[1].containerPort",
            REFUSED,
        ),
        (f"{WEB}.ports: [{{containerPort: 8000, hostPort: -1}}]", f"{AT}.ports[0].hostPort", "-1 is no port"),
        (
            f"{WEB}.readinessProbe: {{tcpSocket: {{port: 0}}}}",
            f"{AT}.readinessProbe.tcpSocket.port",
            "0 is no port",
        ),
        (
            f"{WEB}.livenessProbe: {{grpc: {{port: {'9' * 50}}}}}",
            f"{AT}.livenessProbe.grpc.port",
            "this number is",
        ),
        ("Service/db spec.ports: [{port: 99999, targetPort: sql}]", "spec.ports[0].port", REFUSED),
        (
            "Service/db spec.ports: [{port: 5432, targetPort: 5432}, {port: 1, targetPort: 99999}]",
            "spec.ports[1].targetPort",
            REFUSED,
        ),
    ],
    ids=range(6),
)
def test_what_is_wrong_is_found(edit: str, path: str, text: str) -> None:
    (found,) = find(edit)
    assert (found[0], found[2]) == ("port-refused", path)
    assert text in found[3]


@pytest.mark.parametrize(
    "edits",
    [
        (f"{WEB}.ports: [{{containerPort: 8000, hostPort: 0}}]",),
        (f"{WEB}.ports: [{{containerPort: 8000}}, {{containerPort: true}}]",),
        ("Service/db spec.ports: [{port: 5432, targetPort: 0}]",),
        ("Service/own: {apiVersion: serving.knative.dev/v1, spec: {ports: [{port: 99999}]}}",),
    ],
    ids=str,
)
def test_what_is_right_is_not(edits: tuple[str, ...]) -> None:
    assert [one for one in find(*edits) if one[0] == "port-refused"] == []
