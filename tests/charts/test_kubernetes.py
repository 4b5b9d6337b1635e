"""Helm and every supported Kubernetes version accept what the chart makes."""

from __future__ import annotations

import re

import pytest

from tests.charts.definitions import CUSTOM, find_custom_faults
from tests.charts.kubeschemas import find_faults, list_versions
from tests.charts.rendering import KUBERNETES, Case, Renderer, Stack, identify
from tests.charts.schemas import CHART

NEWER = [("1.31", "('image' was unexpected) at ['spec', 'template', 'spec', 'volumes'")]
"""First version that knows a field which a value asks for, and what older ones say."""


def test_manifests_fit_the_schemas_of_every_supported_version(stack: Stack) -> None:
    for manifest in stack.manifests:
        if manifest["kind"] not in CUSTOM:
            faults = find_faults(dict(manifest))
            for oldest, fault in NEWER:
                faults = {v: text for v, text in faults.items() if fault not in text or is_before(oldest, v)}
            assert not faults, identify(manifest)


def is_before(one: str, other: str) -> bool:
    return int(one.split(".")[1]) <= int(other.split(".")[1])


def test_custom_resources_fit_the_definitions_of_their_projects(stack: Stack) -> None:
    for manifest in stack.manifests:
        if manifest["kind"] in CUSTOM:
            assert not find_custom_faults(dict(manifest)), identify(manifest)


def test_the_versions_reach_from_the_oldest_supported_to_the_newest_known() -> None:
    versions = list_versions()
    assert versions[0] == "1.30"
    assert KUBERNETES.rsplit(".", 1)[0] in versions
    assert len(versions) >= 8


def test_a_manifest_with_a_wrong_or_an_unknown_field_is_refused() -> None:
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "x"},
        "spec": {"ports": [{"port": "http"}]},
    }
    assert set(find_faults(service)) == set(list_versions())
    assert set(find_faults({**service, "spec": {"port": 80}})) == set(list_versions())
    assert not find_faults({**service, "spec": {"ports": [{"port": 80}]}})
    assert find_faults({"apiVersion": "v1", "kind": "Nothing"})


def test_no_template_looks_at_the_cluster_so_one_render_stands_for_all_versions() -> None:
    for file in sorted(CHART.rglob("templates/**/*")):
        if file.is_file():
            assert ".Capabilities" not in file.read_text(encoding="utf-8"), file


@pytest.mark.parametrize("version", list_versions())
def test_helm_accepts_the_chart_on_every_supported_version(renderer: Renderer, version: str) -> None:
    done = renderer.run("template", "genai", str(CHART), "--kube-version", f"{version}.0")
    assert done.returncode == 0, done.stderr


def test_helm_refuses_a_cluster_that_is_too_old(renderer: Renderer) -> None:
    done = renderer.run("template", "genai", str(CHART), "--kube-version", "1.29.9")
    assert done.returncode != 0
    assert re.search(r"requires kubeVersion: >=1\.30", done.stderr)


def test_helm_lint_is_clean(renderer: Renderer, case: Case) -> None:
    files = [part for file in case.files for part in ("--values", str(file))]
    done = renderer.run("lint", "--strict", str(CHART), *files, "--kube-version", KUBERNETES)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "[WARNING]" not in done.stdout
    assert "[ERROR]" not in done.stdout
