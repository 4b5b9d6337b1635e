"""Helm and Kubernetes accept what the chart makes."""

from __future__ import annotations

import json
from functools import cache

import kubernetes_validate

from tests.charts.rendering import KUBERNETES, Case, Renderer, Stack, identify
from tests.charts.schemas import CHART

CUSTOM = {"HTTPRoute"}
"""Kinds of custom resources, whose schema is not Kubernetes's; tests/charts/test_route.py looks at them."""


def test_manifests_fit_the_schemas_of_kubernetes(stack: Stack) -> None:
    for manifest in stack.manifests:
        if manifest["kind"] not in CUSTOM:
            fault = find_fault(json.dumps(manifest, sort_keys=True))
            assert not fault, f"{identify(manifest)}: {fault}"


@cache
def find_fault(manifest: str) -> str:
    """What Kubernetes has against a manifest; each text is looked at once."""
    try:
        kubernetes_validate.validate(json.loads(manifest), KUBERNETES.rsplit(".", 1)[0], strict=True)
    except kubernetes_validate.ValidationError as error:
        return f"{error.message} at {list(error.path)}"
    return ""


def test_helm_lint_is_clean(renderer: Renderer, case: Case) -> None:
    files = [part for file in case.files for part in ("--values", str(file))]
    done = renderer.run("lint", "--strict", str(CHART), *files, "--kube-version", KUBERNETES)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "[WARNING]" not in done.stdout
    assert "[ERROR]" not in done.stdout
