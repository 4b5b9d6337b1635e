"""Facts of well-known models, as their config.json has them, for sizing without a download.

Sources: config.json of the repositories named in each entry, on the Hugging Face Hub.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from tooling.core.schema.nearest import find_nearest
from tooling.errors import UsageError

_FIELDS = (
    "num_hidden_layers",
    "hidden_size",
    "intermediate_size",
    "num_attention_heads",
    "num_key_value_heads",
    "head_dim",
    "vocab_size",
    "max_position_embeddings",
)

_TABLE = """
meta-llama/Llama-3.1-8B-Instruct       llama   32  4096 14336  32  8 128 128256 131072
meta-llama/Llama-3.1-70B-Instruct      llama   80  8192 28672  64  8 128 128256 131072
meta-llama/Llama-3.1-405B-Instruct     llama  126 16384 53248 128  8 128 128256 131072
meta-llama/Llama-3.2-1B-Instruct       llama   16  2048  8192  32  8  64 128256 131072
meta-llama/Llama-3.2-3B-Instruct       llama   28  3072  8192  24  8 128 128256 131072
meta-llama/Llama-3.3-70B-Instruct      llama   80  8192 28672  64  8 128 128256 131072
HuggingFaceTB/SmolLM2-135M-Instruct    llama   30   576  1536   9  3  64  49152   8192
HuggingFaceTB/SmolLM2-1.7B-Instruct    llama   24  2048  8192  32 32  64  49152   8192
mistralai/Mistral-7B-Instruct-v0.1     mistral 32  4096 14336  32  8 128  32000  32768
mistralai/Mistral-7B-Instruct-v0.3     mistral 32  4096 14336  32  8 128  32768  32768
mistralai/Mixtral-8x7B-Instruct-v0.1   mixtral 32  4096 14336  32  8 128  32000  32768
mistralai/Mixtral-8x22B-Instruct-v0.1  mixtral 56  6144 16384  48  8 128  32768  65536
Qwen/Qwen2.5-0.5B-Instruct             qwen2   24   896  4864  14  2  64 151936  32768
Qwen/Qwen2.5-7B-Instruct               qwen2   28  3584 18944  28  4 128 152064  32768
Qwen/Qwen2.5-32B-Instruct              qwen2   64  5120 27648  40  8 128 152064  32768
Qwen/Qwen2.5-72B-Instruct              qwen2   80  8192 29568  64  8 128 152064  32768
Qwen/Qwen3-8B                          qwen3   36  4096 12288  32  8 128 151936  40960
Qwen/Qwen3-32B                         qwen3   64  5120 25600  64  8 128 151936  40960
Qwen/Qwen3-30B-A3B                     qwen3_moe 48 2048 6144  32  4 128 151936  40960
google/gemma-2-9b-it                   gemma2  42  3584 14336  16  8 256 256000   8192
google/gemma-2-27b-it                  gemma2  46  4608 36864  32 16 128 256000   8192
microsoft/Phi-3-mini-4k-instruct       phi3    32  3072  8192  32 32  96  32064   4096
deepseek-ai/DeepSeek-V3                deepseek_v3 61 7168 18432 128 128 0 129280 163840
openai/gpt-oss-20b                     gpt_oss 24  2880  2880  64  8  64 201088 131072
openai/gpt-oss-120b                    gpt_oss 36  2880  2880  64  8  64 201088 131072
"""

_LATENT = {
    "q_lora_rank": 1536,
    "kv_lora_rank": 512,
    "qk_nope_head_dim": 128,
    "qk_rope_head_dim": 64,
    "v_head_dim": 128,
}
_MORE: Mapping[str, Mapping[str, Any]] = {
    "meta-llama/Llama-3.2-1B-Instruct": {"tie_word_embeddings": True},
    "meta-llama/Llama-3.2-3B-Instruct": {"tie_word_embeddings": True},
    "HuggingFaceTB/SmolLM2-135M-Instruct": {"tie_word_embeddings": True},
    "HuggingFaceTB/SmolLM2-1.7B-Instruct": {"tie_word_embeddings": True},
    "mistralai/Mistral-7B-Instruct-v0.1": {"sliding_window": 4096},
    "mistralai/Mixtral-8x7B-Instruct-v0.1": {"num_local_experts": 8, "num_experts_per_tok": 2},
    "mistralai/Mixtral-8x22B-Instruct-v0.1": {"num_local_experts": 8, "num_experts_per_tok": 2},
    "Qwen/Qwen2.5-0.5B-Instruct": {"tie_word_embeddings": True},
    "Qwen/Qwen3-30B-A3B": {"num_experts": 128, "num_experts_per_tok": 8, "moe_intermediate_size": 768},
    "google/gemma-2-9b-it": {"sliding_window": 4096},
    "google/gemma-2-27b-it": {"sliding_window": 4096},
    "microsoft/Phi-3-mini-4k-instruct": {"sliding_window": 2047},
    "deepseek-ai/DeepSeek-V3": {
        **_LATENT,
        "n_routed_experts": 256,
        "n_shared_experts": 1,
        "moe_intermediate_size": 2048,
        "num_experts_per_tok": 8,
        "first_k_dense_replace": 3,
        "moe_layer_freq": 1,
        "quantization_config": {"quant_method": "fp8", "weight_block_size": [128, 128]},
    },
    "openai/gpt-oss-20b": {
        "num_local_experts": 32,
        "num_experts_per_tok": 4,
        "sliding_window": 128,
        "quantization_config": {"quant_method": "mxfp4"},
    },
    "openai/gpt-oss-120b": {
        "num_local_experts": 128,
        "num_experts_per_tok": 4,
        "sliding_window": 128,
        "quantization_config": {"quant_method": "mxfp4"},
    },
}


def _read_row(row: str) -> tuple[str, Mapping[str, Any]]:
    name, kind, *numbers = row.split()
    told = {key: int(number) for key, number in zip(_FIELDS, numbers, strict=True) if int(number)}
    more = _MORE.get(name, {})
    return name, MappingProxyType({"model_type": kind, "torch_dtype": "bfloat16", **told, **more})


KNOWN: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    dict(_read_row(row) for row in _TABLE.strip().splitlines())
)
"""config.json, as far as memory goes, by repository."""


def find_known(name: str) -> tuple[str, Mapping[str, Any]]:
    """Return repository and facts of a known model; its owner may be left out, and `-Instruct` or `-it`.

    Raises UsageError for one that is not known, with the nearest name.
    """
    wanted = name.lower().rsplit("/", maxsplit=1)[-1]
    short = {_shorten(repository): repository for repository in reversed(tuple(KNOWN))}
    short |= {repository.lower().rsplit("/", maxsplit=1)[-1]: repository for repository in KNOWN}
    if wanted in short:
        return short[wanted], KNOWN[short[wanted]]
    near = find_nearest(wanted, short)
    there = f"Did you mean {near}?" if near else f"Known are: {', '.join(sorted(KNOWN))}."
    raise UsageError(
        f"the model {name!r} is not known here.", hint=f"{there} Of any other, pass its config.json or GGUF file."
    )


def _shorten(repository: str) -> str:
    short = repository.lower().rsplit("/", maxsplit=1)[-1]
    return short.replace("-instruct", "").removesuffix("-it")
