"""The Role that `rbac` prints, on a real API server: enough for everything; what is told where it is not there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.local.conftest import Kubectl
from tests.local.site import ACCOUNT, Site, open_site
from tooling.adapters.helm_process import HelmFailedError
from tooling.adapters.helm_pyhelm3 import Pyhelm3Helm
from tooling.app import preflight
from tooling.app.apply import values_for
from tooling.app.preflight_access import check_access
from tooling.app.release import Wishes, release
from tooling.app.rollback import rollback
from tooling.app.uninstall import uninstall
from tooling.cli.main import run
from tooling.core.plan import Step, StepKind
from tooling.core.values import merge
from tooling.errors import PreflightError
from tooling.local.binaries import build

pytestmark = pytest.mark.local


@pytest.fixture
def site(gpu_kubectl: Kubectl, tmp_path: Path) -> Iterator[Site]:
    with open_site(gpu_kubectl, tmp_path) as made:
        yield made


@pytest.fixture
def grant(site: Site, capfd: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """Apply what `rbac` prints, and return it."""

    def apply(*options: str, less: str = "", changes: dict[str, Any] | None = None) -> str:
        file = str(site.write(changes or {}))
        arguments = ["rbac", "--env", "local", "-f", file, "--namespace", site.namespace, *options]
        capfd.readouterr()
        assert run(arguments) == 0
        printed = capfd.readouterr().out
        documents = [one for one in yaml.safe_load_all(printed) if not one["kind"].startswith("Cluster")]
        for role in (one for one in documents if one["kind"] == "Role"):
            for rule in role["rules"]:
                rule["resources"] = [resource for resource in rule["resources"] if resource != less]
            role["rules"] = [rule for rule in role["rules"] if rule["resources"]]
        site.run("apply", "-f", "-", stdin=yaml.safe_dump_all(documents))
        return printed

    return apply


def test_the_printed_role_is_enough_for_a_releaser(site: Site, grant: Callable[..., str]) -> None:
    """A first install, a canary with autoscalers, the way back, and the end, by an account with that Role alone.

    The evals bring a Role of their own, which only may be made by who has what it grants.
    """
    scaling = {"autoscaling": {"enabled": True, "minReplicas": 2, "maxReplicas": 3}}
    rich: dict[str, Any] = {"evals": {"enabled": True}, "gateway": scaling}
    grant("--with-uninstall", changes=rich)
    mine = site.log_in(ACCOUNT)
    ports, target, reporter = site.wire(rich, kubeconfig=mine)
    assert release(ports, target, Wishes(is_confirmed=True)).exit_code == 0, reporter.text
    assert (
        site.run("get", "hpa,pdb,roles", "-l", "app.kubernetes.io/managed-by=Helm", "-o", "name").count("\n") == 3
    )
    newer = {**rich, "gateway": {**scaling, "podAnnotations": {"version": "2"}}}
    ports, target, reporter = site.wire(newer, kubeconfig=mine)
    assert release(ports, target, Wishes(is_confirmed=True)).exit_code == 0, reporter.text
    assert "this account may not list nodes" in reporter.text
    assert rollback(ports, target, is_confirmed=True).exit_code == 0, reporter.text
    uninstall(ports, target, delete_data=True, is_confirmed=True)
    assert not site.run("get", "deployments,httproutes,leases", "-o", "name").strip()


@pytest.mark.parametrize("name", ["helm", "helm4"])
def test_the_printed_role_is_enough_for_both_helms(site: Site, grant: Callable[..., str], name: str) -> None:
    rich: dict[str, Any] = {"evals": {"enabled": True}}
    grant("--with-uninstall", changes=rich)
    mine = site.log_in(ACCOUNT)
    _, target, _ = site.wire(rich, kubeconfig=mine)
    chart = Path(__file__).parents[2] / "charts" / "genai-stack"
    executable = str(build([name])[name])
    helm = Pyhelm3Helm(executable=executable, chart=chart, namespace=site.namespace, kubeconfig=str(mine))
    releases = {"genai": values_for(target, "base"), "genai-blue": values_for(target, "slot", "blue")}
    for release_name, values in releases.items():
        helm.upgrade(release_name, values, description="first")
        helm.upgrade(
            release_name, merge(values, {"gateway": {"podAnnotations": {"version": "2"}}}), description="second"
        )
        helm.rollback(release_name, 1)
        assert helm.measure_release(release_name, values).size > 0
    with pytest.raises(HelmFailedError) as ended:  # simulated pods run nothing, so their tests never end
        helm._process.run(["test", "genai-blue", "--namespace", site.namespace, "--timeout", "2s", "--logs"])
    assert "forbidden" not in str(ended.value).lower(), ended.value
    for release_name in releases:
        helm.uninstall(release_name)
    assert not site.run("get", "deployments,statefulsets", "-o", "name").strip()


def test_all_that_is_denied_is_told_at_once_and_nothing_is_written(site: Site) -> None:
    site.run("create", "serviceaccount", "nobody")
    role = ["create", "role", "reader", "--verb=get,list", "--resource=secrets,configmaps,httproutes,services"]
    site.run(*role)
    site.run("create", "rolebinding", "reader", "--role=reader", f"--serviceaccount={site.namespace}:nobody")
    before = site.run("get", "configmaps,secrets,leases,deployments", "-o", "name")
    ports, target, _ = site.wire(kubeconfig=site.log_in("nobody"))
    with pytest.raises(PreflightError) as refused:
        release(ports, target, Wishes(is_confirmed=True))
    for told in (
        f"system:serviceaccount:{site.namespace}:nobody",
        "create, update, delete secrets",
        "deployments",
    ):
        assert told in refused.value.message
    assert "--service-account nobody" in refused.value.hint
    assert site.run("get", "configmaps,secrets,leases,deployments", "-o", "name") == before


def test_without_the_proxy_of_pods_another_way_is_named(site: Site, grant: Callable[..., str]) -> None:
    grant(less="pods/proxy")
    ports, target, _ = site.wire(kubeconfig=site.log_in(ACCOUNT))
    manifests = preflight.render_roles(ports, target, "blue").all
    check_access(ports, target, (Step(StepKind.PROMOTE),), manifests)
    with pytest.raises(PreflightError) as refused:
        check_access(ports, target, (Step(StepKind.ANALYSIS),), manifests)
    assert "get pods/proxy" in refused.value.message
    assert "rollout.analysis.provider: prometheus" in refused.value.hint
