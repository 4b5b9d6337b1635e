"""The machine: what is missing on it is named, with what to do."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tooling.local import cgroups, folders, lifecycle, processes, system, toolchain
from tooling.local.binaries import explain_failure, parse_helm_version
from tooling.local.errors import LocalError
from tooling.local.modules import MODULES


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("go version go1.26.8 linux/amd64", (1, 26, 8)),
        ("go version go1.27 linux/arm64", (1, 27)),
        ("go version devel go1.28-abcdef linux/amd64", None),
        ("go version go1.27rc1 linux/amd64", None),
        ("", None),
    ],
)
def test_the_version_of_go_is_read(text: str, version: tuple[int, ...] | None) -> None:
    assert toolchain.parse_go_version(text) == version


@pytest.mark.parametrize(
    ("text", "version"),
    [("v3.22.0", (3, 22)), ("v3.18.4+g12345\n", (3, 18)), ("v4.3.1+gabc", (4, 3)), ("v2", None), ("error", None)],
)
def test_the_version_of_helm_is_read(text: str, version: tuple[int, int] | None) -> None:
    assert parse_helm_version(text) == version


def test_go_never_fetches_another_toolchain_or_changes_a_pin() -> None:
    environment = toolchain.go_environment()

    assert environment["GOTOOLCHAIN"] == "local"
    assert "-mod=readonly" in environment["GOFLAGS"]


@pytest.mark.parametrize(
    ("output", "hint"),
    [
        ("go: x: dial tcp 1.2.3.4:443: i/o timeout", "check the network"),
        ("write /tmp/x: no space left on device", "Free disk space"),
        ("main.go:1: syntax error", "go build"),
    ],
)
def test_a_failed_build_says_what_to_do(output: str, hint: str) -> None:
    error = explain_failure(MODULES[0], "go: downloading noise\n" + "line\n" * 20 + output)

    assert MODULES[0].name in error.message
    assert output in error.message
    assert "noise" not in error.message
    assert error.message.count("line") <= 5
    assert hint in error.hint
    assert error.exit_code == 2


def test_missing_packages_are_named_once_and_in_order() -> None:
    programs = {"containerd": "containerd", "ctr": "containerd", "runc": "runc", "nft": "nftables"}

    assert system.missing_packages(programs, lambda _name: None) == ("containerd", "runc", "nftables")
    assert system.missing_packages(programs, lambda name: None if name == "nft" else Path("/x")) == ("nftables",)
    assert system.missing_packages(programs, lambda _name: Path("/x")) == ()


@pytest.mark.parametrize(
    ("platform", "user", "message"),
    [("darwin", 0, "runs on Linux; this is darwin"), ("linux", 1000, "needs root")],
)
def test_another_system_or_user_is_refused(platform: str, user: int, message: str) -> None:
    with pytest.raises(LocalError, match=message) as refused:
        system.check_platform(system=platform, user=user)
    assert refused.value.exit_code == 2
    assert refused.value.hint


def test_linux_as_root_is_fine() -> None:
    system.check_platform(system="linux", user=0)


def test_whoever_is_not_root_is_told_of_the_runtime_that_needs_none() -> None:
    with pytest.raises(LocalError) as refused:
        system.check_platform(system="linux", user=1000)
    assert "--runtime simulated" in refused.value.hint


def test_a_cluster_of_root_is_not_taken_for_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "root" / "local").mkdir(parents=True)
    monkeypatch.setattr(lifecycle, "STATE_ROOT", tmp_path / "root")
    monkeypatch.setattr("tooling.local.folders.state_root", lambda: tmp_path / "mine")

    for look in (lifecycle.status, lifecycle.down):
        with pytest.raises(LocalError, match="the cluster local belongs to root") as refused:
            look("local")
        assert "sudo" in refused.value.hint
    assert not lifecycle.status("other").is_known


def test_each_user_has_clusters_in_a_place_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    monkeypatch.setattr("os.geteuid", lambda: 0)
    assert folders.state_root() == Path("/var/lib/genai-stack/clusters")

    monkeypatch.setattr("os.geteuid", lambda: 1000)
    assert folders.state_root() == Path("/home/me/.local/state/genai-stack/clusters")
    monkeypatch.setenv("XDG_STATE_HOME", "/state")
    assert folders.state_root() == Path("/state/genai-stack/clusters")


def test_without_apt_the_packages_are_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(LocalError, match="this-package") as refused:
        system.ensure_programs({"no-such-program": "this-package"})
    assert "no apt-get" in refused.value.hint


def fake_apt(folder: Path, script: str) -> None:
    (folder / "apt-get").write_text(f"#!/bin/sh\n{script}\n")
    (folder / "apt-get").chmod(0o755)


def test_what_apt_said_is_shown_when_it_fails(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    fake_apt(
        tmp_path, 'echo "$@" >> ' + str(tmp_path / "calls") + "\necho E: Unable to locate package >&2; exit 100"
    )
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setattr("os.geteuid", lambda: 0)
    said: list[str] = []

    with pytest.raises(LocalError, match="Unable to locate package") as failed:
        system.ensure_programs({"no-such-program": "this-package"}, said.append)

    assert "apt-get install this-package" in failed.value.hint
    assert said == ["installing Debian packages: this-package"]
    # The lists are fetched once in between: a fresh machine has none.
    calls = [line.split()[-1] for line in (tmp_path / "calls").read_text().splitlines()]
    assert calls == ["this-package", "update", "this-package"]


def test_a_pid_that_was_given_to_another_process_is_not_taken_for_the_first(tmp_path: Path) -> None:
    (tmp_path / "7").mkdir()
    fields = " ".join(str(number) for number in range(4, 23))
    (tmp_path / "7" / "stat").write_text(f"7 (a) name) S {fields}")

    started = processes.start_time(7, tmp_path)

    assert started == 22
    assert processes.is_same(7, 22, tmp_path)
    assert not processes.is_same(7, 21, tmp_path)
    assert not processes.is_same(8, 22, tmp_path)
    assert not processes.is_same(0, 0, tmp_path)


def test_processes_of_a_cluster_are_known_by_their_mark(tmp_path: Path) -> None:
    mark = f"{processes.MARK}=/state/x".encode()
    environments = {"7": b"A=1\0" + mark, "8": mark + b"y", "9": b"", "self": mark}
    for name, environment in environments.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "environ").write_bytes(environment)
        (tmp_path / name / "stat").write_text(f"{name} (x) S " + "1 " * 30)

    assert processes.marked(Path("/state/x"), tmp_path) == [7]


def test_a_process_says_in_its_log_why_it_cannot_be_started(tmp_path: Path) -> None:
    pid = processes.spawn((str(tmp_path / "nothing"),), {}, tmp_path / "log")

    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 127
    assert "nothing cannot be started" in (tmp_path / "log").read_text()


def test_a_child_ends_with_the_process_that_started_it(tmp_path: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path; from tooling.local import processes;"
        "print(processes.spawn((sys.executable, '-c', 'import time; time.sleep(600)'), {}, Path(sys.argv[1])));"
        "sys.stdout.flush(); time.sleep(600)"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path / "log")], stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    started = processes.start_time(child)
    assert started is not None

    parent.kill()
    parent.wait()

    deadline = time.monotonic() + 10
    while processes.is_same(child, started):
        assert time.monotonic() < deadline, "the child lives on"
        time.sleep(0.01)


def test_a_zombie_is_not_alive(tmp_path: Path) -> None:
    (tmp_path / "7").mkdir()
    (tmp_path / "7" / "stat").write_text("7 (x) Z " + "1 " * 30)

    assert processes.start_time(7, tmp_path) is None


def test_cgroup_v1_gets_a_group_in_every_hierarchy_and_a_filled_cpuset(tmp_path: Path) -> None:
    for controller in ("memory", "cpuset", "systemd"):
        (tmp_path / controller).mkdir()
    (tmp_path / "cpu,cpuacct").mkdir()
    (tmp_path / "cpu").symlink_to("cpu,cpuacct")
    (tmp_path / "cpuset" / "x").mkdir()
    for file in ("cpuset.cpus", "cpuset.mems"):
        (tmp_path / "cpuset" / file).write_text("0-1\n")
        (tmp_path / "cpuset" / "x" / file).write_text("")

    cgroups.make("x", tmp_path)

    assert not cgroups.is_unified(tmp_path)
    assert sorted(path.parent.name for path in tmp_path.glob("*/x")) == [
        "cpu",
        "cpu,cpuacct",
        "cpuset",
        "memory",
        "systemd",
    ]
    assert (tmp_path / "cpuset" / "x" / "cpuset.cpus").read_text() == "0-1\n"
    assert cgroups.hierarchies(tmp_path) == tuple(
        tmp_path / name for name in ("cpu,cpuacct", "cpuset", "memory", "systemd")
    )


def make_unified(root: Path, controllers: str, enabled: str) -> None:
    (root / "x").mkdir()
    for folder in (root, root / "x"):
        (folder / "cgroup.controllers").write_text(controllers)
        (folder / "cgroup.subtree_control").write_text(enabled)


def test_cgroup_v2_asks_for_controllers_and_names_those_it_does_not_get(tmp_path: Path) -> None:
    make_unified(tmp_path, "cpu pids", "")

    assert cgroups.is_unified(tmp_path)
    # Plain files keep only what was written last, as a kernel would that refused all others.
    with pytest.raises(LocalError, match="cpu, memory, pids cannot be enabled"):
        cgroups.make("x", tmp_path)
    assert (tmp_path / "cgroup.subtree_control").read_text() == "+pids"


def test_all_cgroups_below_ours_are_removed(tmp_path: Path) -> None:
    (tmp_path / "memory" / "x" / "pods" / "a").mkdir(parents=True)
    (tmp_path / "memory" / "other").mkdir()

    assert cgroups.remove("x", tmp_path) == []
    assert [path.name for path in (tmp_path / "memory").iterdir()] == ["other"]
