"""Policies on what containers ask for."""

from __future__ import annotations

import pytest

from tests.core.policies.sample import find

WEB = "Deployment/web"
AT = "spec.template.spec.containers[0].resources"


def ask(edit: str) -> list[tuple[str, str]]:
    """Field and message of what is refused when the web asks for this."""
    found = find(f"{WEB} container.resources: {edit}")
    return [(one[2], one[3]) for one in found if one[0] == "resources-refused"]


@pytest.mark.parametrize(
    ("edit", "path", "text"),
    [
        ("{limits: {memory: 4GB}}", "limits.memory", "4GB is no amount. Write 4Gi."),
        ("{limits: {memory: 4 gb}}", "limits.memory", "4 gb is no amount. Write 4Gi."),
        ("{limits: {cpu: half}}", "limits.cpu", "half is no amount. Write such as 500m, 2 or 4Gi."),
        ("{requests: {cpu: -1}}", "requests.cpu", "is below zero."),
        ("{limits: {cpus: 1}}", "limits.cpus", "cpus is no resource. Write cpu, memory"),
        (
            "{requests: {memory: 2Gi}, limits: {memory: 1Gi}}",
            "requests.memory",
            "asks for 2Gi, more than its limit of 1Gi. Write at most 1Gi, or raise the limit.",
        ),
        ("{requests: {hugepages-2Mi: 4Mi}}", "requests.hugepages-2Mi", "needs a limit that is the same."),
    ],
)
def test_what_the_api_server_refuses_is_found(edit: str, path: str, text: str) -> None:
    ((field, message),) = ask(edit)
    assert field == f"{AT}.{path}"
    assert text in message


@pytest.mark.parametrize(
    "edit",
    [
        "{requests: {cpu: 500m, memory: 1Gi}, limits: {cpu: 0.5, memory: 1024Mi}}",
        "{requests: {cpu: 1}, limits: {cpu: null, ephemeral-storage: 1Gi}}",
        "{requests: {hugepages-2Mi: 4Mi}, limits: {hugepages-2Mi: 4Mi}}",
        "{limits: {nvidia.com/gpu: 1, example.com/thing: 3}}",
    ],
)
def test_what_it_takes_is_not(edit: str) -> None:
    assert ask(edit) == []
