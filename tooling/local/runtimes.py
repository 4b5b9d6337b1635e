"""Which runtime a machine can run, and why not another."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass

from tooling.local.cgroups import CGROUP_ROOT
from tooling.local.errors import LocalError
from tooling.local.folders import ClusterFolder
from tooling.local.observation import read_record
from tooling.local.settings import CONTAINERS, SIMULATED, check_name

AUTO = "auto"
RUNTIMES = (AUTO, CONTAINERS, SIMULATED)
_MEANINGS = {CONTAINERS: "real pods", SIMULATED: "simulated pods, no traffic"}


@dataclass(frozen=True, slots=True)
class Choice:
    """A runtime, and why it is this one."""

    runtime: str
    reason: str

    def __str__(self) -> str:
        return f"{self.runtime} ({_MEANINGS[self.runtime]}): {self.reason}"


def find_obstacle() -> str:
    """Say why this Linux machine cannot run real pods; empty when it can, or when only packages are missing."""
    if os.geteuid() != 0:
        return f"without root the runtime {CONTAINERS} cannot run"
    if not os.access(CGROUP_ROOT, os.W_OK):
        return f"{CGROUP_ROOT} cannot be written, as in a container without privileges"
    try:
        command = ["unshare", "--net", "--pid", "--mount", "--uts", "--ipc", "--fork", "true"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return ""
    return f"namespaces cannot be made here ({done.stderr.strip()})" if done.returncode else ""


def choose_runtime(
    name: str,
    asked: str,
    *,
    network: int | None = None,
    system: str = sys.platform,
    find_obstacle: Callable[[], str] = find_obstacle,
) -> Choice:
    """Return the runtime for the cluster `name`: the one asked for, or with `auto` the first that can run.

    `auto` takes a cluster that is there as it is.
    """
    if asked == SIMULATED and network is not None:
        raise LocalError(
            f"--network {network} is for the runtime {CONTAINERS}.",
            hint="A simulated cluster listens on 127.0.0.1, on ports that are free: leave it out.",
        )
    if asked != AUTO:
        return Choice(asked, "as asked for")
    record = read_record(ClusterFolder.of(check_name(name)))
    if record is not None:
        return Choice(record.settings.runtime, "as the cluster of that name was started")
    obstacle = find_obstacle() if system.startswith("linux") and network is None else ""
    return Choice(SIMULATED, obstacle) if obstacle else Choice(CONTAINERS, "the first that can run here")
