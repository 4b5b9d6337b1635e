"""Wrong values are refused with a message that names them, by Helm itself."""

from __future__ import annotations

import pytest

from tests.charts.rendering import ALL, BASE, BLUE, ROUTE, Renderer, View
from tests.charts.schemas import SUBCHARTS

LONG = "n" * 48
MODEL = "inference.models.smollm2"

SCHEMA = [
    ("unknown=1", "unknown"),
    ("global.unknown=1", "unknown"),
    ("global.image.unknown=1", "unknown"),
    ('global.role="everything"', "/global/role"),
    ('global.slot="red"', "/global/slot"),
    ('global.image.tag="latest"', "/global/image/tag"),
    ('global.podLabels={"a": 1}', "/global/podLabels/a"),
    *((f"{name}.unknown=1", "unknown") for name in (*SUBCHARTS, "route", "rollout")),
    *((f'{name}.enabled="yes"', f"/{name}/enabled") for name in (*SUBCHARTS, "route")),
    *((f"{name}.resources.limits.memory=true", "memory") for name in ("gateway", "vectordb", "evals")),
    ("gateway.replicas=0", "/gateway/replicas"),
    ("gateway.replicas=1.5", "/gateway/replicas"),
    ('gateway.image.tag="latest"', "/gateway/image/tag"),
    ('gateway.image.digest="sha256:short"', "/gateway/image/digest"),
    ('gateway.models.Upper={"url": "http://x"}', "Upper"),
    ('gateway.models.smollm2.url="ftp://x"', "/gateway/models/smollm2/url"),
    ("gateway.models.smollm2.timeoutSeconds=0", "timeoutSeconds"),
    ('gateway.extraEnv=[{"value": "x"}]', "/gateway/extraEnv/0"),
    ('gateway.extraVolumes=[{"name": "host", "hostPath": {"path": "/"}}]', "hostPath"),
    ('gateway.extraVolumes=[{"name": "config", "emptyDir": {}}]', "/gateway/extraVolumes/0/name"),
    ('inference.modelDelivery="download"', "/inference/modelDelivery"),
    (f'{MODEL}.engine="ollama"', f"/{MODEL.replace('.', '/')}/engine"),
    (f"{MODEL}.context=1", "context"),
    (f"{MODEL}.gpus=1", "gpus"),
    ("inference.models.other={}", "source"),
    ("inference.engines.ollama={}", "ollama"),
    ('vectordb.persistence.size="big"', "/vectordb/persistence/size"),
    ("vectordb.replicas=2", "replicas"),
    ('evals.schedule="daily"', "/evals/schedule"),
    ("evals.minAccuracy=1.5", "/evals/minAccuracy"),
    ('evals.suites.golden.prompts=[{"id": "a", "prompt": "b", "expect": {}}]', "expect"),
    ('route.kind="ingress"', "/route/kind"),
    ("route.weights.red=100", "red"),
    ("route.weights.blue=101", "/route/weights/blue"),
    ('rollout.strategy="rolling"', "/rollout/strategy"),
    ("rollout.steps=[]", "/rollout/steps"),
    ('rollout.steps=[{"hold": "1m", "analysis": {}}]', "/rollout/steps/0"),
    ('rollout.blueGreen={"preview": [{"analysis": {}}]}', "/rollout/blueGreen/preview/0"),
    ('rollout.notifications={"chat": {"url": "https://a", "existingSecret": "b"}}', "/rollout/notifications/chat"),
    ('rollout.steps=[{"weight": 0}]', "/rollout/steps/0/weight"),
    ('rollout.steps=[{"weight": 5, "approval": {}}]', "/rollout/steps/0"),
    ('rollout.steps=[{"approval": {}, "hold": "1m"}]', "/rollout/steps/0"),
    ("rollout.readyTimeout=90", "/rollout/readyTimeout"),
    ('rollout.readyTimeout="1 day"', "/rollout/readyTimeout"),
    ('rollout.analysis.onInconclusive="promote"', "onInconclusive"),
    ("rollout.analysis.maxErrorIncrease=101", "maxErrorIncrease"),
    ("rollout.capacity.floor=0", "/rollout/capacity/floor"),
    ("rollout.load.rate=0", "/rollout/load/rate"),
]

BROKEN: list[tuple[View, str, tuple[str, ...], str]] = [
    (View("slot"), "", (), "Set global.slot to blue or green"),
    (View("all", "blue"), "genai", (), "Only role slot has a slot"),
    (View("base", "green"), "genai", (), "Only role slot has a slot"),
    (BLUE, "genai-green", (), "slot blue of instance"),
    (BLUE, "", ('global.instance=""',), "or set global.instance"),
    (ALL, "", (f'global.instance="{LONG}"',), "maxLength"),
    (ALL, LONG, ('global.instance=""',), "47 are the limit"),
    (
        ALL,
        "",
        ('gateway.models.gpt={"servedName": "x"}', 'gateway.defaultModel="gpt"'),
        "inference: {models: {gpt:",
    ),
    (ALL, "", ("inference.enabled=false",), "inference.models does not serve"),
    (ALL, "", ('gateway.models={"smollm2": null}',), "gateway.models is empty"),
    (ALL, "", ('gateway.models.b={"url": "http://b"}',), "gateway.defaultModel is empty"),
    (ALL, "", ('gateway.defaultModel="gpt"',), "gateway: {models: {gpt: {}}}"),
    (ALL, "", ("gateway.terminationGracePeriodSeconds=30",), "gateway: {terminationGracePeriodSeconds: 70}"),
    (BASE, "", ('evals.suite="silver"',), "evals: {suites: {silver:"),
    (ROUTE, "", ("route.weights.green=20",), "add up to 110"),
    (ROUTE, "", ("route.weights={}",), "add up to 100"),
    (View("route", extra=("route.weights.blue=100", 'route.serving="green"')), "", (), "route.serving is"),
]


@pytest.mark.parametrize(("setting", "named"), SCHEMA, ids=lambda value: value)
def test_the_schema_refuses(renderer: Renderer, setting: str, named: str) -> None:
    message = renderer.refuse(setting)
    assert "specifications of the schema" in message
    assert named in message


@pytest.mark.parametrize(("view", "release", "settings", "expected"), BROKEN)
def test_templates_refuse_what_would_break_a_running_stack(
    renderer: Renderer, view: View, release: str, settings: tuple[str, ...], expected: str
) -> None:
    message = renderer.refuse(*settings, view=view, release=release)
    assert expected in message
    assert "nil pointer" not in message
