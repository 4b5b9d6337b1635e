"""A LoRA adapter under llama.cpp: requests for its name get the model with it, all others the model without."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.e2e.conftest import Stack
from tests.e2e.plain import run_helm
from tests.e2e.test_weights import make_hub
from tests.images.weight_servers import COMMIT
from tooling.local.folders import ClusterFolder

pytestmark = pytest.mark.e2e

NAMESPACE = "adapters"
WIDTH = 576
"""Numbers in one token's vector of SmolLM2-135M."""
ASK = """
import json, urllib.request
def ask(model):
    body = {"model": model, "prompt": "The capital of France is", "max_tokens": 8, "temperature": 0}
    request = urllib.request.Request("http://127.0.0.1:8080/v1/completions", json.dumps(body).encode())
    return json.load(urllib.request.urlopen(request, timeout=60))["choices"][0]["text"]
print(json.dumps([ask(model) for model in ("smollm2", "babble", "smollm2")]))
"""


def make_adapter() -> bytes:
    """A GGUF file of version 3 with a LoRA of rank 1 that spoils the attention of the last layer."""

    def text(value: str) -> bytes:
        return struct.pack("<Q", len(value)) + value.encode()

    facts = {"general.type": "adapter", "general.architecture": "llama", "adapter.type": "lora"}
    tensors = {
        "lora_a": ((WIDTH, 1), [1.0] * WIDTH),
        "lora_b": ((1, WIDTH), [index % 7 - 3.0 for index in range(WIDTH)]),
    }
    head = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(facts) + 1)
    head += b"".join(text(key) + struct.pack("<I", 8) + text(value) for key, value in facts.items())
    head += text("adapter.lora.alpha") + struct.pack("<If", 6, 8.0)
    body = b""
    for name, (shape, numbers) in tensors.items():
        head += text(f"blk.29.attn_output.weight.{name}")
        head += struct.pack("<IQQIQ", 2, *shape, 0, len(body))
        body += struct.pack(f"<{WIDTH}f", *numbers)  # a multiple of 32 bytes, as tensors have to begin
    return head + b"\0" * (-len(head) % 32) + body


def make_values() -> dict[str, Any]:
    """The model of the local environment with an adapter from the hub."""
    hub = {"repository": "owner/small", "revision": COMMIT, "files": ["babble.gguf"], "existingSecret": "hub"}
    return {
        **{key: {"enabled": False} for key in ("gateway", "vectordb", "evals", "route")},
        "inference": {
            "fetch": {"extraEnv": [{"name": "HF_ENDPOINT", "value": "http://hub:8080"}]},
            "models": {"smollm2": {"lora": {"babble": {"source": {"hf": hub, "file": "babble.gguf"}}}}},
        },
    }


@pytest.fixture
def served(stack: Stack, tmp_path: Path) -> Iterator[Stack]:
    """The model with its adapter, ready."""
    images = ClusterFolder.of(stack.cluster.name).images
    values, hub = tmp_path / "values.yaml", tmp_path / "hub.json"
    values.write_text(yaml.safe_dump(make_values()))
    items = make_hub(yaml.safe_load(images.read_text()), {"babble.gguf": make_adapter()})
    hub.write_text(
        json.dumps({"apiVersion": "v1", "kind": "List", "items": [{"apiVersion": "v1", **each} for each in items]})
    )
    stack.kubectl("create", "namespace", NAMESPACE)
    try:
        stack.kubectl("--namespace", NAMESPACE, "apply", "--filename", str(hub))
        files = ["--values", "values/local.yaml", "--values", str(images), "--values", str(values)]
        where = ["--namespace", NAMESPACE, "--kubeconfig", stack.cluster.kubeconfig]
        run_helm("install", "genai", "charts/genai-stack", *files, *where)
        stack.kubectl(
            "--namespace", NAMESPACE, "rollout", "status", "deploy/genai-inference-smollm2", "--timeout=180s"
        )
        yield stack
    finally:
        stack.kubectl("delete", "namespace", NAMESPACE, "--wait=false")


def test_an_adapter_answers_to_its_name_and_changes_nothing_else(served: Stack) -> None:
    pod = ("exec", "deploy/genai-inference-smollm2", "--container", "inference", "--", "python3", "-c")
    before, spoiled, after = json.loads(served.kubectl("--namespace", NAMESPACE, *pod, ASK))

    assert "Paris" in before
    assert after == before
    assert "Paris" not in spoiled
    assert spoiled != before
