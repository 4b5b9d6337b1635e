"""Somebody runs plain helm in the middle of a rollout: refused by Helm itself, or noticed and answered."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.e2e.conftest import CHECKOUT, Stack, finish, read_until
from tests.e2e.traffic import steady_traffic
from tooling.local.binaries import build
from tooling.local.folders import ClusterFolder

pytestmark = pytest.mark.e2e


def helm(stack: Stack, binary: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a helm of that major version against the instance, as a person would."""
    command = [str(build([binary])[binary]), *arguments]
    where = ("--namespace", "genai", "--kubeconfig", stack.cluster.kubeconfig)
    return subprocess.run([*command, *where], cwd=CHECKOUT, capture_output=True, text=True, check=False)


def list_revisions(stack: Stack) -> set[str]:
    """Every revision of every release."""
    return set(stack.kubectl("get", "secrets", "--selector", "owner=helm", "-o", "name").split())


def read_objects(stack: Stack) -> dict[str, str]:
    """The generation of every object that the chart makes."""
    kinds = "deployments,statefulsets,services,configmaps,httproutes,networkpolicies"
    items = json.loads(stack.kubectl("get", kinds, "-o", "json"))["items"]
    ours = [item for item in items if "rollout" not in item["metadata"]["name"]]
    return {
        f"{item['kind']}/{item['metadata']['name']}": f"{item.get('spec')}{item.get('data')}"
        for item in ours
        if item["kind"] != "Deployment"
    }


def test_plain_helm_in_the_middle_of_a_canary(stack: Stack, tmp_path: Path) -> None:
    """Role `all` fails before any write, with both helms; an upgrade of the candidate ends the rollout."""
    before = stack.status()["serving"]
    candidate = {"blue": "green", "green": "blue"}[before]
    images = str(ClusterFolder.of(stack.cluster.name).images)
    long = tmp_path / "long.yaml"
    long.write_text("rollout: {steps: [{weight: 50, hold: 10m}], load: {rate: 4}}")
    host = stack.cluster.edge.removeprefix("http://")
    with steady_traffic(stack.cluster.edge, host) as traffic:
        process = stack.start("-f", str(long))
        read_until(process, "first measurement")
        revisions, objects = list_revisions(stack), read_objects(stack)
        for binary in ("helm", "helm4"):
            refused = helm(
                stack, binary, "upgrade", "genai", "charts/genai-stack", "-f", "values/local.yaml", "-f", images
            )
            assert refused.returncode != 0, refused.stdout
            assert "invalid ownership metadata" in refused.stderr, refused.stderr
            assert list_revisions(stack) == revisions, f"{binary} wrote a revision"
            assert read_objects(stack) == objects, f"{binary} changed objects"
        assert process.poll() is None, "the rollout goes on"

        upgraded = helm(
            stack, "helm", "upgrade", f"genai-{candidate}", "charts/genai-stack", "--reuse-values",
            "--set-string", "gateway.podAnnotations.by=hand",
        )  # fmt: skip
        assert upgraded.returncode == 0, upgraded.stderr
        ended = finish(process)
    assert ended.exit_code == 3, ended.text
    assert f"somebody else ran helm on genai-{candidate}" in ended.result["reason"]
    assert stack.status()["weights"] == {before: 100}
    assert not traffic.failures, f"{len(traffic.failures)} of {traffic.answered}: {traffic.failures[:3]}"
