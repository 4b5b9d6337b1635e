"""Lint's verdict on manifests is that of kubernetes-validate, whose schemas it reads: on sound and on broken ones.

More of them: `python -m tests.charts.test_lint_verdicts HELM COUNT`.
"""

from __future__ import annotations

import json
import random
import sys
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
from kubernetes_validate import utils

from tests.charts.broken import break_one
from tests.charts.rendering import ALL, Renderer, list_cases
from tooling.adapters.schemas_kubernetes import KubernetesApis

COUNT = 150
VERSIONS = ("1.30", "1.37")


def list_manifests(renderer: Renderer) -> list[dict[str, Any]]:
    """Each different manifest of all cases of ci/ that has a schema, in an order of its own."""
    ci = [case for case in list_cases() if str(case).startswith("ci/")]
    texts = {json.dumps(one, sort_keys=True) for case in ci for one in renderer.render(case, ALL)}
    found = [json.loads(text) for text in sorted(texts)]
    return [one for one in found if KubernetesApis().find(VERSIONS[0], one["apiVersion"], one["kind"])]


def judge(manifest: dict[str, Any], version: str) -> bool:
    """Whether kubernetes-validate takes a manifest; its files are read once and not for every call."""
    try:
        kubernetes_validate.validate(manifest, version, strict=True)
    except kubernetes_validate.ValidationError:
        return False
    return True


def compare(manifests: list[dict[str, Any]], count: int) -> list[str]:
    """What lint and kubernetes-validate disagree on, over so many broken manifests; and how many they refuse."""
    dice = random.Random(5)
    apis = KubernetesApis()
    differing, refused = [], 0
    for number in range(count):
        manifest = dice.choice(manifests)
        broken = break_one(manifest, dice) if number % 4 else manifest
        version = dice.choice(VERSIONS)
        fits = apis.find(version, manifest["apiVersion"], manifest["kind"])
        assert fits is not None
        verdict = judge(broken, version)
        refused += not verdict
        if verdict != (not fits(broken)):
            differing.append(f"{version} {json.dumps(broken)}: kubernetes-validate says {verdict}")
    assert count / 4 < refused < count, "the changes must break many and not all"
    return differing


@pytest.fixture
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(utils, "schema_contents", cache(utils.schema_contents))


@pytest.mark.usefixtures("_quick")
def test_verdicts_are_those_of_kubernetes_validate(renderer: Renderer) -> None:
    assert not compare(list_manifests(renderer), COUNT)


if __name__ == "__main__":
    utils.schema_contents = cache(utils.schema_contents)
    with tempfile.TemporaryDirectory() as scratch:
        helm = Renderer(Path(sys.argv[1]), Path(scratch))
        result = compare(list_manifests(helm), int(sys.argv[2]))
    print(f"{len(result)} differences", *result[:5], sep="\n")  # noqa: T201 - a command
