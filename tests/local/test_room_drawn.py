"""Drawn pods on simulated nodes: what is let pass is scheduled, what is refused is not. DRAWN=150 tries more."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

import pytest

from tests.local.arena import GPU, TOLERATION, Arena, Spec, make_spec, open_arena
from tests.local.conftest import Kubectl
from tooling.adapters.kube_client import make_path
from tooling.core.room import Verdict
from tooling.core.room_board import Need
from tooling.core.room_pods import read_shape

pytestmark = pytest.mark.local

CASES = int(os.environ.get("DRAWN", "16"))


@pytest.fixture
def arena(gpu_kubectl: Kubectl) -> Iterator[Arena]:
    with open_arena(gpu_kubectl) as made:
        yield made


@dataclass(frozen=True)
class Case:
    others: tuple[tuple[Spec, int], ...]
    ours: tuple[tuple[Spec, int], ...]


def draw_spec(random: Random) -> Spec:
    tolerations = [TOLERATION] if random.random() < 0.7 else []
    spread = {
        "maxSkew": 1,
        "topologyKey": random.choice(["kubernetes.io/hostname", "topology.kubernetes.io/zone"]),
        "whenUnsatisfiable": random.choice(["DoNotSchedule", "ScheduleAnyway"]),
        "labelSelector": {"matchLabels": {"group": "ours"}},
    }
    apart = {
        "requiredDuringSchedulingIgnoredDuringExecution": [
            {"topologyKey": "kubernetes.io/hostname", "labelSelector": {"matchLabels": {"group": "ours"}}}
        ]
    }
    extra: dict[str, Any] = {"tolerations": tolerations}
    roll = random.random()
    if roll < 0.2:
        extra["topologySpreadConstraints"] = [spread]
    elif roll < 0.3:
        extra["affinity"] = {"podAntiAffinity": apart}
    if random.random() < 0.4:
        kinds = random.sample(["a100-80g", "t4-shared", "cpu"], 2)
        wanted = {"key": "node.kubernetes.io/instance-type", "operator": "In", "values": kinds}
        terms = {"nodeSelectorTerms": [{"matchExpressions": [wanted]}]}
        affinity = {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": terms}}
        extra["affinity"] = {**extra.get("affinity", {}), **affinity}
    if random.random() < 0.6:
        return make_spec({GPU: random.choice([1, 2, 4, 8]), "cpu": random.choice([1, 8])}, **extra)
    return make_spec({"cpu": random.choice([9, 16, 30, 60]), "memory": random.choice(["1Gi", "60Gi"])}, **extra)


def draw_case(seed: int) -> Case:
    random = Random(seed)
    others = tuple((draw_spec(random), random.randint(1, 4)) for _ in range(random.randint(0, 2)))
    ours = tuple((draw_spec(random), random.randint(1, 4)) for _ in range(random.randint(1, 3)))
    return Case(others, ours)


def test_what_is_let_pass_is_scheduled_and_what_is_refused_is_not(arena: Arena) -> None:
    verdicts: dict[Verdict, int] = dict.fromkeys(Verdict, 0)
    wrong = []
    for seed in range(CASES):
        case = draw_case(seed)
        for spec, count in case.others:
            arena.create("others", spec, count)
        arena.settle("others")
        for pod in arena.pods("others"):
            if not pod["spec"].get("nodeName"):
                name = pod["metadata"]["name"]
                arena.client.delete(make_path("v1", "pods", arena.namespace, name), what="Pod")
        needs = [
            Need(f"model-{number}", arena.namespace, count, read_shape({"group": "ours"}, spec))
            for number, (spec, count) in enumerate(case.ours)
        ]
        verdict, told = arena.judge(*needs)
        for spec, count in case.ours:
            arena.create("ours", spec, count)
        placed, asked = arena.settle("ours")
        verdicts[verdict] += 1
        is_right = {Verdict.FITS: placed == asked, Verdict.SHORT: placed < asked, Verdict.TIGHT: True}[verdict]
        if not is_right or bool(told) < (verdict is Verdict.SHORT):
            wrong.append(f"seed {seed}: {verdict}, {placed} of {asked} placed: {told}")
        arena.clear()
    assert not wrong, "\n".join([*wrong, str(verdicts)])
    assert min(verdicts[Verdict.FITS], verdicts[Verdict.SHORT]) > 0, verdicts
