"""The `cluster` commands: what they print and how they end."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from tooling.cli import cluster as commands
from tooling.local import containers, simulated
from tooling.local.observation import ComponentStatus

CLUSTER = containers.Cluster(
    name="x",
    kubeconfig=Path("/state/x/kubeconfig"),
    context="genai-x",
    address="198.18.80.2",
    edge="http://198.18.80.2",
    ready_after={"etcd": 0.9, "edge": 4.2},
    is_reused=False,
)
DEAD = ComponentStatus("kubelet", is_running=False, restarts=3, last_exit="exit code 1")


def run(*arguments: str) -> tuple[Any, str]:
    """Return what the command returned, which the console script takes as its exit code, and what it printed."""
    returned: list[Any] = []
    runner = CliRunner()
    with runner.isolation() as (out, *_):
        returned.append(commands.cluster.main(list(arguments), standalone_mode=False))
        return returned[0], out.getvalue().decode()


def test_up_prints_where_the_cluster_is(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: dict[str, Any] = {}
    monkeypatch.setattr(containers, "up", lambda name, **options: asked.update(options, name=name) or CLUSTER)

    code, text = run("up", "--name", "x", "--runtime", "containers", "--network", "80", "--gpu-nodes", "2")

    assert code == 0
    assert (asked["name"], asked["network"], asked["gpu_nodes"]) == ("x", 80, ("2",))
    for part in (
        "cluster x is ready",
        "/state/x/kubeconfig",
        "genai-x",
        "http://198.18.80.2",
        "etcd 0.9 s, edge 4.2 s",
    ):
        assert part in text


def test_a_simulated_cluster_is_asked_for_by_name_and_has_no_edge(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: dict[str, Any] = {}
    made = replace(CLUSTER, runtime="simulated", edge="", address="127.0.0.1")
    monkeypatch.setattr(simulated, "up", lambda name, **options: asked.update(options, name=name) or made)

    nodes = ("--gpu-nodes", "2", "--gpu-nodes", "l4=1")
    code, text = run("up", "--name", "x", "--runtime", "simulated", *nodes, "--custom-kinds")

    assert code == 0
    assert (asked["name"], asked["gpu_nodes"], asked["has_custom_kinds"]) == ("x", ("2", "l4=1"), True)
    assert "edge        none: pods are simulated" in text


def test_json_is_one_document(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(containers, "up", lambda name, **options: CLUSTER)

    _, text = run("up", "--runtime", "containers", "--output", "json")

    assert json.loads(text)["context"] == "genai-x"
    assert json.loads(text)["kubeconfig"] == "/state/x/kubeconfig"


@pytest.mark.parametrize(
    ("status", "code", "words"),
    [
        (containers.Status("x"), 2, ["there is no cluster x", "cluster up --name x"]),
        (containers.Status("x", is_known=True, cluster=CLUSTER), 4, ["has ended"]),
        (
            containers.Status(
                "x", is_known=True, is_alive=True, is_api_answering=True, components=(DEAD,), cluster=CLUSTER
            ),
            4,
            ["not ready", "edge        DOES NOT ANSWER", "kubelet", "is down (exit code 1), restarted 3 times"],
        ),
        (containers.Status("x", *[True] * 5, cluster=CLUSTER), 0, ["cluster x is ready", "dns         answers"]),
        (containers.Status("x", *[True] * 3, None, None, cluster=CLUSTER), 0, ["cluster x is ready"]),
    ],
    ids=["none", "ended", "not ready", "ready", "simulated"],
)
def test_status_ends_with_a_code_for_scripts(
    monkeypatch: pytest.MonkeyPatch, status: containers.Status, code: int, words: list[str]
) -> None:
    monkeypatch.setattr(containers, "status", lambda name: status)

    assert run("status", "--name", "x")[0] == code
    assert all(word in run("status", "--name", "x")[1] for word in words)


@pytest.mark.parametrize(("is_there", "words"), [(True, "cluster x is gone"), (False, "there is no cluster x")])
def test_down_says_whether_there_was_one(monkeypatch: pytest.MonkeyPatch, is_there: bool, words: str) -> None:
    monkeypatch.setattr(containers, "down", lambda name, **options: is_there)

    assert run("down", "--name", "x") == (0, f"{words}\n")


def test_without_archives_all_images_are_built_and_their_values_written(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    class Built:
        reference = "localhost/genai-stack/gateway:1"
        archive = tmp_path / "gateway.tar"

    monkeypatch.setattr(commands, "build_images", lambda progress: (Built(),))
    monkeypatch.setattr(commands, "image_values", lambda images: {"tags": [image.reference for image in images]})
    monkeypatch.setattr(commands, "load_images", lambda name, archives, progress: [path.name for path in archives])

    code, text = run("load-images", "--name", "x", "--values-out", str(tmp_path / "made" / "values.yaml"))

    assert (code, text) == (0, "in cluster x: gateway.tar\n")
    assert (tmp_path / "made" / "values.yaml").read_text() == "tags:\n- localhost/genai-stack/gateway:1\n"


def test_values_of_foreign_archives_cannot_be_written(tmp_path: Path) -> None:
    archive = tmp_path / "x.tar"
    archive.touch()

    with pytest.raises(Exception, match="leave out the archives"):
        run("load-images", str(archive), "--values-out", str(tmp_path / "values.yaml"))
