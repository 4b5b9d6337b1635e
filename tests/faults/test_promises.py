"""The judge of the fault trials: a history that keeps every promise passes, and each way to break one is seen."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from tests.faults.history import Circumstances, Place, Write, find_place, is_renewal, is_write
from tests.faults.http11 import Request
from tests.faults.promises import find_broken, find_leaks
from tests.faults.stand import Picture, compare

ROLLOUT: Mapping[str, Any] = {
    "phase": "Progressing",
    "candidate": "green",
    "index": 0,
    "steps": [{"kind": "weight", "weight": 50}],
    "snapshot": {"serving": "blue", "required": {"gateway": 2, "inference/tiny": 1}},
}
ABORTING = {**ROLLOUT, "phase": "Aborting", "steps": [{"kind": "weight", "weight": 0}]}
READY = {
    "blue": {"genai-blue-gateway": (2, 2), "genai-blue-inference-tiny": (1, 1)},
    "green": {"genai-green-gateway": (2, 2), "genai-green-inference-tiny": (1, 1)},
}
LOCK = ("PUT", Place("leases", "genai-rollout"), None)


def write(method: str, place: Place, body: object, **changes: Any) -> Write:
    agent = changes.pop("agent", "genai-stack")
    process = changes.pop("process", 1)
    before = Circumstances(**{"pods": READY, "rollout": ROLLOUT, "warm": frozenset({"green"}), **changes})
    text = json.dumps(body).encode()
    return Write(1, process, method, place, agent, text, at=0.0, status=200, told=200, before=before)


def route(blue: int, green: int, **changes: Any) -> Write:
    backends = [
        {"name": f"genai-{slot}-gateway", "weight": part} for slot, part in (("blue", blue), ("green", green))
    ]
    return write(
        "PATCH", Place("httproutes", "genai"), {"spec": {"rules": [{"backendRefs": backends}]}}, **changes
    )


def scale(name: str, replicas: int, **changes: Any) -> Write:
    return write("PATCH", Place("deployments", name, "scale"), {"spec": {"replicas": replicas}}, **changes)


def judge(*writes: Write) -> str:
    return "\n".join(find_broken([write(*LOCK), *writes], instance="genai"))


def test_a_rollout_that_keeps_everything_is_good() -> None:
    given = {"blue": 50, "green": 50}

    assert not judge(
        route(50, 50, weights={"blue": 100}),
        route(100, 0, weights=given, rollout=ABORTING),
        write("DELETE", Place("deployments", "genai-green-gateway"), {}, agent="Helm/3", weights={"blue": 100}),
        scale("genai-green-gateway", 0, weights={"blue": 100}, rollout=ABORTING),
    )


@pytest.mark.parametrize(
    ("broken", "told"),
    [
        (route(40, 60, weights={"blue": 100}), "P1: 60 % at the candidate, the step says 50 %"),
        (route(50, 20, weights={"blue": 100}), "P1: the weights"),
        (route(50, 50, weights={"blue": 100}, warm=frozenset()), "answered no question"),
        (
            route(50, 50, weights={"blue": 100}, pods={**READY, "green": {"genai-green-gateway": (0, 1)}}),
            "genai-green-gateway has 0 of 1 pods ready",
        ),
        (route(50, 50, weights={"blue": 100}, pods={"blue": READY["blue"]}), "where nothing runs"),
        (
            write(
                "DELETE",
                Place("deployments", "genai-green-gateway"),
                {},
                agent="Helm/3.22",
                weights={"blue": 50, "green": 50},
                rollout=ABORTING,
            ),
            "P2: 50 % still at the candidate",
        ),
        (scale("genai-green-gateway", 0, weights={"blue": 50, "green": 50}, rollout=ABORTING), "P2: 50 %"),
        (scale("genai-blue-gateway", 1, weights={"blue": 100}), "scaled to 1, 100 % of the traffic needs 2"),
    ],
)
def test_a_broken_promise_is_seen(broken: Write, told: str) -> None:
    assert told in judge(broken)


def test_a_late_write_of_an_old_driver_is_seen() -> None:
    state = Place("configmaps", "genai-rollout")

    told = judge(write("PATCH", state, {}, process=2), write("PATCH", state, {}, process=1))

    assert "P7: command 1 writes after command 2" in told


def test_a_write_before_the_lock_is_seen() -> None:
    early = write("PATCH", Place("configmaps", "genai-rollout"), {})

    assert "P9" in "\n".join(find_broken([early, write(*LOCK)], instance="genai"))


def test_a_refused_write_breaks_nothing() -> None:
    refused = route(0, 100, weights={"blue": 100})
    refused.status = 409

    assert not judge(refused)


def test_a_secret_is_found_where_it_shows() -> None:
    assert find_leaks([("the output", "all is well"), ("a command line", "helm --token hush")], "hush") == [
        "P10: the planted secret is in a command line"
    ]


def test_pictures_differ_field_by_field() -> None:
    expected = Picture({"services/genai": {"spec": {"port": 80}}, "configmaps/old": {}}, {})
    found = Picture({"services/genai": {"spec": {"port": 81}}, "configmaps/new": {}}, {})

    assert compare(expected, found) == [
        "configmaps/new is there, and should not be",
        "configmaps/old is missing",
        "services/genai: spec: port is 81, expected 80",
    ]


@pytest.mark.parametrize(
    ("method", "target", "counts"),
    [
        ("PATCH", "/apis/apps/v1/namespaces/n/deployments/d/scale?fieldManager=x", True),
        ("DELETE", "/api/v1/namespaces/n/secrets/s", True),
        ("GET", "/api/v1/namespaces/n/secrets/s", False),
        ("POST", "/api/v1/namespaces/n/services?dryRun=All", False),
        ("POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", False),
    ],
)
def test_what_counts_as_a_write(method: str, target: str, counts: bool) -> None:
    assert is_write(Request(method, target)) is counts


def test_a_request_is_named_by_what_it_is_about() -> None:
    created = Request("POST", "/api/v1/namespaces/n/configmaps", body=b'{"metadata": {"name": "c"}}')

    assert str(find_place(created)) == "configmaps c"
    assert (
        str(find_place(Request("PATCH", "/apis/apps/v1/namespaces/n/deployments/d/scale")))
        == "deployments d scale"
    )


def test_a_renewal_of_the_lock_is_no_point() -> None:
    lease = "/apis/coordination.k8s.io/v1/namespaces/n/leases/l"
    body = b'{"spec": {"holderIdentity": "me"}}'

    assert is_renewal(Request("PUT", lease, body=body), "me")
    assert not is_renewal(Request("PUT", lease, body=body), "")
