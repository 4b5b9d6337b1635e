"""Autoscalers of models: who owns the replicas, what is measured, and what could never work is refused."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
import yaml

from tests.charts.definitions import find_custom_faults
from tests.charts.kubeschemas import find_faults
from tests.charts.rendering import ALL, BLUE, Renderer, View, component_of, list_cases
from tests.charts.schemas import CHART

MODEL = "inference.models.smollm2"
RULES = CHART / "charts/inference/files/prometheus-adapter.yaml"
QUEUE = {"enabled": True, "minReplicas": 2, "maxReplicas": 6, "metrics": {"queueDepth": 5}}
PROMETHEUS = {"serverAddress": "http://prometheus:9090"}
KEDA = {**QUEUE, "provider": "keda", "keda": PROMETHEUS}
SLEEPY = {**KEDA, "minReplicas": 0}
OPTIONAL = "gateway.models.smollm2.required=false"


def render(renderer: Renderer, scaling: dict[str, Any], *more: str, view: View = ALL) -> tuple[Any, Any]:
    """The scaler of the default model, or None, and its Deployment."""
    default = next(case for case in list_cases() if case.name == "ci/default")
    manifests = renderer.render(default, view, f"{MODEL}.autoscaling={json.dumps(scaling)}", *more)
    own = [manifest for manifest in manifests if component_of(manifest) == "inference"]
    scalers = [manifest for manifest in own if manifest["kind"] in ("HorizontalPodAutoscaler", "ScaledObject")]
    assert len(scalers) <= 1
    return (scalers or [None])[0], next(manifest for manifest in own if manifest["kind"] == "Deployment")


def find_query(scaler: dict[str, Any], name: str) -> str:
    found = [each["metadata"]["query"] for each in scaler["spec"]["triggers"] if each.get("name") == name]
    assert len(found) == 1
    query: str = found[0]
    return query


@pytest.mark.parametrize(
    ("view", "mode", "owner"),
    [
        (ALL, "", "scaler"),
        (ALL, "on", "scaler"),
        (ALL, "frozen", "scaler"),
        (ALL, "off", "values"),
        (BLUE, "", "CLI"),
        (BLUE, "off", "CLI"),
        (BLUE, "frozen", "scaler"),
        (BLUE, "on", "scaler"),
    ],
)
@pytest.mark.parametrize("scaling", [QUEUE, KEDA], ids=["hpa", "keda"])
def test_the_scale_has_one_owner(
    renderer: Renderer, scaling: dict[str, Any], view: View, mode: str, owner: str
) -> None:
    scaler, deployment = render(renderer, scaling, f'global.autoscaler="{mode}"', f"{MODEL}.replicas=3", view=view)
    assert (scaler is not None) == (owner == "scaler")
    assert ("replicas" in deployment["spec"]) == (owner == "values")
    if scaler:
        assert scaler["spec"]["scaleTargetRef"]["name"] == deployment["metadata"]["name"]


def test_without_an_autoscaler_nothing_of_one_is_rendered(renderer: Renderer) -> None:
    scaler, deployment = render(renderer, {"enabled": False, "metrics": {"cpu": 80}})
    assert scaler is None
    assert deployment["spec"]["replicas"] == 1


def test_switching_the_mode_leaves_the_pod_template_as_it_is(renderer: Renderer) -> None:
    modes = ("off", "frozen", "on")
    templates = [
        render(renderer, QUEUE, f'global.autoscaler="{mode}"', view=BLUE)[1]["spec"]["template"] for mode in modes
    ]
    assert templates[0] == templates[1] == templates[2]


def test_an_hpa_measures_the_queue_of_its_own_pods_and_model(renderer: Renderer) -> None:
    metrics = {"queueDepth": 2.5, "cpu": 70, "memory": 90, "timeToFirstTokenSeconds": 0.5}
    scaler, _ = render(renderer, {**QUEUE, "metrics": metrics}, f'{MODEL}.servedName="Small"')
    spec = scaler["spec"]
    assert (spec["minReplicas"], spec["maxReplicas"]) == (2, 6)
    by_name = {(each.get("resource") or each["pods"]["metric"])["name"]: each for each in spec["metrics"]}
    assert by_name["cpu"]["resource"]["target"] == {"type": "Utilization", "averageUtilization": 70}
    assert by_name["memory"]["resource"]["target"]["averageUtilization"] == 90
    queue = by_name["vllm_num_requests_waiting"]["pods"]
    assert queue["metric"]["selector"] == {"matchLabels": {"model_name": "Small"}}
    assert queue["target"] == {"type": "AverageValue", "averageValue": "2.5"}
    assert by_name["vllm_time_to_first_token_seconds_p95"]["pods"]["target"]["averageValue"] == "0.5"
    assert not find_faults(scaler)


def test_a_served_name_that_no_selector_takes_is_left_to_the_pods(renderer: Renderer) -> None:
    scaler, _ = render(renderer, QUEUE, f'{MODEL}.servedName="org/Model-7B"')
    assert "selector" not in scaler["spec"]["metrics"][0]["pods"]["metric"]


def test_the_adapters_rules_make_what_the_hpa_reads(renderer: Renderer) -> None:
    rules = yaml.safe_load(RULES.read_text(encoding="utf-8"))["rules"]["custom"]
    made = set()
    for rule in rules:
        series = rule["seriesQuery"].partition("{")[0]
        name = rule["name"]
        made.add(re.sub(name["matches"], name["as"].replace("${1}", r"\1"), series, count=1))
    scaler, _ = render(renderer, {**QUEUE, "metrics": {"queueDepth": 5, "timeToFirstTokenSeconds": 2}})
    assert {each["pods"]["metric"]["name"] for each in scaler["spec"]["metrics"]} <= made


@pytest.mark.parametrize("scaling", [QUEUE, KEDA], ids=["hpa", "keda"])
def test_frozen_means_never_down(renderer: Renderer, scaling: dict[str, Any]) -> None:
    behavior = {"scaleDown": {"stabilizationWindowSeconds": 60}, "scaleUp": {"stabilizationWindowSeconds": 0}}
    for mode in ("frozen", "on"):
        scaler, _ = render(renderer, {**scaling, "behavior": behavior}, f'global.autoscaler="{mode}"')
        spec = scaler["spec"]
        found = (
            spec["behavior"]
            if "behavior" in spec
            else spec["advanced"]["horizontalPodAutoscalerConfig"]["behavior"]
        )
        assert found["scaleUp"] == behavior["scaleUp"]
        assert found["scaleDown"]["stabilizationWindowSeconds"] == 60
        assert found["scaleDown"].get("selectPolicy") == ("Disabled" if mode == "frozen" else None)


def test_keda_asks_with_vllms_label_for_the_pods_of_one_deployment(renderer: Renderer) -> None:
    scaler, _ = render(renderer, KEDA, f'{MODEL}.servedName="org/Small"', 'global.autoscaler="on"', view=BLUE)
    query = find_query(scaler, "queueDepth")
    assert 'model_name="org/Small"' in query
    assert not re.search(r"[{,]model=", query), "vLLM has no label named model: the query would match nothing"
    assert 'namespace="genai-ns"' in query
    pods = re.search(r'pod=~"([^"]+)"', query)
    assert pods is not None
    assert re.fullmatch(pods[1], "genai-blue-inference-smollm2-7d9f8c6b5-x2x4z")
    for other in (
        "genai-green-inference-smollm2-7d9f8c6b5-x2x4z",
        "genai-blue-inference-smollm2-large-7d9f8c6b5-x2x4z",
        "other-genai-blue-inference-smollm2-7d9f8c6b5-x2x4z",
    ):
        assert not re.fullmatch(pods[1], other), other
    assert scaler["spec"]["triggers"][0]["metadata"]["threshold"] == "5"
    assert not find_custom_faults(scaler)


def test_pods_of_a_long_name_are_found_where_kubernetes_cuts_it(renderer: Renderer) -> None:
    model = "m" * 50
    default = next(case for case in list_cases() if case.name == "ci/default")
    entry = {"autoscaling": KEDA, "source": {"image": {"repository": "model"}}}
    routes = [f'gateway.models.{model}={{"url": "http://x"}}', 'gateway.defaultModel="smollm2"']
    manifests = renderer.render(default, ALL, f"inference.models.{model}={json.dumps(entry)}", *routes)
    scaler = next(manifest for manifest in manifests if manifest["kind"] == "ScaledObject")
    pods = re.search(r'pod=~"([^"]+)"', find_query(scaler, "queueDepth"))
    assert pods is not None
    name = scaler["spec"]["scaleTargetRef"]["name"]
    assert len(name) == 63
    assert re.fullmatch(pods[1], f"{f'{name}-7d9f8c6b5-'[:58]}x2x4z")


def test_keda_scales_to_zero_and_is_woken_by_the_gateway(renderer: Renderer) -> None:
    for mode, least in (("on", 0), ("frozen", 1)):
        settings = (OPTIONAL, f"{MODEL}.startupSeconds=700", f'global.autoscaler="{mode}"')
        scaler, _ = render(renderer, SLEEPY, *settings)
        assert scaler["spec"]["initialCooldownPeriod"] == 700, "KEDA would take the first pod away while it loads"
        assert scaler["spec"]["minReplicaCount"] == least
        wake = find_query(scaler, "wake")
        assert 'genai_gateway_requests_total{namespace="genai-ns",pod=~"genai-gateway-' in wake
        assert 'model="smollm2"' in wake
    scaler, _ = render(renderer, KEDA)
    assert scaler["spec"]["minReplicaCount"] == 2
    assert "initialCooldownPeriod" not in scaler["spec"]
    assert "wake" not in {each.get("name") for each in scaler["spec"]["triggers"]}


NEVER_WOKEN = {
    "the gateway waits for it": ((), "Write gateway: {models: {smollm2: {required: false}}}."),
    "the gateway waits for it by another name": (
        (OPTIONAL, 'gateway.models.chat={"model": "smollm2"}', 'gateway.defaultModel="chat"'),
        "Write gateway: {models: {chat: {required: false}}}.",
    ),
    "its requests are counted by another name": (
        ('gateway.models={"smollm2": null, "chat": {"model": "smollm2", "required": false}}',),
        "Write gateway: {enabled: true, models: {smollm2: {}}}",
    ),
    "its name leads out": (
        ('gateway.models.smollm2={"url": "http://x", "required": false}',),
        "only requests for the gateway's route smollm2 wake it",
    ),
    "there is no gateway": (("gateway.enabled=false",), "Write gateway: {enabled: true"),
}


@pytest.mark.parametrize(("settings", "said"), NEVER_WOKEN.values(), ids=NEVER_WOKEN)
@pytest.mark.parametrize("view", [ALL, BLUE], ids=str)
def test_a_model_that_nothing_would_wake_is_refused(
    renderer: Renderer, settings: tuple[str, ...], said: str, view: View
) -> None:
    assert said in renderer.refuse(f"{MODEL}.autoscaling={json.dumps(SLEEPY)}", *settings, view=view)


def test_only_the_default_model_holds_the_gateway_back(renderer: Renderer) -> None:
    routes = ('gateway.models.big={"url": "http://big"}', 'gateway.defaultModel="big"')
    assert render(renderer, SLEEPY, *routes)[0]["spec"]["minReplicaCount"] == 0


def test_the_latency_of_an_idle_model_is_no_error_for_keda(renderer: Renderer) -> None:
    scaler, _ = render(renderer, {**KEDA, "metrics": {"timeToFirstTokenSeconds": 1}})
    query = find_query(scaler, "timeToFirstTokenSeconds")
    assert re.fullmatch(r"\(histogram_quantile\(.*\) >= 0\) or vector\(0\)", query), "NaN would pass"


def test_keda_takes_cpu_a_fraction_and_an_authentication(renderer: Renderer) -> None:
    metrics = {"cpu": 80, "timeToFirstTokenSeconds": 0.5}
    keda = {**PROMETHEUS, "authentication": "prometheus", "pollingSeconds": 5, "cooldownSeconds": 60}
    scaler, _ = render(renderer, {**KEDA, "metrics": metrics, "keda": keda})
    cpu, latency = scaler["spec"]["triggers"]
    assert cpu == {"type": "cpu", "metricType": "Utilization", "metadata": {"value": "80"}}
    assert latency["metricType"] == "Value", "a duration is not divided by the number of pods"
    assert latency["metadata"]["threshold"] == "0.5"
    assert latency["authenticationRef"] == {"name": "prometheus"}
    assert (scaler["spec"]["pollingInterval"], scaler["spec"]["cooldownPeriod"]) == (5, 60)
    assert not find_custom_faults(scaler)


def test_a_scaled_model_is_protected_at_its_largest(renderer: Renderer) -> None:
    default = next(case for case in list_cases() if case.name == "ci/default")
    scaling = {**QUEUE, "minReplicas": 1}
    manifests = renderer.render(default, ALL, f"{MODEL}.autoscaling={json.dumps(scaling)}")
    assert any(m["kind"] == "PodDisruptionBudget" and component_of(m) == "inference" for m in manifests)


REFUSED = [
    ({**QUEUE, "metrics": {}}, "metrics: {queueDepth: 5}"),
    ({**QUEUE, "metrics": {"cpu": None}}, "has no metric"),
    ({**QUEUE, "minReplicas": 9}, "minReplicas is 9 and maxReplicas 6"),
    ({**QUEUE, "minReplicas": 0}, "only KEDA scales to zero"),
    ({**KEDA, "minReplicas": 0, "metrics": {"cpu": 80}}, "not on cpu or memory alone"),
    ({**KEDA, "keda": {}}, "serverAddress is empty"),
    ({**QUEUE, "metrics": {"queueDepth": 0}}, "/metrics/queueDepth"),
    ({**QUEUE, "metrics": {"cpu": "80%"}}, "/metrics/cpu"),
    ({**QUEUE, "metrics": {"gpu": 80}}, "gpu"),
    ({**QUEUE, "provider": "vpa"}, "/provider"),
]


@pytest.mark.parametrize(("scaling", "said"), REFUSED)
def test_a_scaler_that_could_never_work_is_refused(renderer: Renderer, scaling: dict[str, Any], said: str) -> None:
    assert said in renderer.refuse(f"{MODEL}.autoscaling={json.dumps(scaling)}")


def test_a_percentage_of_no_request_is_refused(renderer: Renderer) -> None:
    scaling = {**QUEUE, "metrics": {"cpu": 80}}
    settings = (
        f"{MODEL}.autoscaling={json.dumps(scaling)}",
        "inference.modelDefaults.resources.requests.cpu=null",
    )
    assert "metrics.cpu is a percentage of the request" in renderer.refuse(*settings)


def test_the_mode_is_one_of_three(renderer: Renderer) -> None:
    assert "/global/autoscaler" in renderer.refuse('global.autoscaler="paused"')


def test_all_mistakes_of_all_models_are_said_at_once(renderer: Renderer) -> None:
    scaling = {**QUEUE, "minReplicas": 9, "metrics": {}}
    other = {"source": {"image": {"repository": "m"}}, "autoscaling": {**KEDA, "keda": {}}}
    settings = [f"{MODEL}.autoscaling={json.dumps(scaling)}", f"inference.models.other={json.dumps(other)}"]
    message = renderer.refuse(*settings, f"{MODEL}.probes.restartAfterSeconds=20")
    for said in (
        "has no metric",
        "minReplicas is 9",
        "models.other.autoscaling.keda.serverAddress",
        "killed while",
    ):
        assert said in message
