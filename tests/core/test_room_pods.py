"""What a pod takes and where it may go, read from its spec."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.core.rooms import GPU, spec
from tooling.core.room_pods import Apart, Expression, PodShape, Query, Spread, Term, Toleration, read_shape

EMPTY = PodShape(requests={"pods": Decimal(1)})


def container(requests: dict[str, Any] | None = None, limits: dict[str, Any] | None = None, **more: Any) -> Any:
    return {"resources": {"requests": requests or {}, "limits": limits or {}}, **more}


@pytest.mark.parametrize(
    ("pod", "requests"),
    [
        ({"containers": [container({"cpu": "500m"}), container({"cpu": 1})]}, {"cpu": "1.5"}),
        ({"containers": [container({}, {GPU: 2})]}, {GPU: "2"}),
        ({"containers": [container({"cpu": 1}, {"cpu": 4})]}, {"cpu": "1"}),
        ({"containers": [container({"cpu": "many"}), container({"cpu": 0})]}, {}),
        # an init container needs its own, once, beside the sidecars that were started before it
        (
            {
                "initContainers": [
                    container({"cpu": 3}),
                    container({"cpu": 1}, restartPolicy="Always"),
                    container({"cpu": 4, "memory": 8}),
                ],
                "containers": [container({"cpu": 2})],
            },
            {"cpu": "5", "memory": "8"},
        ),
        # what the pod says of itself counts in place of the sum
        ({"containers": [container({"cpu": 2})], "resources": {"requests": {"cpu": 3}}}, {"cpu": "3"}),
        ({"containers": [container({"cpu": 2})], "overhead": {"cpu": "250m"}}, {"cpu": "2.25"}),
    ],
)
def test_requests_are_added_up_as_a_scheduler_does(pod: dict[str, Any], requests: dict[str, str]) -> None:
    wanted = {name: Decimal(amount) for name, amount in requests.items()}
    assert read_shape({}, pod).requests == {**wanted, "pods": Decimal(1)}


def test_limits_are_what_containers_say_and_no_more() -> None:
    pod = {"containers": [container({"cpu": 1}, {"memory": 4}), container()], "overhead": {"memory": 1}}
    assert read_shape({}, pod).limits == {"memory": Decimal(5)}
    assert read_shape({}, {"containers": [container()], "overhead": {"memory": 1}}).limits == {}


def test_a_pod_that_asks_for_nothing_takes_one_place() -> None:
    assert read_shape(None, {}) == EMPTY


@pytest.mark.parametrize(
    ("expression", "value", "agrees"),
    [
        (Expression("k", "In", ("a", "b")), "b", True),
        (Expression("k", "In", ("a",)), None, False),
        (Expression("k", "NotIn", ("a",)), None, True),
        (Expression("k", "NotIn", ("a",)), "a", False),
        (Expression("k", "Exists"), "", True),
        (Expression("k", "DoesNotExist"), None, True),
        (Expression("k", "DoesNotExist"), "x", False),
        (Expression("k", "Gt", ("40000",)), "81920", True),
        (Expression("k", "Gt", ("81920",)), "81920", False),
        (Expression("k", "Lt", ("10",)), "9", True),
        (Expression("k", "Lt", ("10",)), None, False),
        (Expression("k", "Lt"), "9", False),
    ],
)
def test_expressions(expression: Expression, value: str | None, agrees: bool) -> None:
    assert expression.agrees({} if value is None else {"k": value}) is agrees


@pytest.mark.parametrize(
    ("term", "admits"),
    [
        (Term(), False),
        (Term((Expression("pool", "In", ("gpu",)),)), True),
        (Term((Expression("pool", "In", ("cpu",)),)), False),
        (Term(fields=(Expression("metadata.name", "In", ("a",)),)), True),
        (Term((Expression("pool", "Exists"),), (Expression("metadata.name", "NotIn", ("a",)),)), False),
    ],
)
def test_terms(term: Term, admits: bool) -> None:
    assert term.admits("a", {"pool": "gpu"}) is admits


def test_everything_that_says_where_a_pod_may_go_is_read() -> None:
    labels = {"app": "x", "pod-template-hash": "7"}
    found = read_shape(
        labels,
        spec(
            nodeSelector={"pool": "gpu"},
            tolerations=[{"key": "gpu", "operator": "Exists", "effect": "NoSchedule"}, {"key": "a", "value": "b"}],
            affinity={
                "nodeAffinity": {
                    "requiredDuringSchedulingIgnoredDuringExecution": {
                        "nodeSelectorTerms": [
                            {"matchExpressions": [{"key": "zone", "operator": "In", "values": ["a"]}]},
                            {"matchFields": [{"key": "metadata.name", "operator": "Exists"}]},
                        ]
                    }
                },
                "podAntiAffinity": {
                    "requiredDuringSchedulingIgnoredDuringExecution": [
                        {"topologyKey": "host", "labelSelector": {"matchLabels": {"app": "x"}}}
                    ]
                },
            },
            topologySpreadConstraints=[
                {"topologyKey": "zone", "maxSkew": 2, "minDomains": 3, "nodeTaintsPolicy": "Honor"},
                {"topologyKey": "zone", "whenUnsatisfiable": "ScheduleAnyway"},
                {
                    "topologyKey": "host",
                    "labelSelector": {"matchExpressions": [{"key": "app", "operator": "Exists"}]},
                    "matchLabelKeys": ["pod-template-hash", "absent"],
                },
            ],
            schedulingGates=[{"name": "queue"}],
            priorityClassName="high",
        ),
    )
    assert found == PodShape(
        labels=labels,
        requests={"pods": Decimal(1)},
        selector={"pool": "gpu"},
        terms=(Term((Expression("zone", "In", ("a",)),)), Term(fields=(Expression("metadata.name", "Exists"),))),
        tolerations=(Toleration("gpu", "Exists", "", "NoSchedule"), Toleration("a", "Equal", "b")),
        apart=(Apart("host", Query((Expression("app", "In", ("x",)),))),),
        spread=(
            Spread("zone", 2, Query(), bears_taints=True, least=3),
            Spread(
                "host",
                1,
                Query((Expression("pod-template-hash", "In", ("7",)), Expression("app", "Exists"))),
                is_own=True,
            ),
        ),
        gates=("queue",),
        priority_class="high",
    )
