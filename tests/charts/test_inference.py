"""Every engine with every kind of source on every kind of hardware."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest

from tests.charts.rendering import ALL, Manifest, Renderer, component_of, find_case, find_template

ENGINES = ("vllm", "llamacpp", "tensorrtllm", "custom")
SOURCES: dict[str, dict[str, Any]] = {
    "image": {"image": {"repository": "weights"}, "size": "2Gi"},
    "pvc": {"pvc": {"claimName": "claim", "path": "a/b"}},
    "hf": {
        "hf": {"repository": "o/n", "revision": "0" * 40, "existingSecret": "hub"},
        "size": "2Gi",
    },
    "s3": {"s3": {"uri": "s3://models/x", "existingSecret": "keys"}, "size": "2Gi"},
}
PROFILES: dict[str, dict[str, Any]] = {
    "none": {},
    "two": {
        "gpu": {"resource": "nvidia.com/gpu", "count": 2},
        "runtimeClassName": "nvidia",
        "nodeSelector": {"nvidia.com/gpu.product": "A100", "gone": None},
        "tolerations": [{"key": "nvidia.com/gpu", "operator": "Exists"}],
        "resources": {"requests": {"cpu": "8"}, "limits": {"cpu": "16", "memory": "96Gi"}},
        "shmSize": "8Gi",
        "minDriver": "550.54",
        "minCuda": "12.4",
        "context": 8192,
        "parallel": 64,
        "startupSeconds": 900,
    },
    "mig": {"gpu": {"resource": "nvidia.com/mig-1g.10gb", "count": 1}},
    "shared": {"gpu": {"resource": "nvidia.com/gpu.shared", "count": 1}, "shmSize": "1Gi"},
}
ROWS = list(itertools.product(ENGINES, SOURCES, PROFILES))
IMAGES = {
    "vllm": "docker.io/vllm/vllm-openai:",
    "llamacpp": "docker.io/genaistack/inference-cpu:",
    "tensorrtllm": "nvcr.io/nvidia/tensorrt-llm/release:",
    "custom": "docker.io/genaistack/vendor/server:v1",
}


def name_row(engine: str, source: str, profile: str) -> str:
    return f"{engine}-{source}-{profile}"


def make_model(engine: str, source: str, profile: str) -> dict[str, Any]:
    model = {"engine": engine, "source": SOURCES[source], "profile": "" if profile == "none" else profile}
    own = (
        {"image": {"repository": "vendor/server", "tag": "v1"}, "command": ["/serve"]}
        if engine == "custom"
        else {}
    )
    return {**model, **own}


def render_models(
    renderer: Renderer, models: dict[str, Any], *settings: str, view: Any = ALL
) -> tuple[Manifest, ...]:
    """The chart with these models and `smollm2`, which the gateway leads to."""
    flags = [f"inference.models.{name}={json.dumps(model)}" for name, model in models.items()]
    return renderer.render(find_case("ci/minimal"), view, *flags, *settings)


def find_deployments(manifests: tuple[Manifest, ...]) -> dict[str, Any]:
    """The Deployments of inference by model."""
    found = (m for m in manifests if m["kind"] == "Deployment" and component_of(m) == "inference")
    return {m["metadata"]["labels"]["genai-stack/model"]: m for m in found}


@pytest.fixture(scope="module")
def table(renderer: Renderer) -> dict[str, Any]:
    models = {name_row(*row): make_model(*row) for row in ROWS}
    profiles = {name: profile for name, profile in PROFILES.items() if name != "none"}
    return find_deployments(render_models(renderer, models, f"inference.profiles={json.dumps(profiles)}"))


@pytest.mark.parametrize(("engine", "source", "profile"), ROWS)
def test_engine(table: dict[str, Any], engine: str, source: str, profile: str) -> None:
    container = find_template(table[name_row(engine, source, profile)])["spec"]["containers"][0]
    asked = PROFILES[profile]
    gpus = str(max(1, asked.get("gpu", {}).get("count", 0)))
    context, parallel = asked.get("context"), asked.get("parallel")
    name = name_row(engine, source, profile)
    assert container["image"].startswith(IMAGES[engine])
    expected = {
        "vllm": [
            *("/models", "--served-model-name", name, "--host", "0.0.0.0", "--port", "8080"),
            *(("--max-model-len", str(context)) if context else ()),
            *(("--max-num-seqs", str(parallel)) if parallel else ()),
            *("--tensor-parallel-size", gpus, "--shutdown-timeout", "60"),
        ],
        "llamacpp": [
            *("--model", "/models/model.gguf", "--alias", name, "--host", "0.0.0.0", "--port", "8080"),
            *("--context", str(context or 2048), "--parallel", str(parallel or 4), "--threads", "2"),
            *("--drain-seconds", "60"),
        ],
        "tensorrtllm": [
            *(f"/models/{name}", "--host", "0.0.0.0", "--port", "8080", "--backend", "pytorch", "--tp_size", gpus),
            *(("--max_seq_len", str(context)) if context else ()),
            *(("--max_batch_size", str(parallel)) if parallel else ()),
        ],
        "custom": None,
    }[engine]
    assert container.get("args") == expected
    commands = {"vllm": ["vllm", "serve"], "tensorrtllm": ["trtllm-serve"], "custom": ["/serve"]}
    assert container.get("command") == commands.get(engine)


@pytest.mark.parametrize(("engine", "source", "profile"), ROWS)
def test_hardware(table: dict[str, Any], engine: str, source: str, profile: str) -> None:
    deployment = table[name_row(engine, source, profile)]
    pod, asked = find_template(deployment)["spec"], PROFILES[profile]
    resources = pod["containers"][0]["resources"]
    gpu = asked.get("gpu")
    wanted = {gpu["resource"]: str(gpu["count"])} if gpu else {}
    for kind in ("requests", "limits"):
        assert {key: value for key, value in resources[kind].items() if "nvidia.com" in key} == wanted, kind
    for init in pod.get("initContainers", ()):
        assert not [key for key in init["resources"]["limits"] if "nvidia.com" in key], "a download holds no GPU"
    assert resources["limits"]["cpu"] == asked.get("resources", {}).get("limits", {}).get("cpu", "2")
    assert resources["requests"]["memory"] == "512Mi", "what the profile leaves out comes from the defaults"
    assert pod.get("tolerations", []) == asked.get("tolerations", [])
    assert pod.get("nodeSelector", {}) == {k: v for k, v in asked.get("nodeSelector", {}).items() if v}
    assert pod.get("runtimeClassName") == asked.get("runtimeClassName")
    shm = [volume["emptyDir"] for volume in pod["volumes"] if volume["name"] == "shm"]
    assert shm == ([{"medium": "Memory", "sizeLimit": asked["shmSize"]}] if "shmSize" in asked else [])
    annotations = find_template(deployment)["metadata"].get("annotations", {})
    assert annotations.get("genai-stack/min-driver") == asked.get("minDriver")
    assert annotations.get("genai-stack/min-cuda") == asked.get("minCuda")
    surge = {"maxUnavailable": 1, "maxSurge": 0} if gpu else {"maxUnavailable": 0, "maxSurge": 1}
    assert deployment["spec"]["strategy"]["rollingUpdate"] == surge, (
        "no update may wait for a GPU that it holds itself"
    )


@pytest.mark.parametrize(("engine", "source", "profile"), ROWS)
def test_source(table: dict[str, Any], engine: str, source: str, profile: str) -> None:
    pod = find_template(table[name_row(engine, source, profile)])["spec"]
    path = f"/models/{name_row(engine, source, profile)}" if engine == "tensorrtllm" else "/models"
    (mount,) = (m for m in pod["containers"][0]["volumeMounts"] if m["mountPath"] == path)
    (volume,) = (v for v in pod["volumes"] if v["name"] == mount["name"])
    assert mount["readOnly"] is True
    inits = {init["name"]: init for init in pod.get("initContainers", ())}
    if source == "pvc":
        assert volume["persistentVolumeClaim"] == {"claimName": "claim", "readOnly": True}
        assert (mount["subPath"], inits) == ("a/b", {})
        return
    assert volume["emptyDir"] == {"sizeLimit": "2Gi"}
    if source == "image":
        copied = (
            ["/model/model.gguf", f"{path}/model.gguf"] if engine == "llamacpp" else ["-r", "/model/.", f"{path}/"]
        )
        assert inits["copy-model"]["command"] == ["cp", *copied]
        assert "subPath" not in mount
        return
    args = inits["fetch-model"]["args"]
    assert args[0] == source
    assert args[args.index("--to") + 1] == f"/weights/{mount['subPath']}"
    assert len(mount["subPath"]) == 64
    (secret,) = (v["secret"] for v in pod["volumes"] if "secret" in v)
    assert (secret["secretName"], secret["defaultMode"]) == ({"hf": "hub", "s3": "keys"}[source], 0o440)
    assert not [v for v in inits["fetch-model"].get("env", ()) if "TOKEN" in v["name"] or "KEY" in v["name"]]


@pytest.mark.parametrize(("engine", "source", "profile"), ROWS)
def test_disk_covers_what_the_pod_writes(table: dict[str, Any], engine: str, source: str, profile: str) -> None:
    resources = find_template(table[name_row(engine, source, profile)])["spec"]["containers"][0]["resources"]
    weights = 0 if source == "pvc" else 2048
    cache = 0 if engine == "llamacpp" else 20 * 1024
    assert resources["requests"]["ephemeral-storage"] == f"{256 + weights}Mi"
    assert resources["limits"]["ephemeral-storage"] == f"{1024 + weights + cache}Mi"


@pytest.mark.parametrize("engine", [engine for engine in ENGINES if engine != "llamacpp"])
def test_engines_find_a_home_on_a_read_only_file_system(table: dict[str, Any], engine: str) -> None:
    container = find_template(table[name_row(engine, "pvc", "two")])["spec"]["containers"][0]
    variables = {variable["name"]: variable["value"] for variable in container["env"]}
    places = [m["mountPath"] for m in container["volumeMounts"] if not m.get("readOnly")]
    for name in ("HOME", "HF_HOME", "XDG_CACHE_HOME", "TMPDIR", "TORCHINDUCTOR_CACHE_DIR", "TRITON_CACHE_DIR"):
        assert any(variables[name].startswith(place) for place in places), name
    assert variables["HF_HUB_OFFLINE"] == "1", "weights come from where the values say and from nowhere else"
    if engine == "custom":
        assert (variables["GENAI_MODEL_PATH"], variables["GENAI_SERVED_NAME"]) == ("/models", "custom-pvc-two")
