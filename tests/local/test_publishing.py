"""Push an image to a real registry on loopback, and be told when that cannot be done."""

from __future__ import annotations

import json
import socket
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tooling.local.errors import LocalError
from tooling.local.publishing import Destination, push_images

CONFIG = """version: 0.1
storage: {{filesystem: {{rootdirectory: {folder}/data}}}}
http: {{addr: "127.0.0.1:{port}"}}
{extra}
"""
DENIES = "auth: {{htpasswd: {{realm: test, path: {folder}/nobody}}}}"
START_SECONDS = 10

pytestmark = [pytest.mark.local, pytest.mark.usefixtures("machine")]

Start = Callable[..., str]


@pytest.fixture(scope="session")
def registry_binary(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Debian's docker-registry, unpacked only: installed it would start a service of its own."""
    folder = tmp_path_factory.mktemp("registry")
    if fetch(folder).returncode != 0:  # a new machine has no package lists, or old ones
        subprocess.run(["apt-get", "update"], capture_output=True, check=False)
        again = fetch(folder)
        assert again.returncode == 0, again.stderr
    (package,) = folder.glob("docker-registry_*.deb")
    subprocess.run(["dpkg", "-x", package, folder], check=True)
    return folder / "usr" / "bin" / "docker-registry"


def fetch(folder: Path) -> subprocess.CompletedProcess[str]:
    command = ["apt-get", "download", "docker-registry"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


@pytest.fixture
def start(registry_binary: Path, tmp_path: Path) -> Iterator[Start]:
    running: list[subprocess.Popen[bytes]] = []

    def run(extra: str = "") -> str:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        config = tmp_path / "registry.yml"
        (tmp_path / "nobody").touch()
        config.write_text(CONFIG.format(folder=tmp_path, port=port, extra=extra.format(folder=tmp_path)))
        with (tmp_path / "registry.log").open("wb") as log:
            running.append(subprocess.Popen([registry_binary, "serve", config], stdout=log, stderr=log))
        address = f"127.0.0.1:{port}"
        deadline = time.monotonic() + START_SECONDS
        while not answers(port):
            assert time.monotonic() < deadline, (tmp_path / "registry.log").read_text()
            time.sleep(0.05)
        return address

    yield run
    for process in running:
        process.terminate()
        process.wait(timeout=10)


def answers(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_a_pushed_image_lies_in_the_registry_under_the_digest_that_was_told(start: Start):
    address = start()
    (pushed,) = push_images(Destination(f"{address}/acme", "1.0", is_plain_http=True), only=["evals"])
    assert pushed.reference == f"{address}/acme/evals:1.0"
    asked = urllib.request.Request(
        f"http://{address}/v2/acme/evals/manifests/{pushed.digest}",
        headers={"Accept": "application/vnd.docker.distribution.manifest.v2+json"},
    )
    with urllib.request.urlopen(asked, timeout=10) as answer:
        assert answer.headers["Docker-Content-Digest"] == pushed.digest
        assert json.load(answer)["layers"]


def test_a_registry_that_wants_credentials_is_told_with_the_command_to_log_in(start: Start):
    address = start(DENIES)
    with pytest.raises(LocalError, match=f"pushing {address}/evals:1.0 failed") as caught:
        push_images(Destination(address, "1.0", is_plain_http=True), only=["evals"])
    assert f"buildah login {address}" in caught.value.hint


def test_no_registry_at_all_is_told():
    with pytest.raises(LocalError) as caught:
        push_images(Destination("127.0.0.1:1", "1.0", is_plain_http=True), only=["evals"])
    assert "can be reached" in caught.value.hint
