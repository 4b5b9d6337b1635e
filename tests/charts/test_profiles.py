"""values/profiles: one file for each kind of cluster, which says what differs and suits every environment."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.charts.definitions import CUSTOM, find_custom_faults
from tests.charts.kubeschemas import find_faults
from tests.charts.leaves import walk_leaves
from tests.charts.rendering import (
    ALL,
    BLUE,
    Case,
    Renderer,
    Stack,
    component_of,
    find_template,
    identify,
    is_server,
    list_profiled,
    walk_containers,
)
from tests.charts.schemas import ROOT
from tests.charts.test_schema import read_schema
from tests.charts.test_security import test_containers_can_gain_nothing as check_containers
from tests.charts.test_security import test_pods_run_as_nobody_special as check_pods
from tests.charts.test_security import test_volumes_are_of_kinds_that_restricted_admits as check_volumes
from tests.charts.values_doc import layer, read_defaults

FILES = sorted((ROOT / "values" / "profiles").glob("*.yaml"))
NAMES = ["air-gapped", "aks", "edge-k3s", "eks", "gke", "gpu-mig", "gpu-timeslicing", "minikube"]
EDGES = {"gke": "eg", "eks": "eg", "aks": "eg", "minikube": "eg", "edge-k3s": "traefik"}
PROD = [case for case in list_profiled() if case.name.endswith("/prod")]
CLOUDS = {"gke": "cloud.google.com/", "eks": "node.kubernetes.io/", "aks": "node.kubernetes.io/"}


def read(file: Path) -> dict[str, Any]:
    values: dict[str, Any] = yaml.safe_load(file.read_text(encoding="utf-8"))
    return values


def find_model(renderer: Renderer, case: Case) -> dict[str, Any]:
    (pod,) = (
        find_template(m)["spec"]
        for m in renderer.render(case, ALL)
        if is_server(m) and component_of(m) == "inference"
    )
    return dict(pod)


def test_there_is_a_file_for_every_kind_of_cluster() -> None:
    assert [file.stem for file in FILES] == NAMES
    assert len(list_profiled()) == len(NAMES) * 4


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_profile_says_what_it_is_for_and_only_what_differs(file: Path) -> None:
    assert file.read_text(encoding="utf-8").startswith("# ")
    values, schema = read(file), read_schema()
    defaults = {leaf.path: leaf.value for leaf in walk_leaves(read_defaults(), schema)}
    # A list is replaced whole, so its entries may be those of the default.
    own = (leaf for leaf in walk_leaves(values, schema) if all(isinstance(step, str) for step in leaf.path))
    assert not [str(leaf) for leaf in own if defaults.get(leaf.path) == leaf.value]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_profile_leaves_alone_what_an_environment_decides(file: Path) -> None:
    values = read(file)
    assert not {"rollout", "observability"} & set(values)
    # Of evals only the class of its volume, which is the cluster's.
    assert [str(leaf) for leaf in walk_leaves(values.get("evals", {}), read_schema())] in (
        [],
        ["results.persistence.storageClass"],
    )
    assert "models" not in values.get("inference", {})
    assert not {"hostnames", "enabled"} & set(values.get("route", {}))


@pytest.mark.parametrize("layered", list_profiled(), ids=str)
def test_there_is_one_way_in_and_it_splits_traffic_by_weight(renderer: Renderer, layered: Case) -> None:
    manifests = renderer.render(layered, ALL)
    # Callers at an Ingress or a load balancer reach the serving slot alone: a canary would never be tried.
    assert not [m for m in manifests if m["kind"] == "Ingress"]
    assert not [m for m in manifests if m["kind"] == "Service" and m["spec"]["type"] == "LoadBalancer"]
    (route,) = (m for m in manifests if m["kind"] == "HTTPRoute" and m["metadata"]["name"] == layered.instance)
    (parent,) = route["spec"]["parentRefs"]
    gateways = [m for m in manifests if m["kind"] == "Gateway"]
    edge = EDGES.get(layered.name.split("/")[1])
    assert [gateway["spec"]["gatewayClassName"] for gateway in gateways] == ([edge] if edge else [])
    if gateways:
        assert parent["name"] == gateways[0]["metadata"]["name"]
        assert "namespace" not in parent
        assert layered.values["network"]["edge"]["namespaces"], "who runs the proxies"


@pytest.mark.parametrize("layered", list_profiled(), ids=str)
def test_what_says_tls_has_a_listener_that_uses_it(renderer: Renderer, layered: Case) -> None:
    manifests = renderer.render(layered, ALL)
    wanted = [secret] if (secret := layered.values["route"].get("tls", {}).get("secretName")) else []
    listeners = [each for m in manifests if m["kind"] == "Gateway" for each in m["spec"]["listeners"]]
    secure = [each for each in listeners if each["protocol"] == "HTTPS"]
    assert [ref["name"] for each in secure for ref in each["tls"]["certificateRefs"]] == wanted
    (route,) = (m for m in manifests if m["kind"] == "HTTPRoute" and m["metadata"]["name"] == layered.instance)
    if wanted:
        assert route["spec"]["parentRefs"][0]["sectionName"] == "https"


def test_the_page_names_every_kind_that_a_profile_needs(renderer: Renderer) -> None:
    page = (ROOT / "docs" / "profiles.md").read_text(encoding="utf-8")
    kinds = {m["kind"] for case in list_profiled() for m in renderer.render(case, ALL)} & CUSTOM
    assert kinds >= {"HTTPRoute", "Gateway"}
    assert not [kind for kind in kinds if not re.search(rf"\b{kind}\b", page)]


@pytest.mark.parametrize("prod", PROD, ids=str)
def test_prod_on_a_profile_is_as_good_as_prod(renderer: Renderer, prod: Case) -> None:
    stack = Stack(prod, {view: renderer.render(prod, view) for view in (ALL, BLUE)})
    for manifest in stack.manifests:
        fault = find_custom_faults if manifest["kind"] in CUSTOM else find_faults
        assert not fault(dict(manifest)), identify(manifest)
    check_pods(stack)
    check_containers(stack)
    check_volumes(stack)


@pytest.mark.parametrize("prod", PROD, ids=str)
def test_a_model_of_prod_still_has_its_gpu(renderer: Renderer, prod: Case) -> None:
    pod = find_model(renderer, prod)
    limits = pod["containers"][0]["resources"]["limits"]
    assert [name for name in limits if name.startswith("nvidia.com/")], limits
    assert any(toleration["key"] == "nvidia.com/gpu" for toleration in pod["tolerations"])


@pytest.mark.parametrize(("cloud", "prefix"), CLOUDS.items())
def test_a_cloud_asks_for_its_own_labels_and_no_longer_for_those_of_others(
    renderer: Renderer, cloud: str, prefix: str
) -> None:
    case = next(case for case in PROD if case.name == f"profiles/{cloud}/prod")
    assert all(label.startswith(prefix) for label in find_model(renderer, case)["nodeSelector"])


def test_slices_and_turns_reach_the_pod(renderer: Renderer) -> None:
    pods = {case.name.split("/")[1]: find_model(renderer, case) for case in PROD}
    limits = {name: pod["containers"][0]["resources"]["limits"] for name, pod in pods.items()}
    assert limits["gpu-mig"]["nvidia.com/mig-3g.40gb"] == "1"
    assert "nvidia.com/gpu" not in limits["gpu-mig"]
    assert limits["gpu-timeslicing"]["nvidia.com/gpu"] == "1"
    assert "--gpu-memory-utilization" in pods["gpu-timeslicing"]["containers"][0]["args"]
    assert pods["edge-k3s"]["runtimeClassName"] == "nvidia"


@pytest.mark.parametrize("layered", list_profiled(), ids=str)
def test_air_gapped_pulls_from_the_mirror_alone(renderer: Renderer, layered: Case) -> None:
    if "/air-gapped/" not in layered.name or layered.name.endswith("/local"):
        return  # The local environment names a registry of its own.
    manifests = renderer.render(layered, ALL)
    for name, container in walk_containers(Stack(layered, {ALL: manifests})):
        assert container["image"].startswith("registry.internal.example.com/"), name
    for manifest in manifests:
        if find_template(manifest):
            assert find_template(manifest)["spec"]["imagePullSecrets"], identify(manifest)


def test_every_class_of_storage_is_named_where_the_cluster_has_no_good_default() -> None:
    for file in FILES:
        if file.stem in {"gke", "eks", "aks", "edge-k3s", "minikube"}:
            values = layer({}, read(file))
            assert values["vectordb"]["persistence"]["storageClass"], file.stem
            assert values["inference"]["weights"]["storageClass"], file.stem
