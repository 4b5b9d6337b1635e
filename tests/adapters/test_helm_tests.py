"""`helm test` through the port: the fake, helm 3 and 4 on a real API server, and what becomes of their words."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import pytest

from tests.fakes import World
from tests.waiting import wait_until
from tooling.adapters.helm_process import HelmFailedError, HelmProcess
from tooling.adapters.helm_pyhelm3 import Pyhelm3Helm, explain
from tooling.adapters.helm_tests import run_tests
from tooling.adapters.kube_client import KubeClient, connect
from tooling.core.values import role_values
from tooling.errors import HelmError, OutsideError, UnavailableError
from tooling.local.binaries import build
from tooling.ports.helm import Helm

CHART = """
apiVersion: v1
kind: Pod
metadata:
  name: {{ .Release.Name }}-test
  annotations:
    helm.sh/hook: test
    helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded
    helm.sh/hook-output-log-policy: hook-failed
spec:
  nodeSelector: {no: where}
  restartPolicy: Never
  containers:
    - name: check
      image: localhost/none
      securityContext:
        allowPrivilegeEscalation: false
        capabilities: {drop: [ALL]}
        runAsNonRoot: true
        runAsUser: 10001
        seccompProfile: {type: RuntimeDefault}
"""
NUMBERS = count()


@dataclass(frozen=True, slots=True)
class Subject:
    """`end` lets the tests of the release pass or fail."""

    helm: Helm
    release: str
    end: Callable[[bool], None]


@pytest.fixture(params=["fake", *(pytest.param(name, marks=pytest.mark.local) for name in ("helm", "helm4"))])
def subject(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Subject]:
    if request.param == "fake":
        world = World()
        yield Subject(world.helm, "genai-blue", lambda passes: world.behave("blue", tests_pass=passes))
        return
    kubeconfig = os.environ.get("GENAI_TEST_KUBECONFIG") or request.getfixturevalue("test_cluster").kubeconfig
    (tmp_path / "templates").mkdir()
    (tmp_path / "Chart.yaml").write_text("apiVersion: v2\nname: tiny\nversion: 0.1.0\n")
    (tmp_path / "templates" / "test.yaml").write_text(CHART)
    binary = build([request.param])[request.param]
    helm = Pyhelm3Helm(executable=str(binary), chart=tmp_path, namespace="default", kubeconfig=str(kubeconfig))
    client = connect(str(kubeconfig))
    release = f"tests-{os.getpid()}-{next(NUMBERS)}"
    threads: list[threading.Thread] = []

    def end(passes: bool) -> None:
        threads.append(threading.Thread(target=end_pod, args=(client, f"{release}-test", passes)))
        threads[-1].start()

    yield Subject(helm, release, end)
    for thread in threads:
        thread.join()
    helm.uninstall(release)
    client.delete(f"/api/v1/namespaces/default/pods/{release}-test", what="the pod")
    client.close()


def end_pod(client: KubeClient, name: str, passes: bool) -> None:
    """Say of a pod that nobody runs how it ended, as its kubelet would."""
    path = f"/api/v1/namespaces/default/pods/{name}"
    wait_until(lambda: client.find(path, what=name) is not None, f"pod {name} is there", timeout=30, pause=0.1)
    status = {"phase": "Succeeded" if passes else "Failed"}
    client.patch(f"{path}/status", {"status": status}, what=name)


def test_tests_that_pass_fail_and_are_not_there(subject: Subject) -> None:
    helm, release = subject.helm, subject.release
    with pytest.raises(HelmError, match="no such release"):
        helm.test(release)
    before = helm.upgrade(release, role_values("genai", "slot", "blue"), description="d")
    subject.end(True)
    helm.test(release)
    subject.end(False)
    with pytest.raises(HelmError, match=rf"helm test {release}: .*pod {release}-(gateway-)?test failed"):
        helm.test(release)
    after = helm.read_release(release)
    assert after is not None
    assert (after.revision, after.status) == (before.revision, "deployed"), "a test is no change of the release"


@pytest.mark.parametrize(
    ("stderr", "kind", "message"),
    [
        (
            "completion 1 of 1: status 502\nError: 1 error occurred:\n\t* pod genai-blue-gateway-test failed\n",
            HelmError,
            "helm test genai-blue: 1 error occurred: * pod genai-blue-gateway-test failed "
            "(completion 1 of 1: status 502)",
        ),
        (
            'level=INFO msg="completion 1 of 3: status 502"\n'
            "Error: resource Pod/genai/t not ready. status: Failed, message: pod t failed\n",
            HelmError,
            "helm test genai-blue: resource Pod/genai/t not ready. status: Failed, message: pod t failed "
            "(completion 1 of 3: status 502)",
        ),
        (
            "Error: resource Pod/genai/t not ready. status: InProgress, message: Pod in progress\n"
            "context deadline exceeded\n",
            HelmError,
            "helm test genai-blue: resource Pod/genai/t not ready. status: InProgress, message: Pod in progress "
            "gave up waiting after 300 s",
        ),
        (
            "noise\nError: Kubernetes cluster unreachable: connection refused\n",
            UnavailableError,
            "helm test genai-blue: Kubernetes cluster unreachable: connection refused",
        ),
    ],
)
def test_what_helm_says_of_a_failure(
    monkeypatch: pytest.MonkeyPatch, stderr: str, kind: type[OutsideError], message: str
) -> None:
    def fail(process: HelmProcess, command: object, text: bytes | None = None) -> bytes:
        raise HelmFailedError(1, b"", stderr.encode())

    monkeypatch.setattr(HelmProcess, "run", fail)
    with pytest.raises(kind) as caught:
        run_tests(HelmProcess("helm", None, None, 1.0), "genai-blue", "genai", explain)
    assert caught.value.message == message
