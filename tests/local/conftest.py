"""What the tests of the embedded cluster share: a fit machine, a cluster of one's own, and what it leaves."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tooling.local import containers, observation, simulated
from tooling.local.archive import write_image
from tooling.local.binaries import build, build_module
from tooling.local.folders import ClusterFolder
from tooling.local.loading import load_images
from tooling.local.modules import Module
from tooling.local.settings import Record

GPU_NODES = ("a100-80g=2", "a100-mig=1", "t4-shared=1")
PROBE_IMAGE = "localhost/genai-stack/probe:test"


@dataclass(frozen=True)
class Traces:
    """All that could be left of a cluster on the host, by what it belongs to."""

    processes: tuple[str, ...]
    mounts: tuple[str, ...]
    interfaces: tuple[str, ...]
    cgroups: tuple[str, ...]
    tables: str
    settings: tuple[str, ...]
    files: tuple[str, ...] = field(default=())

    @classmethod
    def of(cls, name: str) -> Traces:
        """Look for everything that carries the cluster's name or network. Other clusters do not matter."""
        folder = ClusterFolder.of(name)
        record = observation.read_record(folder)
        number = record.settings.network if record else -1
        lines = Path("/proc/self/mounts").read_text().splitlines()
        return cls(
            processes=tuple(_commands(str(folder.root))),
            mounts=tuple(line for line in lines if str(folder.root) in line),
            interfaces=tuple(path.name for path in Path("/sys/class/net").glob(f"genai{number}")),
            cgroups=tuple(str(path) for path in Path("/sys/fs/cgroup").glob(f"**/{folder.cgroup}")),
            tables=_tables(),
            settings=tuple(Path("/proc/sys", each).read_text() for each in _HOST_SETTINGS),
            files=tuple(str(path) for path in folder.root.parent.glob(f"*{name}*")),
        )


_HOST_SETTINGS = ("vm/overcommit_memory", "kernel/panic", "kernel/panic_on_oops", "net/ipv4/ip_forward")


def _tables() -> str:
    if os.geteuid() != 0:
        return ""
    return subprocess.run(["nft", "list", "tables"], capture_output=True, text=True, check=True).stdout


def _commands(part: str) -> Iterator[str]:
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            command = path.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if part in command:
            yield command


@dataclass(frozen=True)
class Kubectl:
    """kubectl against one cluster."""

    binary: Path
    kubeconfig: Path

    def run(self, *arguments: str, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
        """Run and return whatever comes out."""
        command = [str(self.binary), "--kubeconfig", str(self.kubeconfig), *arguments]
        return subprocess.run(command, input=stdin, capture_output=True, text=True, check=False)

    def __call__(self, *arguments: str, stdin: str | None = None) -> str:
        """Run, insist on success, and return the output."""
        done = self.run(*arguments, stdin=stdin)
        assert done.returncode == 0, f"kubectl {' '.join(arguments)}: {done.stderr}"
        return done.stdout


@pytest.fixture(scope="session")
def machine() -> None:
    """Skip where no embedded cluster can run; in CI that is a failure."""
    reason = ""
    if not sys.platform.startswith("linux"):
        reason = f"needs Linux, this is {sys.platform}"
    elif os.geteuid() != 0:
        reason = "needs root"
    if reason and os.environ.get("CI") == "true":
        pytest.fail(f"embedded cluster: {reason}")
    if reason:
        pytest.skip(f"embedded cluster: {reason}")


def _worker_name(request: pytest.FixtureRequest, suffix: str) -> str:
    # A name of this process: neither a worker of xdist nor a second run of the tests has the same.
    return f"t{os.getpid()}-{suffix}"


@pytest.fixture(scope="session")
def gpu_cluster(request: pytest.FixtureRequest) -> Iterator[containers.Cluster]:
    """Return one simulated cluster with GPU nodes of several kinds; needs no root."""
    if not sys.platform.startswith("linux"):
        pytest.skip(f"simulated cluster: needs Linux, this is {sys.platform}")
    name = _worker_name(request, "gpu")
    yield simulated.up(name, gpu_nodes=GPU_NODES, progress=print)
    simulated.down(name)


@pytest.fixture(scope="session")
def gpu_kubectl(gpu_cluster: containers.Cluster) -> Kubectl:
    """Return kubectl against the cluster with simulated GPU nodes."""
    return Kubectl(build(["kubectl"])["kubectl"], gpu_cluster.kubeconfig)


@pytest.fixture
def new_name(request: pytest.FixtureRequest) -> Iterator[Callable[[str], str]]:
    """Return names for clusters that are taken down after the test, whatever became of them."""
    with ExitStack() as taken:  # one that cannot be taken down does not keep the others

        def make(suffix: str) -> str:
            name = _worker_name(request, suffix)
            taken.callback(containers.down, name)
            return name

        yield make


@pytest.fixture(scope="session")
def shared(machine: None, request: pytest.FixtureRequest) -> Iterator[containers.Cluster]:
    """Return one cluster for tests that only use it."""
    name = _worker_name(request, "shared")
    yield containers.up(name)
    containers.down(name)


@pytest.fixture(scope="session")
def kubectl(shared: containers.Cluster) -> Kubectl:
    """Return kubectl against the shared cluster."""
    return Kubectl(build(["kubectl"])["kubectl"], shared.kubeconfig)


@pytest.fixture(scope="session")
def probe_archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an image of the probe program."""
    module = Module("probe", Path(__file__).parent / "probe", {"probe": "."})
    binary = build_module(module, ["probe"])["probe"]
    path = tmp_path_factory.mktemp("probe") / "probe.tar"
    write_image(path, reference=PROBE_IMAGE, binary=binary, user="10001:10001")
    return path


@pytest.fixture(scope="session")
def probe_image(shared: containers.Cluster, probe_archive: Path) -> str:
    """Return the reference of the probe image, which the shared cluster has."""
    return load_images(shared.name, [probe_archive])[0]


@pytest.fixture
def read_record() -> Callable[[str], Record]:
    """Return the record of a cluster that has one."""

    def read(name: str) -> Record:
        record = observation.read_record(ClusterFolder.of(name))
        assert record is not None
        return record

    return read


@pytest.fixture
def traces() -> Callable[[str], Traces]:
    """Return what a cluster has left on this host."""
    return Traces.of


@pytest.fixture(scope="session")
def api(gpu_kubectl: Kubectl) -> Kubectl:
    """A cluster that can be asked whether it would take manifests."""
    from tests.local.tryout import prepare

    prepare(gpu_kubectl)
    return gpu_kubectl
