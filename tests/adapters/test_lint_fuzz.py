"""Whatever a file holds, lint answers with findings: no traceback, no hang, nothing out of bounds."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tooling.adapters.manifests_yaml import YamlManifests
from tooling.adapters.schemas_kubernetes import KubernetesApis
from tooling.adapters.yaml_go import write_yaml
from tooling.app.lint import LintSettings, lint
from tooling.cli.findings import write_findings
from tooling.core.lint import Report
from tooling.ports.manifests import Reading

APIS = KubernetesApis()
MANIFESTS = YamlManifests()
LONG = "Long" * 1000
KINDS = (
    *(("v1", kind) for kind in ("Pod", "Service", "ConfigMap", "Secret", "List", "PersistentVolumeClaim")),
    *(("apps/v1", kind) for kind in ("Deployment", "StatefulSet", "DaemonSet")),
    *(("batch/v1", "Job"), ("batch/v1", "CronJob"), ("policy/v1", "PodDisruptionBudget")),
    *(("autoscaling/v2", "HorizontalPodAutoscaler"), ("networking.k8s.io/v1", "Ingress")),
    *(("networking.k8s.io/v1", "NetworkPolicy"), ("gateway.networking.k8s.io/v1", "HTTPRoute")),
    *(("v1", LONG), (LONG, "Pod"), (f"{LONG}/v1", "Widget"), ("apps/v1", "../../deployment")),
    *(("apiextensions.k8s.io/v1", "CustomResourceDefinition"), ("policy/v1beta1", "PodSecurityPolicy")),
)
FIELDS = (
    *("spec", "template", "containers", "metadata", "name", "labels", "selector", "matchLabels", "ports", "image"),
    *("resources", "limits", "nvidia.com/gpu", "items", "rules", "versions", "schema", "openAPIV3Schema", "names"),
    *("type", "properties", "required", "enum", "pattern", "anyOf", "minimum", "group", "data", "env", "value"),
    *("metrics", "replicas", "volumes", "tolerations", "readinessProbe", "httpGet", "port", "minAvailable"),
)
LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.sampled_from((10**400, -(10**400), "9" * 5000, "9" * 5000 + "s", "9" * 5000 + "%", "1e999999999")),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=12),
    st.sampled_from(("1Gi", "500m", "object", "string", "^a+$", "(", "latest", "TCP", LONG, *FIELDS)),
)
NAMES = st.one_of(st.sampled_from((*FIELDS, LONG)), st.text(st.characters(exclude_categories=["Cs"]), max_size=6))
TREES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(NAMES, inner, max_size=5)),
    max_leaves=20,
)


@st.composite
def objects(draw: st.DrawFn) -> Any:
    """Something that claims to be of a kind that lint knows, with a body of known words and nonsense."""
    api_version, kind = draw(st.sampled_from(KINDS))
    body = draw(st.dictionaries(NAMES, TREES, max_size=4))
    known = {"apiVersion": api_version, "kind": kind, "metadata": draw(st.one_of(TREES, st.just({"name": "a"})))}
    return {**body, **known, "spec": draw(TREES)}


def check(text: str, tmp_path_factory: pytest.TempPathFactory) -> Report:
    file = tmp_path_factory.getbasetemp() / "fuzz.yaml"
    file.write_bytes(text.encode("utf-8", "surrogatepass"))
    reading = MANIFESTS.read(str(file))
    report = lint(APIS, MANIFESTS, reading, Reading(()), LintSettings(("1.30", "1.37")))
    for style in ("json", "sarif", "github"):
        write_findings(report.findings, style).encode()
    return report


QUIET = (HealthCheck.function_scoped_fixture, HealthCheck.too_slow)


@settings(derandomize=True, deadline=None, max_examples=150, suppress_health_check=QUIET)
@given(many=st.lists(st.one_of(objects(), TREES), min_size=1, max_size=4), is_json=st.booleans())
def test_any_objects_give_findings(
    tmp_path_factory: pytest.TempPathFactory, many: list[Any], is_json: bool
) -> None:
    texts = [json.dumps(one) if is_json else write_yaml(one) for one in many]
    report = check("\n---\n".join(texts), tmp_path_factory)
    for finding in report.findings:
        assert finding.rule
        assert finding.message


@settings(derandomize=True, deadline=None, max_examples=200, suppress_health_check=QUIET)
@given(
    text=st.lists(
        st.one_of(
            st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
            st.sampled_from(
                ("---", "- ", "? ", ": ", "&a ", "*a ", "<<: ", "!!int ", "{", "}", "[", "]", "|\n", "\t")
            ),
            st.sampled_from(
                ("\n", "\n  ", "kind: Pod\n", "apiVersion: v1\n", "metadata:\n", "'", '"', "%YAML 1.1\n")
            ),
        ),
        max_size=30,
    )
)
def test_any_text_gives_findings(tmp_path_factory: pytest.TempPathFactory, text: list[str]) -> None:
    check("".join(text), tmp_path_factory)
