"""The gateway: which names lead where, who owns its replicas, how its pods keep apart."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from tests.charts.rendering import ALL, BLUE, Case, Renderer, View, component_of, find_case, find_template
from tests.charts.schemas import ROOT

SCALED = "gateway.autoscaling.enabled=true"
CONTROLLED = View("slot", "blue", ('global.autoscaler="on"',))


def pick(
    renderer: Renderer, kind: str, *settings: str, view: View = ALL, case: str = "ci/default"
) -> dict[str, Any]:
    """The one object of the gateway of that kind; empty where there is none."""
    manifests = renderer.render(find_case(case), view, *settings)
    found = [dict(m) for m in manifests if m["kind"] == kind and component_of(m) == "gateway"]
    assert len(found) <= 1
    return found[0] if found else {}


def read_models(renderer: Renderer, *settings: str, view: View = ALL) -> dict[str, Any]:
    config = yaml.safe_load(pick(renderer, "ConfigMap", *settings, view=view)["data"]["config.yaml"])
    models: dict[str, Any] = config["models"]
    return models


def test_a_route_has_names_and_a_limit_of_its_own(renderer: Renderer) -> None:
    route = '{"aliases": ["gpt-4o-mini", "vendor/M: 1.5"], "maxTokens": 2000000, "timeoutSeconds": 300}'
    assert read_models(renderer, f"gateway.models.smollm2={route}") == {
        "smollm2": {
            "url": "http://genai-inference-smollm2:8080",
            "servedName": "smollm2",
            "timeoutSeconds": 300,
            "aliases": ["gpt-4o-mini", "vendor/M: 1.5"],
            "maxTokens": 2000000,
        }
    }


def test_a_route_says_when_the_gateway_is_ready_without_its_model(renderer: Renderer) -> None:
    assert read_models(renderer, "gateway.models.smollm2.required=false")["smollm2"]["required"] is False
    for entry in ("{}", '{"required": true}'):
        assert "required" not in read_models(renderer, f"gateway.models.smollm2={entry}")["smollm2"]


def test_the_gateway_accepts_the_configuration_that_it_is_given(
    renderer: Renderer, case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "images" / "gateway"))
    from genai_gateway.config import parse

    given = yaml.safe_load(pick(renderer, "ConfigMap", view=BLUE, case=case.name)["data"]["config.yaml"])
    config = parse(given)
    assert set(config.models) == set(given["models"])
    names = {alias for model in given["models"].values() for alias in model.get("aliases", [])}
    assert set(config.by_name) == set(config.models) | names


def test_two_routes_may_lead_to_one_server(renderer: Renderer) -> None:
    settings = (
        'gateway.models.tone={"model": "smollm2", "servedName": "tone-adapter"}',
        'gateway.defaultModel="tone"',
    )
    tone = read_models(renderer, *settings, view=BLUE)["tone"]
    assert (tone["url"], tone["servedName"]) == ("http://genai-blue-inference-smollm2:8080", "tone-adapter")


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        (
            ('gateway.models.b={"url": "http://b", "aliases": ["smollm2"]}', 'gateway.defaultModel="b"'),
            'gateway.models.b.aliases has "smollm2", which is a name of model smollm2 already',
        ),
        (
            (
                'gateway.models.b={"url": "http://b", "aliases": ["x"]}',
                'gateway.models.c={"url": "http://c", "aliases": ["x"]}',
                'gateway.defaultModel="b"',
            ),
            'gateway.models.c.aliases has "x", which is a name of model b already',
        ),
        (('gateway.models.smollm2.aliases=["x", "x"]',), "/gateway/models/smollm2/aliases"),
        (('gateway.models.smollm2.aliases=[""]',), "/gateway/models/smollm2/aliases/0"),
        (("gateway.models.smollm2.maxTokens=0",), "/gateway/models/smollm2/maxTokens"),
        ((SCALED, "gateway.autoscaling.metrics.cpu=null"), "gateway: {autoscaling: {metrics: {cpu: 70}}}"),
        ((SCALED, "gateway.autoscaling.minReplicas=11"), "gateway: {autoscaling: {maxReplicas: 11}}"),
        (("gateway.autoscaling.metrics.cpu=0",), "/gateway/autoscaling/metrics/cpu"),
        (("gateway.autoscaling.minReplicas=0",), "/gateway/autoscaling/minReplicas"),
        (("gateway.autoscaling.targetCPU=50",), "targetCPU"),
        (('gateway.autoscaling.behavior.scaleDown={"selectPolicy": "Never"}',), "selectPolicy"),
        (('gateway.topologySpread.zone="Always"',), "/gateway/topologySpread/zone"),
    ],
)
def test_what_cannot_work_is_refused(renderer: Renderer, settings: tuple[str, ...], expected: str) -> None:
    assert expected in renderer.refuse(*settings)


@pytest.mark.parametrize("view", [ALL, CONTROLLED], ids=str)
def test_a_scaler_owns_the_replicas(renderer: Renderer, view: View) -> None:
    metrics = 'gateway.autoscaling.metrics={"cpu": 60, "memory": 80, "inFlight": 12}'
    scaler = pick(renderer, "HorizontalPodAutoscaler", SCALED, metrics, view=view)
    workload = pick(renderer, "Deployment", SCALED, view=view)
    target = scaler["spec"]["scaleTargetRef"]
    assert (target["kind"], target["name"]) == ("Deployment", workload["metadata"]["name"])
    assert "replicas" not in workload["spec"]
    assert (scaler["spec"]["minReplicas"], scaler["spec"]["maxReplicas"]) == (2, 10)
    assert "behavior" not in scaler["spec"]
    cpu, memory, in_flight = scaler["spec"]["metrics"]
    for metric, name, percent in ((cpu, "cpu", 60), (memory, "memory", 80)):
        source = metric["containerResource"]
        assert (source["name"], source["target"]["averageUtilization"]) == (name, percent)
        (container,) = find_template(workload)["spec"]["containers"]
        assert source["container"] == container["name"]
        assert name in container["resources"]["requests"], "a share of nothing is unknown"
    assert in_flight["pods"] == {
        "metric": {"name": "genai_gateway_requests_in_flight"},
        "target": {"type": "AverageValue", "averageValue": "12"},
    }


@pytest.mark.parametrize("view", [BLUE, View("all", extra=('global.autoscaler="off"',))], ids=str)
def test_a_scaler_that_is_off_is_not_there(renderer: Renderer, view: View) -> None:
    assert not pick(renderer, "HorizontalPodAutoscaler", SCALED, view=view)
    workload = pick(renderer, "Deployment", SCALED, view=view)
    assert workload["spec"].get("replicas") == (None if view == BLUE else 1)


def test_a_frozen_scaler_goes_up_and_never_down(renderer: Renderer) -> None:
    pace = '{"scaleUp": {"selectPolicy": "Min"}, "scaleDown": {"stabilizationWindowSeconds": 9}}'
    settings = (SCALED, f"gateway.autoscaling.behavior={pace}")
    free = pick(renderer, "HorizontalPodAutoscaler", *settings, view=CONTROLLED)["spec"]["behavior"]
    assert free["scaleDown"] == {"stabilizationWindowSeconds": 9}
    frozen = View("slot", "blue", ('global.autoscaler="frozen"',))
    held = pick(renderer, "HorizontalPodAutoscaler", *settings, view=frozen)["spec"]["behavior"]
    assert held["scaleUp"] == {"selectPolicy": "Min"}
    assert held["scaleDown"]["selectPolicy"] == "Disabled"


def test_switching_the_scaler_changes_no_pod(renderer: Renderer) -> None:
    # The last upgrade of a rollout switches it on: pods that serve must not be replaced for it.
    states = [View("slot", "blue", (f'global.autoscaler="{mode}"',)) for mode in ("off", "frozen", "on")]
    templates = [find_template(pick(renderer, "Deployment", SCALED, view=view)) for view in states]
    assert templates[0] == templates[1] == templates[2]


@pytest.mark.parametrize(("setting", "is_there"), [(SCALED, True), ("gateway.replicas=1", False)])
@pytest.mark.parametrize("view", [ALL, BLUE], ids=str)
def test_a_scaled_gateway_has_a_budget(renderer: Renderer, view: View, setting: str, is_there: bool) -> None:
    assert bool(pick(renderer, "PodDisruptionBudget", setting, view=view)) is is_there


@pytest.mark.parametrize(
    ("node", "zone"),
    [("ScheduleAnyway", "ScheduleAnyway"), ("DoNotSchedule", ""), ("", "DoNotSchedule"), ("", "")],
)
def test_pods_spread_over_nodes_and_zones(renderer: Renderer, node: str, zone: str) -> None:
    workload = pick(renderer, "Deployment", f'gateway.topologySpread={{"node": "{node}", "zone": "{zone}"}}')
    constraints = find_template(workload)["spec"].get("topologySpreadConstraints", [])
    wanted = {"kubernetes.io/hostname": node, "topology.kubernetes.io/zone": zone}
    found = {constraint["topologyKey"]: constraint["whenUnsatisfiable"] for constraint in constraints}
    assert found == {key: policy for key, policy in wanted.items() if policy}
    for constraint in constraints:
        assert constraint["labelSelector"] == workload["spec"]["selector"]
        assert constraint["matchLabelKeys"] == ["pod-template-hash"]


def test_selectors_are_those_of_the_first_version(renderer: Renderer, case: Case) -> None:
    workload = pick(renderer, "Deployment", case=case.name)
    assert workload["spec"]["selector"]["matchLabels"] == {
        "app.kubernetes.io/instance": case.instance,
        "app.kubernetes.io/component": "gateway",
        "genai-stack/slot": "all",
    }


def test_mistakes_are_said_all_at_once(renderer: Renderer) -> None:
    names = ('gateway.models.b={"url": "http://b", "aliases": ["smollm2"]}', 'gateway.defaultModel="c"')
    edge = ("route.gateway.create=true", "route.ingress.enabled=true", 'route.tls.certManager.issuer="ca"')
    message = renderer.refuse(*names, SCALED, "gateway.autoscaling.minReplicas=11", *edge)
    for said in (
        'gateway.models.b.aliases has "smollm2"',
        'gateway.defaultModel is "c", which is not in gateway.models (b, smollm2)',
        "gateway: {autoscaling: {maxReplicas: 11}}",
        "route: {gateway: {className: NAME}}",
        "route: {hostnames: [genai.example.com]}",
    ):
        assert message.count(said) == 1, said
