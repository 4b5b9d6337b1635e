"""Models that could never run are refused, all at once, each with the YAML to write."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.charts.rendering import Renderer
from tests.charts.test_inference import SOURCES

PVC = {"source": SOURCES["pvc"]}
GPU = {**PVC, "gpu": {"count": 1}}

SCHEMA: list[tuple[dict[str, Any], str]] = [
    ({**PVC, "engine": "tgi"}, "/chat/engine"),
    ({**PVC, "gpu": {"count": -1}}, "/chat/gpu/count"),
    ({**PVC, "gpu": {"kind": "a100"}}, "kind"),
    ({**PVC, "context": 1}, "/chat/context"),
    ({**PVC, "shmSize": "big"}, "/chat/shmSize"),
    ({**PVC, "minDriver": "R550"}, "/chat/minDriver"),
    ({**PVC, "strategy": {"maxSurge": "1x"}}, "/chat/strategy/maxSurge"),
    ({**PVC, "aliases": ["a b"]}, "/chat/aliases/0"),
    ({**PVC, "aliases": ["a", "a"]}, "/chat/aliases"),
    ({**PVC, "servedName": "a,b=c"}, "/chat/servedName"),
    ({**PVC, "lora": {"x": {}}}, "source"),
    ({"source": {"hf": {"repository": "o/n"}}}, "revision"),
    ({"source": {"hf": {"repository": "o/n", "revision": "main"}}}, "/source/hf/revision"),
    ({"source": {"hf": {"repository": "n", "revision": "0" * 40}}}, "/source/hf/repository"),
    ({"source": {"hf": {"repository": "o/n", "revision": "0" * 40, "token": "hf_x"}}}, "token"),
    ({"source": {"s3": {"uri": "https://x/y"}}}, "/source/s3/uri"),
    ({"source": {"s3": {"uri": "s3://models/x", "accessKey": "x"}}}, "accessKey"),
    ({"source": {"pvc": {"claimName": "c", "path": "../x"}}}, "/source/pvc/path"),
    ({"source": {"pvc": {"claimName": "c", "path": "/x"}}}, "/source/pvc/path"),
    ({"source": {**SOURCES["pvc"], "file": "/etc/passwd"}}, "/source/file"),
]

MODELS: list[tuple[dict[str, Any], str, str]] = [
    ({**PVC, "profile": "h300"}, "is not in inference.profiles", "inference: {profiles: {h300:"),
    ({"source": {}}, "chat.source names no source", "hf: {repository: ..., revision: ...}"),
    ({"source": {**SOURCES["pvc"], **SOURCES["image"]}}, "names 2 sources (image, pvc)", "{image: null}"),
    ({**GPU, "lora": {"x": {"source": {}}}}, "chat.lora.x.source names no source", "image: {repository: ...}"),
    ({**GPU, "engine": "tensorrtllm", "lora": {"x": PVC}}, "lora needs engine vllm or llamacpp", "engine: vllm"),
    ({**GPU, "with": {"x": PVC}}, "with needs engine llamacpp", "below inference.models"),
    ({**PVC, "engine": "custom"}, "engine custom and no image", "image: {registry: docker.io"),
    ({**GPU, "command": ["x"]}, "command is for engine custom", "engine: custom"),
    ({**GPU, "engine": "tensorrtllm", "aliases": ["x"]}, "answers to one name, chat", "engine: vllm"),
    ({**GPU, "engine": "tensorrtllm", "servedName": "x"}, "answers to one name, chat", "engine: vllm"),
    (
        {**GPU, "strategy": {"maxSurge": 0, "maxUnavailable": 0}},
        "no pod could ever be replaced",
        "maxUnavailable: 1",
    ),
    ({**GPU, "strategy": {"maxSurge": "0%", "maxUnavailable": "0%"}}, "no pod could", "maxUnavailable: 1"),
]

WEIGHTS: list[tuple[tuple[str, ...], str]] = [
    (('inference.weights.accessMode="ReadWriteOnce"',), "weights: {singleNode: true}"),
    (('inference.weights.accessMode="ReadOnlyMany"',), "weights: {existingClaim: NAME}"),
]

ROUTES: list[tuple[tuple[str, ...], str]] = [
    (("gateway.models.chat={}", 'inference.models.chat.servedName="vendor/chat"'), 'servedName: "vendor/chat"'),
    (('gateway.models.tone={"model": "chat"}',), 'aliases: ["tone"]'),
    (('gateway.models.x={"model": "nobody"}',), "leads to model nobody"),
    (("inference.models.chat.terminationGracePeriodSeconds=600",), "terminationGracePeriodSeconds: 600"),
]


def chat(model: dict[str, Any]) -> str:
    return f"inference.models.chat={json.dumps(model)}"


@pytest.mark.parametrize(("model", "named"), SCHEMA)
def test_the_schema_refuses(renderer: Renderer, model: dict[str, Any], named: str) -> None:
    message = renderer.refuse(chat(model))
    assert "specifications of the schema" in message
    assert named in message


@pytest.mark.parametrize(("model", "said", "to_write"), MODELS)
def test_a_model_that_no_engine_could_run_is_refused(
    renderer: Renderer, model: dict[str, Any], said: str, to_write: str
) -> None:
    message = renderer.refuse(chat(model))
    assert said in message
    assert to_write in message
    assert "nil pointer" not in message


@pytest.mark.parametrize(("settings", "to_write"), WEIGHTS)
def test_a_claim_that_pods_could_not_share_is_refused(
    renderer: Renderer, settings: tuple[str, ...], to_write: str
) -> None:
    message = renderer.refuse(chat({"source": SOURCES["hf"]}), "inference.weights.enabled=true", *settings)
    assert to_write in message


@pytest.mark.parametrize(("settings", "to_write"), ROUTES)
def test_a_route_that_an_engine_would_refuse_is_refused(
    renderer: Renderer, settings: tuple[str, ...], to_write: str
) -> None:
    message = renderer.refuse(chat(GPU), 'gateway.defaultModel="smollm2"', *settings)
    assert to_write in message


def test_mistakes_are_said_all_at_once(renderer: Renderer) -> None:
    broken = [f"inference.models.m{number}={json.dumps(model)}" for number, (model, _, _) in enumerate(MODELS)]
    message = renderer.refuse(*broken, 'gateway.models.x={"model": "nobody"}', 'gateway.defaultModel="smollm2"')
    lines = [line for line in message.splitlines() if line.startswith(("inference.models.", "gateway.models."))]
    assert len(lines) == len(MODELS) + 1
