"""Whole releases on a nearly full pool of simulated GPUs: refused in plain words, or let pass and scheduled."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.local.arena import GPU, TOLERATION, make_spec
from tests.local.conftest import Kubectl
from tests.local.site import Site, open_site
from tooling.app.release import Wishes, release
from tooling.core.rollout import Phase
from tooling.errors import PreflightError

pytestmark = pytest.mark.local

PRODUCT = {f"{GPU}.product": "NVIDIA-A100-SXM4-80GB"}
YES = Wishes(is_confirmed=True)


@pytest.fixture
def site(gpu_kubectl: Kubectl, tmp_path: Path) -> Iterator[Site]:
    with open_site(gpu_kubectl, tmp_path) as made:
        yield made


def serve(replicas: int, version: int = 1, **capacity: Any) -> dict[str, Any]:
    """Values of a model that takes one whole GPU a pod."""
    model = {
        "replicas": replicas,
        "gpu": {"resource": GPU, "count": 1},
        "nodeSelector": PRODUCT,
        "tolerations": [TOLERATION],
        "podAnnotations": {"version": str(version)},
    }
    rollout = {
        "contexts": [],
        "checkImages": False,
        "load": {"enabled": False},
        "steps": [{"weight": 50, "hold": "1s"}],
        "analysis": {"minRequests": 1, "maxHold": "20s"},
        "scaleDownDelay": "1s",
        "capacity": capacity,
    }
    return {"inference": {"models": {"smollm2": model}}, "rollout": rollout}


def occupy(place: Site, count: int) -> None:
    """Have somebody else's pods take GPUs of the pool."""
    for number in range(count):
        pod = {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": f"batch-{number}"},
            "spec": make_spec({GPU: 1}, nodeSelector=PRODUCT, tolerations=[TOLERATION]),
        }
        place.run("create", "-f", "-", stdin=json.dumps(pod))
    place.run("wait", "--for=condition=Ready", "pods", "--all", "--timeout=30s")


def test_a_nearly_full_pool(site: Site) -> None:
    """16 GPUs, 4 serve, 10 are taken, 2 are free: a slot of 4 fits only if stable gives pods up on the way."""
    ports, target, reporter = site.wire(serve(4))
    assert release(ports, target, YES).exit_code == 0, reporter.text
    occupy(site, 10)
    before = site.run("get", "configmaps,secrets,leases,deployments", "-o", "name")

    ports, target, reporter = site.wire(serve(4, version=2))
    with pytest.raises(PreflightError) as refused:
        release(ports, target, YES)

    assert (
        f"2 more {GPU} are needed on nodes with {GPU}.product=NVIDIA-A100-SXM4-80GB: 4 are asked for, 2 are free"
        in refused.value.message
    )
    assert "It fits with rollout.capacity.abortFloor: 0.5" in refused.value.hint
    assert site.run("get", "configmaps,secrets,leases,deployments", "-o", "name") == before

    ports, target, reporter = site.wire(serve(4, version=2, abortFloor=0.5, maxSurgeGpus=2))
    result = release(ports, target, YES)

    assert (result.exit_code, result.rollout.phase) == (0, Phase.SUCCEEDED), reporter.text
    assert "GPUs: 4 serve, 6 at the peak, 2 beside those that serve" in reporter.text
    assert result.rollout.problem_since == 0.0
