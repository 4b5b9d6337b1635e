"""Every object and every pod says to which instance, component and slot it belongs."""

from __future__ import annotations

from tests.charts.rendering import (
    NOT_NAMESPACED,
    RENDERED_BY,
    ROUTE,
    Stack,
    component_of,
    find_template,
    identify,
)

SHARED_BY_MODELS = {"ServiceAccount", "ConfigMap"}


def test_objects_carry_the_owned_labels(stack: Stack) -> None:
    for view, manifests in stack.parts.items():
        expected = {
            "app.kubernetes.io/name": "genai-stack",
            "app.kubernetes.io/part-of": "genai-stack",
            "app.kubernetes.io/instance": stack.case.instance,
            "app.kubernetes.io/managed-by": "genai-stack" if view == ROUTE else "Helm",
            "genai-stack/slot": view.slot or "all",
        }
        for manifest in manifests:
            labels = manifest["metadata"]["labels"]
            assert expected.items() <= labels.items(), f"{identify(manifest)} as {view}"
            assert component_of(manifest) in RENDERED_BY


def test_pods_carry_the_labels_of_their_object_but_the_chart_version(stack: Stack) -> None:
    for workload in stack.workloads:
        if workload["kind"] == "Pod":
            continue  # A pod is its own object.
        labels = dict(workload["metadata"]["labels"])
        del labels["helm.sh/chart"]
        pod = find_template(workload)["metadata"]["labels"]
        assert labels.items() <= pod.items(), identify(workload)
        assert "helm.sh/chart" not in pod, "a new chart version alone would restart the pods"


def test_inference_objects_name_their_model(stack: Stack) -> None:
    for manifest in stack.manifests:
        if component_of(manifest) == "inference" and manifest["kind"] not in SHARED_BY_MODELS:
            assert manifest["metadata"]["labels"]["genai-stack/model"], identify(manifest)


def test_label_values_fit_kubernetes(stack: Stack) -> None:
    for manifest in stack.manifests:
        pod = find_template(manifest).get("metadata", {}).get("labels", {})
        for key, value in {**manifest["metadata"]["labels"], **pod}.items():
            assert isinstance(value, str), f"{identify(manifest)}: {key} is not text"
            assert len(value) <= 63, f"{identify(manifest)}: {key}"


def test_every_object_names_its_namespace(stack: Stack) -> None:
    for manifest in stack.manifests:
        namespace = None if manifest["kind"] in NOT_NAMESPACED else "genai-ns"
        assert manifest["metadata"].get("namespace") == namespace, identify(manifest)
