"""The release job of docs/ci, on a stack under real traffic."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from tests.e2e.conftest import Stack
from tests.workflows import GITHUB, Runner

pytestmark = pytest.mark.e2e


def test_the_release_job_promotes_what_was_pushed(stack: Stack, tmp_path: Path) -> None:
    before = stack.status()["serving"]
    runner = Runner.make(
        tmp_path,
        ENVIRONMENT="local",
        PROFILE="",
        KUBE_CONTEXT=stack.cluster.context,
        KUBECONFIG=stack.cluster.kubeconfig,
    )
    pushed = {
        "gateway": {"podLabels": {"released-by": "ci"}},
        "rollout": {"contexts": [stack.cluster.context], "steps": [{"weight": 50, "hold": "5s"}]},
    }
    (runner.work / "images.yaml").write_text(yaml.safe_dump(pushed))
    told = runner.run_job(GITHUB, "release", only="^(Plan|Release)$")
    assert "Succeeded" in told
    assert stack.status()["serving"] != before
    assert "Traceback" not in told
