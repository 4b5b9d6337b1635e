"""What kube-score says of prod stays at nothing but what is excepted with a reason; `bench/scan.py` has more."""

from __future__ import annotations

import pytest

from bench.exceptions import EXCEPTIONS
from bench.scan import Found, list_cases, scan
from tooling.local.binaries import build


@pytest.fixture(scope="module")
def kube_score() -> dict[str, str]:
    return {"kube-score": str(build(["kube-score"], print)["kube-score"])}


@pytest.mark.parametrize("name", ["prod", "prod@gke"])
def test_prod_has_no_finding_without_a_reason(kube_score: dict[str, str], name: str) -> None:
    report = scan(name, list_cases([name])[name], kube_score)
    assert report["objects"] > 30
    assert not [found for found in report["found"] if not found.reason]


def test_an_exception_covers_its_own_check_and_object_only() -> None:
    one = EXCEPTIONS[0]
    assert Found(one.scanner, "CRITICAL", one.check, "StatefulSet/genai-vectordb", "").reason == one.reason
    assert not Found(one.scanner, "CRITICAL", "pod-networkpolicy", "StatefulSet/genai-vectordb", "").reason
    assert not Found(one.scanner, "CRITICAL", one.check, "StatefulSet/genai-other", "").reason


def test_every_exception_has_a_reason() -> None:
    assert all(len(exception.reason) > 30 for exception in EXCEPTIONS)
