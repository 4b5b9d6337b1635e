"""What preflight says of an instance that another helm, or Argo CD, is at work on: asked of a real API server."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.local.conftest import Kubectl
from tests.local.site import Site, open_site
from tests.waiting import wait_until
from tooling.adapters.helm_pyhelm3 import Pyhelm3Helm
from tooling.app.preflight import check_pending
from tooling.app.preflight_tracking import check_tracking
from tooling.errors import HeldError, PreflightError
from tooling.local.binaries import build

pytestmark = pytest.mark.local

HOOK = """
apiVersion: batch/v1
kind: Job
metadata:
  name: hook
  annotations: {helm.sh/hook: pre-upgrade}
spec:
  suspend: true
  template:
    spec:
      restartPolicy: Never
      containers: [{name: main, image: none:1}]
"""


@pytest.fixture
def site(gpu_kubectl: Kubectl, tmp_path: Path) -> Iterator[Site]:
    with open_site(gpu_kubectl, tmp_path) as made:
        yield made


@pytest.mark.parametrize("helm", ["helm", "helm4"])
def test_a_helm_that_was_killed_is_named_with_its_age_and_the_way_out(
    site: Site, helm: str, tmp_path: Path
) -> None:
    chart = tmp_path / "chart"
    (chart / "templates").mkdir(parents=True)
    (chart / "Chart.yaml").write_text("apiVersion: v2\nname: x\nversion: 0.1.0\n")
    (chart / "templates" / "hook.yaml").write_text(HOOK)
    binary, admin = build([helm])[helm], str(site.copy_of_admin())
    place = ["--kubeconfig", admin, "--namespace", site.namespace]
    subprocess.run([binary, "install", "genai-blue", chart, *place], check=True, capture_output=True)
    upgrade = subprocess.Popen(
        [binary, "upgrade", "genai-blue", chart, *place], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    wait_until(lambda: "hook" in site.run("get", "jobs", "-o", "name"), "helm waits for its hook")
    upgrade.kill()
    upgrade.wait()
    ports, target, _ = site.wire()
    own = Pyhelm3Helm(executable=str(binary), chart=chart, namespace=site.namespace, kubeconfig=admin)

    with pytest.raises(HeldError) as refused:
        check_pending(replace(ports, helm=own), target)

    told = refused.value.message
    assert "helm is at work on genai-blue for somebody else (pending-upgrade, revision 2, begun " in told
    assert f" s ago by {binary.name.removesuffix('4')}" in told.lower() or " min ago by " in told
    assert f"helm rollback genai-blue 1 -n {site.namespace}" in refused.value.hint


CRD: dict[str, Any] = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": "applications.argoproj.io"},
    "spec": {
        "group": "argoproj.io",
        "names": {"kind": "Application", "plural": "applications", "singular": "application"},
        "scope": "Namespaced",
        "versions": [
            {
                "name": "v1alpha1",
                "served": True,
                "storage": True,
                "schema": {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}},
            }
        ],
    },
}


def test_a_service_that_argo_cd_keeps_is_refused_until_it_is_told_to_leave_it_alone(site: Site) -> None:
    site.run("create", "service", "clusterip", "genai", "--tcp=80:80")
    tracking = f"shop:/Service:{site.namespace}/genai"
    site.run("annotate", "service", "genai", f"argocd.argoproj.io/tracking-id={tracking}")
    ports, target, _ = site.wire()
    with pytest.raises(PreflightError, match="cannot be read with this account or lies elsewhere"):
        check_tracking(ports, target)

    site.run("apply", "-f", "-", stdin=json.dumps(CRD))
    site.run("wait", "--for=condition=Established", "crd/applications.argoproj.io", "--timeout=30s")
    entry = {"group": "", "kind": "Service", "jsonPointers": ["/spec/selector"]}
    application = {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Application",
        "metadata": {"name": "shop"},
        "spec": {"syncPolicy": {"automated": {}}, "ignoreDifferences": [entry]},
    }
    try:
        site.run("apply", "-f", "-", stdin=json.dumps(application))
        with pytest.raises(PreflightError) as refused:
            check_tracking(ports, target)
        assert "Argo CD (Application argocd/shop) keeps Service/genai" in refused.value.message
        application["spec"]["syncPolicy"]["syncOptions"] = ["RespectIgnoreDifferences=true"]
        site.run("apply", "-f", "-", stdin=json.dumps(application))
        check_tracking(ports, target)
    finally:
        site.run("delete", "crd", "applications.argoproj.io", "--wait=true")
