"""Stories of a cluster's life: it comes up, it goes without a trace, and it survives what people do to it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.waiting import wait_until
from tooling.local import containers, observation, processes
from tooling.local.errors import LocalError
from tooling.local.folders import ClusterFolder
from tooling.local.settings import Network, Record

pytestmark = [pytest.mark.local, pytest.mark.usefixtures("machine")]
NewName = Callable[[str], str]


def members_of(name: str) -> dict[str, int]:
    """Return the host's process id of each component's program in the cluster."""
    record = observation.read_record(ClusterFolder.of(name))
    assert record is not None
    found = {}
    for pid in processes.members(record.pid_namespace):
        command = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        found[Path(command[0].decode()).name] = pid
    return found


def test_a_cluster_comes_up_and_goes_without_a_trace(new_name: NewName, traces: Callable[[str], Any]) -> None:
    name = new_name("one")
    before = traces(name)

    started = containers.up(name)

    during = traces(name)
    assert not started.is_reused
    assert during.processes
    assert during.interfaces
    assert during.cgroups
    assert during.settings == before.settings
    assert containers.status(name).is_ready
    assert {each.name for each in containers.status(name).components if each.is_running} >= {
        "etcd",
        "kubelet",
        "traefik",
    }
    assert containers.down(name)
    assert traces(name) == before
    assert not containers.status(name).is_known
    assert not containers.down(name)


def test_a_second_up_changes_nothing_and_other_settings_are_refused(
    new_name: NewName, read_record: Callable[[str], Record]
) -> None:
    name = new_name("twice")
    containers.up(name)
    before = read_record(name)

    assert containers.up(name).is_reused
    assert read_record(name) == before
    other = 1 if before.settings.network != 1 else 2
    with pytest.raises(LocalError, match=f"network is {before.settings.network}, asked for {other}") as refused:
        containers.up(name, network=other)
    assert refused.value.exit_code == 2
    assert read_record(name) == before


@pytest.mark.parametrize("victim", ["supervisor", "anchor", "everything"])
def test_up_works_after_everything_was_killed(
    new_name: NewName, read_record: Callable[[str], Record], victim: str
) -> None:
    name = new_name(victim)
    containers.up(name)
    record = read_record(name)
    inside = members_of(name)
    targets = {
        "supervisor": [next(pid for program, pid in inside.items() if program.startswith("python"))],
        "anchor": [record.anchor],
        "everything": [record.anchor, *inside.values()],
    }[victim]

    for pid in targets:
        processes.kill(pid)
    # The anchor is outside of the namespaces: it ends a moment after what is inside.
    wait_until(
        lambda: not processes.members(record.pid_namespace) and not containers.status(name).is_alive,
        "the cluster is gone",
        timeout=20,
    )

    assert containers.status(name).is_known
    assert not containers.up(name).is_reused
    assert containers.status(name).is_ready


def test_a_component_that_dies_is_started_again(new_name: NewName) -> None:
    name = new_name("again")
    containers.up(name)
    first = members_of(name)["traefik"]

    processes.kill(first)

    wait_until(
        lambda: members_of(name).get("traefik", first) != first and containers.status(name).is_ready,
        "traefik is back",
        timeout=20,
    )
    restarts = {each.name: each.restarts for each in containers.status(name).components}
    assert restarts["traefik"] == 1
    assert restarts["etcd"] == 0


def test_an_interrupted_up_leaves_nothing(new_name: NewName, traces: Callable[[str], Any]) -> None:
    name = new_name("stop")
    before = traces(name)
    folder = ClusterFolder.of(name)
    code = "from tooling.cli.main import main; main()"
    up = [sys.executable, "-c", code, "cluster", "up", "--name", name]
    process = subprocess.Popen(up, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    wait_until(lambda: "etcd" in observation.read_status(folder).ready, "etcd is ready", timeout=20)
    process.send_signal(signal.SIGINT)

    assert process.wait(timeout=20) == 130
    assert traces(name) == before


def test_a_cluster_outlives_the_process_that_started_it(new_name: NewName) -> None:
    name = new_name("outlive")
    code = f"from tooling.local.containers import up; up({name!r})"

    # An open copy of the caller's output in the cluster would make this wait until the cluster ends.
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, timeout=100)

    assert containers.status(name).is_ready
    record = observation.read_record(ClusterFolder.of(name))
    assert record is not None
    assert os.getsid(record.anchor) == record.anchor


def test_two_clusters_run_side_by_side(new_name: NewName, read_record: Callable[[str], Record]) -> None:
    first, second = new_name("left"), new_name("right")

    # Both at the same moment: neither may take the network that the other has chosen.
    with ThreadPoolExecutor() as pool:
        started = list(pool.map(containers.up, (first, second)))

    assert started[0].address != started[1].address
    assert all(containers.status(name).is_ready for name in (first, second))
    containers.down(first)
    assert containers.status(second).is_ready


def test_a_network_that_is_taken_is_refused_by_name(
    new_name: NewName, read_record: Callable[[str], Record]
) -> None:
    holder = new_name("holder")
    containers.up(holder)
    number = read_record(holder).settings.network
    name = new_name("late")

    with pytest.raises(LocalError, match=rf"198\.18\.{number}\.0/30 is taken by"):
        containers.up(name, network=number)

    assert not ClusterFolder.of(name).root.exists()


def test_nothing_can_leave_the_cluster(new_name: NewName, read_record: Callable[[str], Record]) -> None:
    name = new_name("closed")
    containers.up(name)
    record = read_record(name)
    enter = ["nsenter", f"--net=/proc/{record.anchor}/ns/net"]

    routes = subprocess.run([*enter, "ip", "-json", "route"], capture_output=True, text=True, check=True).stdout

    destinations = {route["dst"] for route in json.loads(routes)}
    assert "default" not in destinations
    assert str(Network(record.settings.network).prefix) in destinations


def test_a_failed_start_keeps_only_the_logs_and_says_why(
    new_name: NewName, monkeypatch: pytest.MonkeyPatch, traces: Callable[[str], Any]
) -> None:
    name = new_name("broken")
    before = traces(name)
    monkeypatch.setattr("tooling.local.preparation.render_admission", lambda: "kind: Nonsense\n")

    with pytest.raises(LocalError, match="kube-apiserver keeps ending with exit code 1") as failed:
        containers.up(name)

    folder = ClusterFolder.of(name)
    assert "last lines of kube-apiserver" in failed.value.message
    assert [path.name for path in folder.root.iterdir()] == ["logs"]
    assert not traces(name).processes
    containers.down(name)
    assert traces(name) == before
