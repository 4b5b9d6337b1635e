"""Fixtures of the chart tests: helm, and every case rendered in every role once per session."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.charts.rendering import VIEWS, Case, Renderer, Stack, list_cases


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "case" in metafunc.fixturenames:
        metafunc.parametrize("case", list_cases(), ids=str)


@pytest.fixture(scope="session")
def helm() -> Path:
    """The helm named by GENAI_HELM, else the one that the CLI would use."""
    named = os.environ.get("GENAI_HELM")
    if named:
        return Path(named)
    from tooling.local.binaries import find_helm

    return find_helm()


@pytest.fixture(scope="session")
def renderer(helm: Path, tmp_path_factory: pytest.TempPathFactory) -> Renderer:
    base = tmp_path_factory.getbasetemp()
    shared = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "renders"
    shared.mkdir(exist_ok=True)
    return Renderer(helm, shared)


@pytest.fixture
def stack(renderer: Renderer, case: Case) -> Stack:
    return Stack(case, {view: renderer.render(case, view) for view in VIEWS})
