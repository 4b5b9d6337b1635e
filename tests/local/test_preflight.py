"""What preflight asks a real API server: trials, quotas, budgets, admission, and the size of Helm's Secret."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.charts.rendering import BASE, BLUE, ROUTE, Case, Renderer, is_hook, list_few
from tests.local.conftest import Kubectl
from tests.local.site import Site, open_site
from tests.waiting import wait_until
from tooling.adapters.helm_pyhelm3 import Pyhelm3Helm
from tooling.app import preflight
from tooling.app.apply import values_for
from tooling.app.context import Ports, Target
from tooling.app.preflight_apply import LARGEST_RELEASE, SURELY_SMALL, check_trial
from tooling.core.rollout import Rollout, Snapshot
from tooling.errors import PreflightError
from tooling.local.binaries import build

pytestmark = pytest.mark.local

CHECKOUT = Path(__file__).parents[2]


@pytest.fixture
def site(gpu_kubectl: Kubectl, tmp_path: Path) -> Iterator[Site]:
    with open_site(gpu_kubectl, tmp_path) as made:
        yield made


@dataclass(frozen=True)
class Installed:
    """Base and blue, installed by one of the helms, and ports that use it."""

    site: Site
    helm: Path

    def wire(self, *changes: dict[str, Any]) -> tuple[Ports, Target, Rollout]:
        ports, target, _ = self.site.wire(*changes)
        kubeconfig = str(self.site.copy_of_admin())
        chart = CHECKOUT / "charts" / "genai-stack"
        helm = Pyhelm3Helm(
            executable=str(self.helm), chart=chart, namespace=self.site.namespace, kubeconfig=kubeconfig
        )
        required = {"gateway": 2, "inference/smollm2": 1}
        rollout = Rollout("r", target.instance, "blue", target.version, (), Snapshot(required=required))
        return replace(ports, helm=helm), target, rollout

    def install(self) -> None:
        ports, target, _ = self.wire()
        ports.helm.upgrade(target.instance, values_for(target, "base"), description="d")
        ports.helm.upgrade(f"{target.instance}-blue", values_for(target, "slot", "blue"), description="d")

    def check(self, *changes: dict[str, Any]) -> None:
        ports, target, rollout = self.wire(*changes)
        check_trial(ports, target, preflight.render_roles(ports, target, "blue").all, rollout)

    def refuse(self, *changes: dict[str, Any]) -> PreflightError:
        with pytest.raises(PreflightError) as refused:
            self.check(*changes)
        return refused.value


@pytest.fixture(params=["helm", "helm4"])
def installed(site: Site, request: pytest.FixtureRequest) -> Installed:
    made = Installed(site, build([request.param])[request.param])
    made.install()
    return made


GATEWAY = ("Deployment", "genai-blue-gateway")
MORE = {"vectordb": {"persistence": {"size": "7Gi"}}}


def test_what_stands_is_tried_again_and_changed(installed: Installed) -> None:
    before = installed.site.run("get", "all,configmaps,secrets,pvc", "-o", "name")
    installed.check()
    installed.check({"gateway": {"podAnnotations": {"version": "2"}}})
    refused = installed.refuse(MORE)
    assert "StatefulSet/genai-vectordb: spec.volumeClaimTemplates" in refused.message
    assert "7Gi wanted" in refused.message
    assert "--cascade=orphan" in refused.hint
    assert installed.site.run("get", "all,configmaps,secrets,pvc", "-o", "name") == before


def test_a_port_of_another_number_and_the_same_name_is_what_helm_can_change(installed: Installed) -> None:
    ports, target, _ = installed.wire()
    manifests = preflight.render_roles(ports, target, "blue").slot
    (gateway,) = [one for one in manifests if (one["kind"], one["metadata"]["name"]) == GATEWAY]
    text = json.dumps([gateway])
    assert '"containerPort": 8080' in text
    (trial,) = ports.cluster.try_apply(json.loads(text.replace("8080", "9090")), installed.site.namespace)
    assert (trial.is_new, trial.problem) == (False, "")


@pytest.mark.parametrize("case", list_few(), ids=str)
def test_nothing_that_the_chart_makes_is_refused(api: Kubectl, site: Site, case: Case, tmp_path: Path) -> None:
    renderer = Renderer(build(["helm"])["helm"], tmp_path)
    rendered = [one for view in (BASE, BLUE, ROUTE) for one in renderer.render(case, view) if not is_hook(one)]
    manifests = json.loads(json.dumps(rendered).replace("genai-ns", site.namespace))
    ports, _, _ = site.wire()
    first = ports.cluster.try_apply(manifests, site.namespace)
    assert [one for one in first if one.problem or one.unchecked] == []
    site.run("apply", "-f", "-", stdin=yaml.safe_dump_all(manifests))
    again = ports.cluster.try_apply(manifests, site.namespace)
    assert [one for one in again if one.problem or one.unchecked or one.is_new] == []


def test_the_secret_of_a_release_is_as_large_as_was_said(installed: Installed) -> None:
    ports, target, _ = installed.wire()
    for name, role, slot in (("genai", "base", ""), ("genai-blue", "slot", "blue")):
        said = ports.helm.measure_release(name, values_for(target, role, slot))
        found = json.loads(installed.site.run("get", "secret", f"sh.helm.release.v1.{name}.v1", "-o", "json"))
        written = len(base64.b64decode(found["data"]["release"]))
        assert said.size == pytest.approx(written, rel=0.01), (name, said.size, written)
        assert "the manifests" in said.parts
        assert said.size + SURELY_SMALL * 4 / 3 < LARGEST_RELEASE, "what is not measured has to fit"


def test_quotas_and_budgets_are_found_together(site: Site) -> None:
    first = Installed(site, build(["helm"])["helm"])
    site.run("create", "quota", "objects", "--hard=count/secrets=1,count/deployments.apps=1")
    site.run("wait", "--for=jsonpath={.status.used}", "quota/objects", "--timeout=30s")
    selector = "--selector=app.kubernetes.io/instance=genai,app.kubernetes.io/component=gateway"
    site.run("create", "poddisruptionbudget", "theirs", selector, "--min-available=2")
    refused = first.refuse()
    assert "ResourceQuota objects: 2 more count/deployments.apps are needed, 1 of 1 are free" in refused.message
    assert "ResourceQuota objects: 2 more count/secrets are needed" in refused.message
    assert "PodDisruptionBudget/theirs, which stands in the namespace" in refused.message


def test_what_admission_refuses_is_told_as_it_says_it(site: Site) -> None:
    policy = {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingAdmissionPolicy",
        "metadata": {"name": site.namespace},
        "spec": {
            "matchConstraints": {
                "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": site.namespace}},
                "resourceRules": [
                    {"apiGroups": ["apps"], "apiVersions": ["*"], "operations": ["*"], "resources": ["*"]}
                ],
            },
            "validations": [{"expression": "has(object.metadata.labels.team)", "message": "name a team"}],
        },
    }
    binding = {
        **policy,
        "kind": "ValidatingAdmissionPolicyBinding",
        "spec": {"policyName": site.namespace, "validationActions": ["Deny"]},
    }
    site.run("apply", "-f", "-", stdin=yaml.safe_dump_all([policy, binding]))
    first = Installed(site, build(["helm"])["helm"])

    def is_refused() -> bool:
        try:
            first.check()
        except PreflightError as refused:
            return "name a team" in refused.message
        return False

    try:
        wait_until(is_refused, "the policy is at work")
    finally:
        site.run("delete", "validatingadmissionpolicy,validatingadmissionpolicybinding", site.namespace)
