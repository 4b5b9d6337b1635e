"""What lint calls an error of the API, the real API server refuses: on manifests broken in one place each."""

from __future__ import annotations

import json
import random
from functools import cache
from typing import Any

import pytest

from tests.charts.broken import break_one
from tests.charts.definitions import list_definition_files
from tests.charts.rendering import ALL, Renderer, find_case
from tests.local.conftest import Kubectl
from tooling.adapters.kube_client import KubeClient, connect
from tooling.adapters.manifests_yaml import YamlManifests
from tooling.adapters.schemas_kubernetes import KubernetesApis
from tooling.app.gather import gather_files
from tooling.app.lint import LintSettings, lint
from tooling.core.located import Located
from tooling.local import containers
from tooling.local.binaries import build
from tooling.ports.manifests import Reading

pytestmark = pytest.mark.local

COUNT = 200
NAMESPACE = "lint-ns"
RULES = frozenset(
    {"field-unknown", "field-missing", "field-wrong", "kind-unknown", "name-refused", "label-refused"}
)


@pytest.fixture(scope="module")
def server(gpu_cluster: containers.Cluster, gpu_kubectl: Kubectl) -> KubeClient:
    files = [part for file in list_definition_files() for part in ("-f", str(file))]
    gpu_kubectl("apply", "--server-side", *files)
    gpu_kubectl("wait", "--for=condition=Established", "crd", "--all", "--timeout=60s")
    gpu_kubectl("create", "namespace", NAMESPACE)
    return connect(str(gpu_cluster.kubeconfig))


@cache
def find_path(server: KubeClient, api_version: str, kind: str) -> str:
    """Where objects of a kind are made, as the server itself says."""
    prefix = f"/apis/{api_version}" if "/" in api_version else f"/api/{api_version}"
    resources = server.get(prefix, what=api_version)["resources"]
    found = next(one for one in resources if one["kind"] == kind and "/" not in one["name"])
    return (
        f"{prefix}/namespaces/{NAMESPACE}/{found['name']}" if found["namespaced"] else f"{prefix}/{found['name']}"
    )


def refuses(server: KubeClient, manifest: dict[str, Any]) -> bool:
    """Whether the API server refuses a manifest that it looks at strictly and does not keep."""
    path = find_path(server, manifest["apiVersion"], manifest["kind"])
    strictly = {"dryRun": "All", "fieldValidation": "Strict"}
    return server.send("POST", path, what="a manifest", body=manifest, query=strictly).status >= 400


def holds_null(node: Any) -> bool:
    """Whether a null is anywhere: the server drops it, kubernetes-validate does not always let it pass."""
    if isinstance(node, dict | list):
        return any(holds_null(one) for one in (node.values() if isinstance(node, dict) else node))
    return node is None


def test_what_lint_refuses_the_server_refuses(
    server: KubeClient, tmp_path_factory: pytest.TempPathFactory
) -> None:
    renderer = Renderer(build(["helm"], print)["helm"], tmp_path_factory.mktemp("renders"))
    manifests = [json.loads(json.dumps(one)) for one in renderer.render(find_case("ci/full"), ALL)]
    for manifest in manifests:
        manifest["metadata"].pop("namespace", None)
    files, apis = YamlManifests(), KubernetesApis()
    definitions = gather_files(files, map(str, list_definition_files()))
    settings = LintSettings(apis.versions()[-1:], rules=RULES)
    dice, agreed, wrong = random.Random(7), 0, []
    for _ in range(COUNT):
        broken = break_one(dice.choice(manifests), dice)
        if holds_null(broken):
            continue
        report = lint(apis, files, Reading((Located(broken),)), definitions, settings)
        if not report.findings:
            continue
        if refuses(server, broken):
            agreed += 1
        else:
            wrong.append([str(one) for one in report.findings])
    assert not wrong
    assert agreed > COUNT / 4
