"""The workflows of docs/ci against a registry that wants a password and an API server that wants a token."""

from __future__ import annotations

import json
import threading
import urllib.error
import urllib.request
from base64 import b64decode, b64encode
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml

from tests.local.conftest import Kubectl
from tests.local.test_publishing import Start, registry_binary, start  # noqa: F401 - fixtures
from tests.workflows import GITHUB, GITLAB, Runner, Step, read
from tooling.local.binaries import build
from tooling.local.containers import Cluster
from tooling.local.system import ensure_packages

pytestmark = pytest.mark.local

USER, PASSWORD = "ci", "pushed-by-ci"
HASHED = f"{USER}:$2b$04$2/96l2ZWoIQL9hr5GM6j4.McDSxN8afq5L0uJEJ0AZ9uYvwHhmRZq\n"
WANTS_PASSWORD = "auth: {{htpasswd: {{realm: test, path: {folder}/users}}}}"
TAG = "1" * 40


@pytest.fixture
def registry(start: Start, tmp_path: Path) -> str:  # noqa: F811
    """Address of a registry that takes a push of USER alone."""
    (tmp_path / "users").write_text(HASHED)
    return start(WANTS_PASSWORD)


@pytest.fixture
def runner(tmp_path: Path, registry: str) -> Runner:
    """A machine that keeps credentials to itself."""
    ensure_packages(["buildah"], print)  # as the job's machine has it
    folder = tmp_path / "runner"
    folder.mkdir()
    of_github = {"REGISTRY_HOST": registry, "REGISTRY_PATH": "Acme/Stack", "ACTOR": USER, "TOKEN": PASSWORD}
    of_gitlab = {"CI_REGISTRY": registry, "CI_REGISTRY_IMAGE": f"{registry}/acme/stack"}
    credentials = {"CI_REGISTRY_USER": USER, "CI_REGISTRY_PASSWORD": PASSWORD}
    own = {"REGISTRY_AUTH_FILE": str(folder / "auth.json"), "PUSH_ARGS": "--only evals --plain-http", "TAG": TAG}
    return Runner.make(folder, **of_github, **of_gitlab, **credentials, **own)


def find_digest(registry: str) -> str:
    """What the registry says about the image that was pushed."""
    request = urllib.request.Request(
        f"http://{registry}/v2/acme/stack/evals/manifests/{TAG}",
        headers={
            "Accept": "application/vnd.docker.distribution.manifest.v2+json",
            "Authorization": "Basic " + b64encode(f"{USER}:{PASSWORD}".encode()).decode(),
        },
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        digest: str = answer.headers["Docker-Content-Digest"]
        return digest


@pytest.mark.usefixtures("machine")
@pytest.mark.parametrize("file", [GITHUB, GITLAB], ids=["github", "gitlab"])
def test_the_images_job_pushes_and_pins_what_it_pushed(file: Path, runner: Runner, registry: str) -> None:
    told = runner.run_job(file, "images", only="^(?!Set up)")
    values = yaml.safe_load((runner.work / "images.yaml").read_text())
    assert values["evals"]["image"]["digest"] == find_digest(registry)
    assert values["evals"]["image"]["registry"] == f"{registry}/acme/stack"
    assert PASSWORD not in told
    assert not json.loads((runner.folder / "auth.json").read_text()).get("auths"), "it stays logged in"


class TokenService(BaseHTTPRequestHandler):
    """Gives a job its identity, as GitHub does: to whom has the job's own key, for the audience that is asked."""

    token = ""

    def do_GET(self) -> None:
        is_known = self.headers["Authorization"] == "Bearer key-of-the-job"
        audience = parse_qs(urlsplit(self.path).query).get("audience")
        self.send_response(200 if is_known and audience == ["kubernetes"] else 403)
        self.end_headers()
        self.wfile.write(json.dumps({"value": self.token}).encode())

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""


@pytest.fixture
def service() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), TokenService)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/token?api-version=2.0"
    server.shutdown()
    server.server_close()


@pytest.fixture
def release_job(gpu_cluster: Cluster, gpu_kubectl: Kubectl, service: str, tmp_path: Path) -> Iterator[Runner]:
    """A machine with nothing but the address of the API server and the identity of its job."""
    known = yaml.safe_load(gpu_cluster.kubeconfig.read_text())["clusters"][0]["cluster"]
    gpu_kubectl("create", "serviceaccount", "ci", "--namespace=default")
    role = ("--clusterrole=cluster-admin", "--serviceaccount=default:ci")
    gpu_kubectl("create", "clusterrolebinding", "ci", *role)
    TokenService.token = gpu_kubectl("create", "token", "ci", "--namespace=default", "--duration=10m").strip()
    runner = Runner.make(
        tmp_path,
        ENVIRONMENT="dev",
        PROFILE="",
        KUBE_SERVER=known["server"],
        KUBE_CA=b64decode(known["certificate-authority-data"]).decode(),
        KUBE_CONTEXT="dev",
        ACTIONS_ID_TOKEN_REQUEST_URL=service,
        ACTIONS_ID_TOKEN_REQUEST_TOKEN="key-of-the-job",
    )
    (runner.work / "images.yaml").write_text("gateway: {podLabels: {released-by: ci}}\n")
    yield runner
    gpu_kubectl("delete", "serviceaccount/ci", "clusterrolebinding/ci", "--namespace=default")


def test_the_release_job_reaches_the_cluster_with_no_stored_secret_and_plans(release_job: Runner) -> None:
    told = release_job.run_job(GITHUB, "release", only="Reach the cluster|Plan")
    assert "promote: all traffic to the candidate" in told
    assert "promote" in (release_job.folder / "summary").read_text()
    config = release_job.folder / "temp" / "kubeconfig"
    assert TokenService.token not in config.read_text() + told
    check_identity(release_job, config)


def test_the_release_job_of_gitlab_does_the_same_with_the_token_that_it_is_given(release_job: Runner) -> None:
    *until_planned, released = read(GITLAB)["release"]["script"]
    assert released.endswith("--yes")
    given = {name: value for name, value in release_job.variables.items() if not name.startswith("ACTIONS")}
    runner = replace(release_job, variables={**given, "KUBE_ID_TOKEN": TokenService.token})
    done = runner.run(Step("release", "script", "\n".join(until_planned), {}))
    assert "promote: all traffic to the candidate" in done.stdout, done.stderr
    config = Path(f"{runner.work}.tmp") / "kubeconfig"
    assert TokenService.token not in config.read_text() + done.stdout + done.stderr
    check_identity(runner, config)


def check_identity(runner: Runner, config: Path) -> None:
    """The kubeconfig is the job's alone, and stands for the job's own identity."""
    assert config.stat().st_mode & 0o077 == 0
    asked = f"{build(['kubectl'])['kubectl']} --kubeconfig {config} auth whoami"
    answer = runner.run(Step("release", "kubectl", asked, {}))
    assert "system:serviceaccount:default:ci" in answer.stdout, answer.stderr
