"""Stories of a simulated cluster's life: without root or namespaces it comes up, goes, and survives a crash."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.waiting import wait_until
from tooling.local import observation, processes, simulated
from tooling.local.addresses import FIRST_PORT, ports_of_block
from tooling.local.errors import LocalError
from tooling.local.folders import ClusterFolder
from tooling.local.loading import load_images
from tooling.local.settings import Record

pytestmark = pytest.mark.local
NewName = Callable[[str], str]
ReadRecord = Callable[[str], Record]


def processes_of(name: str) -> list[int]:
    return processes.marked(ClusterFolder.of(name).root)


def test_a_cluster_comes_up_is_found_again_and_goes_without_a_trace(
    new_name: NewName, traces: Callable[[str], Any], read_record: ReadRecord
) -> None:
    name = new_name("sim")
    before = traces(name)

    started = simulated.up(name, gpu_nodes=["a100-mig=1"])

    assert (started.runtime, started.edge, started.is_reused) == ("simulated", "", False)
    assert simulated.status(name).is_ready
    assert {each.name for each in simulated.status(name).components if each.is_running} == {
        "etcd",
        "kube-apiserver",
        "kube-controller-manager",
        "kube-scheduler",
        "kwok",
    }
    record = read_record(name)
    assert simulated.up(name, gpu_nodes=["a100-mig=1"]).is_reused
    assert simulated.up(name).is_reused
    with pytest.raises(LocalError, match="GPU nodes are a100-mig=1, asked for none") as refused:
        simulated.up(name, gpu_nodes=["0"])
    assert refused.value.exit_code == 2
    with pytest.raises(LocalError, match="only simulates pods"):
        load_images(name, [])
    assert read_record(name) == record
    assert simulated.down(name)
    assert traces(name) == before
    assert not simulated.status(name).is_known


@pytest.mark.parametrize("victim", ["supervisor", "everything"])
def test_up_works_after_everything_was_killed(new_name: NewName, read_record: ReadRecord, victim: str) -> None:
    name = new_name(victim)
    simulated.up(name)
    inside = processes_of(name)

    for pid in [read_record(name).anchor] if victim == "supervisor" else inside:
        processes.kill(pid)
    # Whoever loses its supervisor ends: nothing of it may hold the ports.
    wait_until(lambda: not processes_of(name), "no process is left", timeout=20)

    assert simulated.status(name).is_known
    assert not simulated.status(name).is_alive
    assert not simulated.up(name).is_reused
    assert simulated.status(name).is_ready


def test_a_component_that_dies_is_started_again(new_name: NewName) -> None:
    name = new_name("again")
    simulated.up(name)
    kwok = next(pid for pid in processes_of(name) if b"/kwok\0" in Path(f"/proc/{pid}/cmdline").read_bytes())

    processes.kill(kwok)

    def restarts() -> dict[str, int]:
        return {each.name: each.restarts for each in simulated.status(name).components if each.is_running}

    wait_until(lambda: restarts().get("kwok") == 1, "kwok is back", timeout=20)
    assert restarts()["etcd"] == 0


def test_an_interrupted_up_leaves_nothing(new_name: NewName, traces: Callable[[str], Any]) -> None:
    name = new_name("stop")
    before = traces(name)
    folder = ClusterFolder.of(name)
    code = "from tooling.cli.main import main; main()"
    up = [sys.executable, "-c", code, "cluster", "up", "--runtime", "simulated", "--name", name]
    process = subprocess.Popen(up, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    wait_until(lambda: "etcd" in observation.read_status(folder).ready, "etcd is ready", timeout=20)
    process.send_signal(signal.SIGINT)

    assert process.wait(timeout=20) == 130
    assert traces(name) == before


def test_two_clusters_at_the_same_moment_take_other_ports(new_name: NewName, read_record: ReadRecord) -> None:
    names = new_name("left"), new_name("right")

    with ThreadPoolExecutor() as pool:
        list(pool.map(simulated.up, names))

    blocks = [read_record(name).settings.network for name in names]
    assert blocks[0] != blocks[1]
    assert all(simulated.status(name).is_ready for name in names)


def test_an_up_that_waits_for_another_takes_the_cluster_as_that_one_made_it(
    new_name: NewName, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = new_name("behind")
    is_starting, is_waiting = threading.Event(), threading.Event()

    def hold_up(_: object) -> None:
        is_starting.set()
        assert is_waiting.wait(30), "the second up never waited for the first"

    def listen(line: str) -> None:
        if line == f"waiting for another command on the cluster {name}":
            is_waiting.set()

    monkeypatch.setattr(simulated, "check_space", hold_up)
    with ThreadPoolExecutor() as pool:
        first = pool.submit(simulated.up, name, gpu_nodes=["l4=1"], has_custom_kinds=True)
        assert is_starting.wait(30), "the first up never looked at the disk"
        second = pool.submit(simulated.up, name, progress=listen)

        assert not first.result().is_reused
        assert second.result().is_reused


def test_ports_that_somebody_listens_on_are_not_taken() -> None:
    import socket

    number = simulated.choose_block({})
    with socket.create_server(("127.0.0.1", ports_of_block(number).etcd_peer)):
        assert simulated.choose_block({}) != number
    assert simulated.choose_block({number: "the cluster other"}) != number
    with pytest.raises(LocalError, match=f"from {FIRST_PORT} to"):
        simulated.choose_block(dict.fromkeys(range(256), "the cluster other"))


def test_a_failed_start_keeps_only_the_logs_and_says_why(
    new_name: NewName, monkeypatch: pytest.MonkeyPatch, traces: Callable[[str], Any]
) -> None:
    name = new_name("broken")
    before = traces(name)
    monkeypatch.setattr("tooling.local.preparation.render_admission", lambda: "kind: Nonsense\n")

    with pytest.raises(LocalError, match="kube-apiserver keeps ending with exit code 1") as failed:
        simulated.up(name)

    assert "last lines of kube-apiserver" in failed.value.message
    assert [path.name for path in ClusterFolder.of(name).root.iterdir()] == ["logs"]
    assert not traces(name).processes
    simulated.down(name)
    assert traces(name) == before
