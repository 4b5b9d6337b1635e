"""Fixtures of the chart tests: helm, and every case rendered in every role once per session."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.charts.rendering import VIEWS, Case, Renderer, Stack, list_cases, list_few


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "case" in metafunc.fixturenames:
        metafunc.parametrize("case", list_cases(), ids=str)
    if "few" in metafunc.fixturenames:
        metafunc.parametrize("few", list_few(), ids=str)


@pytest.fixture(scope="session")
def helm() -> Path:
    """The helm named by GENAI_HELM, else the pinned Helm 3."""
    named = os.environ.get("GENAI_HELM")
    if named:
        return Path(named)
    from tooling.local.binaries import build

    return build(["helm"], print)["helm"]


def make_renderer(helm: Path, tmp_path_factory: pytest.TempPathFactory, name: str) -> Renderer:
    """A renderer whose results the workers of this session share."""
    base = tmp_path_factory.getbasetemp()
    shared = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / name
    shared.mkdir(exist_ok=True)
    return Renderer(helm, shared)


@pytest.fixture(scope="session")
def renderer(helm: Path, tmp_path_factory: pytest.TempPathFactory) -> Renderer:
    """Renders with Helm 3."""
    return make_renderer(helm, tmp_path_factory, "renders")


@pytest.fixture(scope="session")
def renderer4(tmp_path_factory: pytest.TempPathFactory) -> Renderer:
    """Renders with Helm 4."""
    from tooling.local.binaries import build

    return make_renderer(build(["helm4"], print)["helm4"], tmp_path_factory, "renders4")


@pytest.fixture
def stack(renderer: Renderer, case: Case) -> Stack:
    return Stack(case, {view: renderer.render(case, view) for view in VIEWS})
