"""Formats of weights and caches: names, what a config.json says, and what another one takes."""

from __future__ import annotations

from typing import Any

import pytest

from tooling.core.sizing.config import read_config
from tooling.core.sizing.formats import explain_format, find_cache_bits, find_format, read_format
from tooling.core.sizing.known import KNOWN
from tooling.errors import UsageError

LLAMA: dict[str, Any] = dict(KNOWN["meta-llama/Llama-3.1-8B-Instruct"])


def compressed(*groups: tuple[int, str]) -> dict[str, Any]:
    """What llm-compressor writes."""
    told = {f"group_{at}": {"weights": {"num_bits": bits, "type": kind}} for at, (bits, kind) in enumerate(groups)}
    return {"quant_method": "compressed-tensors", "config_groups": told}


@pytest.mark.parametrize(
    ("quantisation", "name"),
    [
        ({"quant_method": "awq", "bits": 4}, "int4"),
        ({"quant_method": "gptq", "bits": 8}, "int8"),
        ({"quant_method": "fp8"}, "fp8"),
        ({"quant_method": "fbgemm_fp8"}, "fp8"),
        ({"quant_method": "mxfp4"}, "mxfp4"),
        ({"quant_method": "bitsandbytes", "load_in_4bit": True}, "nf4"),
        ({"quant_method": "bitsandbytes", "load_in_8bit": True}, "int8"),
        (compressed((8, "int")), "int8"),
        (compressed((8, "float"), (8, "float")), "fp8"),
        (compressed((4, "int")), "int4"),
    ],
)
def test_known_quantisations(quantisation, name):
    assert read_format({"quantization_config": quantisation}) == name


@pytest.mark.parametrize(
    "quantisation",
    [
        {"quant_method": "gptq", "bits": 3},
        {"quant_method": "gptq", "bits": "4"},
        {"quant_method": "bitsandbytes"},
        {"quant_method": "compressed-tensors"},
        {"quant_method": "compressed-tensors", "config_groups": {"a": None}},
        compressed((8, "int"), (4, "int")),
    ],
)
def test_other_quantisations_are_refused(quantisation):
    with pytest.raises(UsageError, match="--dtype NAME, or --weights SIZE"):
        read_format({"quantization_config": quantisation})


@pytest.mark.parametrize(
    ("config", "name"),
    [
        ({"torch_dtype": "bfloat16"}, "bf16"),
        ({"dtype": "torch.float16"}, "fp16"),
        ({"torch_dtype": "float32"}, "fp16"),
        ({"torch_dtype": "odd"}, ""),
        ({}, ""),
    ],
)
def test_the_format_as_published(config, name):
    assert read_format(config) == name


def test_without_a_format_that_is_given_an_unknown_quantisation_is_refused():
    with pytest.raises(UsageError, match="own is not known here"):
        read_config({**LLAMA, "quantization_config": {"quant_method": "own"}}, "mine")


def test_a_format_that_is_given_makes_an_unknown_quantisation_harmless():
    config = {**LLAMA, "quantization_config": {"quant_method": "own"}}
    assert read_config(config, "mine", is_format_given=True).published == ""


def test_names_of_formats():
    assert find_format("BF16").bits == 16
    assert find_cache_bits("FP8", is_gpu=True) == 8
    assert find_cache_bits("q8_0", is_gpu=False) == 8.5
    with pytest.raises(UsageError, match=r"--dtype int3 is unknown\. There are: fp32, bf16"):
        find_format("int3")
    with pytest.raises(UsageError, match=r"--kv-dtype q8_0 is unknown to vLLM on GPUs\. There are: bf16"):
        find_cache_bits("q8_0", is_gpu=True)
    with pytest.raises(UsageError, match=r"--kv-dtype fp8 is unknown to llama.cpp on CPUs\. There are: f16"):
        find_cache_bits("fp8", is_gpu=False)


@pytest.mark.parametrize("name", ["q4_0", "q4_1", "q5_0", "q5_1"])
def test_plain_blocks_with_the_head_in_q6_k(name):
    bits = {"q4_0": 4.5, "q4_1": 5, "q5_0": 5.5, "q5_1": 6}[name]
    head, norms, parameters = 128256 * 4096, 65 * 4096, 8_030_261_248
    summed = head * 6.5625 + norms * 32 + (parameters - head - norms) * bits
    assert find_format(name).bits == pytest.approx(summed / parameters, abs=1e-4)


@pytest.mark.parametrize(
    ("published", "wanted", "told"),
    [
        ("", "int4", ""),
        ("bf16", "bf16", ""),
        ("bf16", "fp16", "served in bf16; fp16 takes --dtype float16 in extraArgs"),
        ("bf16", "int4", "int4 takes another checkpoint, in int4, as its source"),
        (
            "bf16",
            "fp8",
            "fp8 takes a checkpoint in fp8 as its source, or --quantization fp8 in extraArgs: the GPUs",
        ),
        ("fp16", "nf4", "or --quantization bitsandbytes in extraArgs: the GPUs may have to hold it in fp16 while"),
        ("fp8", "bf16", "bf16 takes another checkpoint, in bf16"),
        ("bf16", "q4_k_m", "q4_k_m takes a GGUF file in q4_k_m as its source"),
    ],
)
def test_another_format_than_the_published_one_takes_something(published, wanted, told):
    found = explain_format(published, find_format(wanted))
    assert (told in found) if told else not found
