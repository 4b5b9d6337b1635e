"""What every Helm port promises: the real one on a real API server, and the fake that other tests rely on."""

import json
import os
from dataclasses import replace
from itertools import count

import pytest

from tests.fakes.world import World
from tooling.adapters.helm_pyhelm3 import Pyhelm3Helm
from tooling.core.values import merge, role_values
from tooling.errors import HelmError
from tooling.local.binaries import find_helm

CHART = {
    "Chart.yaml": "apiVersion: v2\nname: genai-stack\nversion: 0.1.0\n",
    "templates/config.yaml": """
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ .Release.Name }}
data:
  values: {{ toJson .Values | quote }}
""",
}
VALUES = role_values("genai", "slot", "blue")
NUMBERS = count()


@pytest.fixture
def make_real(tmp_path, request):
    """Make the real port for a tiny chart, with a kubeconfig from the environment or the test cluster's."""

    def make() -> Pyhelm3Helm:
        for path, text in CHART.items():
            file = tmp_path / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        given = os.environ.get("GENAI_TEST_KUBECONFIG")
        kubeconfig = given or request.getfixturevalue("test_cluster").kubeconfig
        return Pyhelm3Helm(
            executable=str(find_helm()), chart=tmp_path, namespace="default", kubeconfig=str(kubeconfig)
        )

    return make


@pytest.fixture(params=["fake", pytest.param("real", marks=pytest.mark.local)])
def helm(request):
    return World().helm if request.param == "fake" else request.getfixturevalue("make_real")()


@pytest.fixture
def release(helm):
    name = "genai-blue" if not isinstance(helm, Pyhelm3Helm) else f"t{os.getpid()}-{next(NUMBERS)}-blue"
    yield name
    helm.uninstall(name)


def test_a_release_has_a_life(helm, release):
    assert helm.read_release(release) is None
    helm.uninstall(release)

    first = helm.upgrade(release, VALUES, description="rollout r action 1")
    assert (first.revision, first.status, first.description) == (1, "deployed", "rollout r action 1")
    assert first.chart == "genai-stack-0.1.0"
    found = helm.read_release(release)
    assert found is not None
    assert replace(found, updated_at=0.0) == first  # an upgrade does not say when it was

    second = helm.upgrade(release, merge(VALUES, {"gateway": {"replicas": 2}}), description="rollout r action 2")
    assert (second.revision, second.description) == (2, "rollout r action 2")

    helm.rollback(release, 1)
    third = helm.read_release(release)
    assert (third.revision, third.status) == (3, "deployed")
    assert "rollout" not in third.description, "helm's rollback cannot carry our description"

    helm.uninstall(release)
    assert helm.read_release(release) is None


def test_a_rollback_to_a_revision_that_never_was_changes_nothing(helm, release):
    helm.upgrade(release, VALUES, description="d")
    with pytest.raises(HelmError):
        helm.rollback(release, 77)
    assert helm.read_release(release).revision == 1


def test_what_a_release_put_there_can_be_read(helm, release):
    assert helm.read_installed(release) is None
    helm.upgrade(release, VALUES, description="d")
    first = helm.read_installed(release)
    assert (first.state, len(first.manifests) > 0) == (helm.read_release(release), True)
    assert [one.manifest for one in helm.template(release, VALUES)] == list(first.manifests)
    assert all(one.source.startswith("genai-stack/templates/") for one in helm.template(release, VALUES))

    helm.upgrade(release, merge(VALUES, {"gateway": {"replicas": 2}}), description="d")
    assert helm.read_installed(release).state.revision == 2
    assert helm.read_manifests(release, 1) == first.manifests
    assert helm.read_manifests(release, 2) == helm.read_installed(release).manifests
    assert helm.read_manifests(release, 77) == ()


def test_the_values_of_a_release_can_be_read(helm, release):
    assert helm.read_values(release) is None
    helm.upgrade(release, VALUES, description="d")
    assert helm.read_values(release) == VALUES


@pytest.mark.local
def test_a_revision_that_failed_is_not_what_runs(make_real):
    helm, name = make_real(), f"t{os.getpid()}-failed"
    try:
        helm.upgrade(name, {"which": "first"}, description="d")
        with pytest.raises(HelmError):
            helm.upgrade(name, {"which": "refused" * 200_000}, description="d")
        found, newest = helm.read_installed(name), helm.read_release(name)
    finally:
        helm.uninstall(name)
    assert (newest.revision, newest.status) == (2, "failed")
    assert (found.state.revision, found.state.status) == (1, "deployed")
    assert "first" in found.manifests[0]["data"]["values"]


@pytest.mark.local
def test_an_upgrade_with_no_values_does_not_take_the_last_ones(make_real):
    helm, name = make_real(), f"t{os.getpid()}-values"
    try:
        helm.upgrade(name, {"kept": True}, description="d")
        helm.upgrade(name, {}, description="d")
        command = ["get", "values", name, "--namespace", "default", "--output", "json"]
        answer = json.loads(helm._process.run(command))
    finally:
        helm.uninstall(name)
    assert not answer
