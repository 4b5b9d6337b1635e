"""What our policies say of the chart, in every case and environment: nothing, or what is expected and why."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import pytest

from tests.charts.rendering import (
    ALL,
    BASE,
    BLUE,
    GREEN,
    ROUTE,
    Case,
    Manifest,
    Renderer,
    Stack,
    find_case,
    list_profiled,
)
from tooling.core.policies.catalog import POLICIES, Bundle

PARTS = (BASE, BLUE, GREEN, ROUTE)
PROFILED = [case for case in list_profiled() if case.name.endswith("/prod")]


@dataclass(frozen=True, slots=True)
class Expected:
    """Findings of one rule on one object (`Kind/name`, slots left out) in one case."""

    case: str
    rule: str
    name: str
    reason: str
    only: str = ""


EXPECTED = (
    Expected(
        "ci/autoscaling",
        "probe-without-inference",
        "Deployment/genai-inference-smollm2",
        "the case asks for probes by HTTP, which the chart warns of in its docs",
    ),
    Expected(
        "ci/autoscaling",
        "gpu-without-toleration",
        "Deployment/genai-inference-sleepy",
        "a profile of its own without tolerations: its nodes are not tainted",
    ),
    Expected(
        "ci/models",
        "gpu-without-toleration",
        "Deployment/genai-inference-own",
        "a profile of its own without tolerations: its nodes are not tainted",
    ),
    Expected(
        "ci/models",
        "gpu-update-needs-spare",
        "Deployment/genai-inference-own",
        "the case tries a strategy of the user's, and it is the one to be warned of",
    ),
    Expected(
        "ci/minimal",
        "network-policy-without-pods",
        "NetworkPolicy/genai-deny",
        "base has no pods here; the wall stands for those that come",
        only="parts",
    ),
    Expected(
        "ci/minimal",
        "network-policy-without-pods",
        "NetworkPolicy/genai-test",
        "base has no test pods here; the wall stands for those that come",
        only="parts",
    ),
    *(
        Expected(
            f"profiles/{profile}/prod",
            "claim-single-writer",
            "Deployment/genai-inference-qwen",
            "storage of one node: the profile suits a cluster with one",
            only="all",
        )
        for profile in ("edge-k3s", "minikube")
    ),
)


def find(manifests: Iterable[Manifest]) -> set[tuple[str, str]]:
    """Rule and object of each finding; the name of the slot is left out."""
    bundle = Bundle.of(tuple(manifests), namespace="genai-ns")
    found = ((one.id, str(ref)) for one in POLICIES for ref, _, _ in one.find(bundle))
    return {(rule, name.replace("-blue-", "-").replace("-green-", "-")) for rule, name in found}


def expect(case: Case, how: str) -> set[tuple[str, str]]:
    return {(one.rule, one.name) for one in EXPECTED if one.case == case.name and one.only in ("", how)}


def test_a_plain_install_has_no_finding_without_a_reason(stack: Stack) -> None:
    assert find(stack.parts[ALL]) == expect(stack.case, "all")


def test_base_slot_and_route_have_no_finding_without_a_reason(stack: Stack) -> None:
    assert find(one for part in PARTS for one in stack.parts[part]) == expect(stack.case, "parts")


@pytest.mark.parametrize("name", ["ci/autoscaling", "ci/scaled-gateway", "values/prod"])
def test_a_slot_whose_autoscalers_are_on_has_none_either(renderer: Renderer, name: str) -> None:
    case = find_case(name)
    slot = renderer.render(case, BLUE, 'global.autoscaler="on"')
    assert any(one["kind"] == "HorizontalPodAutoscaler" for one in slot)
    assert find((*renderer.render(case, BASE), *slot)) == expect(case, "parts")


@pytest.mark.parametrize("profiled", PROFILED, ids=str)
def test_prod_on_every_profile_has_no_finding_without_a_reason(renderer: Renderer, profiled: Case) -> None:
    assert find(renderer.render(profiled, ALL)) == expect(profiled, "all")


def test_every_expected_finding_has_a_reason() -> None:
    assert all(len(one.reason) > 30 for one in EXPECTED)
