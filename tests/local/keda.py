"""KEDA around a cluster: its real operator and metrics server, as processes on this machine's loopback."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from tests.local.conftest import Kubectl
from tests.local.scaling import find_port, running
from tests.waiting import wait_until
from tooling.local.binaries import build
from tooling.local.certificates import Authority, Identity, write_private
from tooling.local.definitions import CUSTOM, provide

KINDS = (
    "eventing.keda.sh_cloudeventsources",
    "eventing.keda.sh_clustercloudeventsources",
    "keda.sh_clustertriggerauthentications",
    "keda.sh_scaledjobs",
    "keda.sh_scaledobjects",
    "keda.sh_triggerauthentications",
)
"""The operator ends where one of them is missing."""
API = """
apiVersion: v1
kind: Namespace
metadata: {{name: keda}}
---
apiVersion: v1
kind: Service
metadata: {{name: keda-metrics-apiserver, namespace: keda}}
spec: {{type: ExternalName, externalName: localhost, ports: [{{port: {port}}}]}}
---
apiVersion: apiregistration.k8s.io/v1
kind: APIService
metadata: {{name: v1beta1.external.metrics.k8s.io}}
spec:
  service: {{name: keda-metrics-apiserver, namespace: keda, port: {port}}}
  group: external.metrics.k8s.io
  version: v1beta1
  insecureSkipTLSVerify: true
  groupPriorityMinimum: 100
  versionPriority: 100
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {{name: keda-external-metrics-reader}}
rules: [{{apiGroups: [external.metrics.k8s.io], resources: ["*"], verbs: [get, list]}}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {{name: keda-external-metrics-reader}}
roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: keda-external-metrics-reader}}
subjects: [{{kind: ServiceAccount, name: horizontal-pod-autoscaler, namespace: kube-system}}]
"""
"""What KEDA's own Helm chart applies, with its metrics server on this machine's loopback."""


def apply_kinds(kubectl: Kubectl) -> None:
    """Make the kinds of KEDA known, in the version of the binaries."""
    source = next(each for each in CUSTOM if each.module == "github.com/kedacore/keda/v2")
    files = provide((replace(source, files=tuple(f"config/crd/bases/{kind}.yaml" for kind in KINDS)),))
    kubectl("apply", "--server-side", *(f"--filename={file}" for file in files))
    kubectl("wait", "--for=condition=Established", "crd", "--all", "--timeout=30s")


def write_certificates(folder: Path) -> None:
    """Write what operator and metrics server prove themselves to each other with."""
    authority = Authority("keda")
    pair = authority.issue(Identity("keda-operator", hosts=("localhost",)))
    for name, content in (("ca.crt", authority.certificate), ("tls.crt", pair.certificate), ("tls.key", pair.key)):
        write_private(folder / name, content)


@contextmanager
def run_keda(folder: Path, kubectl: Kubectl) -> Iterator[None]:
    """Run KEDA until the block ends; its logs are `keda-operator.log` and `keda-adapter.log` in `folder`."""
    binaries = build(["keda-operator", "keda-adapter"])
    apply_kinds(kubectl)
    certificates = folder / "keda-certificates"
    write_certificates(certificates)
    port, link = find_port(), find_port()
    operator = [
        str(binaries["keda-operator"]),
        "--enable-prometheus-metrics=false",
        "--health-probe-bind-address=0",
        f"--metrics-service-bind-address=127.0.0.1:{link}",
        f"--cert-dir={certificates}",
    ]
    kubeconfigs = [
        f"--{each}-kubeconfig={kubectl.kubeconfig}" for each in ("lister", "authentication", "authorization")
    ]
    adapter = [
        str(binaries["keda-adapter"]),
        *kubeconfigs,
        f"--metrics-service-address=localhost:{link}",
        f"--port={find_port()}",
        "--bind-address=127.0.0.1",
        f"--secure-port={port}",
        f"--cert-dir={certificates}",
        f"--tls-cert-file={certificates / 'tls.crt'}",
        f"--tls-private-key-file={certificates / 'tls.key'}",
    ]
    world = os.environ | {
        "KUBECONFIG": str(kubectl.kubeconfig),
        "WATCH_NAMESPACE": "",
        "POD_NAMESPACE": "keda",
        "KEDA_CLUSTER_OBJECT_NAMESPACE": "keda",
    }
    kubectl("apply", "-f", "-", stdin=API.format(port=port))
    logs = [folder / "keda-operator.log", folder / "keda-adapter.log"]
    with running(operator, logs[0], world), running(adapter, logs[1], world):
        wait_until(
            lambda: kubectl.run("get", "--raw", "/apis/external.metrics.k8s.io/v1beta1").returncode == 0,
            lambda: "\n".join(f"{log.name}: {log.read_text()[-2000:]}" for log in logs),
            timeout=60,
            pause=0.5,
        )
        yield
