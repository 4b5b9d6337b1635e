"""Simulated GPU nodes: what may be asked for, and what labels, taints and resources each kind has."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from tooling.local import behaviour, fakenodes, gpus, runtimes
from tooling.local.errors import LocalError
from tooling.local.folders import ClusterFolder
from tooling.local.observation import write_record
from tooling.local.settings import Record, Settings


@pytest.mark.parametrize(
    ("texts", "requests"),
    [
        ([], ()),
        (["4"], ("a100-80g=4",)),
        (["4", "a100-mig=1", "a100-80g=2"], ("a100-80g=6", "a100-mig=1")),
        (["t4-shared=1", "l4=2"], ("l4=2", "t4-shared=1")),
        (["0"], ()),
    ],
)
def test_requests_are_added_up_by_kind(texts: list[str], requests: tuple[str, ...]) -> None:
    assert gpus.parse_requests(texts) == requests


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        (["many"], "--gpu-nodes many is not understood"),
        (["a100=2"], "--gpu-nodes a100=2 is not understood"),
        (["-1"], "--gpu-nodes -1 is not understood"),
        (["60", "l4=41"], "101 GPU nodes are asked for; at most 100"),
    ],
)
def test_a_request_that_means_nothing_is_refused(texts: list[str], message: str) -> None:
    with pytest.raises(LocalError, match=message) as refused:
        gpus.parse_requests(texts)
    assert refused.value.exit_code == 2


@pytest.mark.parametrize(
    ("kind", "resources", "labels"),
    [
        ("a100-80g", {"nvidia.com/gpu": "8"}, {"gpu.product": "NVIDIA-A100-SXM4-80GB", "gpu.memory": "81920"}),
        ("h100-80g", {"nvidia.com/gpu": "8"}, {"gpu.family": "hopper", "gpu.compute.major": "9"}),
        (
            "a100-mig",
            {"nvidia.com/mig-1g.10gb": "28", "nvidia.com/mig-3g.40gb": "8"},
            {"mig.strategy": "mixed", "mig-1g.10gb.count": "28"},
        ),
        (
            "t4-shared",
            {"nvidia.com/gpu": "16"},
            {"gpu.sharing-strategy": "time-slicing", "gpu.replicas": "4", "gpu.product": "Tesla-T4-SHARED"},
        ),
    ],
)
def test_a_kind_offers_its_resources_and_says_so_in_labels(
    kind: str, resources: dict[str, str], labels: dict[str, str]
) -> None:
    node = fakenodes.node_objects(gpus.gpu_nodes([f"{kind}=1"]))[0]

    offered = {name: value for name, value in node["status"]["allocatable"].items() if "/" in name}
    assert offered == resources
    assert {f"nvidia.com/{name}": value for name, value in labels.items()}.items() <= node["metadata"][
        "labels"
    ].items()
    assert node["spec"]["taints"] == [{"key": "nvidia.com/gpu", "value": "present", "effect": "NoSchedule"}]
    assert node["metadata"]["annotations"] == {"kwok.x-k8s.io/node": "fake"}


def test_driver_and_cuda_are_named_as_gpu_feature_discovery_does() -> None:
    labels = fakenodes.node_objects(gpus.gpu_nodes(["l4=1"]))[0]["metadata"]["labels"]

    full = labels["nvidia.com/cuda.driver-version.full"]
    assert full == ".".join(labels[f"nvidia.com/cuda.driver.{part}"] for part in ("major", "minor", "rev"))
    assert labels["nvidia.com/cuda.runtime-version.full"] == gpus.CUDA


def test_nodes_have_names_of_their_own_and_three_zones() -> None:
    nodes = [*gpus.plain_nodes(3), *gpus.gpu_nodes(["a100-80g=4", "l4=1"])]

    assert len({node.name for node in nodes}) == 8
    assert {node.zone for node in nodes} == {"zone-a", "zone-b", "zone-c"}


def test_the_runtime_class_comes_with_gpus_only() -> None:
    def kinds(nodes: tuple[gpus.FakeNode, ...]) -> set[object]:
        return {each["kind"] for each in fakenodes.node_objects(nodes)}

    assert kinds(gpus.plain_nodes(3)) == {"Node"}
    assert kinds(gpus.gpu_nodes(["l4=1"])) == {"Node", "RuntimeClass"}


def test_each_rule_is_about_nodes_or_pods() -> None:
    documents = list(yaml.safe_load_all(behaviour.render_behaviour()))

    assert [each["spec"]["resourceRef"]["kind"] for each in documents] == ["Node", "Pod", "Pod", "Pod"]
    assert all(each["spec"]["selector"]["matchExpressions"] for each in documents)


@pytest.fixture
def no_clusters(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("tooling.local.folders.state_root", lambda: tmp_path)


@pytest.mark.parametrize(
    ("asked", "system", "obstacle", "chosen", "reason"),
    [
        ("auto", "linux", "", "containers", "the first that can run here"),
        ("auto", "linux", "without root", "simulated", "without root"),
        ("auto", "darwin", "nothing is asked here", "containers", "the first"),
        ("simulated", "linux", "", "simulated", "as asked for"),
        ("containers", "linux", "without root", "containers", "as asked for"),
    ],
)
@pytest.mark.usefixtures("no_clusters")
def test_auto_takes_the_first_runtime_that_can_run_and_says_why(
    asked: str, system: str, obstacle: str, chosen: str, reason: str
) -> None:
    choice = runtimes.choose_runtime("x", asked, system=system, find_obstacle=lambda: obstacle)

    assert choice.runtime == chosen
    assert reason in str(choice)


@pytest.mark.usefixtures("no_clusters")
def test_auto_takes_a_cluster_that_is_there_as_it_is() -> None:
    folder = ClusterFolder.of("x")
    folder.root.mkdir()
    write_record(folder, Record(Settings("x", "simulated", 0, 16, ()), boot="b"))

    assert runtimes.choose_runtime("x", "auto", system="linux", find_obstacle=lambda: "").runtime == "simulated"


def test_root_in_a_container_without_privileges_is_told_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 0)
    monkeypatch.setattr("os.access", lambda path, mode: True)
    refusing = tmp_path / "unshare"
    refusing.write_text("#!/bin/sh\necho unshare failed: Operation not permitted >&2; exit 1\n")
    refusing.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    assert runtimes.find_obstacle() == ("namespaces cannot be made here (unshare failed: Operation not permitted)")

    monkeypatch.setattr("os.access", lambda path, mode: False)
    assert "cannot be written" in runtimes.find_obstacle()
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    assert "without root" in runtimes.find_obstacle()


def test_a_network_is_nothing_for_a_simulated_cluster() -> None:
    with pytest.raises(LocalError, match="--network 80 is for the runtime containers"):
        runtimes.choose_runtime("x", "simulated", network=80)
