"""What a model may set: it wins over its profile, has names, adapters and company, and updates as it says."""

from __future__ import annotations

from typing import Any

import pytest

from tests.charts.rendering import BLUE, Renderer, find_template
from tests.charts.test_inference import ENGINES, SOURCES, find_deployments, make_model, render_models


def find_pod(renderer: Renderer, model: dict[str, Any], *settings: str) -> dict[str, Any]:
    """The pod spec of one model named `chat`."""
    found = find_deployments(render_models(renderer, {"chat": model}, *settings))
    pod: dict[str, Any] = find_template(found["chat"])["spec"]
    return pod


def find_args(renderer: Renderer, model: dict[str, Any], *settings: str) -> list[str]:
    args: list[str] = find_pod(renderer, model, *settings)["containers"][0]["args"]
    return args


def test_the_engine_follows_the_hardware(renderer: Renderer) -> None:
    pvc = {"source": SOURCES["pvc"]}
    assert "inference-cpu" in find_pod(renderer, pvc)["containers"][0]["image"]
    assert "vllm" in find_pod(renderer, {**pvc, "gpu": {"count": 1}})["containers"][0]["image"]
    assert "vllm" in find_pod(renderer, {**pvc, "profile": "mig-1g-10gb"})["containers"][0]["image"]


def test_a_model_wins_over_its_profile_and_the_profile_over_the_defaults(renderer: Renderer) -> None:
    model = {
        "source": SOURCES["pvc"],
        "profile": "a100-80g",
        "gpu": {"count": 4},
        "resources": {"limits": {"memory": "200Gi"}},
        "tolerations": [],
        "image": {"tag": "v0.30.0"},
    }
    defaults = ('inference.modelDefaults.shmSize="1Mi"', "inference.modelDefaults.startupSeconds=77")
    pod = find_pod(renderer, model, *defaults)
    container = pod["containers"][0]
    assert container["resources"]["limits"] | {"ephemeral-storage": ""} == {
        "cpu": "16",
        "memory": "200Gi",
        "nvidia.com/gpu": "4",
        "ephemeral-storage": "",
    }
    assert "tolerations" not in pod
    assert container["image"] == "docker.io/vllm/vllm-openai:v0.30.0"
    assert {v["name"]: v for v in pod["volumes"]}["shm"]["emptyDir"]["sizeLimit"] == "8Gi"


def test_names_and_adapters_are_served_and_mounted(renderer: Renderer) -> None:
    model = {
        "source": SOURCES["pvc"],
        "gpu": {"count": 1},
        "servedName": "vendor/chat",
        "aliases": ["gpt-4o-mini", "chat"],
        "lora": {
            "tone": {"source": SOURCES["hf"]},
            "legal": {"source": SOURCES["pvc"]},
            "style": {"source": SOURCES["image"]},
            "gone": None,
        },
        "extraArgs": ["--max-lora-rank", "64"],
    }
    pod = find_pod(renderer, model)
    container = pod["containers"][0]
    args = " ".join(container["args"])
    assert "--served-model-name vendor/chat gpt-4o-mini chat --host" in args
    modules = "legal=/lora/legal style=/lora/style tone=/lora/tone"
    assert f"--enable-lora --max-loras 3 --lora-modules {modules} --shutdown-timeout" in args
    assert container["args"][-2:] == ["--max-lora-rank", "64"]
    mounts = {mount["mountPath"]: mount for mount in container["volumeMounts"]}
    assert {"/lora/legal", "/lora/style", "/lora/tone"} <= set(mounts)
    assert mounts["/models"]["name"] == mounts["/lora/legal"]["name"], "one claim is one volume"
    assert [init["name"] for init in pod["initContainers"]] == ["copy-lora-style", "fetch-lora-tone"]


def test_llama_is_given_the_file_of_each_adapter(renderer: Renderer) -> None:
    adapters = {
        "tone": {"source": {**SOURCES["hf"], "file": "tone-f16.gguf"}},
        "legal": {"source": SOURCES["pvc"]},
        "gone": None,
    }
    pod = find_pod(renderer, {"source": SOURCES["image"], "lora": adapters})
    args = pod["containers"][0]["args"]
    assert [args[at + 1] for at, each in enumerate(args) if each == "--lora"] == [
        "legal=/lora/legal/model.gguf",
        "tone=/lora/tone/tone-f16.gguf",
    ]
    assert {"/lora/legal", "/lora/tone"} <= {mount["mountPath"] for mount in pod["containers"][0]["volumeMounts"]}
    assert "fetch-lora-tone" in [init["name"] for init in pod["initContainers"]]


