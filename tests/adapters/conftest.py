"""API servers for contract tests: a double on loopback everywhere, a real one where a cluster can run."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.adapters.api_double import ApiDouble, serve_api, write_kubeconfig
from tooling.adapters.cluster_kubernetes import KubernetesCluster
from tooling.adapters.kube_client import KubeClient, connect


@pytest.fixture
def double() -> Iterator[ApiDouble]:
    with serve_api() as api:
        yield api


@pytest.fixture
def double_client(double: ApiDouble, tmp_path: Path) -> Iterator[KubeClient]:
    client = connect(write_kubeconfig(tmp_path, double.url))
    yield client
    client.close()


@pytest.fixture(scope="session")
def real_client(request: pytest.FixtureRequest) -> Iterator[KubeClient]:
    """The cluster of GENAI_TEST_KUBECONFIG, else this session's own."""
    path = os.environ.get("GENAI_TEST_KUBECONFIG") or request.getfixturevalue("test_cluster").kubeconfig
    client = connect(path)
    yield client
    client.close()


@pytest.fixture
def real_namespace(real_client: KubeClient) -> Iterator[str]:
    """A namespace that nobody else uses."""
    name = f"adapters-{uuid.uuid4().hex[:8]}"
    KubernetesCluster(real_client).ensure_namespace(name)
    yield name
    real_client.delete(f"/api/v1/namespaces/{name}", what=f"Namespace {name}")
