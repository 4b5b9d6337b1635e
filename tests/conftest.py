"""What several tiers share: one embedded cluster per test session."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# Random tests run the same everywhere: the same examples, and no time limits that a busy machine could break.
settings.register_profile(
    "repeatable", derandomize=True, database=None, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("repeatable")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Golden files are rewritten on demand, and their diff is read like code."""
    parser.addoption("--update-golden", action="store_true", help="Rewrite golden files with what is found now.")


@dataclass(frozen=True)
class ClusterUnderTest:
    """A running embedded cluster that belongs to this test session."""

    name: str
    kubeconfig: str
    context: str
    edge: str


@pytest.fixture(scope="session")
def test_cluster() -> Iterator[ClusterUnderTest]:
    """Start a cluster of its own, and leave nothing of it behind. Without root it says what it leaves out."""
    if platform.system() != "Linux" or os.geteuid() != 0:
        message = "needs root on Linux: an embedded cluster"
        pytest.fail(message) if os.environ.get("CI") == "true" else pytest.skip(message)
    from tooling.local import containers

    name = f"test-{os.getpid()}"
    cluster = containers.up(name, progress=print)
    try:
        yield ClusterUnderTest(name, str(cluster.kubeconfig), cluster.context, cluster.edge)
    finally:
        containers.down(name)


@pytest.fixture(scope="session")
def checkout() -> Path:
    """The root of the repository."""
    return Path(__file__).resolve().parents[1]
