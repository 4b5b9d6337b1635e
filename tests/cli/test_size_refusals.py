"""`size` with something that cannot be: refused, or told in a note, and never passed over."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tooling.cli.main import run

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def here(monkeypatch):
    monkeypatch.chdir(ROOT)


def size(capfd, *arguments: str) -> dict[str, Any]:
    assert run(["size", *arguments, "--output", "json"]) == 0
    found: dict[str, Any] = json.loads(capfd.readouterr().out)
    return found


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--name", "Not So"], "a name has small letters, digits and dashes"),
        (["--env", "local", "--name", "smollm2"], "no model was named."),
        (
            ["--env", "prod", "--name", "nope"],
            "there is no model 'nope' in inference.models of these values. There",
        ),
        (["--env", "prod", "--name", "nope"], "There are: qwen. For a new one pass its config.json"),
        (["--name", "nope", "--set-json", "inference.models=5"], "There are none. For a new one"),
        (["--model", "llama-3.1-8b", "mine/config.json"], "a file and --model name two models. Pass one of them."),
        (
            ["--model", "llama-3.1-8b", "--gpu-memory", "80"],
            "--gpu-memory: '80' is less than 1Gi; a number alone is",
        ),
        (["--model", "llama-3.1-8b", "--gpu-memory", "0"], "--gpu-memory: '0' is no size."),
        (["--model", "llama-3.1-8b", "--gpu-memory", "80Gi", "--hardware", "l4"], "name two kinds of GPU."),
        (["--model", "llama-3.1-8b", "--weights", "15"], "--weights: '15' is less than 1Mi"),
        (["--model", "llama-3.1-8b", "--weights", "0"], "--weights: '0' is no size."),
        (["--model", "llama-3.1-8b", "--parameters", "0"], "'0' is no number of parameters."),
        (["--model", "llama-3.1-8b", "--fact", "nope=3"], "--fact nope: no field of that name is read."),
        (["--model", "llama-3.1-8b", "--kv-dtype", "q8_0"], "--kv-dtype q8_0 is unknown to vLLM on GPUs."),
        (["--model", "smollm2-135m", "--dtype", "q4_0", "--kv-dtype", "fp8"], "unknown to llama.cpp on CPUs."),
        ([], "no model was named. Pass its config.json or GGUF file, or --model NAME."),
        (["--model", "nope"], "is not known here"),
        (["missing.json"], "missing.json: No such file or directory."),
        (["--model", "llama-3.1-8b", "--dtype", "int3"], "--dtype int3 is unknown"),
        (["--model", "llama-3.1-8b", "--kv-dtype", "int3"], "--kv-dtype int3 is unknown"),
        (["--model", "llama-3.1-8b", "--context", "200000"], "--fact max_position_embeddings=200000"),
        (["--model", "llama-3.1-8b", "--hardware", "b200"], "There are: a100-80g, h100-80g, l4, mig-1g-10gb"),
        (["--model", "llama-3.1-8b", "--gpu-memory", "lots"], "--gpu-memory: 'lots' is no size"),
        (
            ["--model", "llama-3.1-8b", "--set", "inference.profiles.l4.gpuMemory=lots"],
            "l4.gpuMemory: 'lots' is no",
        ),
        (["--model", "llama-3.1-8b", "--weights", "9" * 400], "9' is no size. Write it as 80Gi"),
        (["--model", "llama-3.1-8b", "--fact", "head_dim=²"], "head_dim is '²', which is no number of that."),
        (
            ["--model", "llama-3.1-8b", "--fact", f"head_dim={'9' * 5000}"],
            f"head_dim is '{'9' * 59}, which is no number of that.",
        ),
        (["--model", "llama-3.1-8b", "--fact", "x"], "--fact x: it sets nothing."),
        (["--model", "llama-3.1-8b", "--parameters", "many"], "'many' is no number"),
        (["--model", "llama-3.1-8b", "--parameters", "-1"], "no number of parameters"),
        (["--model", "llama-3.1-8b", "--parameters", "inf"], "'inf' is no number"),
        (["--model", "llama-3.1-8b", "--fact", "max_position_embeddings=0"], "Pass one: --context 8192."),
        (["--model", "llama-3.1-8b", "--fact", "torch_dtype=odd"], "does not say torch_dtype. Pass --dtype: fp32"),
    ],
)
def test_what_cannot_be_known_is_refused(arguments, told, capfd):
    assert run(["size", *arguments]) == 2
    assert told in capfd.readouterr().err


def test_heads_that_cannot_be_divided_are_told_before_any_figure(capfd):
    assert run(["size", "--model", "qwen2.5-72b", "--tensor-parallel", "3"]) == 2
    shown = capfd.readouterr()
    assert shown.out == ""
    assert (
        "the 64 heads of a layer cannot be divided among 3 GPUs. --tensor-parallel can be 1, 2, 4, 8," in shown.err
    )


@pytest.mark.parametrize(
    ("dtype", "told"),
    [
        ("int4", "int4 takes another checkpoint, in int4, as its source"),
        ("fp8", "--quantization fp8 in extraArgs"),
        ("q4_1", "q4_1 takes a GGUF file in q4_1 as its source"),
    ],
)
def test_another_format_than_the_published_one_says_what_it_takes(dtype, told, capfd):
    assert run(["size", "--model", "qwen2.5-7b", "--context", "8192", "--dtype", dtype]) == 0
    (note,) = [line for line in capfd.readouterr().out.splitlines() if line.startswith("note: ")]
    assert note.startswith("note: as published it is served in bf16; ")
    assert told in note


def test_the_published_format_takes_nothing(capfd):
    assert size(capfd, "--model", "qwen2.5-7b", "--context", "8192", "--dtype", "bf16")["notes"] == []


def test_without_gpus_what_is_said_of_them_changes_nothing(capfd):
    alone = size(capfd, "--model", "smollm2-135m", "--dtype", "q4_0")
    found = size(capfd, "--model", "smollm2-135m", "--dtype", "q4_0", "--tensor-parallel", "3", "--hardware", "l4")
    assert (found["perPod"], found["tensorParallel"]) == (alone["perPod"], 1)
    assert "nothing that is said of GPUs counts" in found["notes"][-1]


def test_another_cache_than_our_server_has_is_told(capfd):
    found = size(capfd, "--model", "smollm2-135m", "--dtype", "q4_0", "--kv-dtype", "q8_0")
    assert "our inference-cpu server keeps its cache in f16" in found["notes"][-1]


def test_memory_of_a_gpu_goes_over_the_profile_of_the_values(capfd):
    found = size(capfd, "--env", "prod", "--name", "qwen", "--gpu-memory", "48Gi")
    assert [one["memory"] for one in found["hardware"]] == [48 * 2**30]


def test_a_gguf_file_says_itself_what_it_is(tmp_path, capfd):
    from tests.core.sizing.test_gguf import write

    file = tmp_path / "tiny.gguf"
    file.write_bytes(write())
    found = size(capfd, str(file))
    assert (found["model"], found["format"], found["concurrency"], found["context"]) == ("Tiny", "gguf", 4, 512)
    assert run(["size", str(file), "--dtype", "bf16"]) == 2
    assert "Leave out --dtype" in capfd.readouterr().err
    assert run(["size", str(file), "--parameters", "7e9"]) == 2
    assert "--parameters" in capfd.readouterr().err
