"""The real API server takes what the chart makes of every case, and the real scheduler places it on GPU nodes."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import yaml

from tests.charts.definitions import CUSTOM
from tests.charts.rendering import ALL, BLUE, ROUTE, Case, Renderer, find_case, list_cases, list_profiled
from tests.charts.schemas import CHART, ROOT
from tests.charts.values_doc import layer, read_defaults
from tests.local.conftest import Kubectl
from tests.local.tryout import RESTRICTED, try_out
from tooling.local.binaries import build

pytestmark = pytest.mark.local

PROFILES = sorted(path.stem for path in (ROOT / "values" / "profiles").glob("*.yaml"))


@pytest.fixture(scope="session")
def renderer(tmp_path_factory: pytest.TempPathFactory) -> Renderer:
    return Renderer(build(["helm"], print)["helm"], tmp_path_factory.mktemp("renders"))


@pytest.mark.parametrize("some", list_cases(), ids=str)
def test_every_case_is_taken_in_every_role(api: Kubectl, renderer: Renderer, some: Case) -> None:
    try_out(api, "\n---\n".join(renderer.template(some, view) for view in (ALL, BLUE, ROUTE)))


@pytest.mark.parametrize("profile", PROFILES)
def test_every_environment_on_a_profile_is_taken(api: Kubectl, renderer: Renderer, profile: str) -> None:
    layered = [case for case in list_profiled() if case.name.split("/")[1] == profile]
    assert len(layered) >= 4
    try_out(api, "\n---\n".join(renderer.template(case, ALL) for case in layered))


def test_what_is_wrong_is_refused(api: Kubectl, renderer: Renderer) -> None:
    text = renderer.template(find_case("ci/default"), ALL)
    for right, wrong in (("maxSurge: 1", "maxSurge: -1"), ("port: 8080", "port: 80800"), ("drop:", "dorp:")):
        assert right in text
        with pytest.raises(AssertionError):
            try_out(api, text.replace(right, wrong))


def test_custom_resources_are_all_defined(api: Kubectl) -> None:
    known = json.loads(api("get", "crd", "-o", "json"))["items"]
    assert {definition["spec"]["names"]["kind"] for definition in known} >= CUSTOM


def read_hardware(profile: str) -> dict[str, Any]:
    """The hardware `a100-80g` as prod on this profile sees it."""
    files = [ROOT / "values" / "profiles" / f"{profile}.yaml"] if profile else []
    values = read_defaults()
    for file in (*files, ROOT / "values" / "prod.yaml"):
        values = layer(values, yaml.safe_load(file.read_text(encoding="utf-8")))
    hardware: dict[str, Any] = values["inference"]["profiles"]["a100-80g"]
    return hardware


@pytest.fixture
def install(api: Kubectl) -> Iterator[Callable[[str], str]]:
    """Install prod on a profile by helm, in a namespace of its own; return the namespace."""
    made: list[str] = []

    def run(profile: str) -> str:
        namespace = f"prod-{profile or 'alone'}"
        api("create", "namespace", namespace)
        made.append(namespace)
        api("label", "namespace", namespace, *RESTRICTED)
        files = [f"values/profiles/{profile}.yaml"] if profile else []
        helm = [str(build(["helm"], print)["helm"]), "install", "genai", str(CHART)]
        helm += [part for file in (*files, "values/prod.yaml") for part in ("-f", file)]
        # Nobody provides the clouds' volumes here: a pod that waits for its weights would never be placed.
        helm += ["--set", "inference.weights.enabled=false"]
        helm += ["--kubeconfig", str(api.kubeconfig), "--namespace", namespace]
        done = subprocess.run(helm, cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return namespace

    yield run
    for namespace in made:
        api("-n", namespace, "delete", "deployments,statefulsets,cronjobs,jobs,pods", "--all", "--wait=true")
        api("delete", "namespace", namespace, "--wait=false")


@pytest.mark.parametrize("profile", ["", *PROFILES], ids=lambda name: name or "alone")
def test_prod_gets_its_gpus_on_nodes_with_the_labels_of_the_profile(
    api: Kubectl, install: Callable[[str], str], profile: str
) -> None:
    hardware = read_hardware(profile)
    resource = hardware["gpu"]["resource"]
    nodes = json.loads(api("get", "nodes", "-o", "json"))["items"]
    # A node that has such GPUs gets the labels that this cloud would have given it.
    node = next(n for n in nodes if resource in n["status"]["allocatable"])
    wanted = {key: value for key, value in hardware.get("nodeSelector", {}).items() if value}
    before = {key: node["metadata"]["labels"].get(key) for key in wanted}
    name = node["metadata"]["name"]
    api("label", "node", name, "--overwrite", "tried=true", *(f"{key}={value}" for key, value in wanted.items()))
    try:
        namespace = install(profile)
        api(
            "-n",
            namespace,
            "wait",
            "--for=condition=Available",
            "deployment/genai-inference-qwen",
            "--timeout=60s",
        )
        pods = json.loads(api("-n", namespace, "get", "pods", "-o", "json"))["items"]
        placed = [pod for pod in pods if resource in pod["spec"]["containers"][0]["resources"].get("limits", {})]
        assert placed
        fit = (
            {name} if wanted else {n["metadata"]["name"] for n in nodes if resource in n["status"]["allocatable"]}
        )
        assert {pod["spec"]["nodeName"] for pod in placed if "nodeName" in pod["spec"]} <= fit
        used = json.loads(api("-n", namespace, "get", "resourcequota", "genai-quota", "-o", "json"))["status"][
            "used"
        ]
        assert int(used[f"requests.{resource}"]) >= 1
    finally:
        back = ["tried-", *(f"{key}={value}" if value else f"{key}-" for key, value in before.items())]
        api("label", "node", name, "--overwrite", *back)


def test_the_quota_of_prod_stops_a_ninth_gpu(api: Kubectl, install: Callable[[str], str]) -> None:
    namespace = install("")
    api("-n", namespace, "delete", "hpa", "--all")
    api("-n", namespace, "scale", "deployment/genai-inference-qwen", "--replicas=9")
    message = "jsonpath={.items[*].status.conditions[?(@.type=='ReplicaFailure')].message}"
    selector = "app.kubernetes.io/component=inference"
    api("-n", namespace, "wait", "--for=condition=ReplicaFailure", "replicaset", "-l", selector, "--timeout=60s")
    said = api("-n", namespace, "get", "replicasets", "-l", selector, "-o", message)
    assert re.search(r"exceeded quota: genai-quota.*requests\.nvidia\.com/gpu=8", said)