def test_one_process_serves_several_models(renderer: Renderer) -> None:
    model = {
        "source": SOURCES["image"],
        "aliases": ["small"],
        "with": {"tiny": {"source": {**SOURCES["pvc"], "file": "q4/tiny.gguf"}}, "gone": None},
    }
    pod = find_pod(renderer, model)
    args = pod["containers"][0]["args"]
    assert args[:4] == ["--model", "chat,small=/models/model.gguf", "--model", "tiny=/with/tiny/q4/tiny.gguf"]
    assert "--alias" not in args
    assert "/with/tiny" in {mount["mountPath"] for mount in pod["containers"][0]["volumeMounts"]}


def test_the_grace_leaves_time_to_drain(renderer: Renderer) -> None:
    model = {"source": SOURCES["pvc"], "gpu": {"count": 1}, "terminationGracePeriodSeconds": 300}
    args = find_args(renderer, model, "gateway.terminationGracePeriodSeconds=300")
    assert args[args.index("--shutdown-timeout") + 1] == "290"


@pytest.mark.parametrize(
    ("strategy", "expected"),
    [
        ({"maxSurge": 1}, {"maxUnavailable": 1, "maxSurge": 1}),
        ({"maxSurge": "25%", "maxUnavailable": 0}, {"maxUnavailable": 0, "maxSurge": "25%"}),
        ({"maxUnavailable": "50%"}, {"maxUnavailable": "50%", "maxSurge": 0}),
    ],
)
def test_strategy_is_settable(renderer: Renderer, strategy: dict[str, Any], expected: dict[str, Any]) -> None:
    model = {"source": SOURCES["pvc"], "gpu": {"count": 1}, "strategy": strategy}
    found = find_deployments(render_models(renderer, {"chat": model}))
    assert found["chat"]["spec"]["strategy"]["rollingUpdate"] == expected


def test_a_slot_renders_no_replicas_for_any_engine(renderer: Renderer) -> None:
    model = {"source": SOURCES["pvc"], "gpu": {"count": 1}, "replicas": 3}
    for deployment in find_deployments(render_models(renderer, {"chat": model}, view=BLUE)).values():
        assert "replicas" not in deployment["spec"]


@pytest.mark.parametrize("engine", ENGINES)
def test_what_users_add_reaches_every_engine(renderer: Renderer, engine: str) -> None:
    added: dict[str, Any] = {
        "extraArgs": ["--added"],
        "extraEnv": [{"name": "HOME", "value": "/mine"}],
        "extraVolumes": [{"name": "more", "emptyDir": {}}],
        "extraVolumeMounts": [{"name": "more", "mountPath": "/more"}],
        "nodeSelector": {"pool": "a"},
        "priorityClassName": "high",
    }
    pod = find_pod(renderer, {**make_model(engine, "hf", "none"), **added})
    container = pod["containers"][0]
    assert container["args"][-1] == "--added"
    assert [v["value"] for v in container["env"] if v["name"] == "HOME"] == ["/mine"]
    assert {"name": "more", "mountPath": "/more"} in container["volumeMounts"]
    assert {"name": "more", "emptyDir": {}} in pod["volumes"]
    assert (pod["nodeSelector"], pod["priorityClassName"]) == ({"pool": "a"}, "high")


@pytest.mark.parametrize(
    ("changes", "limit"),
    [
        ({}, "3072Mi"),
        ({"source": {**SOURCES["image"], "size": ""}}, None),
        ({"extraVolumes": [{"name": "a", "emptyDir": {}}]}, None),
        ({"extraVolumes": [{"name": "a", "emptyDir": {"sizeLimit": "0.5Gi"}}]}, "3584Mi"),
        ({"extraVolumes": [{"name": "a", "emptyDir": {"medium": "Memory"}}]}, "3072Mi"),
        ({"extraVolumes": [{"name": "a", "configMap": {"name": "c"}}]}, "3072Mi"),
        ({"resources": {"limits": {"ephemeral-storage": "9Gi"}}}, "9Gi"),
        ({"source": {**SOURCES["hf"], "size": "1000M"}}, "1977Mi"),
    ],
)
def test_the_disk_limit_is_one_for_all_containers(
    renderer: Renderer, changes: dict[str, Any], limit: str | None
) -> None:
    # Kubernetes evicts a pod above the largest limit there is, so no container may have a smaller one alone.
    pod = find_pod(renderer, {"source": SOURCES["image"], **changes})
    containers = [*pod["initContainers"], *pod["containers"]]
    assert {each["resources"]["limits"].get("ephemeral-storage") for each in containers} == {limit}
